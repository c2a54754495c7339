/** An image for the hub itself: it comes over the WAN, the hub looks at it, restarts, and says what it executes then. */
import type { Eui64 } from '../../../base/ids.ts'
import { seconds } from '../../../base/time.ts'
import { OtaReader, type OtaReport } from '../../../firmware/ota-reader.ts'
import type { Clock, Timers } from '../../../ports/time.ts'
import type { ChfProfile } from '../../../profiles/profile.ts'
import type { HubFirmwareStatus } from '../../../wan/messages/wan-types.generated.ts'
import type { FirmwareWorks } from '../../ota/firmware-slots.ts'
import { identityOf, isSameImage, isSameKind } from '../../ota/image-identity.ts'
import type { ImageShelf } from '../ota/image-shelf.ts'
import type { UpgradeFailure, UpgradeProgress, UpgradeState } from '../ota/upgrade-progress.ts'
import type { Announcement } from './announcement.ts'

/** Time for the answer and the alert to leave before it goes down. @source assumed */
const GOES_DOWN_AFTER_US = seconds(10)

/** What a hub is to execute. */
export type HubImage = Pick<Announcement, 'version' | 'facts'>

/** What survives the restart. */
export interface OwnUpgradeMemory {
  progress: UpgradeProgress
  version: string
}

export interface OwnUpgradeOptions {
  hub: Eui64
  profile: Pick<ChfProfile, 'ota' | 'firmware'>
  shelf: ImageShelf
  works: Pick<FirmwareWorks, 'trust' | 'mishap'>
  clock: Clock
  timers: Timers
  raise: (code: string, text: string, device: Eui64) => void
  notify: (status: HubFirmwareStatus, version: string) => void
  /** It goes down, and comes up again with the image. Undefined: this hub cannot be restarted. */
  restart: ((image: HubImage) => void) | undefined
  memory?: OwnUpgradeMemory | undefined
}

export class OwnUpgrade {
  private readonly options: OwnUpgradeOptions
  private last: OwnUpgradeMemory | undefined

  constructor(options: OwnUpgradeOptions) {
    this.options = options
    this.last = options.memory
  }

  get progress(): UpgradeProgress | undefined {
    return this.last?.progress
  }
  memory(): OwnUpgradeMemory | undefined {
    return this.last
  }

  /** Whether it would execute such an image: its own maker's, of its type, and no older one. */
  fits({ facts }: Announcement): boolean {
    const { profile, restart } = this.options
    const { ota } = profile
    if (!restart || !isSameKind(ota, facts) || facts.totalImageSize > ota.maxImageOctets) return false
    return ota.allowDowngrade || facts.fileVersion > ota.fileVersion
  }

  /** An image of its own is here, whole. */
  execute(name: string, image: HubImage): void {
    const { hub, shelf, profile, works, raise, notify } = this.options
    const { hardwareVersions: range } = image.facts
    const { hardwareVersion } = profile.ota
    if (range && (hardwareVersion < range.minimum || hardwareVersion > range.maximum)) {
      return this.failed(image, 'hardware', ['8F89', 'firmware is for other hardware:'])
    }
    const reader = new OtaReader({ trust: works.trust(), wrapped: false })
    for (const piece of shelf.pieces(name)) reader.push(piece)
    const isSpoilt = works.mishap?.()?.is === 'verify'
    const problem = isSpoilt ? 'other octets were read back' : signatureProblem(reader.finish())
    if (problem !== undefined)
      return this.failed(image, 'invalid-image', ['8F1C', `firmware is not trusted (${problem}):`])
    this.note(image, 'downloaded')
    raise('8F72', 'firmware verification successful', hub)
    notify('UPDATE_REQUESTED', image.version)
    this.goDown(image)
  }

  /** It is up: after an upgrade, with the image or without. */
  start(): void {
    const { hub, profile, raise, notify } = this.options
    const { progress, version } = this.last ?? {}
    if (progress === undefined || version === undefined) return
    const image = { version, facts: { ...progress.image, totalImageSize: progress.total } }
    // Power went before it had gone down by itself.
    if (progress.state === 'downloaded') return this.goDown(image)
    if (progress.state !== 'activating') return
    if (isSameImage(progress.image, profile.ota)) {
      this.note(image, 'done')
      raise('8F43', 'executing firmware version changed', hub)
      return notify('ACTIVATION_SUCCESSFUL', version)
    }
    this.failed(image, 'rolled-back', ['8F1B', 'firmware verification failed at power-on'])
  }

  private goDown(image: HubImage): void {
    const { profile, timers, restart } = this.options
    timers.after(GOES_DOWN_AFTER_US, 'hub goes down', () => {
      this.note(image, 'activating')
      // It is there no more when this has passed, unless the order came to nothing.
      timers.after(seconds(profile.ota.stalledAfterS), 'hub still up', () =>
        this.failed(image, 'lost', ['8F1C', 'firmware activation came to nothing in']),
      )
      restart?.(image)
    })
  }

  private failed(image: HubImage, failure: UpgradeFailure, [code, text]: readonly [string, string]): void {
    this.note(image, 'failed', failure)
    this.options.raise(code, text, this.options.hub)
  }

  private note({ version, facts }: HubImage, state: UpgradeState, failure?: UpgradeFailure): void {
    const { totalImageSize: total } = facts
    const atMs = this.options.clock.unixMs()
    const progress = { image: identityOf(facts), state, ...(failure && { failure }), octets: total, total, atMs }
    this.last = { progress, version }
  }
}

/** Why an image is not executed, for people. Only a good signature makes it one. */
function signatureProblem({ fault, integrity, signatures }: OtaReport): string | undefined {
  if (fault) return fault.code
  if (integrity.is === 'bad') return 'integrity code'
  if (signatures.length === 0) return 'not signed'
  return signatures.find(({ is }) => is !== 'good')?.is
}
