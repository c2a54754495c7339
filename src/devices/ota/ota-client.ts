/**
 * The OTA Upgrade client of a device: asks its hub for an image when it joins, is notified, and each day, fetches it at its own
 * pace, and runs it when it is told to. A device that sleeps does all that while it is awake, and goes on at its next waking.
 * @source ZigBee OTA Upgrade 095264r23
 */
import type { Eui64, Micros } from '../../base/ids.ts'
import { hours, milliseconds, minutes, seconds } from '../../base/time.ts'
import type { Clock, RandomStream, Timer, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import type { CommandPayload } from '../../zcl/clusters.ts'
import type { RequestOutcome } from '../../zcl/endpoint-types.ts'
import type { Peer, ZclEndpoint } from '../../zcl/node.ts'
import { Status } from '../../zcl/status.ts'
import { FirmwareSlots, type FirmwareWorks, type ImageFacts, type Refusal, type SlotsMemory } from './firmware-slots.ts'
import { type ImageIdentity, imageName, isSameImage } from './image-identity.ts'
import { comesOver } from './mishap.ts'

/** After joining it asks within this time, by its dice. @source assumed */
const FIRST_QUERY_WITHIN_S = 30
const QUERY_EVERY_US = hours(24)
/** Whether there is another image after one was taken back. @source assumed */
const QUERY_AGAIN_US = seconds(60)
/** Questions in a row that came to nothing, before it rests. @source assumed */
const MOST_TRIES = 8
/** Of the question for an image, where there is none here yet. @source assumed */
const MOST_QUERIES = 3
/** Before the second try; each pause is twice the one before. @source assumed */
const FIRST_PAUSE_US = seconds(1)
/** After this it tries again where nobody answered. @source assumed */
const REST_US = minutes(15)
/** @source OTA Upgrade, Upgrade End Response: a client that waits asks again each hour */
const ASK_AGAIN_US = hours(1)
/** Questions without an answer after which some devices act on their own. @source OTA Upgrade, Upgrade End Response */
const UNANSWERED = 3
/** It acknowledges what told it so before it goes down. @source assumed */
const LEAST_BEFORE_BOOT_US = seconds(1)
/** @source OTA Upgrade, Upgrade End Response: upgrade time */
const WAIT = 0xffff_ffff
const NONE = 0xffff_ffff
const PRO_STACK = 2
/** @source OTA Upgrade, Query Next Image Request: field control */
const HARDWARE_STATED = 0x01
/** @source OTA Upgrade, Image Block Request: field control */
const PERIOD_STATED = 0x02
/** @source OTA Upgrade, ImageUpgradeStatus */
const UPGRADE_STATUS = { normal: 0, downloading: 1, downloaded: 2, waiting: 3, counting: 4 } as const

/** What of a profile says how it goes about it. */
export interface OtaFacts extends ImageFacts {
  blockOctets: number
  blockDelayMs: number
  /** 0: it asks for each block. */
  pageOctets: number
  activationWaits: boolean
  keepsActivation: boolean
  /** Of a sleeper: how long it collects blocks in one waking. */
  awakeS?: number
}

/** What survives a power cut. */
export interface OtaClientMemory extends SlotsMemory {
  /** When it is to run what it has, Unix ms by its clock. */
  activateAtMs?: number
}

export interface OtaClientOptions {
  device: Eui64
  endpoint: ZclEndpoint
  /** The hub's Energy Service Interface. */
  esi: Peer
  /** The device's. */
  clock: Clock
  timers: Timers
  trace: Trace
  random: RandomStream
  facts: OtaFacts
  works: FirmwareWorks
  /** It sleeps, and does nothing but when it is woken. */
  sleeps: boolean
  /** It has asked something, and has to listen for the answer. */
  onAsked: () => void
  memory?: OtaClientMemory | undefined
}

type QueryOutcome = RequestOutcome<'OtaUpgrade', 'QueryNextImageRequest'>
type BlockOutcome = RequestOutcome<'OtaUpgrade', 'ImageBlockRequest'>
type Block = CommandPayload<'OtaUpgrade', 'ImageBlockResponse'>
type EndAnswer = CommandPayload<'OtaUpgrade', 'UpgradeEndResponse'>

export class OtaClient {
  readonly slots: FirmwareSlots
  private readonly options: OtaClientOptions
  /** Whom it asks; who notified it last, else the hub. */
  private server: Peer
  /** A question is under way. */
  private asking = false
  /** There is a pause before the next one. */
  private pausing = false
  private tries = 0
  private unanswered = 0
  private periodMs = 0
  private askedAtUs: Micros = 0
  private awakeUntilUs: Micros = 0
  private activateAtMs: number | undefined
  private next: Timer | undefined
  private daily: Timer | undefined
  private activation: Timer | undefined
  /** The page under way: where it ends. */
  private pageEnd: number | undefined

  constructor(options: OtaClientOptions) {
    const { endpoint, esi, works, facts, memory } = options
    this.options = options
    this.server = esi
    this.slots = new FirmwareSlots({ device: options.device, facts, works, memory })
    this.activateAtMs = memory?.activateAtMs
    this.use(endpoint)
    if (this.slots.good && this.activateAtMs !== undefined) this.runAt(this.activateAtMs)
  }

  /** It is on the HAN: the hub learns which firmware it runs, and it whether there is another. */
  joined(): void {
    this.left()
    const { sleeps, random } = this.options
    if (sleeps) return
    this.after(seconds(random.int(FIRST_QUERY_WITHIN_S + 1)), () => this.look())
    this.askDaily()
  }
  left(): void {
    this.next?.cancel()
    this.daily?.cancel()
    this.asking = false
    this.pausing = false
    this.tries = 0
    this.pageEnd = undefined
  }
  /** A sleeper is awake, and has said what it had to say. */
  woken(): void {
    const { clock, facts } = this.options
    this.awakeUntilUs = clock.nowUs() + seconds(facts.awakeS ?? 0)
    if (!this.asking) this.look()
  }

  memory(): OtaClientMemory {
    const { activateAtMs } = this
    const keeps = this.options.facts.keepsActivation && activateAtMs !== undefined
    return { ...this.slots.memory(), ...(keeps && { activateAtMs }) }
  }

  private use(endpoint: ZclEndpoint): void {
    const { facts, esi } = this.options
    endpoint.use('OtaUpgrade', {
      attributes: {
        UpgradeServerID: () => esi.device,
        FileOffset: () => (this.slots.image ? this.slots.offset : NONE),
        CurrentFileVersion: facts.fileVersion,
        CurrentZigbeeStackVersion: PRO_STACK,
        DownloadedFileVersion: () => (this.slots.good && this.slots.image ? this.slots.image.fileVersion : NONE),
        ImageUpgradeStatus: () => this.status(),
        ManufacturerID: facts.manufacturerCode,
        ImageTypeID: facts.imageType,
        MinimumBlockPeriod: () => this.periodMs,
      },
      commands: {
        ImageNotify: (_notice, from) => this.notified(from),
        ImageBlockResponse: (block, from) => this.fromServer(from, () => this.takeOfPage(block)),
        UpgradeEndResponse: (answer, from) => this.fromServer(from, () => this.obey(answer)),
      },
    })
  }

  private status(): number {
    const { image, good } = this.slots
    if (!image) return UPGRADE_STATUS.normal
    if (!good) return UPGRADE_STATUS.downloading
    return this.activateAtMs === undefined ? UPGRADE_STATUS.waiting : UPGRADE_STATUS.counting
  }

  /** Nobody but the hub has a say. @source assumed */
  private fromServer({ device }: Peer, act: () => void): number {
    if (device !== this.options.esi.device) return Status.NOT_AUTHORIZED
    act()
    return Status.SUCCESS
  }

  /** Told to it alone, it asks whatever it was told of. @source OTA Upgrade, Image Notify Command */
  private notified(from: Peer): number {
    return this.fromServer(from, () => {
      const { clock, facts } = this.options
      this.server = from
      this.awakeUntilUs = Math.max(this.awakeUntilUs, clock.nowUs() + seconds(facts.awakeS ?? 0))
      if (!this.asking) this.query()
    })
  }

  private askDaily(): void {
    this.daily = this.options.timers.after(QUERY_EVERY_US, 'ota daily', () => {
      this.askDaily()
      if (!this.asking && !this.pausing) this.query()
    })
  }

  /** Is there an image? What is here already, and was never told when to run, is asked for again. */
  private look(): void {
    if (this.slots.good && this.activateAtMs === undefined) this.end()
    else this.query()
  }

  private query(): void {
    const { facts } = this.options
    const { manufacturerCode, imageType, fileVersion: currentFileVersion, hardwareVersion } = facts
    const question = { fieldControl: HARDWARE_STATED, manufacturerCode, imageType, currentFileVersion, hardwareVersion }
    this.ask(() =>
      this.options.endpoint.request(this.server, 'OtaUpgrade', 'QueryNextImageRequest', question, outcome =>
        this.offered(outcome),
      ),
    )
  }

  private offered(outcome: QueryOutcome): void {
    this.asking = false
    if (!outcome.ok) {
      // A hub that does not know the question will not know it in a minute either.
      const most = this.slots.image ? MOST_TRIES : MOST_QUERIES
      if (outcome.reason !== 'default-response') this.again(() => this.query(), most)
      return
    }
    this.tries = 0
    const { status, manufacturerCode = 0, imageType = 0, fileVersion = 0, imageSize = 0 } = outcome.response.payload
    if (status !== Status.SUCCESS) return this.keepOrDiscard()
    const image = { manufacturerCode, imageType, fileVersion }
    const refusal = this.slots.begin(image, imageSize)
    if (refusal) return this.refuse(image, refusal)
    if (this.slots.good) this.end()
    else this.collect()
  }

  /** The hub offers nothing: what is half here is of no use; what is whole may have been ordered for later. */
  private keepOrDiscard(): void {
    if (!this.slots.good) this.slots.discard()
  }

  private get mayAsk(): boolean {
    return !this.options.sleeps || this.options.clock.nowUs() < this.awakeUntilUs
  }

  /** Asks for what follows on what is there; a sleeper whose time is up goes on at its next waking. */
  private collect(): void {
    const { slots } = this
    if (!slots.image) return
    if (slots.offset >= slots.size) return this.judge(slots.image)
    const { works } = this.options
    if (!this.mayAsk || comesOver(works.mishap?.(), { from: -1, to: slots.offset, size: slots.size }, 'stuck')) return
    if (this.options.facts.pageOctets > 0 && this.tries === 0) this.askPage(slots.image)
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
    this.ask(() =>
      endpoint.request(this.server, 'OtaUpgrade', 'ImageBlockRequest', question, outcome => this.took(outcome, image)),
    )
  }

  private took(outcome: BlockOutcome, image: ImageIdentity): void {
    this.asking = false
    const { slots } = this
    if (!slots.image || !isSameImage(slots.image, image)) return
    if (!outcome.ok) return this.again(() => this.collect())
    const block = outcome.response.payload
    if (block.status !== Status.SUCCESS) return this.heldUp(block)
    const from = slots.offset
    if (!this.write(block)) return this.again(() => this.collect())
    if (!this.failsOnTheWay(image, from)) this.goOn()
  }

  /** Whether the block is the one that follows, and no more than fits. */
  private write({ manufacturerCode = 0, imageType = 0, fileVersion = 0, fileOffset, imageData }: Block): boolean {
    const { slots } = this
    const image = { manufacturerCode, imageType, fileVersion }
    if (!slots.image || !isSameImage(slots.image, image) || fileOffset !== slots.offset || !imageData) return false
    if (imageData.length === 0 || slots.offset + imageData.length > slots.size) return false
    slots.write(imageData)
    this.tries = 0
    return true
  }

  /** What goes wrong on purpose at this place. */
  private failsOnTheWay(image: ImageIdentity, from: number): boolean {
    const { slots } = this
    const { works } = this.options
    const mishap = works.mishap?.()
    if (!comesOver(mishap, { from, to: slots.offset, size: slots.size })) return false
    this.tell('mishap', mishap.is)
    this.left()
    if (mishap.is === 'power') works.losePower?.()
    if (mishap.is === 'abort') {
      slots.discard()
      this.refuse(image, { rejection: 'state', detail: 'broken off' })
    }
    return true
  }

  /** After the pause of this model, and no sooner than the hub wants. */
  private goOn(): void {
    const { clock, facts } = this.options
    const pauseUs = milliseconds(facts.blockDelayMs)
    const dueUs = this.askedAtUs + milliseconds(this.periodMs)
    this.after(Math.max(pauseUs, dueUs - clock.nowUs()), () => this.collect())
  }

  private heldUp({ status, currentTime = 0, requestTime = 0, minimumBlockPeriod }: Block): void {
    this.asking = false
    this.pageEnd = undefined
    if (status !== Status.WAIT_FOR_DATA) {
      // It was taken back; there may be another.
      this.slots.discard()
      return this.after(QUERY_AGAIN_US, () => this.query())
    }
    this.tries = 0
    if (minimumBlockPeriod !== undefined) this.periodMs = minimumBlockPeriod
    const inS = Math.max(0, requestTime - currentTime)
    if (inS > 0) this.after(seconds(inS), () => this.collect())
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
    this.ask(() => endpoint.send(this.server, 'OtaUpgrade', 'ImagePageRequest', question))
    this.awaitPage()
  }

  /** What of a page does not come is asked for block by block. */
  private awaitPage(): void {
    const missingUs = milliseconds(this.options.facts.blockDelayMs) + FIRST_PAUSE_US
    this.after(missingUs, () => {
      this.asking = false
      this.pageEnd = undefined
      this.again(() => this.collect())
    })
  }

  private takeOfPage(block: Block): void {
    if (this.pageEnd === undefined) return
    if (block.status !== Status.SUCCESS) return this.heldUp(block)
    const from = this.slots.offset
    if (!this.write(block) || !this.slots.image) return
    if (this.failsOnTheWay(this.slots.image, from)) return
    this.options.onAsked()
    if (this.slots.offset < this.pageEnd) return this.awaitPage()
    this.asking = false
    this.pageEnd = undefined
    this.goOn()
  }

  /** All of it is here: is it one to run? */
  private judge(image: ImageIdentity): void {
    const refusal = this.slots.verify()
    if (refusal) return this.refuse(image, refusal)
    this.tell('downloaded', imageName(image))
    this.end()
  }

  private refuse(image: ImageIdentity, { rejection, detail }: Refusal): void {
    this.tell('refused', `${rejection}: ${detail}`)
    const end = { status: STATUS_OF[rejection] ?? Status.INVALID_IMAGE, ...image }
    this.options.endpoint.send(this.server, 'OtaUpgrade', 'UpgradeEndRequest', end)
    this.options.onAsked()
  }

  /** Says that it has the image, and asks when to run it. */
  private end(): void {
    const { image } = this.slots
    if (!image) return
    const end = { status: Status.SUCCESS, ...image }
    this.ask(() =>
      this.options.endpoint.request(this.server, 'OtaUpgrade', 'UpgradeEndRequest', end, outcome => {
        this.asking = false
        if (outcome.ok) this.obey(outcome.response.payload)
        else if (outcome.reason === 'default-response') this.slots.discard()
        else this.unheard()
      }),
    )
  }

  private unheard(): void {
    this.unanswered++
    if (this.unanswered >= UNANSWERED && !this.options.facts.activationWaits) return this.run()
    this.after(ASK_AGAIN_US, () => this.end())
  }

  private obey(answer: EndAnswer): void {
    const { slots } = this
    if (!slots.good || !slots.image || !concerns(answer, slots.image)) return
    this.unanswered = 0
    this.activation?.cancel()
    this.activateAtMs = undefined
    const { currentTime, upgradeTime } = answer
    if (upgradeTime === WAIT) return this.after(ASK_AGAIN_US, () => this.end())
    const { clock } = this.options
    this.next?.cancel()
    this.runAt(clock.unixMs() + Math.max(0, upgradeTime - currentTime) * 1_000)
  }

  private runAt(unixMs: number): void {
    const { clock, timers } = this.options
    this.activateAtMs = unixMs
    const inUs = Math.max(LEAST_BEFORE_BOOT_US, milliseconds(unixMs - clock.unixMs()))
    this.activation = timers.after(inUs, 'ota run', () => this.run())
  }

  private run(): void {
    const { image } = this.slots
    if (!image) return
    const { works } = this.options
    const mishap = works.mishap?.()?.is
    if (mishap === 'lost') return this.tell('mishap', mishap)
    if (mishap === 'refused') {
      this.slots.discard()
      return this.refuse(image, { rejection: 'state', detail: 'the state of supply or credit does not allow it' })
    }
    this.tell('boot', imageName(image))
    works.boot(image)
  }

  /** Asks, unless a sleeper's time is up. */
  private ask(question: () => void): void {
    const { clock, onAsked } = this.options
    this.next?.cancel()
    this.asking = true
    this.pausing = false
    this.askedAtUs = clock.nowUs()
    onAsked()
    question()
  }

  /** The question came to nothing: again, ever more patiently. */
  private again(act: () => void, most = MOST_TRIES): void {
    this.tries++
    if (this.tries < most) return this.after(FIRST_PAUSE_US * 2 ** (this.tries - 1), act)
    this.tries = 0
    if (!this.options.sleeps && this.slots.image) this.after(REST_US, act)
  }

  private after(inUs: Micros, act: () => void): void {
    this.next?.cancel()
    this.pausing = true
    this.next = this.options.timers.after(inUs, 'ota', () => {
      this.pausing = false
      act()
    })
  }

  private tell(name: string, value: string): void {
    this.options.trace.emit({ kind: 'device.state', name: `ota ${name}`, value })
  }
}

/** What the hub is told of an image that is not taken. @source OTA Upgrade, Upgrade End Request: status; space: assumed */
const STATUS_OF: { readonly [R in Refusal['rejection']]?: number } = {
  'needs-another': Status.REQUIRE_MORE_IMAGE,
  space: Status.ABORT,
  state: Status.ABORT,
}

/** @source OTA Upgrade, Upgrade End Response: wild cards */
const concerns = (answer: ImageIdentity, image: ImageIdentity): boolean =>
  [image.manufacturerCode, 0xffff].includes(answer.manufacturerCode) &&
  [image.imageType, 0xffff].includes(answer.imageType) &&
  [image.fileVersion, 0xffff_ffff].includes(answer.fileVersion)
