/** An electricity meter: registers that only grow, demand, half-hour profile, time, supply state. */
import { fromZigbeeUtc, toZigbeeUtc } from '../base/time.ts'
import type { EsmeProfile } from '../profiles/profile.ts'
import { ZclNode } from '../zcl/node.ts'
import { Consumption } from './consumption.ts'
import { SE_DEVICE, SE_PROFILE, type Surroundings, serveBasic } from './device.ts'
import { DeviceClock } from './device-clock.ts'
import { Joining } from './joining.ts'
import {
  answerGetProfile,
  METERING_DEVICE,
  SUMMATION_FORMATTING,
  SUPPLY_STATUS,
  toRegister,
  UNIT,
} from './meter-registers.ts'

export const ESME_ENDPOINT = 1
/** Wh on the register of a new rig's meter: anything up to this, by the dice. Assumed. */
const GREATEST_START_WH = 20_000_000

export class Esme {
  readonly clock: DeviceClock
  firmware: string
  private readonly profile: EsmeProfile
  private readonly joining: Joining
  private readonly consumption: Consumption

  constructor(around: Surroundings, profile: EsmeProfile, installCode: Uint8Array) {
    const { han, timers, trace } = around
    this.profile = profile
    this.firmware = profile.firmware.version
    this.clock = new DeviceClock(around.clock, profile.clock.driftPpm)
    this.consumption = new Consumption({
      clock: this.clock,
      random: around.random.stream('load'),
      weights: profile.load.shapeWeights,
      annual: profile.load.annualKWh * 1_000,
      start: around.random.stream('register').int(GREATEST_START_WH),
      intervalMin: profile.metering.profileIntervalMin,
      capacity: profile.metering.profileEntries,
    })
    this.joining = new Joining({ han, timers, random: around.random.stream('joining'), installCode })
    const node = new ZclNode({
      han,
      timers,
      trace,
      responseDelayUs: profile.zcl.responseDelayMs * 1_000,
      listener: {
        onJoined: () => this.joining.joined(),
        onJoinFailed: () => this.joining.again(),
        onLeft: () => this.joining.again(),
      },
    })
    this.serve(node)
  }

  start(): void {
    this.joining.start()
  }

  /** Wh since the meter was made. */
  get totalWh(): number {
    return Math.floor(this.consumption.total())
  }

  private serve(node: ZclNode): void {
    const { metering, supply } = this.profile
    const register = () => toRegister(this.consumption.total(), metering)
    const endpoint = node.endpoint({ endpoint: ESME_ENDPOINT, profileId: SE_PROFILE, deviceId: SE_DEVICE.meter })
    serveBasic(endpoint, this.profile, () => this.firmware)
    endpoint.serve('Time', {
      attributes: { Time: () => toZigbeeUtc(this.clock.unixMs()), TimeStatus: 0b10 },
      // Set by the hub only: nobody else holds this meter's link key. @source assumed
      writes: { Time: value => void this.clock.set(fromZigbeeUtc(value)) },
    })
    endpoint.serve('Metering', {
      attributes: {
        CurrentSummationDelivered: register,
        // A flat tariff: all of it in the first register, so the registers add up to the total.
        CurrentTier1SummationDelivered: register,
        InstantaneousDemand: () =>
          Math.round((this.consumption.ratePerHour() / 1_000) * (metering.divisor / metering.multiplier)),
        Status: 0,
        SupplyStatus: SUPPLY_STATUS[supply.initialState],
        UnitOfMeasure: UNIT.kWh,
        Multiplier: metering.multiplier,
        Divisor: metering.divisor,
        SummationFormatting: SUMMATION_FORMATTING,
        MeteringDeviceType: METERING_DEVICE.electric,
      },
      commands: {
        GetProfile: (question, _from, reply) => {
          const { consumption } = this
          const meter = { consumption, scale: metering, intervalMin: metering.profileIntervalMin }
          reply('GetProfileResponse', answerGetProfile(question, meter))
        },
      },
    })
  }
}
