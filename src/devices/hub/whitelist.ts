/**
 * Who may be on the HAN, and who is: the device log, what the trust centre is told of it, how long joiners are let in, and how often
 * the network key changes.
 */
import { fromHex } from '../../base/bytes.ts'
import type { Eui64, Micros } from '../../base/ids.ts'
import { days } from '../../base/time.ts'
import type { HanCoordinator } from '../../ports/han.ts'
import type { Clock, Timers } from '../../ports/time.ts'
import type { ChfProfile } from '../../profiles/profile.ts'
import { DeviceLog, type ListedDevice } from './device-log.ts'

/** What survives a loss of power. */
export interface WhitelistMemory {
  listed: readonly ListedDevice[]
  /** Until when joiners are let in: an order with an end that outlives a loss of power. @source assumed */
  openUntilUs: Micros
  /** When the next network key is due; absent where it never changes. */
  networkKeyDueUs?: Micros
}

export interface WhitelistOptions {
  han: HanCoordinator
  clock: Clock
  timers: Timers
  profile: Pick<ChfProfile, 'whitelist' | 'han'>
  /** Writes an event down, and tells of it. */
  raise: (code: string, text: string, device: Eui64) => void
  memory?: WhitelistMemory | undefined
}

export class Whitelist {
  readonly log: DeviceLog
  private readonly options: WhitelistOptions
  private openUntilUs: Micros
  private networkKeyDueUs: Micros | undefined

  constructor(options: WhitelistOptions) {
    const { clock, profile, memory } = options
    this.options = options
    this.log = new DeviceLog({ clock, capacity: profile.whitelist.capacity, listed: memory?.listed })
    this.openUntilUs = memory?.openUntilUs ?? 0
    this.networkKeyDueUs = memory?.networkKeyDueUs
  }

  /** The HAN is up: the trust centre knows whom it knew, and lets in as long as it was told to. */
  start(): void {
    const { han, clock, profile } = this.options
    for (const { deviceId, installCode } of this.log.memory()) han.authorise(deviceId, fromHex(installCode))
    const openUs = this.openUntilUs - clock.nowUs()
    if (openUs > 0) this.open(openUs)
    const { networkKeyUpdateDays } = profile.han
    if (networkKeyUpdateDays > 0) this.updateNetworkKeyEvery(days(networkKeyUpdateDays))
  }

  memory(): WhitelistMemory {
    const { openUntilUs, networkKeyDueUs } = this
    return { listed: this.log.memory(), openUntilUs, ...(networkKeyDueUs !== undefined && { networkKeyDueUs }) }
  }

  /** Puts a device on the list. `full` when there is no room; listed already: nothing changes. */
  add(device: Eui64, installCode: Uint8Array, formerForUs?: Micros): 'listed' | 'added' | 'full' {
    if (this.log.has(device)) return 'listed'
    if (!this.log.add(device, installCode)) return 'full'
    this.options.han.authorise(device, installCode, formerForUs)
    this.changed(device)
    return 'added'
  }

  /** Takes a device off the list and off the HAN. */
  remove(device: Eui64): boolean {
    if (!this.log.remove(device)) return false
    this.options.han.remove(device)
    this.changed(device)
    return true
  }

  /** Lets those in who are on the list. */
  open(forUs: Micros): void {
    this.openUntilUs = this.options.clock.nowUs() + forUs
    this.options.han.permitJoining(forUs)
  }

  /** Who was on the HAN already has only come back. */
  joined(device: Eui64): void {
    if (this.log.isJoined(device)) return
    this.log.setJoined(device, true)
    this.options.raise('8183', 'device joined SMHAN', device)
  }

  private changed(device: Eui64): void {
    this.options.raise('8F12', 'CHF device log changed', device)
  }

  private updateNetworkKeyEvery(everyUs: Micros): void {
    const { han, clock, timers } = this.options
    const nowUs = clock.nowUs()
    const dueUs = this.networkKeyDueUs ?? nowUs + everyUs
    this.networkKeyDueUs = dueUs
    timers.after(Math.max(0, dueUs - nowUs), 'hub network key', () => {
      this.networkKeyDueUs = undefined
      han.updateNetworkKey()
      this.updateNetworkKeyEvery(everyUs)
    })
  }
}
