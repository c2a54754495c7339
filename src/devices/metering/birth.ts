/** How a meter of a new rig came to be what it is: installed years ago, and read ever since. */
import type { RandomStream } from '../../ports/time.ts'
import { activeAt } from '../tariff/switching.ts'
import type { Tariff } from '../tariff/tariff.ts'
import { CHANNELS, type Flow } from './flow.ts'
import type { Totals } from './metrology.ts'
import type { Birth } from './past.ts'

const YEAR_MIN = 365 * 1_440
/** Minutes looked at to know a year: one in some days, at another time of each day. */
const LOOK_EVERY_MIN = 4_003
/** Older than any log reaches back, so that registers never were below 0: the longest of registers holds a year. Assumed. */
const LEAST_AGE_YEARS = 2.6
const AGE_SPREAD_YEARS = 5

/** `nowMs`: by the meter's clock. The story begins with the interval it lies in. */
export function birthOf(
  flow: Flow,
  { tariff, lengthMin, nowMs, random }: { tariff: Tariff; lengthMin: number; nowMs: number; random: RandomStream },
): Birth {
  const index = Math.floor(nowMs / (lengthMin * 60_000))
  const endMin = index * lengthMin
  const years = LEAST_AGE_YEARS + AGE_SPREAD_YEARS * random.next()
  const sums: Totals = [0, 0, 0, 0]
  const ofRegisters = tariff.prices.map(() => 0)
  let looks = 0
  for (let minute = endMin - YEAR_MIN; minute < endMin; minute += LOOK_EVERY_MIN, looks++) {
    const usual = flow.usual(minute)
    for (const [at, channel] of CHANNELS.entries()) sums[at] = (sums[at] ?? 0) + usual[channel]
    const { register } = activeAt(tariff.switching, minute * 60_000)
    ofRegisters[register - 1] = (ofRegisters[register - 1] ?? 0) + usual.delivered
  }
  const hours = (years * YEAR_MIN) / 60
  const totals = sums.map(sum => Math.floor((sum / looks) * hours)) as Totals
  const registers = ofRegisters.map(sum => Math.floor((sum / looks) * hours))
  // What rounding left over: registers add up to the total.
  const rest = totals[0] - registers.reduce((sum, units) => sum + units, 0)
  registers[0] = (registers[0] ?? 0) + rest
  return { index, lengthMin, totals, registers, installedDay: Math.floor((endMin - years * YEAR_MIN) / 1_440) }
}
