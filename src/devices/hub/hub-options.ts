/** What a hub is made with, and what it keeps. */
import type { Eui64 } from '../../base/ids.ts'
import type { Apn, SmsLink, WanLink } from '../../ports/wan.ts'
import type { Step } from '../../profiles/step-facts.ts'
import type { HubWanMemory } from '../../wan/hub-session.ts'
import type { ReportMemory } from '../../zcl/reporting.ts'
import type { DeviceClockMemory } from '../device-clock.ts'
import type { NativeCode } from '../events/event-codec.ts'
import type { HubAlertsMemory } from './alerts/hub-alerts.ts'
import type { HubPowerMemory } from './alerts/hub-power.ts'
import type { NoticesMemory } from './esi-notices.ts'
import type { HubFirmwareMemory } from './firmware/hub-firmware.ts'
import type { HubImage } from './firmware/own-upgrade.ts'
import type { MirrorMemory } from './gas-mirror.ts'
import type { HubSettingsMemory } from './hub-settings.ts'
import type { GasHistory } from './mirror-days.ts'
import type { OtaMemory } from './ota/ota-server.ts'
import type { WhitelistMemory } from './whitelist.ts'

/** Type of a device on this HAN, as its installation data say. */
export type HanDeviceType = 'ESME' | 'GSME' | 'PPMID' | 'IHD' | 'CAD'

/** What a hub keeps while it has no power, besides what its radio does. */
export interface HubMemory extends WhitelistMemory {
  firmware: string
  clock: DeviceClockMemory
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
