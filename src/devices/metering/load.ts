/**
 * The load of a home: what is always on follows the shape of the day, and now and then somebody boils water. From it, and from what
 * the roof gives, come power, reactive power, current and voltage of each minute, so that they always agree. All figures assumed.
 */
import type { EsmeProfile } from '../../profiles/profile.ts'
import { DayShape, halfHourOf } from './day-shape.ts'
import type { Flow, Rates, Sample } from './flow.ts'
import { type DiceWords, NumberedDice } from './numbered-dice.ts'

/** Of the consumption what comes in short, strong bursts. */
const BURST_SHARE = 0.3
const BURST_LEAST_W = 1_800
const BURST_SPREAD_W = 5_200
const BURST_LEAST_MIN = 2
const BURST_SPREAD_MIN = 8
/** What is always on lies in a minute between these shares of its mean; their mean is 1. */
const LEAST_SHARE = 0.4
const SHARE_SPREAD = 1.2
/** Clouds leave a half hour between these shares of the mean; their mean is 1. */
const CLOUD_LEAST = 0.2
const CLOUD_SPREAD = 1.6
/** Between the transformer and the meter. */
const SERVICE_OHM = 0.2
/** The street's voltage strays so far from the nominal one in a half hour, and in a minute. */
const HALF_HOUR_STRAY = 0.02
const MINUTE_STRAY = 0.004
/** Minutes of sag and of swell come so often, a minute at a time, to such a share of the nominal voltage. */
const SAGS_A_MINUTE = 8 / (365 * 1_440)
const SWELLS_A_MINUTE = 3 / (365 * 1_440)
const SAG_SHARE = 0.78
const SWELL_SHARE = 1.17

/** Series of the dice. */
const SERIES = {
  share: 1,
  burst: 2,
  burstStart: 3,
  burstPower: 4,
  burstLength: 5,
  cloud: 6,
  halfHour: 7,
  stray: 8,
  event: 9,
}

interface Burst {
  from: number
  until: number
  watts: number
}

export class Load implements Flow {
  private readonly demand: DayShape
  private readonly roof: DayShape
  private readonly dice: NumberedDice
  private readonly nominalV: number
  /** var of reactive power to a W: positive inductive. */
  private readonly reactiveRatio: number
  private halfHour = Number.NaN
  private steadyW = 0
  private roofW = 0
  private burst: Burst = { from: 0, until: 0, watts: 0 }
  private streetV = 0

  constructor({ load, generation }: Pick<EsmeProfile, 'load' | 'generation'>, words: DiceWords) {
    const dice = new NumberedDice(words)
    this.dice = dice
    this.demand = new DayShape(load.annualKWh * 1_000, load, dice)
    this.roof = new DayShape(generation.annualKWh * 1_000, generation, dice)
    this.nominalV = load.nominalVoltageV
    const { powerFactor } = load
    this.reactiveRatio = Math.sign(powerFactor) * Math.sqrt(1 / powerFactor ** 2 - 1)
  }

  at(minute: number): Sample {
    this.turnTo(halfHourOf(minute))
    const { dice, burst } = this
    const steady = this.steadyW * (LEAST_SHARE + SHARE_SPREAD * dice.at(SERIES.share, minute))
    const loadW = Math.round(minute >= burst.from && minute < burst.until ? steady + burst.watts : steady)
    const netW = loadW - Math.round(this.roofW)
    const reactive = Math.round(loadW * this.reactiveRatio)
    const deciVolts = Math.round(10 * this.voltageAt(minute, netW))
    return {
      ...this.rates(netW, reactive),
      deciVolts,
      milliAmps: Math.round((Math.hypot(netW, reactive) / deciVolts) * 10_000),
    }
  }

  usual(minute: number): Rates {
    const halfHour = halfHourOf(minute)
    const loadW = this.demand.meanAt(halfHour)
    const netW = loadW - this.roof.meanAt(halfHour)
    return this.rates(netW, loadW * this.reactiveRatio)
  }

  private rates(netW: number, reactive: number): Rates {
    return {
      delivered: Math.max(netW, 0),
      received: Math.max(-netW, 0),
      reactiveDelivered: Math.max(reactive, 0),
      reactiveReceived: Math.max(-reactive, 0),
    }
  }

  private voltageAt(minute: number, netW: number): number {
    const { dice, nominalV } = this
    const event = dice.at(SERIES.event, minute)
    if (event < SAGS_A_MINUTE) return nominalV * SAG_SHARE
    if (event > 1 - SWELLS_A_MINUTE) return nominalV * SWELL_SHARE
    const stray = nominalV * MINUTE_STRAY * (2 * dice.at(SERIES.stray, minute) - 1)
    // A load beyond what a service can carry would pull the voltage to nothing.
    const drop = Math.max(-nominalV / 10, Math.min((netW / nominalV) * SERVICE_OHM, nominalV / 10))
    return this.streetV + stray - drop
  }

  private turnTo(halfHour: number): void {
    if (halfHour === this.halfHour) return
    this.halfHour = halfHour
    const { dice, nominalV } = this
    const throwOf = (series: number) => dice.at(series, halfHour)
    const meanW = this.demand.meanAt(halfHour)
    this.steadyW = meanW * (1 - BURST_SHARE)
    this.roofW = this.roof.meanAt(halfHour) * (CLOUD_LEAST + CLOUD_SPREAD * throwOf(SERIES.cloud))
    const length = BURST_LEAST_MIN + Math.floor(throwOf(SERIES.burstLength) * BURST_SPREAD_MIN)
    const watts = BURST_LEAST_W + throwOf(SERIES.burstPower) * BURST_SPREAD_W
    // As likely as it takes for the bursts to come to their share; in a home that takes more than that each is stronger.
    const likely = (meanW * BURST_SHARE * 30) / (watts * length)
    const from = halfHour * 30 + Math.floor(throwOf(SERIES.burstStart) * (31 - length))
    this.burst =
      throwOf(SERIES.burst) < likely
        ? { from, until: from + length, watts: watts * Math.max(likely, 1) }
        : { from: 0, until: 0, watts: 0 }
    this.streetV = nominalV * (1 + HALF_HOUR_STRAY * (2 * throwOf(SERIES.halfHour) - 1))
  }
}
