/** What electricity and gas meters have in common: a clock, a register that only grows, interval data, and how they are served. */
import type { Eui64 } from '../base/ids.ts'
import type { EsmeProfile, GsmeProfile } from '../profiles/profile.ts'
import type { SideOptions } from '../zcl/endpoint-types.ts'
import type { ZclEndpoint, ZclNode } from '../zcl/node.ts'
import { Status } from '../zcl/status.ts'
import type { MeterSettings } from './configuration/meter-settings.ts'
import type { SettingsCommands } from './configuration/serve-management.ts'
import type { COMMON_SETTINGS } from './configuration/settings.ts'
import {
  type DeviceMemory,
  HA_PROFILE,
  type Installed,
  SE_DEVICE,
  type Surroundings,
  serveBasic,
  standOnHan,
} from './device.ts'
import { DeviceClock, type DeviceClockMemory } from './device-clock.ts'
import type { MeterEvents } from './events/meter-events.ts'
import { Housekeeping, type HousekeepingMemory, type HousekeepingOptions, type SettingSpecs } from './housekeeping.ts'
import { HubTime } from './hub-time.ts'
import type { Joining } from './joining.ts'
import { METERING_DEVICE, periodOf, SUMMATION_FORMATTING, toRegister } from './meter-registers.ts'
import { applySettings, type MeasuringSettings } from './metering/apply-settings.ts'
import type { Channel } from './metering/flow.ts'
import type { MeterView } from './metering/han/meter-view.ts'
import { meteringServices } from './metering/han/serve-metering.ts'
import { Measurement, type MeasurementFacts, type MeasurementMemory } from './metering/measurement.ts'
import type { VoltageRules } from './metering/voltage-watch.ts'
import type { OtaClient } from './ota/ota-client.ts'
import type { AccountMemory } from './prepayment/account.ts'
import { Prepayment, type PrepaymentMemory } from './prepayment/prepayment.ts'
import { servePrepayment } from './prepayment/prepayment-server.ts'
import { TEST_UTRN_KEY } from './prepayment/utrn.ts'
import { letClockJump } from './quirks/clock-jumps.ts'
import type { FlowCheckMemory } from './supply/flow-check.ts'
import type { DatedLimit } from './supply/held-load-limit.ts'
import type { LoadLimitMemory } from './supply/load-limit.ts'
import type { SupplySwitch } from './supply/supply-switch.ts'
import { PriceTeller } from './tariff/han/price-teller.ts'
import { priceNow, serveTariff } from './tariff/han/serve-tariff.ts'
import { TariffIntake } from './tariff/han/tariff-intake.ts'
import { unixMsOf, utcOf } from './zigbee-time.ts'

/** Every meter of ours keeps its clusters here. */
const METER_ENDPOINT = 1

/** @source ZCL Time, TimeStatus */
const SYNCHRONISED = 0b10

/** What a meter keeps while it has no power. */
export interface MeterMemory extends DeviceMemory {
  clock: DeviceClockMemory
  measurement: MeasurementMemory
  keeping: HousekeepingMemory
  /** Of an electricity meter. */
  loadLimit?: LoadLimitMemory
  heldLimit?: DatedLimit
  /** Of a gas meter. */
  flowCheck?: FlowCheckMemory
  prepayment: PrepaymentMemory
}

/** What an installer gives a meter, and what it kept from before it was switched off. */
export interface InstalledMeter extends Installed {
  /** Number of the point it meters (MPAN, MPRN); none unless given. */
  mpxn?: string | undefined
  /** What stands on the account of a new meter. */
  account?: Partial<AccountMemory> | undefined
  /** Key of top-up tokens, 32 hex digits; one for tests unless given. */
  utrnKey?: string | undefined
  /** Devices of the home joined to it; undefined: none, and anybody may act on it. */
  partners?: readonly Eui64[] | undefined
  memory?: MeterMemory | undefined
}

/** What makes a meter one of its kind. */
export interface MeterKind<S extends SettingSpecs> extends InstalledMeter {
  /** Name of its dice for consumption. */
  dice: string
  measures: MeasurementFacts
  /** Thousandths of the registers' unit in a unit it counts: 1 (Wh, dm3), or Wh in a dm3. */
  thousandthsPerUnit: number
  /** What Get Profile gives, by number of the channel. */
  channels: readonly Channel[]
  unitOfMeasure: number
  meteringDeviceType: number
  /** It has a contactor, not a valve. */
  closesOnCommand: boolean
  /** What it is configured with, and what an installer has set of that. */
  specs: S
  initial: HousekeepingOptions<S>['initial']
}

type MeteringAttributes = SideOptions<'Metering', 'server', 'toServer'>['attributes']
type MeteringCommands = SideOptions<'Metering', 'server', 'toServer'>['commands']

export abstract class Meter<P extends EsmeProfile | GsmeProfile, S extends SettingSpecs = SettingSpecs> {
  readonly clock: DeviceClock
  /** Its supply, events and settings. */
  readonly keeping: Housekeeping<S>
  readonly prepayment: Prepayment
  firmware: string
  /** What it measures and keeps. */
  readonly measurement: Measurement
  /** How its firmware is changed over the air; absent where it is not. */
  readonly ota: OtaClient | undefined
  protected readonly joining: Joining
  protected readonly endpoint: ZclEndpoint
  protected readonly around: Surroundings
  protected readonly profile: P
  /** Tells the hub what happened; for one that sleeps, at its wake-ups. */
  protected readonly tellEvents: () => void
  protected readonly hubTime: HubTime
  /** Takes tariffs from the hub. */
  protected readonly tariffIntake: TariffIntake
  /** Tells the hub what energy costs. */
  protected readonly prices: PriceTeller
  private readonly node: ZclNode
  private readonly kind: MeterKind<S>

  /** @throws InvariantError for profile intervals that the Metering cluster cannot name */
  constructor(around: Surroundings, profile: P, kind: MeterKind<S>) {
    const { metering } = profile
    const { memory } = kind
    periodOf(metering.profileIntervalMin)
    this.around = around
    this.profile = profile
    this.kind = kind
    this.firmware = memory?.firmware ?? profile.firmware.version
    this.clock = new DeviceClock(around.clock, profile.clock.driftPpm, memory?.clock)
    letClockJump(profile.quirks, { clock: this.clock, truth: around.clock, timers: around.timers })
    const { closesOnCommand, specs, initial, partners } = kind
    this.keeping = new Housekeeping({
      ...{ around, profile, clock: this.clock, closesOnCommand, specs, initial, memory: memory?.keeping },
      ...{ partners, hub: () => kind.esi.device },
    })
    this.measurement = new Measurement({
      ...{ truth: around.clock, clock: this.clock, supply: this.supply },
      ...{ random: around.random.stream(kind.dice), facts: kind.measures, memory: memory?.measurement },
      voltage: this.voltageRules(),
    })
    // What was measured under a setting is worked out before that changes.
    this.settings.watchBefore(() => this.measurement.advance())
    const configure = () => this.configureMeasuring()
    this.settings.watch(configure)
    configure()
    const listens = around.han.role !== 'sleepy-end-device'
    const { node, endpoint, joining, ota } = standOnHan(around, profile, {
      ...{ installCode: kind.installCode, esi: kind.esi },
      ...(kind.joinEveryUs !== undefined && { joinEveryUs: kind.joinEveryUs }),
      endpoint: METER_ENDPOINT,
      deviceId: SE_DEVICE.meter,
      onJoined: () => {
        this.onJoined()
        if (listens) this.tellEvents()
        if (around.profileId !== HA_PROFILE) this.prices.joined(listens)
      },
      onLeft: () => this.onLeft(),
      onAsked: () => this.onAsked(),
      ...{ clock: this.clock, ota: memory?.ota },
    })
    this.ota = ota
    this.node = node
    this.endpoint = endpoint
    this.joining = joining
    serveBasic(endpoint, profile, () => this.firmware)
    this.serveTime()
    const { esi } = kind
    this.hubTime = new HubTime({ endpoint, esi, clock: around.clock, rules: this.keeping.clockRules })
    this.tellEvents = this.keeping.serve({
      ...{ endpoint, esi, listens, showCustomerId: id => this.showCustomerId(id) },
      commands: hub => this.settingsCommands(hub),
    })
    const { events, supply, clock, measurement } = this
    this.prepayment = new Prepayment({
      ...{ clock, supply, events, timers: around.timers, cost: measurement },
      onModeChange: () => measurement.noteModeChange(),
      ...{ device: around.deviceId, utrnKey: kind.utrnKey ?? TEST_UTRN_KEY, keypad: profile.keypad },
      ...{ opening: kind.account, memory: memory?.prepayment },
    })
    const resetBlockCounters = () => measurement.resetBlockCounters()
    servePrepayment(endpoint, { prepayment: this.prepayment, events, supply, esi, resetBlockCounters })
    this.tariffIntake = new TariffIntake({
      ...{ charging: measurement, esi },
      onOutcome: (what, fault) => events.raise(fault === undefined ? '8154' : '8155', fault ?? what),
    })
    endpoint.use('Calendar', { commands: this.tariffIntake.calendarCommands() })
    this.prices = new PriceTeller({ endpoint, esi, clock, timers: around.timers, price: () => priceNow(this.charged) })
  }

  /** Its contactor or valve. */
  get supply(): SupplySwitch {
    return this.keeping.supply
  }
  /** What it writes down of itself and tells its hub. */
  get events(): MeterEvents {
    return this.keeping.events
  }
  /** What it is configured with. */
  get settings(): MeterSettings<S> {
    return this.keeping.settings
  }

  start(): void {
    this.keeping.power.returns()
    this.prepayment.start()
    this.joining.start()
  }

  /** What it would keep if it lost power now. */
  memory(): MeterMemory {
    const { firmware, clock, measurement, keeping, prepayment, node, ota } = this
    return {
      ...{ firmware, clock: clock.memory(), measurement: measurement.memory(), keeping: keeping.memory() },
      prepayment: prepayment.memory(),
      reports: node.reports(),
      ...(ota && { ota: ota.memory() }),
    }
  }

  /** Thousandths of the registers' unit in a unit it counts. */
  protected get thousandthsPerUnit(): number {
    return this.kind.thousandthsPerUnit
  }
  /** Units (Wh, dm3) as they stand on its registers; what is delivered since the meter was made unless given. */
  protected register(units = this.measurement.totals()[0]): number {
    return toRegister(Math.floor(units * this.kind.thousandthsPerUnit), this.profile.metering)
  }

  /** What it charges, and for what. */
  private get charged() {
    const fuel = this.kind.meteringDeviceType === METERING_DEVICE.gas ? 'gas' : 'electricity'
    return { fuel, charging: this.measurement, clock: this.clock } as const
  }

  /** The meter as those who serve it see it. */
  protected get view(): MeterView {
    const { measurement, clock, kind, profile } = this
    return {
      ...{ measurement, clock, channels: kind.channels, limits: kind.measures.limits },
      toRegister: units => this.register(units),
      intervalMin: profile.metering.profileIntervalMin,
      notBefore: ({ device }) => (device === kind.esi.device ? 0 : this.keeping.tenancySince),
    }
  }

  /** What it is configured with that changes how it measures. */
  protected measuringSettings(): MeasuringSettings {
    const settings: MeterSettings<typeof COMMON_SETTINGS> = this.settings as never
    return {
      billingPeriodicity: settings.get('billingPeriodicity'),
      billingStartMs: settings.get('billingStartMs'),
    }
  }
  private configureMeasuring(): void {
    applySettings(this.measurement, this.measuringSettings())
  }

  /** What a meter that watches the voltage goes by. */
  protected voltageRules(): VoltageRules | undefined {
    return undefined
  }

  /** Commands of its settings that not every meter has. */
  protected settingsCommands(_hub: () => Eui64): SettingsCommands {
    return {}
  }

  protected onJoined(): void {}
  protected onLeft(): void {}
  /** It has asked for firmware, and the answer is on its way. */
  protected onAsked(): void {}

  /** Shows the number that proves who lives here; false where it has no screen for it. */
  protected showCustomerId(_id: string): boolean {
    return false
  }

  /** Serves Metering: what every meter has, and `more`. */
  protected serveMetering(more: MeteringAttributes = {}, moreCommands: MeteringCommands = {}): void {
    const { metering } = this.profile
    const { attributes, writes, commands } = this.keeping.metering()
    const services = meteringServices(this.view)
    this.endpoint.serve('Metering', {
      ...services,
      attributes: {
        CurrentSummationDelivered: () => this.register(),
        Status: 0,
        UnitOfMeasure: this.kind.unitOfMeasure,
        Multiplier: metering.multiplier,
        Divisor: metering.divisor,
        SummationFormatting: SUMMATION_FORMATTING,
        MeteringDeviceType: this.kind.meteringDeviceType,
        ...attributes,
        ...more,
      },
      writes,
      commands: {
        ...commands,
        ...moreCommands,
        ...services.commands,
      },
    })
    serveTariff({ ...this.charged, endpoint: this.endpoint })
    this.node.recallReports(this.kind.memory?.reports ?? [])
  }

  private serveTime(): void {
    this.endpoint.serve('Time', {
      attributes: { Time: () => utcOf(this.clock.unixMs()), TimeStatus: () => (this.clock.isLost ? 0 : SYNCHRONISED) },
      // Set by the hub only: nobody else holds this meter's link key. @source assumed
      writes: {
        Time: utc => {
          const unixMs = unixMsOf(utc)
          if (unixMs === undefined) return Status.INVALID_VALUE
          this.keeping.clockRules.obey(unixMs)
          return Status.SUCCESS
        },
      },
    })
  }
}
