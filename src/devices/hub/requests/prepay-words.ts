/** Prepayment in the words of the contract and in those of the devices. */
import type {
  NonDisablement as CalendarWord,
  PaymentMode as ModeWord,
  DebtPeriod as PeriodWord,
} from '../../../wan/messages/wan-types.generated.ts'
import type { PaymentMode } from '../../prepayment/account.ts'
import type { DebtPeriod } from '../../prepayment/debts.ts'
import type { NonDisablement } from '../../prepayment/non-disablement.ts'

const MODES = { credit: 'CREDIT', prepayment: 'PREPAYMENT' } as const satisfies Record<PaymentMode, ModeWord>
const PERIODS = {
  hour: 'EACH_HOUR',
  day: 'EACH_DAY',
  week: 'EACH_WEEK',
  month: 'EACH_MONTH',
} as const satisfies Record<DebtPeriod, PeriodWord>

export const modeWord = (mode: PaymentMode): ModeWord => MODES[mode]
/** Undefined for none. */
export const modeOf = (word: ModeWord): PaymentMode | undefined =>
  (['credit', 'prepayment'] as const).find(mode => MODES[mode] === word)

export const periodWord = (period: DebtPeriod): PeriodWord => PERIODS[period]
/** Undefined for none. */
export const debtPeriodOf = (word: PeriodWord): DebtPeriod | undefined =>
  (['hour', 'day', 'week', 'month'] as const).find(period => PERIODS[period] === word)

/** The two say the same in the same words. */
export const calendarWord = ({ periods, specialDays, schedule }: NonDisablement): CalendarWord => ({
  periods: [...periods],
  specialDays: [...specialDays],
  ...(schedule && {
    schedule: {
      switches: schedule.switches.map(one => ({ ...one, specialDays: [...one.specialDays] })),
      specialDays: [...schedule.specialDays],
    },
  }),
})
