/**
 * A communications hub: CHF and GPF in one box. The CHF is the HAN's coordinator and trust centre, keeps the device log
 * and speaks on the SM WAN; the GPF holds the gas mirror.
 */
import type { Eui64, Micros } from '../../base/ids.ts'
import { days, milliseconds, seconds } from '../../base/time.ts'
import type { DiscoveredEndpoint, HanCoordinator } from '../../ports/han.ts'
import type { Timer, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import type { Apn, SmsLink, WanLink } from '../../ports/wan.ts'
import type { ChfProfile } from '../../profiles/profile.ts'
import { HubSession, type HubWanMemory } from '../../wan/hub-session.ts'
import { type ZclEndpoint, ZclNode } from '../../zcl/node.ts'
import { SE_DEVICE, SE_PROFILE, type Surroundings, serveBasic } from '../device.ts'
import { DeviceClock } from '../device-clock.ts'
import { EventLog } from '../event-log.ts'
import { utcOf } from '../zigbee-time.ts'
import { DeviceLog } from './device-log.ts'
import { EsiNotices } from './esi-notices.ts'
import { GasMirror } from './gas-mirror.ts'
import { serveRequest } from './requests/table.ts'

export const ESI_ENDPOINT = 1

/** Type of a device on this HAN, as its installation data say. */
export type HanDeviceType = 'ESME' | 'GSME' | 'PPMID' | 'IHD' | 'CAD'

export interface HubOptions {
  gpfId: Eui64
  /** What is installed here: the hub knows a gas meter from a display. */
  inventory: ReadonlyMap<Eui64, HanDeviceType>
  network: { panId: number; channel: number }
  link: WanLink
  /** Short messages to its SIM. */
  sms?: SmsLink
  wanMemory: HubWanMemory
  operators: Readonly<Record<Apn, string>>
}

export class Hub {
  readonly deviceId: Eui64
  readonly gpfId: Eui64
  readonly profile: ChfProfile
  readonly clock: DeviceClock
  readonly deviceLog: DeviceLog
  readonly eventLog: EventLog
  readonly session: HubSession
  readonly mirror: GasMirror
  readonly esi: ZclEndpoint
  /** What it tells the home of prices and messages. */
  readonly notices: EsiNotices
  readonly commissioned = new Set<Eui64>()
  readonly inventory: ReadonlyMap<Eui64, HanDeviceType>
  firmware: string
  private readonly han: HanCoordinator
  private readonly timers: Timers
  private readonly trace: Trace
  private readonly network: HubOptions['network']
  private readonly installCodes = new Map<Eui64, Uint8Array>()
  private readonly awaited = new Map<Eui64, Set<() => void>>()

  constructor(around: Omit<Surroundings, 'han'> & { han: HanCoordinator }, profile: ChfProfile, options: HubOptions) {
    const { han, timers, trace, profileId = SE_PROFILE } = around
    this.deviceId = around.deviceId
    this.gpfId = options.gpfId
    this.profile = profile
    this.firmware = profile.firmware.version
    this.inventory = options.inventory
    this.network = options.network
    this.han = han
    this.timers = timers
    this.trace = trace
    this.clock = new DeviceClock(around.clock, profile.clock.driftPpm)
    this.deviceLog = new DeviceLog({ clock: this.clock, capacity: profile.whitelist.capacity })
    this.eventLog = new EventLog(profile.log.eventCapacity)
    const node = new ZclNode({
      han,
      timers,
      trace,
      timeoutUs: seconds(profile.han.requestTimeoutS),
      responseDelayUs: milliseconds(profile.zcl.responseDelayMs),
      listener: {
        onDeviceJoined: device => this.onDeviceJoined(device),
        onDeviceLeft: device => this.deviceLog.setJoined(device, false),
        onHeard: device => this.onHeard(device),
      },
    })
    this.mirror = new GasMirror({ node, profileId, clock: this.clock })
    this.notices = new EsiNotices(this.clock)
    this.esi = this.serve(node, profileId)
    const { wan } = profile
    this.session = new HubSession({
      hub: this.deviceId,
      link: options.link,
      clock: this.clock,
      timers,
      trace,
      memory: options.wanMemory,
      operators: options.operators,
      settings: {
        attachAttempts: wan.attachAttempts,
        attachRetryUs: seconds(wan.attachRetryS),
        apnFallback: wan.apnFallback,
        detachUs: milliseconds(wan.detachMs),
      },
      sms: options.sms,
      ...(wan.wakeSms > 0 && {
        sleep: {
          wakeMessages: wan.wakeSms,
          windowUs: seconds(wan.wakeWithinS),
          afterUs: seconds(wan.sleepAfterS),
        },
      }),
      onRequest: (request, answer) => serveRequest(this, request, answer),
    })
  }

  /** Forms the HAN and attaches to the WAN. */
  start(): void {
    this.han.form({ ...this.network, extendedPanId: this.deviceId })
    this.session.start()
    const { networkKeyUpdateDays } = this.profile.han
    if (networkKeyUpdateDays > 0) this.updateNetworkKeyEvery(days(networkKeyUpdateDays))
  }

  /** Puts a device on the whitelist. `full` when there is no room; listed already: nothing changes. */
  list(device: Eui64, installCode: Uint8Array): 'listed' | 'added' | 'full' {
    if (this.deviceLog.has(device)) return 'listed'
    if (!this.deviceLog.add(device)) return 'full'
    this.installCodes.set(device, installCode)
    this.han.authorise(device, installCode)
    this.raise('8F12', 'CHF device log changed', device)
    return 'added'
  }

  /** Takes a device off the whitelist and off the HAN. */
  unlist(device: Eui64): boolean {
    if (!this.deviceLog.remove(device)) return false
    this.installCodes.delete(device)
    this.han.remove(device)
    this.raise('8F12', 'CHF device log changed', device)
    return true
  }

  /** Endpoints of awake devices that serve a cluster. */
  find(clusterId: number, onFound: (found: DiscoveredEndpoint[]) => void): void {
    this.han.discover({ profileId: this.esi.profileId, clusterId }, onFound)
  }

  openJoinWindow(forUs: Micros): void {
    this.han.permitJoining(forUs)
  }

  /** Calls `act` when the device is next heard, `tooLate` when that takes longer than `withinUs`. */
  whenAwake(device: Eui64, withinUs: Micros, act: () => void, tooLate: () => void): void {
    const waiting = this.awaited.get(device) ?? new Set()
    this.awaited.set(device, waiting)
    let deadline: Timer | undefined
    const awake = () => {
      deadline?.cancel()
      act()
    }
    deadline = this.timers.after(withinUs, 'hub sleeper timeout', () => {
      waiting.delete(awake)
      tooLate()
    })
    waiting.add(awake)
  }

  /** Writes an event down and, where this model knows the code, tells the party in control. */
  raise(code: string, text: string, device: Eui64): void {
    const atMs = this.clock.unixMs()
    this.eventLog.add({ atMs, code, text: `${text} ${device}` })
    this.trace.emit({ kind: 'device.event', code, text: `${text} ${device}` })
    if (this.profile.supportedAlertCodes.includes(code)) this.session.alert({ code, description: text, atMs, device })
  }

  private updateNetworkKeyEvery(everyUs: Micros): void {
    this.timers.after(everyUs, 'hub network key', () => {
      this.han.updateNetworkKey()
      this.updateNetworkKeyEvery(everyUs)
    })
  }

  private onDeviceJoined(device: Eui64): void {
    this.deviceLog.setJoined(device, true)
    this.raise('8183', 'device joined SMHAN', device)
  }

  private onHeard(device: Eui64): void {
    this.deviceLog.heard(device)
    const waiting = this.awaited.get(device)
    if (!waiting?.size) return
    this.awaited.delete(device)
    for (const act of waiting) act()
  }

  private serve(node: ZclNode, profileId: number): ZclEndpoint {
    const esi = node.endpoint({ endpoint: ESI_ENDPOINT, profileId, deviceId: SE_DEVICE.esi })
    serveBasic(esi, this.profile, () => this.firmware)
    // Master and synchronised. @source ZCL Time, TimeStatus
    esi.serve('Time', { attributes: { Time: () => utcOf(this.clock.unixMs()), TimeStatus: 0b11 } })
    // A gas meter has no use for the price of electricity. @source assumed
    this.notices.serve(esi, device => (this.inventory.get(device) === 'GSME' ? ['gas'] : ['electricity', 'gas']))
    esi.use('Basic')
    esi.use('Time')
    esi.use('Metering', {
      commands: {
        RequestMirror: (_nothing, from, reply) => {
          const isGasMeter = this.inventory.get(from.device) === 'GSME' && this.deviceLog.has(from.device)
          reply('RequestMirrorResponse', { endpointId: isGasMeter ? this.mirror.grant(from.device) : 0xffff })
        },
      },
    })
    return esi
  }
}
