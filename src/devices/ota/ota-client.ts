/**
 * The OTA Upgrade client of a device: asks its hub for an image when it joins, is notified, and each day, fetches it at its own
 * pace, and runs it when it is told to. A device that sleeps does all that while it is awake, and goes on at its next waking.
 * @source ZigBee OTA Upgrade 095264r23
 */
import type { Eui64, Micros } from '../../base/ids.ts'
import { hours, seconds } from '../../base/time.ts'
import type { Clock, RandomStream, Timer, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import type { CommandPayload } from '../../zcl/clusters.ts'
import type { RequestOutcome } from '../../zcl/endpoint-types.ts'
import type { Peer, ZclEndpoint } from '../../zcl/node.ts'
import { Status } from '../../zcl/status.ts'
import { Activation } from './activation.ts'
import { FirmwareSlots, type FirmwareWorks, type ImageFacts, type Refusal, type SlotsMemory } from './firmware-slots.ts'
import { type FetchFacts, ImageFetch } from './image-fetch.ts'
import { type ImageIdentity, imageName } from './image-identity.ts'
import type { Mishap } from './mishap.ts'
import { OtaTurns } from './ota-turns.ts'

/** After joining it asks within this time, by its dice. @source assumed */
const FIRST_QUERY_WITHIN_S = 30
const QUERY_EVERY_US = hours(24)
/** Whether there is another image after one was taken back. @source assumed */
const QUERY_AGAIN_US = seconds(60)
/** Of the question for an image, where there is none here yet. @source assumed */
const MOST_QUERIES = 3
/** @source OTA Upgrade, Upgrade End Response: a client that waits asks again each hour */
const ASK_AGAIN_US = hours(1)
/** Questions without an answer after which some devices act on their own. @source OTA Upgrade, Upgrade End Response */
const UNANSWERED = 3
/** @source OTA Upgrade, Upgrade End Response: upgrade time */
const WAIT = 0xffff_ffff
const NONE = 0xffff_ffff
const PRO_STACK = 2
/** @source OTA Upgrade, Query Next Image Request: field control */
const HARDWARE_STATED = 0x01
/** @source OTA Upgrade, ImageUpgradeStatus */
const UPGRADE_STATUS = { normal: 0, downloading: 1, downloaded: 2, waiting: 3, counting: 4 } as const

/** What of a profile says how it goes about it. */
export interface OtaFacts extends ImageFacts, FetchFacts {
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
type EndAnswer = CommandPayload<'OtaUpgrade', 'UpgradeEndResponse'>

export class OtaClient {
  readonly slots: FirmwareSlots
  private readonly options: OtaClientOptions
  /** Whom it asks; who notified it last, else the hub. */
  private server: Peer
  private readonly turns: OtaTurns
  private unanswered = 0
  private readonly fetch: ImageFetch
  private awakeUntilUs: Micros = 0
  private readonly activation: Activation
  private daily: Timer | undefined

  constructor(options: OtaClientOptions) {
    const { endpoint, esi, works, facts, memory } = options
    this.options = options
    this.server = esi
    this.slots = new FirmwareSlots({ device: options.device, facts, works, memory })
    const { clock, timers } = options
    this.turns = new OtaTurns({
      ...{ clock, timers, onAsked: options.onAsked },
      rests: () => !options.sleeps && this.slots.image !== undefined,
    })
    this.fetch = new ImageFetch({
      ...{ endpoint, clock, facts, works, onAsked: options.onAsked },
      ...{ slots: this.slots, turns: this.turns },
      server: () => this.server,
      mayAsk: () => this.mayAsk,
      whole: image => this.judge(image),
      takenBack: () => this.turns.after(QUERY_AGAIN_US, () => this.query()),
      failed: (mishap, image) => this.failed(mishap, image),
    })
    this.activation = new Activation({ clock, timers, run: () => this.run() })
    this.use(endpoint)
    if (this.slots.good && memory?.activateAtMs !== undefined) this.activation.order(memory.activateAtMs)
  }

  /** It is on the HAN: the hub learns which firmware it runs, and it whether there is another. */
  joined(): void {
    this.left()
    const { sleeps, random } = this.options
    if (sleeps) return
    this.turns.after(seconds(random.int(FIRST_QUERY_WITHIN_S + 1)), () => this.look())
    this.askDaily()
  }
  left(): void {
    this.turns.reset()
    this.daily?.cancel()
    this.fetch.stop()
  }
  /** A sleeper is awake, and has said what it had to say. */
  woken(): void {
    const { clock, facts } = this.options
    this.awakeUntilUs = clock.nowUs() + seconds(facts.awakeS ?? 0)
    if (!this.turns.asking) this.look()
  }

  memory(): OtaClientMemory {
    const activateAtMs = this.activation.atMs
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
        MinimumBlockPeriod: () => this.fetch.periodMs,
      },
      commands: {
        ImageNotify: (_notice, from) => this.notified(from),
        ImageBlockResponse: (block, from) => this.fromServer(from, () => this.fetch.takeOfPage(block)),
        UpgradeEndResponse: (answer, from) => this.fromServer(from, () => this.obey(answer)),
      },
    })
  }

  private status(): number {
    const { image, good } = this.slots
    if (!image) return UPGRADE_STATUS.normal
    if (!good) return UPGRADE_STATUS.downloading
    return this.activation.atMs === undefined ? UPGRADE_STATUS.waiting : UPGRADE_STATUS.counting
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
      if (!this.turns.asking) this.query()
    })
  }

  private askDaily(): void {
    this.daily = this.options.timers.after(QUERY_EVERY_US, 'ota daily', () => {
      this.askDaily()
      if (this.turns.idle) this.query()
    })
  }

  /** Is there an image? What is here already, and was never told when to run, is asked for again. */
  private look(): void {
    if (this.slots.good && this.activation.atMs === undefined) this.end()
    else this.query()
  }

  private query(): void {
    const { facts } = this.options
    const { manufacturerCode, imageType, fileVersion: currentFileVersion, hardwareVersion } = facts
    const question = { fieldControl: HARDWARE_STATED, manufacturerCode, imageType, currentFileVersion, hardwareVersion }
    this.turns.ask(() =>
      this.options.endpoint.request(this.server, 'OtaUpgrade', 'QueryNextImageRequest', question, outcome =>
        this.offered(outcome),
      ),
    )
  }

  private offered(outcome: QueryOutcome): void {
    this.turns.answered()
    if (!outcome.ok) {
      // A hub that does not know the question will not know it in a minute either.
      const most = this.slots.image ? undefined : MOST_QUERIES
      if (outcome.reason !== 'default-response') this.turns.again(() => this.query(), most)
      return
    }
    this.turns.cameToSomething()
    const { status, manufacturerCode = 0, imageType = 0, fileVersion = 0, imageSize = 0 } = outcome.response.payload
    if (status !== Status.SUCCESS) return this.keepOrDiscard()
    const image = { manufacturerCode, imageType, fileVersion }
    const refusal = this.slots.begin(image, imageSize)
    if (refusal) return this.refuse(image, refusal)
    if (this.slots.good) this.end()
    else this.fetch.collect()
  }

  /** The hub offers nothing: what is half here is of no use; what is whole may have been ordered for later. */
  private keepOrDiscard(): void {
    if (!this.slots.good) this.slots.discard()
  }

  private get mayAsk(): boolean {
    return !this.options.sleeps || this.options.clock.nowUs() < this.awakeUntilUs
  }

  /** What goes wrong on purpose on the way. */
  private failed({ is }: Mishap, image: ImageIdentity): void {
    this.tell('mishap', is)
    this.left()
    if (is === 'power') this.options.works.losePower?.()
    if (is === 'abort') {
      this.slots.discard()
      this.refuse(image, { rejection: 'state', detail: 'broken off' })
    }
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
    this.turns.ask(() =>
      this.options.endpoint.request(this.server, 'OtaUpgrade', 'UpgradeEndRequest', end, outcome => {
        this.turns.answered()
        if (outcome.ok) this.obey(outcome.response.payload)
        else if (outcome.reason === 'default-response') this.slots.discard()
        else this.unheard()
      }),
    )
  }

  private unheard(): void {
    this.unanswered++
    if (this.unanswered >= UNANSWERED && !this.options.facts.activationWaits) return this.run()
    this.turns.after(ASK_AGAIN_US, () => this.end())
  }

  private obey(answer: EndAnswer): void {
    const { slots } = this
    if (!slots.good || !slots.image || !concerns(answer, slots.image)) return
    this.unanswered = 0
    this.activation.cancel()
    const { currentTime, upgradeTime } = answer
    if (upgradeTime === WAIT) return this.turns.after(ASK_AGAIN_US, () => this.end())
    const { clock } = this.options
    this.turns.stop()
    this.activation.order(clock.unixMs() + Math.max(0, upgradeTime - currentTime) * 1_000)
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
