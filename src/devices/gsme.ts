/**
 * A gas meter: asleep but for a moment each half hour, when it reports to its mirror in the hub, asks for price and message
 * and collects what waits.
 */
import type { Micros } from '../base/ids.ts'
import { milliseconds, minutes, seconds } from '../base/time.ts'
import type { DeliveryOutcome } from '../ports/han.ts'
import type { RandomStream, Timer } from '../ports/time.ts'
import type { GsmeProfile } from '../profiles/profile.ts'
import type { CommandPayload } from '../zcl/clusters.ts'
import { Status } from '../zcl/status.ts'
import { isHeard, type Peer } from '../zcl/transactions.ts'
import { GAS_SETTINGS } from './configuration/settings.ts'
import { HA_PROFILE, type Surroundings } from './device.ts'
import type { GasHistory } from './hub/mirror-days.ts'
import { type InstalledMeter, Meter, type MeterMemory } from './meter.ts'
import { METERING_DEVICE, SUPPLY_STATUS, UNIT, UNKNOWN_SUMMATION } from './meter-registers.ts'
import type { MeasuringSettings } from './metering/apply-settings.ts'
import { MirrorTeller } from './metering/han/mirror-teller.ts'
import { gasFacts, milliWhPerDm3 } from './metering/home-facts.ts'
import { NoticeReader, type ShownNotices } from './notice-reader.ts'
import { MIRRORED_PREPAYMENT, MIRRORED_SETTINGS } from './prepayment/account-attributes.ts'
import { prepaymentValues } from './prepayment/prepayment-attributes.ts'
import { FlowCheck } from './supply/flow-check.ts'
import { utcOf } from './zigbee-time.ts'

/** Wake-ups in a row without an acknowledged report before it looks for its network again. Assumed. */
const LOST_AFTER_WAKES = 3
/** What is left of a battery that runs out. @source assumed */
const LOW_BATTERY_PERCENT = 5
/** Endpoint a hub answers with when it has no mirror to give. @source ZCL Metering, Request Mirror Response */
const MIRROR_REFUSED = 0xffff
/**
 * How often it asks its parent whether anything waits, where no mirror answers in its stead: within the time that a parent keeps
 * frames. @source ZigBee Cluster Library, Poll Control: LongPollInterval, default 5 s
 */
const LONG_POLL_US = seconds(5)

export class Gsme extends Meter<GsmeProfile, typeof GAS_SETTINGS> {
  /** What its own small screen shows of the hub's notices. */
  readonly shown: ShownNotices = {}
  private readonly notices: NoticeReader
  private readonly logs: MirrorTeller
  private readonly flowCheck: FlowCheck
  private readonly wakeDice: RandomStream
  private readonly esi: Peer
  private mirror: Peer | undefined
  private wake: Timer | undefined
  private nextLongPoll: Timer | undefined
  private wakesUnheard = 0
  private settingsHeard = ''
  /** Block counters that its mirror has of it. */
  private blocksHeard = 0
  private awakeUntilUs: Micros = 0
  private polling = false

  constructor(around: Surroundings, profile: GsmeProfile, installed: InstalledMeter) {
    super(around, profile, {
      ...installed,
      dice: 'flow',
      measures: gasFacts(profile),
      // Some count kWh instead of m3.
      thousandthsPerUnit: profile.gas.registersIn === 'kWh' ? milliWhPerDm3(profile) / 1_000 : 1,
      channels: ['delivered'],
      unitOfMeasure: UNIT[profile.gas.registersIn],
      meteringDeviceType: METERING_DEVICE.gas,
      closesOnCommand: false,
      specs: GAS_SETTINGS,
      initial: {
        importMpxn: installed.mpxn ?? '',
        calorificValue: Math.round(profile.gas.calorificValueMJPerM3 * 100),
        conversionFactor: Math.round(profile.gas.conversionFactor * 100_000),
      },
    })
    this.wakeDice = around.random.stream('wake')
    this.esi = installed.esi
    const { clock: now, timers } = around
    this.flowCheck = new FlowCheck({
      ...{ supply: this.supply, clock: now, timers, memory: installed.memory?.flowCheck },
      totalDm3: () => this.measurement.totals()[0],
      settings: () => ({
        thresholdDm3PerH: this.settings.get('flowThresholdDm3PerH'),
        stabilisationS: this.settings.get('stabilisationS'),
        measurementS: this.settings.get('flowMeasurementS'),
      }),
      interrupt: () => this.keeping.incident('uncontrolled-flow', '81B4'),
    })
    this.serveMetering({}, { SetUncontrolledFlowThreshold: (order, from) => this.setFlow(order, from) })
    this.endpoint.serve('PowerConfiguration', {
      // In halves of a percent.
      attributes: { BatteryPercentageRemaining: () => this.batteryPercent * 2 },
    })
    const { endpoint, esi, clock, shown, view } = this
    this.logs = new MirrorTeller({ endpoint, view, ledger: this.prepayment.ledger })
    this.notices = new NoticeReader({
      priceCommands: this.tariffIntake.priceCommands(),
      ...{ endpoint, esi, clock, shown, trace: around.trace },
      listens: false,
      messages: true,
    })
  }

  protected override measuringSettings(): MeasuringSettings {
    const { settings } = this
    const gas = { calorificValue: settings.get('calorificValue'), conversionFactor: settings.get('conversionFactor') }
    return { ...super.measuringSettings(), ...gas }
  }

  /** What a proxy had noted of it before the rig began, in thousandths of the registers' unit. */
  history(): GasHistory {
    const { past } = this.measurement
    const counts = (units: number) => Math.floor(units * this.thousandthsPerUnit)
    return {
      intervals: (fromMs, toMs, most) =>
        past.intervals(fromMs, toMs, most).map(([index, units]) => ({
          startMs: index * this.profile.metering.profileIntervalMin * 60_000,
          value: counts(units),
        })),
      reads: count =>
        past.reads(count).map(({ atMs, totals, registers }) => ({
          ...{ atMs, value: counts(totals[0]), registers: registers.map(counts) },
        })),
      days: count => past.consumptions(count).map(({ startMs, value }) => ({ startMs, value: counts(value) })),
    }
  }

  /** What its battery says of itself. */
  get batteryPercent(): number {
    return this.keeping.conditions.has('low-battery') ? LOW_BATTERY_PERCENT : this.profile.battery.initialPercent
  }
  /** dm3 since the meter was made. */
  get totalDm3(): number {
    return this.measurement.totals()[0]
  }

  override memory(): MeterMemory {
    return { ...super.memory(), flowCheck: this.flowCheck.memory() }
  }

  /** @source ZigBee Smart Energy 1.2a, Set Uncontrolled Flow Threshold; volume an hour, periods in seconds: assumed */
  private setFlow(order: CommandPayload<'Metering', 'SetUncontrolledFlowThreshold'>, from: Peer): number {
    if (from.device !== this.esi.device) return Status.NOT_AUTHORIZED
    const { uncontrolledFlowThreshold, unitOfMeasure, multiplier, divisor, stabilisationPeriod, measurementPeriod } =
      order
    const thresholdDm3PerH = divisor > 0 ? Math.round((uncontrolledFlowThreshold * multiplier * 1_000) / divisor) : -1
    const { settings } = this
    const flow = {
      flowThresholdDm3PerH: thresholdDm3PerH,
      stabilisationS: stabilisationPeriod,
      flowMeasurementS: measurementPeriod,
    }
    const taken = unitOfMeasure === UNIT.m3 && settings.setAll(flow)
    if (!taken) this.events.raise('8155', 'uncontrolled flow threshold out of range')
    return taken ? Status.SUCCESS : Status.INVALID_VALUE
  }

  protected override onJoined(): void {
    this.wakesUnheard = 0
    this.onWake(this.around.clock.nowUs())
    if (this.around.profileId === HA_PROFILE) this.longPoll()
  }
  protected override onAsked(): void {
    this.stayAwake()
  }
  protected override onLeft(): void {
    this.mirror = undefined
    this.wake?.cancel()
    this.nextLongPoll?.cancel()
  }

  /** `dueUs`: when this wake-up was due; each comes a little late, and the next is due from there all the same. */
  private onWake(dueUs: Micros): void {
    const { sleep } = this.profile
    const { clock, timers } = this.around
    const nowUs = clock.nowUs()
    const nextDueUs = Math.max(dueUs + minutes(sleep.wakeIntervalMin), nowUs)
    const lateUs = this.wakeDice.int(seconds(sleep.wakeJitterS) + 1)
    this.wake?.cancel()
    this.wake = timers.after(nextDueUs + lateUs - nowUs, 'gsme wake', () => this.onWake(nextDueUs))
    // Its network is lost: no better moment to look for it.
    if (!this.around.han.joined) return this.joining.start()
    this.stayAwake()
    if (this.mirror) this.report(this.mirror)
    else this.requestMirror()
    this.hubTime.ask()
  }

  private requestMirror(): void {
    this.endpoint.request(this.esi, 'Metering', 'RequestMirror', {}, outcome => {
      if (!isHeard(outcome)) return this.unheard()
      this.wakesUnheard = 0
      // A coordinator that is no hub has no mirrors.
      if (!outcome.ok) return
      const { endpointId } = outcome.response.payload
      if (endpointId === MIRROR_REFUSED) return
      this.mirror = { device: this.esi.device, endpoint: endpointId }
      this.logs.forget()
      this.around.trace.emit({ kind: 'device.state', name: 'mirror', value: endpointId })
      this.report(this.mirror)
    })
  }

  private report(mirror: Peer): void {
    const { metering, identity, firmware } = this.profile
    this.endpoint.report(mirror, 'Basic', {
      ManufacturerName: identity.manufacturerName,
      ModelIdentifier: identity.modelId,
      HardwareVersion: firmware.hardwareVersion,
      SwBuildId: this.firmware,
    })
    const tiers = this.measurement
      .registers()
      .map((units, at) => [`CurrentTier${at + 1}SummationDelivered`, this.register(units)])
    const values = {
      CurrentSummationDelivered: this.register(),
      UnitOfMeasure: UNIT[this.profile.gas.registersIn],
      ...Object.fromEntries(tiers),
      ReadingSnapshotTime: utcOf(this.clock.unixMs()),
      SupplyStatus: SUPPLY_STATUS[this.supply.state],
      Multiplier: metering.multiplier,
      Divisor: metering.divisor,
    }
    this.reportAccount(mirror)
    this.reportBlocks(mirror)
    this.endpoint.report(mirror, 'Metering', values, outcome => this.reported(outcome))
  }

  /** Block counters, while there are blocks; those that there are no more are told as unknown. */
  private reportBlocks(mirror: Peer): void {
    const { measurement } = this
    const inTariff = measurement.tariff.prices[0]?.length ?? 1
    const blocks = inTariff > 1 ? inTariff : 0
    const counters = Array.from({ length: Math.max(blocks, this.blocksHeard) }, (_, at) => [
      `CurrentNoTierBlock${at + 1}SummationDelivered`,
      at < blocks ? this.register(measurement.blockUnits(1, at + 1).counter) : UNKNOWN_SUMMATION,
    ])
    if (counters.length === 0) return
    this.endpoint.report(mirror, 'Metering', Object.fromEntries(counters), outcome => {
      if (outcome === 'delivered') this.blocksHeard = blocks
    })
  }

  /** What stands on the account; how it is set up when that has changed since it was last heard. */
  private reportAccount(mirror: Peer): void {
    const { endpoint, prepayment, supply } = this
    endpoint.report(mirror, 'Prepayment', prepaymentValues(prepayment, supply, MIRRORED_PREPAYMENT))
    const settings = prepaymentValues(prepayment, supply, MIRRORED_SETTINGS)
    const text = JSON.stringify(settings)
    if (text === this.settingsHeard) return
    endpoint.report(mirror, 'Prepayment', settings, outcome => {
      if (outcome === 'delivered') this.settingsHeard = text
    })
  }

  private reported(outcome: DeliveryOutcome): void {
    if (outcome !== 'delivered') return this.unheard()
    this.wakesUnheard = 0
    this.tellEvents()
    this.prices.tell()
    if (this.mirror) this.logs.tell(this.mirror)
    // Nothing tells it that there is news. @source SE 1.1 has no notification flags; at each wake-up: assumed
    this.notices.ask()
    this.ota?.woken()
  }
  private unheard(): void {
    if (++this.wakesUnheard % LOST_AFTER_WAKES === 0) this.joining.start()
  }

  /** Somebody who knows nothing of mirrors may ask at any time. */
  private longPoll(): void {
    const { han, timers } = this.around
    this.nextLongPoll?.cancel()
    this.nextLongPoll = timers.after(LONG_POLL_US, 'gsme long poll', () => {
      this.longPoll()
      if (this.polling || !han.joined) return
      han.poll(received => {
        if (received) this.stayAwake()
      })
    })
  }

  private stayAwake(): void {
    this.awakeUntilUs = this.around.clock.nowUs() + milliseconds(this.profile.sleep.stayAwakeMs)
    if (!this.polling) this.shortPoll()
  }

  /** Collects what the hub holds for it until nothing has come for a while. */
  private shortPoll(): void {
    const { han, clock, timers } = this.around
    this.polling = true
    timers.after(milliseconds(this.profile.sleep.shortPollMs), 'gsme poll', () =>
      han.poll(received => {
        this.polling = false
        if (received) this.stayAwake()
        else if (clock.nowUs() < this.awakeUntilUs && han.joined) this.shortPoll()
      }),
    )
  }
}
