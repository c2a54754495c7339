/**
 * The OTA Upgrade server of a hub: tells devices of the image that is for them, hands it over in blocks or pages, and says when it
 * is to be run. Each device asks at its own pace; nothing here waits for one.
 * @source ZigBee OTA Upgrade 095264r23
 */
import type { Eui64 } from '../../../base/ids.ts'
import { minutes } from '../../../base/time.ts'
import type { Clock, Timer, Timers } from '../../../ports/time.ts'
import type { Trace } from '../../../ports/trace.ts'
import type { CommandPayload } from '../../../zcl/clusters.ts'
import type { Reply } from '../../../zcl/endpoint-types.ts'
import type { Peer, ZclEndpoint } from '../../../zcl/node.ts'
import { Status } from '../../../zcl/status.ts'
import { isSameImage, isSameKind } from '../../ota/image-identity.ts'
import { utcOf } from '../../zigbee-time.ts'
import { BlockServer } from './block-server.ts'
import type { Activation, ImageFacts, ImageShelf, ShelfMemory, ShelvedImage } from './image-shelf.ts'
import {
  ProgressBook,
  type ProgressListener,
  type ProgressMemory,
  type UpgradeFailure,
  type UpgradeProgress,
  type UpgradeState,
} from './upgrade-progress.ts'

/** Every HAN device of ours keeps its clusters on this endpoint. */
const DEVICE_ENDPOINT = 1
/** Image Notify: all fields are there, and everybody concerned asks. @source OTA Upgrade, Image Notify Command */
const NOTIFY = { payloadType: 3, queryJitter: 100 } as const
/** Upgrade time: not yet, ask again. @source OTA Upgrade, Upgrade End Response */
const WAIT = 0xffff_ffff
/** Clocks of a HAN agree this well, and a device takes this long to be back. @source assumed */
const BACK_WITHIN_US = minutes(5)
/** @source OTA Upgrade, Query Next Image Request: field control, hardware version present */
const HARDWARE_STATED = 0x01

/** What survives a restart: images and orders, and how far devices have come. */
export interface OtaMemory {
  shelf: ShelfMemory
  progress: ProgressMemory
}

export interface OtaServerOptions {
  esi: ZclEndpoint
  /** The hub's. */
  clock: Clock
  timers: Timers
  trace: Trace
  shelf: ImageShelf
  /** Whether the hub knows this device: others are not given anything. */
  isListed: (device: Eui64) => boolean
  /** Whether it hears what it is told unasked. */
  listens: (device: Eui64) => boolean
  /** Shortest time between two blocks, ms; 0: as the device likes. */
  minimumBlockPeriodMs: number
  /** After how long to ask again for what has not come yet, s. */
  waitS: number
  memory?: ProgressMemory | undefined
}

type OtaReply = Reply<'OtaUpgrade', 'toClient'>
type Query = CommandPayload<'OtaUpgrade', 'QueryNextImageRequest'>
type End = CommandPayload<'OtaUpgrade', 'UpgradeEndRequest'>

export class OtaServer {
  readonly shelf: ImageShelf
  private readonly options: OtaServerOptions
  private readonly book: ProgressBook
  private readonly blocks: BlockServer
  private readonly reminders = new Map<Eui64, Timer>()

  constructor(options: OtaServerOptions) {
    this.options = options
    this.shelf = options.shelf
    this.book = new ProgressBook(options.trace, options.memory)
    this.blocks = new BlockServer({
      ...options,
      onServed: (device, image, upTo) => this.note(device, image, 'downloading', { octets: upTo }),
    })
    this.serve()
  }

  /** Tells how devices get on. */
  listen(listener: ProgressListener): void {
    this.book.listen(listener)
  }
  progressOf(device: Eui64): UpgradeProgress | undefined {
    return this.book.get(device)
  }
  /** Of every device that an image was for. */
  get progress(): ReadonlyMap<Eui64, UpgradeProgress> {
    return this.book.all
  }

  /**
   * An image on the shelf is for these devices from now on: those that listen are told, the others learn it when they ask. What a
   * device had been offered before is withdrawn. False: no such image.
   */
  offer(name: string, devices: Iterable<Eui64>, activation: Activation): boolean {
    const image = this.shelf.find(name)
    if (!image) return false
    for (const device of devices) {
      if (this.shelf.imageFor(device)?.name !== name) this.withdraw(device)
      this.shelf.order(name, device, activation)
      this.note(device, image, 'offered', { octets: 0 })
      this.notify(device)
    }
    return true
  }

  /**
   * Changes when a device is to run the image that is for it; one that has it is told at once, or when it asks next.
   * `no-image`: none is for it. `not-there`: it does not have it yet, and runs it then once it has.
   */
  activate(device: Eui64, activation: Activation): 'ordered' | 'not-there' | 'no-image' {
    const image = this.shelf.imageFor(device)
    if (!image) return 'no-image'
    this.shelf.order(image.name, device, activation)
    const state = this.book.get(device)?.state
    if (state !== 'downloaded' && state !== 'activating') return 'not-there'
    const listens = this.options.listens(device)
    // A sleeper still goes by what it was told before: it is to ask again.
    if (state === 'activating' && (activation.when === 'on-command' || !listens)) this.standDown(device, image)
    if (listens) {
      const { esi } = this.options
      esi.send(peerOf(device), 'OtaUpgrade', 'UpgradeEndResponse', this.answerTo(device, image))
    }
    return 'ordered'
  }

  /** The image that is for a device is not for it any more. False: none was. */
  withdraw(device: Eui64): boolean {
    const image = this.shelf.imageFor(device)
    if (!image) return false
    this.end(device, image, 'failed', 'withdrawn')
    return true
  }

  /** The device does not get on with the image that is for it. */
  giveUp(device: Eui64, why: Extract<UpgradeFailure, 'stalled' | 'lost'>): void {
    const image = this.shelf.imageFor(device)
    if (image) this.end(device, image, 'failed', why)
  }

  /** Takes an image down; whom it was for gets nothing more of it. False: it was not there. */
  remove(name: string): boolean {
    for (const device of this.shelf.find(name)?.orders.keys() ?? []) this.withdraw(device)
    return this.shelf.remove(name)
  }

  /** What it would keep if its hub lost power now. */
  memory(): OtaMemory {
    return { shelf: this.shelf.memory(), progress: this.book.memory() }
  }

  private serve(): void {
    this.options.esi.serve('OtaUpgrade', {
      commands: {
        QueryNextImageRequest: (query, from, reply) => this.answerQuery(query, from, reply),
        ImageBlockRequest: (request, from, reply) => this.blocks.answerBlock(request, from.device, reply),
        ImagePageRequest: (request, from, reply) => this.blocks.answerPage(request, from.device, reply),
        UpgradeEndRequest: (end, from, reply) => this.answerEnd(end, from, reply),
      },
    })
  }

  private answerQuery(query: Query, { device }: Peer, reply: OtaReply): void {
    const answer = (status: number) => reply('QueryNextImageResponse', { status })
    if (!this.options.isListed(device)) return answer(Status.NOT_AUTHORIZED)
    const image = this.shelf.imageFor(device)
    if (!image || !this.isWanted(image, query, device)) return answer(Status.NO_IMAGE_AVAILABLE)
    const { manufacturerCode, imageType, fileVersion, totalImageSize: imageSize } = image
    reply('QueryNextImageResponse', { status: Status.SUCCESS, manufacturerCode, imageType, fileVersion, imageSize })
  }

  /** Whether the image is one for who asks, by what it says of itself; what it says may also end its upgrade. */
  private isWanted(image: ShelvedImage, query: Query, device: Eui64): boolean {
    const { hardwareVersion: hardware = 0 } = query
    if (!isSameKind(image, query)) return this.end(device, image, 'failed', 'not-for-it')
    if (query.currentFileVersion === image.fileVersion) return this.end(device, image, 'done')
    if (query.fieldControl & HARDWARE_STATED && !isWithin(image.hardwareVersions, hardware)) {
      return this.end(device, image, 'failed', 'hardware')
    }
    if (this.book.get(device)?.state !== 'activating') return true
    const activation = image.orders.get(device)
    const backAtMs = activation?.when === 'at' ? activation.unixMs + BACK_WITHIN_US / 1_000 : 0
    if (this.options.clock.unixMs() < backAtMs) return false
    return this.end(device, image, 'failed', 'rolled-back')
  }

  private answerEnd(end: End, { device }: Peer, reply: OtaReply): number | 'later' {
    const image = this.shelf.imageFor(device)
    if (!image || !isSameImage(image, end)) return Status.ABORT
    if (end.status !== Status.SUCCESS) {
      const isLate = this.book.get(device)?.state === 'activating'
      this.end(device, image, 'failed', isLate ? 'refused' : (FAILURES.get(end.status) ?? 'aborted'))
      return Status.SUCCESS
    }
    if (this.book.get(device)?.state !== 'activating') {
      this.note(device, image, 'downloaded', { octets: image.totalImageSize })
    }
    reply('UpgradeEndResponse', this.answerTo(device, image))
    return 'later'
  }

  /** When a device is to run its image, as it is told now. */
  private answerTo(device: Eui64, image: ShelvedImage): CommandPayload<'OtaUpgrade', 'UpgradeEndResponse'> {
    const { clock } = this.options
    const { manufacturerCode, imageType, fileVersion } = image
    const activation: Activation = image.orders.get(device) ?? { when: 'on-command' }
    const currentTime = utcOf(clock.unixMs())
    const upgradeTime = { 'at-once': currentTime, 'on-command': WAIT, at: 0 }[activation.when]
    const later = activation.when === 'at' ? Math.max(currentTime, utcOf(activation.unixMs)) : upgradeTime
    if (later !== WAIT) this.expectBack(device, image, later - currentTime)
    return { manufacturerCode, imageType, fileVersion, currentTime, upgradeTime: later }
  }

  /** The device runs its image in so many seconds, and is asked then which firmware it has. */
  private expectBack(device: Eui64, image: ShelvedImage, inS: number): void {
    const { timers } = this.options
    this.note(device, image, 'activating', { octets: image.totalImageSize })
    this.reminders.get(device)?.cancel()
    if (inS === 0) return void this.reminders.delete(device)
    const reminder = timers.after(inS * 1_000_000 + BACK_WITHIN_US, 'ota back', () => {
      this.reminders.delete(device)
      this.notify(device)
    })
    this.reminders.set(device, reminder)
  }

  /** It has the image, and is not to run it until it is told again. */
  private standDown(device: Eui64, image: ShelvedImage): void {
    this.reminders.get(device)?.cancel()
    this.reminders.delete(device)
    this.note(device, image, 'downloaded', { octets: image.totalImageSize })
  }

  private notify(device: Eui64): void {
    const image = this.shelf.imageFor(device)
    if (!image || !this.options.listens(device)) return
    const { manufacturerCode, imageType, fileVersion: newFileVersion } = image
    const payload = { ...NOTIFY, manufacturerCode, imageType, newFileVersion }
    this.options.esi.send(peerOf(device), 'OtaUpgrade', 'ImageNotify', payload)
  }

  private note(device: Eui64, image: ImageFacts, state: UpgradeState, { octets }: { octets: number }): void {
    const atMs = this.options.clock.unixMs()
    this.book.set(device, { image, state, octets, total: image.totalImageSize, atMs })
  }

  /** It is over for this device, one way or the other. False: there is nothing for it any more. */
  private end(device: Eui64, image: ImageFacts, state: 'done' | 'failed', failure?: UpgradeFailure): false {
    const atMs = this.options.clock.unixMs()
    const octets = state === 'done' ? image.totalImageSize : (this.book.get(device)?.octets ?? 0)
    this.shelf.cancel(device)
    this.blocks.stop(device)
    this.reminders.get(device)?.cancel()
    this.reminders.delete(device)
    const total = image.totalImageSize
    this.book.set(device, { image, state, ...(failure && { failure }), octets, total, atMs })
    return false
  }
}

/** What a device says of an image that it does not take. @source OTA Upgrade, Upgrade End Request: status */
const FAILURES: ReadonlyMap<number, UpgradeFailure> = new Map([
  [Status.INVALID_IMAGE, 'invalid-image'],
  [Status.ABORT, 'aborted'],
  [Status.REQUIRE_MORE_IMAGE, 'needs-another'],
])

const peerOf = (device: Eui64): Peer => ({ device, endpoint: DEVICE_ENDPOINT })

const isWithin = (range: ImageFacts['hardwareVersions'], version: number): boolean =>
  !range || (version >= range.minimum && version <= range.maximum)
