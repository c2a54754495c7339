/** The gas a home burns: a boiler that runs at its rate or not at all, as often as the shape of the day asks for. Figures assumed. */
import type { GsmeProfile } from '../../profiles/profile.ts'
import { DayShape, halfHourOf } from './day-shape.ts'
import { type Flow, NO_RATES, type Rates, type Sample } from './flow.ts'
import { type DiceWords, NumberedDice } from './numbered-dice.ts'

/** dm3 an hour: a boiler of about 25 kW. */
const BOILER_RATE = 2_250
const BURNS_SERIES = 1

export class GasFlow implements Flow {
  private readonly demand: DayShape
  private readonly dice: NumberedDice

  constructor({ flow }: Pick<GsmeProfile, 'flow'>, words: DiceWords) {
    this.dice = new NumberedDice(words)
    this.demand = new DayShape(flow.annualM3 * 1_000, flow, this.dice)
  }

  at(minute: number): Sample {
    const mean = this.demand.meanAt(halfHourOf(minute))
    // A home that burns more has more than one boiler.
    const rate = Math.max(BOILER_RATE, mean)
    const delivered = this.dice.at(BURNS_SERIES, minute) < mean / rate ? Math.round(rate) : 0
    return { ...NO_RATES, delivered, deciVolts: 0, milliAmps: 0 }
  }

  usual(minute: number): Rates {
    return { ...NO_RATES, delivered: this.demand.meanAt(halfHourOf(minute)) }
  }
}
