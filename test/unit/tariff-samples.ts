/** Tariffs for tests. */
import type { Tariff } from '../../src/devices/tariff/tariff.ts'

const NIGHT = [
  { startMin: 0, register: 1 },
  { startMin: 30, register: 2 },
  { startMin: 450, register: 1 },
]

/** Register 2 by night, and `weekend` all day at the end of the week. */
export const nightsAndWeekends = (weekend: number) => ({
  days: [
    {
      id: 1,
      switches: [
        { startMin: 0, register: 2 },
        { startMin: 420, register: 1 },
      ],
    },
    { id: 2, switches: [{ startMin: 0, register: weekend }] },
  ],
  weeks: [{ id: 1, dayIds: [1, 1, 1, 1, 1, 2, 2] }],
})
/** The week of `rich`, and one that is all working days. */
export const TWO_WEEKS = [
  { id: 1, dayIds: [1, 1, 1, 1, 1, 2, 2] },
  { id: 2, dayIds: [1, 1, 1, 1, 1, 1, 1] },
]

/** Two registers with two blocks each, weekends by day profile 2, winters by week 2, Christmas by day profile 2. */
export const rich: Tariff = {
  id: 7,
  label: 'Rich',
  switching: {
    days: [
      { id: 1, switches: NIGHT },
      { id: 2, switches: [{ startMin: 0, register: 2 }] },
    ],
    weeks: TWO_WEEKS,
    seasons: [
      { month: 4, day: 1, weekId: 1 },
      { month: 10, day: 1, weekId: 2 },
    ],
    specialDays: [{ month: 12, day: 25, dayId: 2 }],
  },
  thresholds: [[100], [50]],
  blockPeriod: 'month',
  prices: [
    [30_000, 20_000],
    [10_000, 5_000],
  ],
  standingCharge: 40_000,
}
