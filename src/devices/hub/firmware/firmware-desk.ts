/**
 * What parties do with firmware at a hub: they bring images over the WAN, for devices of the home or the hub itself, see how far these
 * are, and call them off. What goes on between the hub and the devices is the OTA server's.
 */
import { createHash } from 'node:crypto'
import type { Eui64 } from '../../../base/ids.ts'
import { OtaReader } from '../../../firmware/ota-reader.ts'
import type { FirmwareWarning, FirmwareWarningReason } from '../../../wan/messages/wan-types.generated.ts'
import { imageName } from '../../ota/image-identity.ts'
import type { HanDeviceType } from '../hub-options.ts'
import type { Activation } from '../ota/image-shelf.ts'
import type { OtaServer } from '../ota/ota-server.ts'
import type { UpgradeProgress } from '../ota/upgrade-progress.ts'
import { type Announcement, sortOut } from './announcement.ts'
import { headerProblem } from './image-check.ts'
import type { OwnUpgrade } from './own-upgrade.ts'

/** An image that was announced, and how far it has come. */
export interface FiledImage extends Announcement {
  /** By which the shelf knows it. */
  readonly name: string
  /** Devices it was announced for and is handed on to. */
  readonly takers: readonly Eui64[]
  /** It was finished: hash and header agree. */
  readonly complete: boolean
}

/** What survives a restart, oldest first. */
export type DeskMemory = readonly Omit<FiledImage, 'name'>[]

/** What an order of a party comes to: how far the hub has the image, or why it will not. */
export type DeskAnswer = { image: FiledImage; warnings: readonly FirmwareWarning[] } | { refused: string }

export interface FirmwareDeskOptions {
  hub: Eui64
  gpf: Eui64
  ota: Pick<OtaServer, 'shelf' | 'offer' | 'remove' | 'progressOf'>
  inventory: ReadonlyMap<Eui64, HanDeviceType>
  isJoined: (device: Eui64) => boolean
  /** What the hub does with an image for itself. */
  own: Pick<OwnUpgrade, 'fits' | 'execute' | 'progress'>
  /** Its memory can be written. */
  hasRoom: () => boolean
  memory?: DeskMemory | undefined
}

/** Meters wait until they are told; a display has nothing to wait for. @source assumed: 11.3 is for ESME and GSME */
const ACTIVATION: Readonly<Partial<Record<HanDeviceType, Activation>>> = {
  ESME: { when: 'on-command' },
  GSME: { when: 'on-command' },
  PPMID: { when: 'at-once' },
}

export class FirmwareDesk {
  private readonly options: FirmwareDeskOptions
  private readonly filed = new Map<string, FiledImage>()

  constructor(options: FirmwareDeskOptions) {
    this.options = options
    for (const image of options.memory ?? []) this.filed.set(image.sha256, { ...image, name: imageName(image.facts) })
  }

  find(sha256: string): FiledImage | undefined {
    return this.filed.get(sha256)
  }
  list(): FiledImage[] {
    return [...this.filed.values()]
  }
  /** Octets of an image that are here, from the first on. */
  received(image: FiledImage): number {
    return this.options.ota.shelf.find(image.name)?.octets ?? 0
  }

  announce(announced: Announcement, devices: readonly Eui64[]): DeskAnswer {
    const { shelf } = this.options.ota
    const known = this.filed.get(announced.sha256)
    const { takers, warnings } = sortOut(devices, device => this.warning(announced, device))
    if (takers.length === 0) {
      const why = warnings.map(({ deviceId, reason }) => `${deviceId} ${reason}`)
      return { refused: `for no device: ${why.join(', ')}` }
    }
    if (known) {
      const more = takers.filter(device => !known.takers.includes(device))
      const image = this.file({ ...known, takers: [...known.takers, ...more] })
      if (image.complete) this.handOn(image, takers)
      return { image, warnings }
    }
    const put = this.options.hasRoom() ? this.makeRoom(announced) : 'full'
    if (put === 'full') return { refused: `FIRMWARE_IMAGE_DISCARDED: ${this.room(announced)}` }
    const name = imageName(announced.facts)
    if (put !== 'put') {
      const rival = this.list().find(image => image.name === name)
      if (rival && this.isClaimed(rival)) return { refused: `another file is here as ${name}: ${rival.sha256}` }
      if (rival) this.discard(rival.sha256)
      this.options.ota.remove(name)
      shelf.put(announced.facts)
    }
    return { image: this.file({ ...announced, name, takers, complete: false }), warnings }
  }

  /** What is not the next piece is passed over. */
  take(sha256: string, offset: number, octets: Uint8Array): DeskAnswer {
    const image = this.filed.get(sha256)
    if (!image) return notAnnounced(sha256)
    const { shelf } = this.options.ota
    const beyond = offset + octets.length > image.facts.totalImageSize
    if (beyond) return { refused: `offset: ${image.facts.totalImageSize} octets were announced` }
    if (offset === this.received(image) && !image.complete) shelf.append(image.name, octets)
    return { image, warnings: [] }
  }

  /** The whole file is here: once it is the one that was announced, devices may have it. */
  finish(sha256: string): DeskAnswer {
    const image = this.filed.get(sha256)
    if (!image) return notAnnounced(sha256)
    if (image.complete) return { image, warnings: [] }
    const received = this.received(image)
    const { totalImageSize } = image.facts
    if (received < totalImageSize)
      return { refused: `FILE_TRANSFER_FAILURE: ${received} of ${totalImageSize} octets are here` }
    const problem = this.look(image)
    if (problem !== undefined) {
      this.discard(sha256)
      return { refused: problem }
    }
    const complete = this.file({ ...image, complete: true })
    this.handOn(complete, complete.takers)
    return { image: complete, warnings: [] }
  }

  /** Forgets an image. Undefined: it is not here; else the devices that had not come to execute it. */
  discard(sha256: string): readonly Eui64[] | undefined {
    const image = this.filed.get(sha256)
    if (!image) return undefined
    const waiting = image.takers.filter(device => this.isUnderWay(image, device))
    this.options.ota.remove(image.name)
    this.filed.delete(sha256)
    return waiting
  }

  /** How far a device is with an image; undefined before it was offered, or when it is busy with another. */
  progressOf(image: FiledImage, device: Eui64): UpgradeProgress | undefined {
    const { hub, own, ota } = this.options
    const progress = device === hub ? own.progress : ota.progressOf(device)
    return progress && imageName(progress.image) === image.name ? progress : undefined
  }

  memory(): DeskMemory {
    return this.list().map(({ name: _, ...image }) => image)
  }

  private warning(image: Announcement, device: Eui64): FirmwareWarningReason | undefined {
    const { hub, gpf, inventory, isJoined, own } = this.options
    if (device === gpf) return 'NOT_APPLICABLE_FIRMWARE'
    const type = inventory.get(device)
    if (device !== hub && type === undefined) return 'INVALID_DEVICE_ID'
    if (device === hub ? !own.fits(image) : type === undefined || !ACTIVATION[type]) return 'NOT_APPLICABLE_FIRMWARE'
    if (device !== hub && !isJoined(device)) return 'NOT_COMMISSIONED'
    const isOther = this.list().some(other => other.sha256 !== image.sha256 && this.isUnderWay(other, device))
    return isOther ? 'OTHER_REQUEST_IN_PROGRESS' : undefined
  }

  /** It still has a claim on the image. */
  private isUnderWay(image: FiledImage, device: Eui64): boolean {
    if (!image.takers.includes(device)) return false
    const state = this.progressOf(image, device)?.state
    return !image.complete || (state !== undefined && state !== 'done' && state !== 'failed')
  }

  private isClaimed(image: FiledImage): boolean {
    return image.takers.some(device => this.isUnderWay(image, device))
  }

  private handOn(image: FiledImage, takers: readonly Eui64[]): void {
    const { hub, ota, inventory, own } = this.options
    for (const device of takers) {
      const activation = ACTIVATION[inventory.get(device) ?? 'CAD']
      if (device === hub) own.execute(image.name, image)
      else if (activation && !this.isUnderWay(image, device)) ota.offer(image.name, [device], activation)
    }
  }

  /** Images that nobody has a claim on any more go, the oldest first, until there is room. */
  private makeRoom({ facts }: Announcement): ReturnType<OtaServer['shelf']['put']> {
    const { shelf } = this.options.ota
    for (;;) {
      const put = shelf.put(facts)
      const idle = this.list().find(image => !this.isClaimed(image))
      if (put !== 'full' || !idle) return put
      this.discard(idle.sha256)
    }
  }

  private room({ facts }: Announcement): string {
    const { limits } = this.options.ota.shelf
    return `no room for ${facts.totalImageSize} octets: ${this.list().length} of ${limits.images} images are here, of ${limits.octets} octets at most`
  }

  /** What is wrong with the file that has come; undefined when it is the image that was announced. */
  private look(image: FiledImage): string | undefined {
    const hash = createHash('sha256')
    const reader = new OtaReader({ wrapped: false })
    for (const piece of this.options.ota.shelf.pieces(image.name)) {
      hash.update(piece)
      reader.push(piece)
    }
    const found = hash.digest('hex')
    if (found !== image.sha256) return `FILE_TRANSFER_FAILURE: SHA-256 ${found} found, ${image.sha256} announced`
    const problem = headerProblem(reader.finish(), image.facts)
    return problem && `FIRMWARE_IMAGE_DISCARDED: ${problem}`
  }

  private file(image: FiledImage): FiledImage {
    this.filed.set(image.sha256, image)
    return image
  }
}

const notAnnounced = (sha256: string): DeskAnswer => ({ refused: `no image ${sha256} was announced` })
