/** When billing periods begin. */
import { expect, it } from 'vitest'
import { days } from '../../src/base/time.ts'
import { type BillingCalendar, billingPeriodStart } from '../../src/devices/metering/billing-log.ts'
import { ID, settledHome } from './device-home.ts'

const months = (count: 3 | 6 | 12, month: number, day: number): BillingCalendar => ({
  every: 'months',
  count,
  month,
  day,
})
it.each([
  ['2026-11-22', { every: 'month', day: 22 }, '2026-11-22'],
  ['2026-11-21', { every: 'month', day: 22 }, '2026-10-22'],
  ['2026-02-28', { every: 'month', day: 31 }, '2026-02-28'],
  ['2026-11-22', months(3, 2, 5), '2026-11-05'],
  ['2026-11-04', months(3, 2, 5), '2026-08-05'],
  ['2027-01-31', months(3, 12, 31), '2026-12-31'],
  ['2027-03-30', months(3, 12, 31), '2026-12-31'],
  ['2026-01-15', months(3, 2, 1), '2025-11-01'],
  ['2026-11-22', months(6, 1, 1), '2026-07-01'],
  ['2026-06-30', months(6, 7, 1), '2026-01-01'],
  ['2026-03-31', months(12, 4, 1), '2025-04-01'],
  ['2026-04-01', months(12, 4, 1), '2026-04-01'],
] as const)('%s lies in the period of %j that began on %s', (now, calendar, began) => {
  const start = billingPeriodStart(calendar, Date.parse(`${now}T13:00:00Z`))
  expect(new Date(start).toISOString()).toBe(`${began}T00:00:00.000Z`)
})

it('a meter that is told to bills by the quarter, and says so', () => {
  const home = settledHome({ keep: () => false })
  const nowMs = home.kernel.unixMs()
  const now = new Date(nowMs)
  const inTwoDays = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 2)
  const asked = { startMs: inTwoDays, periodicity: 'BILLED_QUARTERLY' } as const
  expect(home.ask('setBillingCalendar', ID.ESME, asked)?.setBillingCalendar).toEqual(asked)
  expect(home.ask('readBillingCalendar', ID.ESME, {})?.readBillingCalendar).toEqual(asked)
  home.run(days(3))
  const { esme } = home.installation.devices
  const [newest] = esme?.measurement.billingEntries() ?? []
  expect([newest?.atMs, newest?.cause]).toEqual([inTwoDays, 'billing-calendar'])
})
