/** How a device fetches an image: block by block or in pages, at its own pace and no faster than its hub wants. */
import { milliseconds, seconds } from '../../base/time.ts'
import type { Clock } from '../../ports/time.ts'
import type { CommandPayload } from '../../zcl/clusters.ts'
import type { RequestOutcome } from '../../zcl/endpoint-types.ts'
import type { Peer, ZclEndpoint } from '../../zcl/node.ts'
import { Status } from '../../zcl/status.ts'
import type { FirmwareSlots, FirmwareWorks } from './firmware-slots.ts'
import { type ImageIdentity, isSameImage } from './image-identity.ts'
import { comesOver, type Mishap } from './mishap.ts'
import { FIRST_PAUSE_US, type OtaTurns } from './ota-turns.ts'

/** @source OTA Upgrade, Image Block Request: field control */
const PERIOD_STATED = 0x02

/** What of a profile says how a device fetches. */
export interface FetchFacts {
  blockOctets: number
  blockDelayMs: number
  /** 0: it asks for each block. */
  pageOctets: number
}

export interface ImageFetchOptions {
  endpoint: ZclEndpoint
  /** Whom it asks. */
  server: () => Peer
  clock: Clock
  facts: FetchFacts
  works: Pick<FirmwareWorks, 'mishap'>
  slots: FirmwareSlots
  turns: OtaTurns
  /** A sleeper may be asleep. */
  mayAsk: () => boolean
  /** It has asked something, and has to listen for the answer. */
  onAsked: () => void
  /** All of it is here. */
  whole: (image: ImageIdentity) => void
  /** The hub has taken it back. */
  takenBack: () => void
  /** Something goes wrong on purpose. */
  failed: (mishap: Mishap, image: ImageIdentity) => void
}

type BlockOutcome = RequestOutcome<'OtaUpgrade', 'ImageBlockRequest'>
type Block = CommandPayload<'OtaUpgrade', 'ImageBlockResponse'>

export class ImageFetch {
  /** Between two questions for blocks, at least: as the hub wants. */
  periodMs = 0
  private readonly options: ImageFetchOptions
  private readonly slots: FirmwareSlots
  private readonly turns: OtaTurns
  /** The page under way: where it ends. */
  private pageEnd: number | undefined

  constructor(options: ImageFetchOptions) {
    this.options = options
    this.slots = options.slots
    this.turns = options.turns
  }

  /** No page is under way any more. */
  stop(): void {
    this.pageEnd = undefined
  }

  /** Asks for what follows on what is there; a sleeper whose time is up goes on at its next waking. */
  collect(): void {
    const { slots } = this
    if (!slots.image) return
    if (slots.offset >= slots.size) return this.options.whole(slots.image)
    const { works } = this.options
    if (
      !this.options.mayAsk() ||
      comesOver(works.mishap?.(), { from: -1, to: slots.offset, size: slots.size }, 'stuck')
    )
      return
    if (this.options.facts.pageOctets > 0 && this.turns.fresh) this.askPage(slots.image)
    else this.askBlock(slots.image)
  }

  private askBlock(image: ImageIdentity): void {
    const { endpoint, facts } = this.options
    const { offset: fileOffset, size } = this.slots
    const question = {
      fieldControl: PERIOD_STATED,
      ...{ ...image, fileOffset, minimumBlockPeriod: this.periodMs },
      maxDataSize: Math.min(facts.blockOctets, size - fileOffset),
    }
    this.turns.ask(() =>
      endpoint.request(this.options.server(), 'OtaUpgrade', 'ImageBlockRequest', question, outcome =>
        this.took(outcome, image),
      ),
    )
  }

  private took(outcome: BlockOutcome, image: ImageIdentity): void {
    this.turns.answered()
    const { slots } = this
    if (!slots.image || !isSameImage(slots.image, image)) return
    if (!outcome.ok) return this.turns.again(() => this.collect())
    const block = outcome.response.payload
    if (block.status !== Status.SUCCESS) return this.heldUp(block)
    const from = slots.offset
    if (!this.write(block)) return this.turns.again(() => this.collect())
    if (!this.failsOnTheWay(image, from)) this.goOn()
  }

  /** Whether the block is the one that follows, and no more than fits. */
  private write({ manufacturerCode = 0, imageType = 0, fileVersion = 0, fileOffset, imageData }: Block): boolean {
    const { slots } = this
    const image = { manufacturerCode, imageType, fileVersion }
    if (!slots.image || !isSameImage(slots.image, image) || fileOffset !== slots.offset || !imageData) return false
    if (imageData.length === 0 || slots.offset + imageData.length > slots.size) return false
    slots.write(imageData)
    this.turns.cameToSomething()
    return true
  }

  /** What goes wrong on purpose at this place. */
  private failsOnTheWay(image: ImageIdentity, from: number): boolean {
    const { slots } = this
    const { works } = this.options
    const mishap = works.mishap?.()
    if (!comesOver(mishap, { from, to: slots.offset, size: slots.size })) return false
    this.options.failed(mishap, image)
    return true
  }

  /** After the pause of this model, and no sooner than the hub wants. */
  private goOn(): void {
    const { clock, facts } = this.options
    const pauseUs = milliseconds(facts.blockDelayMs)
    const dueUs = this.turns.askedAtUs + milliseconds(this.periodMs)
    this.turns.after(Math.max(pauseUs, dueUs - clock.nowUs()), () => this.collect())
  }

  private heldUp({ status, currentTime = 0, requestTime = 0, minimumBlockPeriod }: Block): void {
    this.turns.answered()
    this.pageEnd = undefined
    if (status !== Status.WAIT_FOR_DATA) {
      // It was taken back; there may be another.
      this.slots.discard()
      return this.options.takenBack()
    }
    this.turns.cameToSomething()
    if (minimumBlockPeriod !== undefined) this.periodMs = minimumBlockPeriod
    const inS = Math.max(0, requestTime - currentTime)
    if (inS > 0) this.turns.after(seconds(inS), () => this.collect())
    else this.goOn()
  }

  private askPage(image: ImageIdentity): void {
    const { endpoint, facts } = this.options
    const { offset: fileOffset, size } = this.slots
    const pageSize = Math.min(facts.pageOctets, size - fileOffset)
    const question = {
      fieldControl: 0,
      ...{ ...image, fileOffset, pageSize, responseSpacing: facts.blockDelayMs },
      maxDataSize: facts.blockOctets,
    }
    this.pageEnd = fileOffset + pageSize
    this.turns.ask(() => endpoint.send(this.options.server(), 'OtaUpgrade', 'ImagePageRequest', question))
    this.awaitPage()
  }

  /** What of a page does not come is asked for block by block. */
  private awaitPage(): void {
    const missingUs = milliseconds(this.options.facts.blockDelayMs) + FIRST_PAUSE_US
    this.turns.after(missingUs, () => {
      this.turns.answered()
      this.pageEnd = undefined
      this.turns.again(() => this.collect())
    })
  }

  takeOfPage(block: Block): void {
    if (this.pageEnd === undefined) return
    if (block.status !== Status.SUCCESS) return this.heldUp(block)
    const from = this.slots.offset
    if (!this.write(block) || !this.slots.image) return
    if (this.failsOnTheWay(this.slots.image, from)) return
    this.options.onAsked()
    if (this.slots.offset < this.pageEnd) return this.awaitPage()
    this.turns.answered()
    this.pageEnd = undefined
    this.goOn()
  }
}
