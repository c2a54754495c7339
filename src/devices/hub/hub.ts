/**
 * A communications hub: CHF and GPF in one box. The CHF is the HAN's coordinator and trust centre, keeps the device log
 * and speaks on the SM WAN; the GPF holds the gas mirror.
 */
import { fromHex } from '../../base/bytes.ts'
import type { Eui64, Micros } from '../../base/ids.ts'
import { days, milliseconds, seconds } from '../../base/time.ts'
import type { DiscoveredEndpoint, HanCoordinator } from '../../ports/han.ts'
import type { Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import type { Apn, SmsLink, WanLink } from '../../ports/wan.ts'
import type { ChfProfile } from '../../profiles/profile.ts'
import type { Step } from '../../profiles/step-facts.ts'
import { HubSession, type HubWanMemory } from '../../wan/hub-session.ts'
import { type ZclEndpoint, ZclNode } from '../../zcl/node.ts'
import type { ReportMemory } from '../../zcl/reporting.ts'
import { SE_DEVICE, SE_PROFILE, type Surroundings, serveBasic } from '../device.ts'
import { DeviceClock, type DeviceClockMemory } from '../device-clock.ts'
import type { NativeCode } from '../events/event-codec.ts'
import { letClockJump } from '../quirks/clock-jumps.ts'
import { nodeQuirks } from '../quirks/node-quirks.ts'
import { utcOf } from '../zigbee-time.ts'
import { HubAlerts, type HubAlertsMemory } from './alerts/hub-alerts.ts'
import { HubPower, type HubPowerMemory } from './alerts/hub-power.ts'
import { AwaitedDevices } from './awaited-devices.ts'
import { DeviceLog, type ListedDevice } from './device-log.ts'
import { EsiNotices, type NoticesMemory } from './esi-notices.ts'
import { HubFirmware, type HubFirmwareMemory } from './firmware/hub-firmware.ts'
import type { HubImage } from './firmware/own-upgrade.ts'
import { GasMirror, type MirrorMemory } from './gas-mirror.ts'
import { HubSettings, type HubSettingsMemory } from './hub-settings.ts'
import type { GasHistory } from './mirror-days.ts'
import { ImageShelf } from './ota/image-shelf.ts'
import { type OtaMemory, OtaServer } from './ota/ota-server.ts'
import { servePrices } from './price-desk.ts'
import { serveRequest } from './requests/table.ts'

export const ESI_ENDPOINT = 1

/** Type of a device on this HAN, as its installation data say. */
export type HanDeviceType = 'ESME' | 'GSME' | 'PPMID' | 'IHD' | 'CAD'

/** What a hub keeps while it has no power, besides what its radio does. */
export interface HubMemory {
  firmware: string
  clock: DeviceClockMemory
  listed: readonly ListedDevice[]
  alerts: HubAlertsMemory
  power: HubPowerMemory
  mirror: MirrorMemory
  notices: NoticesMemory
  settings: HubSettingsMemory
  ota: OtaMemory
  firmwareOrders: HubFirmwareMemory
  commissioned: readonly Eui64[]
  /** What its peers have reported to them. */
  reports: readonly ReportMemory[]
  /** Until when joiners are let in: an order with an end that outlives a loss of power. @source assumed */
  openUntilUs: Micros
  /** When the next network key is due; absent where it never changes. */
  networkKeyDueUs?: Micros
  wan: HubWanMemory
}

/** What the hub's masters know of a model: which of its event numbers are no codes, and what it takes requests as. */
export interface KnownModel {
  nativeCodes: readonly NativeCode[]
  equivalentSteps: Readonly<Record<string, readonly Step[]>>
}

export interface HubOptions {
  gpfId: Eui64
  /** What is installed here: the hub knows a gas meter from a display. */
  inventory: ReadonlyMap<Eui64, HanDeviceType>
  /** What is known of the models installed here, by device; nothing unless given. */
  models?: ReadonlyMap<Eui64, KnownModel>
  /** Critical requests need the DCO's authentication beside their originator's; they do not unless given. */
  asksDco?: boolean
  /** Devices of the home that may act on the gas proxy from the start; anybody unless given. */
  gpfPartners?: readonly Eui64[]
  /** What its gas proxy had noted before the rig began; nothing unless given. */
  gasHistory?: () => GasHistory | undefined
  network: { panId: number; channel: number }
  link: WanLink
  /** Short messages to its SIM. */
  sms?: Pick<SmsLink, 'listen'>
  /** Of a new hub. */
  wanMemory: HubWanMemory
  /** What it kept from before it was switched off. */
  memory?: HubMemory | undefined
  operators: Readonly<Record<Apn, string>>
  /** Has it go down and come up with another image; undefined where that cannot be done. */
  restart?: ((image: HubImage) => void) | undefined
}

export class Hub {
  readonly deviceId: Eui64
  readonly gpfId: Eui64
  readonly profile: ChfProfile
  readonly clock: DeviceClock
  readonly deviceLog: DeviceLog
  readonly alerts: HubAlerts
  readonly session: HubSession
  readonly mirror: GasMirror
  readonly esi: ZclEndpoint
  /** What it tells the home of prices and messages. */
  readonly notices: EsiNotices
  /** Images for its devices, and how far each has come. */
  readonly ota: OtaServer
  /** What parties do with firmware. */
  readonly upgrades: HubFirmware
  readonly commissioned: Set<Eui64>
  readonly awaited: AwaitedDevices
  readonly inventory: ReadonlyMap<Eui64, HanDeviceType>
  readonly models: ReadonlyMap<Eui64, KnownModel>
  readonly asksDco: boolean
  /** Its own configuration, and the gas proxy's. */
  readonly settings: HubSettings
  firmware: string
  private readonly power: HubPower
  private readonly han: HanCoordinator
  private readonly timers: Timers
  private readonly trace: Trace
  private readonly network: HubOptions['network']
  private readonly node: ZclNode
  private openUntilUs: Micros
  private networkKeyDueUs: Micros | undefined

  constructor(around: Omit<Surroundings, 'han'> & { han: HanCoordinator }, profile: ChfProfile, options: HubOptions) {
    const { han, timers, trace, profileId = SE_PROFILE } = around
    const { memory } = options
    this.deviceId = around.deviceId
    this.gpfId = options.gpfId
    this.profile = profile
    this.firmware = memory?.firmware ?? profile.firmware.version
    this.inventory = options.inventory
    this.models = options.models ?? new Map()
    this.asksDco = options.asksDco ?? false
    this.settings = new HubSettings(options.gpfPartners, memory?.settings)
    this.network = options.network
    this.han = han
    this.timers = timers
    this.awaited = new AwaitedDevices(timers)
    this.trace = trace
    this.clock = new DeviceClock(around.clock, profile.clock.driftPpm, memory?.clock)
    letClockJump(profile.quirks, { clock: this.clock, truth: around.clock, timers })
    const { capacity } = profile.whitelist
    this.deviceLog = new DeviceLog({ clock: this.clock, capacity, listed: memory?.listed })
    this.alerts = new HubAlerts({
      ...{ profile, clock: this.clock, timers, trace, memory: memory?.alerts },
      natives: device => this.models.get(device)?.nativeCodes ?? [],
      send: alert => this.session.alert(alert),
    })
    this.power = new HubPower({
      ...{ clock: this.clock, lastGasp: profile.wan.lastGasp, recoversS: profile.wan.lastGaspRecoversS },
      raise: (code, text) => this.raise(code, text, this.deviceId),
      memory: memory?.power,
    })
    this.commissioned = new Set(memory?.commissioned)
    this.openUntilUs = memory?.openUntilUs ?? 0
    this.networkKeyDueUs = memory?.networkKeyDueUs
    const node = new ZclNode({
      han,
      timers,
      trace,
      timeoutUs: seconds(profile.han.requestTimeoutS),
      responseDelayUs: milliseconds(profile.zcl.responseDelayMs),
      quirks: nodeQuirks(profile.quirks, around.clock),
      listener: {
        onDeviceJoined: device => this.onDeviceJoined(device),
        onDeviceLeft: device => this.deviceLog.setJoined(device, false),
        onHeard: device => this.onHeard(device),
      },
    })
    this.node = node
    const isDisplay = (device: Eui64) => this.inventory.get(device) === 'PPMID'
    this.mirror = new GasMirror({
      node,
      profileId,
      clock: this.clock,
      isDisplay,
      history: options.gasHistory,
      memory: memory?.mirror,
    })
    this.notices = new EsiNotices(this.clock, memory?.notices)
    this.esi = this.serve(node, profileId)
    this.ota = this.serveImages(memory?.ota)
    this.upgrades = this.lookAfterFirmware(options, around.works)
    node.recallReports(memory?.reports ?? [])
    const { wan } = profile
    this.session = new HubSession({
      hub: this.deviceId,
      link: options.link,
      clock: this.clock,
      timers,
      trace,
      memory: memory?.wan ?? options.wanMemory,
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
      onStranger: (message, why) => this.alerts.stranger(message, why, this.deviceId),
    })
  }

  /** Forms the HAN, or goes on with the one it remembers, and attaches to the WAN. */
  start(): void {
    this.han.form({ ...this.network, extendedPanId: this.deviceId })
    for (const { deviceId, installCode } of this.deviceLog.memory()) this.han.authorise(deviceId, fromHex(installCode))
    const openUs = this.openUntilUs - this.clock.nowUs()
    if (openUs > 0) this.openJoinWindow(openUs)
    this.session.start()
    this.power.returns()
    this.upgrades.start()
    const { networkKeyUpdateDays } = this.profile.han
    if (networkKeyUpdateDays > 0) this.updateNetworkKeyEvery(days(networkKeyUpdateDays))
  }

  /** Power goes: it says so if it can. When it is back the hub is started anew. */
  powerFails(): void {
    this.power.fails()
  }

  /** What it would keep if it lost power now. */
  memory(): HubMemory {
    const { networkKeyDueUs } = this
    return {
      firmware: this.firmware,
      clock: this.clock.memory(),
      listed: this.deviceLog.memory(),
      alerts: this.alerts.memory(),
      power: this.power.memory(),
      mirror: this.mirror.memory(),
      notices: this.notices.memory(),
      settings: this.settings.memory(),
      ota: this.ota.memory(),
      firmwareOrders: this.upgrades.memory(),
      commissioned: [...this.commissioned],
      reports: this.node.reports(),
      openUntilUs: this.openUntilUs,
      ...(networkKeyDueUs !== undefined && { networkKeyDueUs }),
      wan: this.session.memory(),
    }
  }

  /** Puts a device on the whitelist. `full` when there is no room; listed already: nothing changes. */
  list(device: Eui64, installCode: Uint8Array, formerForUs?: Micros): 'listed' | 'added' | 'full' {
    if (this.deviceLog.has(device)) return 'listed'
    if (!this.deviceLog.add(device, installCode)) return 'full'
    this.han.authorise(device, installCode, formerForUs)
    this.raise('8F12', 'CHF device log changed', device)
    return 'added'
  }

  /** Takes a device off the whitelist and off the HAN. */
  unlist(device: Eui64): boolean {
    if (!this.deviceLog.remove(device)) return false
    this.han.remove(device)
    this.raise('8F12', 'CHF device log changed', device)
    return true
  }

  /** Endpoints of awake devices that serve a cluster. */
  find(clusterId: number, onFound: (found: DiscoveredEndpoint[]) => void): void {
    this.han.discover({ profileId: this.esi.profileId, clusterId }, onFound)
  }

  /** A meter or GPF that the DCC has not commissioned yet; nothing else is commissioned by request. */
  awaitsCommissioning(device: Eui64): boolean {
    const type = this.inventory.get(device)
    const isCommissioned = device === this.gpfId || type === 'ESME' || type === 'GSME'
    return isCommissioned && !this.commissioned.has(device)
  }

  openJoinWindow(forUs: Micros): void {
    this.openUntilUs = this.clock.nowUs() + forUs
    this.han.permitJoining(forUs)
  }

  /** Writes an event down and, where this model knows the code, tells the party in control. */
  raise(code: string, text: string, device: Eui64): void {
    this.alerts.raise(code, text, device)
  }

  private updateNetworkKeyEvery(everyUs: Micros): void {
    const nowUs = this.clock.nowUs()
    const dueUs = this.networkKeyDueUs ?? nowUs + everyUs
    this.networkKeyDueUs = dueUs
    this.timers.after(Math.max(0, dueUs - nowUs), 'hub network key', () => {
      this.networkKeyDueUs = undefined
      this.han.updateNetworkKey()
      this.updateNetworkKeyEvery(everyUs)
    })
  }

  /** Who was on the HAN already has only come back. */
  private onDeviceJoined(device: Eui64): void {
    if (this.deviceLog.isJoined(device)) return
    this.deviceLog.setJoined(device, true)
    this.raise('8183', 'device joined SMHAN', device)
  }

  private onHeard(device: Eui64): void {
    this.deviceLog.heard(device)
    this.awaited.heard(device)
  }

  private serve(node: ZclNode, profileId: number): ZclEndpoint {
    const esi = node.endpoint({ endpoint: ESI_ENDPOINT, profileId, deviceId: SE_DEVICE.esi })
    serveBasic(esi, this.profile, () => this.firmware)
    // Master and synchronised. @source ZCL Time, TimeStatus
    esi.serve('Time', { attributes: { Time: () => utcOf(this.clock.unixMs()), TimeStatus: 0b11 } })
    const { notices, inventory, deviceLog, trace } = this
    servePrices({ esi, notices, inventory, deviceLog, trace })
    esi.use('Basic')
    esi.use('Prepayment')
    esi.use('Time')
    esi.use('Events', {
      commands: { PublishEvent: (event, from) => this.alerts.fromDevice(from.device, event) },
    })
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
  private serveImages(memory: OtaMemory | undefined): OtaServer {
    const { esi, clock, timers, trace, deviceLog, inventory } = this
    const { shelfImages, shelfOctets, minimumBlockPeriodMs, waitS } = this.profile.ota
    const shelf = new ImageShelf({ images: shelfImages, octets: shelfOctets }, memory?.shelf)
    return new OtaServer({
      ...{ esi, clock, timers, trace, shelf, minimumBlockPeriodMs, waitS },
      memory: memory?.progress,
      isListed: device => deviceLog.has(device),
      listens: device => inventory.get(device) !== 'GSME',
    })
  }
  private lookAfterFirmware({ restart, memory }: HubOptions, works: Surroundings['works']): HubFirmware {
    const { deviceId: hub, gpfId: gpf, profile, ota, clock, timers, inventory, deviceLog } = this
    return new HubFirmware({
      ...{ hub, gpf, profile, ota, clock, timers, inventory, restart, works },
      isJoined: device => deviceLog.isJoined(device),
      raise: (code, text, device) => this.raise(code, text, device),
      notify: hubFirmware => {
        const text = `hub firmware ${hubFirmware.version}`
        const atMs = clock.unixMs()
        this.session.alert({ code: hubFirmware.status, description: text, atMs, device: hub, hubFirmware })
      },
      memory: memory?.firmwareOrders,
    })
  }
}
