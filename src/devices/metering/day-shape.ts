/** A consumption shape at work: the mean rate of each half hour of any date. */
import type { ShapeWeights } from '../../profiles/profile.ts'
import type { NumberedDice } from './numbered-dice.ts'

const HALF_HOUR_MIN = 30
const HALF_HOURS_A_DAY = 48
const DAY_MS = 86_400_000
/** Series of the dice: how much more or less than its season's mean a day takes. */
const DAY_SERIES = 0
/** A day takes between these shares of its season's mean; their mean is 1. Assumed. */
const LEAST_OF_A_DAY = 0.75
const SPREAD_OF_A_DAY = 0.5

export class DayShape {
  private readonly meanPerHour: number
  private readonly shape: ShapeWeights
  private readonly dice: NumberedDice
  private day = Number.NaN
  private ofDay = 0

  /** `annual`: units a year. */
  constructor(annual: number, shape: ShapeWeights, dice: NumberedDice) {
    this.meanPerHour = annual / 365 / 24
    this.shape = shape
    this.dice = dice
  }

  /** Mean units an hour in a half hour, counted since 1970. */
  meanAt(halfHour: number): number {
    const day = Math.floor(halfHour / HALF_HOURS_A_DAY)
    if (day !== this.day) this.turnTo(day)
    return this.ofDay * (this.shape.shapeWeights[halfHour % HALF_HOURS_A_DAY] ?? 0) * HALF_HOURS_A_DAY
  }

  private turnTo(day: number): void {
    this.day = day
    const season = this.shape.shapeMonths[new Date(day * DAY_MS).getUTCMonth()] ?? 1
    this.ofDay = this.meanPerHour * season * (LEAST_OF_A_DAY + SPREAD_OF_A_DAY * this.dice.at(DAY_SERIES, day))
  }
}

/** The half hour a minute lies in, both counted since 1970. */
export const halfHourOf = (minute: number): number => Math.floor(minute / HALF_HOUR_MIN)
