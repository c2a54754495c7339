/**
 * The two places a device has for firmware: one it runs, one in which another arrives. What arrives is judged as a device does that
 * checks before it starts anything: is it for me, may it follow on what I run, is it whole, did the right one sign it. The octets
 * themselves are not kept, only what judging them needs.
 */
import type { Eui64 } from '../../base/ids.ts'
import { formatFault, type OtaFault } from '../../firmware/ota-fault.ts'
import type { OtaHeader } from '../../firmware/ota-header.ts'
import { OtaReader, type OtaReaderMemory, type OtaReport } from '../../firmware/ota-reader.ts'
import type { OtaTrust } from '../../firmware/ota-verdicts.ts'
import { type ImageIdentity, identityOf, imageName, isSameImage, isSameKind } from './image-identity.ts'
import type { Mishap } from './mishap.ts'

/** What of a profile says which images it takes. */
export interface ImageFacts extends ImageIdentity {
  hardwareVersion: number
  maxImageOctets: number
  allowDowngrade: boolean
  /** File versions this firmware can be installed on; any when empty. */
  upgradesFrom: readonly number[]
}

/** What changes the firmware of an emulated device: the workshop it is on. */
export interface FirmwareWorks {
  /** Whose signatures count. */
  trust(): OtaTrust
  /** What a device would be with this image; undefined: nothing that starts. */
  outcome(image: ImageIdentity): Pick<ImageFacts, 'upgradesFrom'> | undefined
  /** Takes the device down; it is there again later, with this image or, where that does not start, with what it ran. */
  boot(image: ImageIdentity): void
  /** What goes wrong on purpose now. */
  mishap?(): Mishap | undefined
  /** Its power is cut for a while, this instant. */
  losePower?(): void
}

/** Why a device does not take an image. */
export type Rejection =
  | 'manufacturer'
  | 'image-type'
  | 'version'
  | 'hardware'
  | 'destination'
  | 'space'
  /** It is another image, or of another size, than was said of it. */
  | 'mismatch'
  | 'malformed'
  | 'truncated'
  | 'integrity'
  | 'signature'
  /** It can be installed on other versions only. */
  | 'needs-another'
  /** The device must not go down now. */
  | 'state'

export interface Refusal {
  rejection: Rejection
  /** What was found and expected, for people. */
  detail: string
}

/** What survives a power cut: the second place, and how the last start went. */
export interface SlotsMemory {
  downloaded?: { image: ImageIdentity; size: number; octets: number; good: boolean; reader: OtaReaderMemory }
  /** The last image was started, but did not run. */
  rolledBack?: true
}

/** What is in the second place. */
interface Downloaded {
  image: ImageIdentity
  size: number
  /** Of it that are there. */
  octets: number
  /** It is whole and was found good. */
  good: boolean
  reader: OtaReader
}

export interface FirmwareSlotsOptions {
  device: Eui64
  /** Of what it runs. */
  facts: ImageFacts
  works: Pick<FirmwareWorks, 'trust' | 'outcome' | 'mishap'>
  memory?: SlotsMemory | undefined
}

export class FirmwareSlots {
  private readonly options: FirmwareSlotsOptions
  private downloaded: Downloaded | undefined
  /** The last image was started, but did not run. */
  readonly rolledBack: boolean

  constructor(options: FirmwareSlotsOptions) {
    const { memory } = options
    this.options = options
    this.rolledBack = memory?.rolledBack ?? false
    if (!memory?.downloaded) return
    const { reader, ...kept } = memory.downloaded
    this.downloaded = { ...kept, reader: OtaReader.restored(reader, this.readerOptions()) }
  }

  /** What it runs. */
  get running(): ImageIdentity {
    return identityOf(this.options.facts)
  }
  /** The image in the second place, whole or not. */
  get image(): ImageIdentity | undefined {
    return this.downloaded?.image
  }
  /** Octets of it that are there. */
  get offset(): number {
    return this.downloaded?.octets ?? 0
  }
  /** Octets it will have. */
  get size(): number {
    return this.downloaded?.size ?? 0
  }
  /** Whether it is whole and was found good. */
  get good(): boolean {
    return this.downloaded?.good ?? false
  }

  /**
   * Makes room for an image, by what is said of it before it comes; what was there goes, unless it is this very image, which then
   * goes on where it stopped.
   */
  begin(image: ImageIdentity, size: number): Refusal | undefined {
    const refusal = this.unwelcome(image, size)
    if (refusal) return refusal
    const { downloaded } = this
    if (downloaded && isSameImage(downloaded.image, image) && downloaded.size === size) return undefined
    const reader = new OtaReader(this.readerOptions())
    this.downloaded = { image: identityOf(image), size, octets: 0, good: false, reader }
    return undefined
  }

  /** The octets that follow on those that are there. */
  write(octets: Uint8Array): void {
    const { downloaded } = this
    if (!downloaded) return
    downloaded.reader.push(octets)
    downloaded.octets += octets.length
  }

  /** Judges what has arrived; what is not good is forgotten. */
  verify(): Refusal | undefined {
    const { downloaded } = this
    if (!downloaded) return { rejection: 'truncated', detail: 'nothing has arrived' }
    const isSpoilt = this.options.works.mishap?.()?.is === 'verify'
    const refusal = isSpoilt ? SPOILT : this.judge(downloaded)
    if (refusal) this.discard()
    else downloaded.good = true
    return refusal
  }

  /** Forgets what has arrived. */
  discard(): void {
    this.downloaded = undefined
  }

  memory(): SlotsMemory {
    const { downloaded, rolledBack } = this
    return {
      ...(downloaded && { downloaded: { ...downloaded, reader: downloaded.reader.memory() } }),
      ...(rolledBack && { rolledBack }),
    }
  }

  /** By its name and size alone: not worth fetching. */
  private unwelcome(image: ImageIdentity, size: number): Refusal | undefined {
    const { facts, works } = this.options
    if (!isSameKind(image, facts)) {
      const rejection = image.manufacturerCode === facts.manufacturerCode ? 'image-type' : 'manufacturer'
      return { rejection, detail: `${imageName(image)} found, one that follows on ${imageName(facts)} expected` }
    }
    const older = image.fileVersion < facts.fileVersion && !facts.allowDowngrade
    if (older || image.fileVersion === facts.fileVersion) {
      return { rejection: 'version', detail: `${imageName(image)} found, newer than ${imageName(facts)} expected` }
    }
    const room = works.mishap?.()?.is === 'space' ? 0 : facts.maxImageOctets
    if (size <= room) return undefined
    return { rejection: 'space', detail: `${size} octets found, at most ${room} expected` }
  }

  private judge({ image, size, reader }: Downloaded): Refusal | undefined {
    // Whose word counts is worked out now only: it is seldom needed.
    const trust = this.options.works.trust()
    const report = OtaReader.restored(reader.memory(), { ...this.readerOptions(), trust }).finish()
    const { header, fault } = report
    if (fault) return ofFault(fault)
    if (!header || !isSameImage(header, image) || header.totalImageSize !== size) {
      const found = header ? `${imageName(header)} of ${header.totalImageSize} octets` : 'no header'
      return { rejection: 'mismatch', detail: `${found} found, ${imageName(image)} of ${size} expected` }
    }
    return this.notForIt(header) ?? unproven(report) ?? this.outOfOrder(image)
  }

  private notForIt({ destination, hardwareVersions: range }: OtaHeader): Refusal | undefined {
    const { device, facts } = this.options
    if (destination !== undefined && destination !== device) {
      return { rejection: 'destination', detail: `for ${destination} found, ${device} expected` }
    }
    const { hardwareVersion } = facts
    if (!range || (hardwareVersion >= range.minimum && hardwareVersion <= range.maximum)) return undefined
    const { minimum, maximum } = range
    return { rejection: 'hardware', detail: `hardware ${minimum} to ${maximum} found, ${hardwareVersion} expected` }
  }

  /** What an image does not let itself be installed on, its firmware says. */
  private outOfOrder(image: ImageIdentity): Refusal | undefined {
    const { facts, works } = this.options
    const from = works.outcome(image)?.upgradesFrom ?? []
    if (from.length === 0 || from.includes(facts.fileVersion)) return undefined
    const expected = from.map(fileVersion => imageName({ ...facts, fileVersion })).join(' or ')
    return { rejection: 'needs-another', detail: `${imageName(facts)} runs, ${expected} expected before it` }
  }

  private readerOptions() {
    return { wrapped: false, maxImageOctets: this.options.facts.maxImageOctets }
  }
}

const SPOILT: Refusal = { rejection: 'integrity', detail: 'other octets were read back than were written' }

/** After a start: the second place is empty, and the device runs its image, or what it ran before. */
export const afterBoot = (started: boolean): SlotsMemory => (started ? {} : { rolledBack: true })

function ofFault(fault: OtaFault): Refusal {
  return { rejection: fault.code === 'ota.truncated' ? 'truncated' : 'malformed', detail: formatFault(fault) }
}

/** Smart Energy wants a signature; an integrity code that is there must be right. @source ZigBee Smart Energy 07-5356, OTA */
function unproven({ integrity, signatures }: OtaReport): Refusal | undefined {
  if (integrity.is === 'bad') {
    return { rejection: 'integrity', detail: `${integrity.found} found, ${integrity.expected} expected` }
  }
  if (signatures.some(one => one.is === 'good')) return undefined
  const found = signatures.map(one => `${one.is}: ${one.detail}`).join('; ')
  return { rejection: 'signature', detail: found || 'no signature found' }
}
