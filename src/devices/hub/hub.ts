/**
 * A communications hub: CHF and GPF in one box. The CHF is the HAN's coordinator and trust centre, keeps the device log
 * and speaks on the SM WAN; the GPF holds the gas mirror.
 */
import type { Eui64 } from '../../base/ids.ts'
import { milliseconds, seconds } from '../../base/time.ts'
import type { DiscoveredEndpoint, HanCoordinator } from '../../ports/han.ts'
import type { Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import type { ChfProfile } from '../../profiles/profile.ts'
import { HubSession } from '../../wan/hub-session.ts'
import { type ZclEndpoint, ZclNode } from '../../zcl/node.ts'
import { SE_DEVICE, SE_PROFILE, type Surroundings, serveBasic } from '../device.ts'
import { DeviceClock } from '../device-clock.ts'
import { letClockJump } from '../quirks/clock-jumps.ts'
import { nodeQuirks } from '../quirks/node-quirks.ts'
import { utcOf } from '../zigbee-time.ts'
import { HubAlerts } from './alerts/hub-alerts.ts'
import { HubPower } from './alerts/hub-power.ts'
import { AwaitedDevices } from './awaited-devices.ts'
import type { DeviceLog } from './device-log.ts'
import { EsiNotices } from './esi-notices.ts'
import { HubFirmware } from './firmware/hub-firmware.ts'
import { GasMirror } from './gas-mirror.ts'
import type { HanDeviceType, HubMemory, HubOptions, KnownModel } from './hub-options.ts'
import { HubSettings } from './hub-settings.ts'
import { ImageShelf } from './ota/image-shelf.ts'
import { type OtaMemory, OtaServer } from './ota/ota-server.ts'
import { servePrices } from './price-desk.ts'
import { serveRequest } from './requests/table.ts'
import { Whitelist } from './whitelist.ts'

export const ESI_ENDPOINT = 1

export class Hub {
  readonly deviceId: Eui64
  readonly gpfId: Eui64
  readonly profile: ChfProfile
  readonly clock: DeviceClock
  readonly whitelist: Whitelist
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
    this.whitelist = new Whitelist({
      ...{ han, clock: this.clock, timers, profile, memory },
      raise: (code, text, device) => this.raise(code, text, device),
    })
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
    const node = new ZclNode({
      han,
      timers,
      trace,
      timeoutUs: seconds(profile.han.requestTimeoutS),
      responseDelayUs: milliseconds(profile.zcl.responseDelayMs),
      quirks: nodeQuirks(profile.quirks, around.clock),
      listener: {
        onDeviceJoined: device => this.whitelist.joined(device),
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

  /** Who may be on the HAN, and when each was heard. */
  get deviceLog(): DeviceLog {
    return this.whitelist.log
  }

  /** Forms the HAN, or goes on with the one it remembers, and attaches to the WAN. */
  start(): void {
    this.han.form({ ...this.network, extendedPanId: this.deviceId })
    this.whitelist.start()
    this.session.start()
    this.power.returns()
    this.upgrades.start()
  }

  /** Power goes: it says so if it can. When it is back the hub is started anew. */
  powerFails(): void {
    this.power.fails()
  }

  /** What it would keep if it lost power now. */
  memory(): HubMemory {
    return {
      ...this.whitelist.memory(),
      firmware: this.firmware,
      clock: this.clock.memory(),
      alerts: this.alerts.memory(),
      power: this.power.memory(),
      mirror: this.mirror.memory(),
      notices: this.notices.memory(),
      settings: this.settings.memory(),
      ota: this.ota.memory(),
      firmwareOrders: this.upgrades.memory(),
      commissioned: [...this.commissioned],
      reports: this.node.reports(),
      wan: this.session.memory(),
    }
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

  /** Writes an event down and, where this model knows the code, tells the party in control. */
  raise(code: string, text: string, device: Eui64): void {
    this.alerts.raise(code, text, device)
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
