/** What electricity and gas meters have in common: a clock, a register that only grows, interval data, and how they are served. */
import type { EsmeProfile, GsmeProfile, ShapeWeights } from '../profiles/profile.ts'
import type { SideOptions } from '../zcl/endpoint-types.ts'
import type { ZclEndpoint, ZclNode } from '../zcl/node.ts'
import { Status } from '../zcl/status.ts'
import { Consumption, type ConsumptionMemory } from './consumption.ts'
import { type DeviceMemory, type Installed, SE_DEVICE, type Surroundings, serveBasic, standOnHan } from './device.ts'
import { DeviceClock, type DeviceClockMemory } from './device-clock.ts'
import { MeterEvents, type MeterEventsMemory } from './events/meter-events.ts'
import { serveEvents } from './events/serve-events.ts'
import type { Joining } from './joining.ts'
import { answerGetProfile, periodOf, SUMMATION_FORMATTING, SUPPLY_STATUS, toRegister } from './meter-registers.ts'
import { supplyEvent } from './supply/supply-events.ts'
import { SupplySwitch, type SwitchMemory } from './supply/supply-switch.ts'
import { unixMsOf, utcOf } from './zigbee-time.ts'

/** Every meter of ours keeps its clusters here. */
const METER_ENDPOINT = 1

/** What a meter keeps while it has no power. */
export interface MeterMemory extends DeviceMemory {
  clock: DeviceClockMemory
  consumption: ConsumptionMemory
  supply: SwitchMemory
  events: MeterEventsMemory
}

/** What an installer gives a meter, and what it kept from before it was switched off. */
export interface InstalledMeter extends Installed {
  memory?: MeterMemory | undefined
}

/** What makes a meter one of its kind. */
export interface MeterKind extends InstalledMeter {
  /** Name of its dice for consumption. */
  dice: string
  shape: ShapeWeights
  /** Thousandths of the register's unit (Wh, dm3) a year. */
  annual: number
  /** Thousandths on the register of a new rig's meter: anything up to this, by the dice. */
  greatestStart: number
  unitOfMeasure: number
  meteringDeviceType: number
  /** It has a contactor, not a valve. */
  closesOnCommand: boolean
}

type MeteringAttributes = SideOptions<'Metering', 'server', 'toServer'>['attributes']

export abstract class Meter<P extends EsmeProfile | GsmeProfile> {
  readonly clock: DeviceClock
  /** Its contactor or valve. */
  readonly supply: SupplySwitch
  /** What it writes down of itself and tells its hub. */
  readonly events: MeterEvents
  firmware: string
  protected readonly consumption: Consumption
  protected readonly joining: Joining
  protected readonly endpoint: ZclEndpoint
  protected readonly around: Surroundings
  protected readonly profile: P
  /** Tells the hub what happened; for one that sleeps, at its wake-ups. */
  protected readonly tellEvents: () => void
  private readonly node: ZclNode
  private readonly kind: MeterKind

  /** @throws InvariantError for profile intervals that the Metering cluster cannot name */
  constructor(around: Surroundings, profile: P, kind: MeterKind) {
    const { metering } = profile
    const { memory } = kind
    periodOf(metering.profileIntervalMin)
    this.around = around
    this.profile = profile
    this.kind = kind
    this.firmware = memory?.firmware ?? profile.firmware.version
    this.clock = new DeviceClock(around.clock, profile.clock.driftPpm, memory?.clock)
    this.events = new MeterEvents({
      ...{ clock: this.clock, trace: around.trace, capacity: profile.events.logCapacity, memory: memory?.events },
      supported: profile.supportedAlertCodes,
    })
    const { closesOnCommand } = kind
    this.supply = new SupplySwitch({ ...profile.supply, closesOnCommand, memory: memory?.supply })
    this.supply.watch({
      after: change => {
        const event = supplyEvent(change)
        if (event) this.events.raise(...event)
      },
    })
    this.consumption = new Consumption({
      clock: this.clock,
      random: around.random.stream(kind.dice),
      weights: kind.shape.shapeWeights,
      annual: kind.annual,
      start: around.random.stream('register').int(kind.greatestStart),
      intervalMin: metering.profileIntervalMin,
      capacity: metering.profileEntries,
      memory: memory?.consumption,
      supply: this.supply,
    })
    const listens = around.han.role !== 'sleepy-end-device'
    const { node, endpoint, joining } = standOnHan(around, profile, {
      ...{ installCode: kind.installCode, esi: kind.esi },
      ...(kind.joinEveryUs !== undefined && { joinEveryUs: kind.joinEveryUs }),
      endpoint: METER_ENDPOINT,
      deviceId: SE_DEVICE.meter,
      onJoined: () => {
        this.onJoined()
        if (listens) this.tellEvents()
      },
      onLeft: () => this.onLeft(),
    })
    this.node = node
    this.endpoint = endpoint
    this.joining = joining
    serveBasic(endpoint, profile, () => this.firmware)
    this.serveTime()
    const { events } = this
    const { nativeCodes: natives } = profile.events
    this.tellEvents = serveEvents({ endpoint, esi: kind.esi, events, natives, timers: around.timers, listens })
  }

  start(): void {
    this.joining.start()
  }

  /** What it would keep if it lost power now. */
  memory(): MeterMemory {
    const { firmware, clock, consumption, supply, events, node } = this
    return {
      ...{ firmware, clock: clock.memory(), consumption: consumption.memory(), supply: supply.memory() },
      events: events.memory(),
      reports: node.reports(),
    }
  }

  /** Register value, as it stands. */
  protected register(): number {
    return toRegister(this.consumption.total(), this.profile.metering)
  }

  protected onJoined(): void {}
  protected onLeft(): void {}

  /** Serves Metering: what every meter has, and `more`. */
  protected serveMetering(more: MeteringAttributes = {}): void {
    const { metering } = this.profile
    const meter = { consumption: this.consumption, scale: metering, intervalMin: metering.profileIntervalMin }
    this.endpoint.serve('Metering', {
      attributes: {
        CurrentSummationDelivered: () => this.register(),
        Status: 0,
        SupplyStatus: () => SUPPLY_STATUS[this.supply.state],
        UnitOfMeasure: this.kind.unitOfMeasure,
        Multiplier: metering.multiplier,
        Divisor: metering.divisor,
        SummationFormatting: SUMMATION_FORMATTING,
        MeteringDeviceType: this.kind.meteringDeviceType,
        ...more,
      },
      commands: {
        GetProfile: (question, _from, reply) => reply('GetProfileResponse', answerGetProfile(question, meter)),
      },
    })
    this.node.recallReports(this.kind.memory?.reports ?? [])
  }

  private serveTime(): void {
    this.endpoint.serve('Time', {
      attributes: { Time: () => utcOf(this.clock.unixMs()), TimeStatus: 0b10 },
      // Set by the hub only: nobody else holds this meter's link key. @source assumed
      writes: {
        Time: utc => {
          const unixMs = unixMsOf(utc)
          if (unixMs === undefined) return Status.INVALID_VALUE
          this.clock.set(unixMs)
          return Status.SUCCESS
        },
      },
    })
  }
}
