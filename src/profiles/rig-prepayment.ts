/** What stands on the account of an emulated meter when a run begins: as written, and the rules about it. */
import { z } from 'zod'
import { isCivilDate } from '../base/civil-date.ts'
import type { Frozen } from './freeze.ts'
import { valueAt } from './pointer.ts'
import type { InstallationOutline, Report } from './rig-outline.ts'
import { text, whole } from './scalars.ts'

/** Thousandths of a penny: what 32 bits with a sign hold. */
const MOST = 0x7fff_ffff
const money = whole(-MOST, MOST)
const amount = whole(0, MOST)

const timeDebt = z.strictObject({
  amount,
  /** Recovered in each period. */
  rate: amount,
  period: z.enum(['hour', 'day', 'week', 'month'], { error: 'hour, day, week or month' }),
})
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const
const minuteOf = (written: string): number => Number(written.slice(0, 2)) * 60 + Number(written.slice(3))

/** A day of every year, or of one. */
const specialDay = text('a day such as 12-25 or 2022-06-03', /^(?:20\d\d-)?\d\d-\d\d$/)
  .transform(written => {
    const [day = 0, month = 0, year] = written.split('-').map(Number).toReversed()
    return { ...(year !== undefined && { year }), month, day }
  })
  .refine(({ year = 2000, month, day }) => isCivilDate({ year, month, day }), { error: 'a day that there is' })

/** Money is in thousandths of a penny. */
export const prepayment = z.strictObject({
  mode: z.enum(['prepayment', 'credit']).default('prepayment'),
  balance: money.default(0),
  /** Emergency credit the consumer has called for, and used. */
  emergencyCreditUsed: amount.optional(),
  /** Charges held back. */
  accumulatedDebt: amount.default(0),
  timeDebts: z.array(timeDebt).max(2, { error: 'at most two debts' }).default([]),
  paymentDebt: z
    .strictObject({
      amount,
      /** Hundredths of a percent of each top-up. */
      share: whole(0, 10_000),
    })
    .optional(),
  disablementThreshold: money.default(0),
  suspendDebtDisabled: z.boolean().default(true),
  suspendDebtEmergency: z.boolean().default(true),
  emergencyCreditLimit: amount.default(500_000),
  emergencyCreditThreshold: amount.default(100_000),
  lowCreditThreshold: amount.default(200_000),
  maximumBalance: amount.default(25_000_000),
  maximumCredit: amount.default(10_000_000),
  /** Most that payments recover of the debt in a week. */
  debtCap: amount.default(MOST),
  /** When nothing is cut, by the meter's clock in UTC. */
  friendly: z
    .array(
      z
        .strictObject({
          days: z
            .array(z.enum(DAYS))
            .min(1, { error: 'at least one day' })
            .default([...DAYS]),
          from: text('hh:mm', /^(?:[01]\d|2[0-3]):[0-5]\d$/).transform(minuteOf),
          to: text('hh:mm, 24:00 at the latest', /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/).transform(minuteOf),
        })
        .refine(({ from, to }) => to > from, { error: 'a time after `from`', path: ['to'] }),
    )
    .max(14)
    .default([]),
  friendlyDays: z.array(specialDay).max(20).default([]),
  /** Key of top-up tokens: for tests, never that of a live system. */
  utrnKey: text('a 128-bit key as 32 hex digits', /^[0-9a-fA-F]{32}$/)
    .transform(written => written.toLowerCase())
    .optional(),
})

export type RigPrepayment = Frozen<z.output<typeof prepayment>>

/** Bits of days, Monday the lowest. */
export const dayBits = (days: readonly (typeof DAYS)[number][]): number =>
  days.reduce((bits, day) => bits | (1 << DAYS.indexOf(day)), 0)

/** Each breach of a rule about the accounts of one installation. */
export function checkPrepayment(root: unknown, { devices = [] }: InstallationOutline, report: Report): void {
  for (const { pointer } of devices) {
    const at = `${pointer}/prepayment`
    const written = valueAt(root, at)
    if (written === undefined) continue
    if (valueAt(root, `${pointer}/kind`) === 'real') {
      report(at, 'prepayment', 'expected no account for a real meter, found one', 'what stands on a real one is on it')
    }
    const read = prepayment.safeParse(written).data
    if (!read) continue
    for (const name of ['maximumCredit', 'lowCreditThreshold', 'emergencyCreditThreshold'] as const) {
      if (read[name] <= read.maximumBalance) continue
      const found = `at most maximumBalance (${read.maximumBalance}) expected, found ${read[name]}`
      report(at, 'prepayment', `${name}: ${found}`)
    }
    if ((read.emergencyCreditUsed ?? 0) > read.emergencyCreditLimit) {
      report(
        at,
        'prepayment',
        `emergencyCreditUsed: at most emergencyCreditLimit (${read.emergencyCreditLimit}) expected`,
      )
    }
  }
}
