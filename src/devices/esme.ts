/** An electricity meter: registers that only grow, demand, half-hour profile, time, supply state. */
import type { Eui64 } from '../base/ids.ts'
import type { Timer } from '../ports/time.ts'
import type { EsmeProfile } from '../profiles/profile.ts'
import { Status } from '../zcl/status.ts'
import type { Peer } from '../zcl/transactions.ts'
import type { SettingsCommands } from './configuration/serve-management.ts'
import { ELECTRICITY_SETTINGS } from './configuration/settings.ts'
import type { Surroundings } from './device.ts'
import { TIME_READ_EVERY_US } from './hub-time.ts'
import { type InstalledMeter, Meter, type MeterMemory } from './meter.ts'
import { METERING_DEVICE, toDemand, UNIT } from './meter-registers.ts'
import type { MeasuringSettings } from './metering/apply-settings.ts'
import { CHANNELS } from './metering/flow.ts'
import { electricalAttributes, readingAttributes } from './metering/han/electrical.ts'
import { electricityFacts } from './metering/home-facts.ts'
import { VOLTAGE_EVENTS, type VoltageRules } from './metering/voltage-watch.ts'
import { NoticeReader, type ShownNotices } from './notice-reader.ts'
import { HeldLoadLimit } from './supply/held-load-limit.ts'
import { LoadLimit } from './supply/load-limit.ts'
import { heldLimitCommands } from './supply/serve-held-limit.ts'

/** @source ZigBee Smart Energy, Demand Limit: no limit */
const NO_DEMAND_LIMIT = 0xff_ffff

export class Esme extends Meter<EsmeProfile, typeof ELECTRICITY_SETTINGS> {
  /** What its own screen shows of the hub's notices. */
  readonly shown: ShownNotices = {}
  private readonly loadLimit: LoadLimit
  private readonly heldLimit: HeldLoadLimit
  private timeDue: Timer | undefined

  constructor(around: Surroundings, profile: EsmeProfile, installed: InstalledMeter) {
    super(around, profile, {
      ...installed,
      dice: 'load',
      measures: electricityFacts(profile),
      thousandthsPerUnit: 1,
      channels: CHANNELS,
      unitOfMeasure: UNIT.kWh,
      meteringDeviceType: METERING_DEVICE.electric,
      closesOnCommand: true,
      specs: ELECTRICITY_SETTINGS,
      initial: {
        importMpxn: installed.mpxn ?? '',
        randomisedOffsetLimitS: profile.randomisation.offsetLimitS,
      },
    })
    const { settings, keeping, endpoint, shown, clock } = this
    this.loadLimit = new LoadLimit({
      ...{ supply: this.supply, events: this.events, clock: around.clock, timers: around.timers },
      powerW: () => this.measurement.sample().delivered,
      settings: () => ({
        thresholdW: settings.get('loadLimitW'),
        periodS: settings.get('loadLimitPeriodS'),
        restorationS: settings.get('loadLimitRestorationS'),
      }),
      interrupt: () => keeping.incident('load-limit'),
      memory: installed.memory?.loadLimit,
    })
    settings.watch(() => this.loadLimit.changed())
    this.heldLimit = new HeldLoadLimit({
      ...{ clock, timers: around.timers, memory: installed.memory?.heldLimit },
      apply: ({ thresholdW, periodS, restorationS, policy }) => {
        keeping.setPolicies({ 'load-limit': policy })
        settings.setAll({ loadLimitW: thresholdW, loadLimitPeriodS: periodS, loadLimitRestorationS: restorationS })
        this.events.raise('8F66', `load limit ${thresholdW} W`)
      },
    })
    const quality = settings.side('ElectricalMeasurement')
    // Averages that nobody has asked for yet are counted first.
    const counted = (name: 'averageOverVoltageCounter' | 'averageUnderVoltageCounter') => () => {
      this.measurement.advance()
      return settings.get(name)
    }
    endpoint.serve('ElectricalMeasurement', {
      attributes: {
        ...electricalAttributes(this.view),
        ...quality.attributes,
        AverageRMSOverVoltageCounter: counted('averageOverVoltageCounter'),
        AverageRMSUnderVoltageCounter: counted('averageUnderVoltageCounter'),
      },
      writes: quality.writes,
    })
    endpoint.serve('MeterReadings', { attributes: readingAttributes(this.view) })
    // Its screen shows what it is sent; it asks for nothing. @source assumed
    new NoticeReader({
      priceCommands: this.tariffIntake.priceCommands(),
      ...{ endpoint, esi: installed.esi, clock, shown, trace: around.trace, listens: true, messages: true },
    })
    const { metering } = profile
    const limit = { LoadLimitCounter: () => this.loadLimit.counter, ...this.demandLimit() }
    const more = {
      ResetLoadLimitCounter: (_order: unknown, from: Peer) => {
        if (from.device !== installed.esi.device) return Status.NOT_AUTHORIZED
        this.loadLimit.resetCounter()
        return Status.SUCCESS
      },
    }
    const demand = { InstantaneousDemand: () => toDemand(this.measurement.sample().delivered, metering) }
    this.serveMetering({ ...demand, ...limit }, more)
  }

  override memory(): MeterMemory {
    const heldLimit = this.heldLimit.memory()
    return { ...super.memory(), loadLimit: this.loadLimit.memory(), ...(heldLimit && { heldLimit }) }
  }

  protected override settingsCommands(hub: () => Eui64): SettingsCommands {
    return heldLimitCommands({ held: () => this.heldLimit, events: () => this.events, hub })
  }

  protected override onJoined(): void {
    this.timeDue?.cancel()
    this.timeDue = this.around.timers.after(TIME_READ_EVERY_US, 'esme time', () => this.onJoined())
    this.hubTime.ask()
  }
  protected override showCustomerId(id: string): boolean {
    return this.settings.set('customerId', id)
  }

  protected override measuringSettings(): MeasuringSettings {
    const { settings } = this
    const blockCounterDailyReset = settings.get('blockCounterDailyReset')
    const averageVoltagePeriodS = settings.get('averageVoltagePeriodS')
    const randomisedOffsetLimitS = settings.get('randomisedOffsetLimitS')
    return { ...super.measuringSettings(), blockCounterDailyReset, averageVoltagePeriodS, randomisedOffsetLimitS }
  }
  protected override voltageRules(): VoltageRules {
    const { settings } = this
    return {
      thresholds: () => ({
        averageOver: settings.get('averageOverVoltageDv'),
        averageUnder: settings.get('averageUnderVoltageDv'),
        sag: settings.get('sagDv'),
        swell: settings.get('swellDv'),
        extremeOver: settings.get('extremeOverVoltageDv'),
        extremeUnder: settings.get('extremeUnderVoltageDv'),
      }),
      onEvent: event => this.events.raise(VOLTAGE_EVENTS[event]),
      onAverage: was => {
        const counter = was === 'over' ? 'averageOverVoltageCounter' : 'averageUnderVoltageCounter'
        settings.set(counter, settings.get(counter) + 1)
      },
    }
  }

  /** What Smart Energy has of a load limit, read only: its whole minutes and the register's units. */
  private demandLimit() {
    const { settings, profile } = this
    return {
      DemandLimit: () => {
        const limitW = settings.get('loadLimitW')
        return limitW > 0 ? toDemand(limitW, profile.metering) : NO_DEMAND_LIMIT
      },
      DemandLimitArmDurationInMinutes: () => Math.ceil(settings.get('loadLimitRestorationS') / 60),
    }
  }

  /** Wh since the meter was made. */
  get totalWh(): number {
    return this.measurement.totals()[0]
  }
}
