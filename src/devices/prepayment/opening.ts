/** What stands on the account of a new meter, as its rig says. */
import { dayBits, type RigPrepayment } from '../../profiles/rig-prepayment.ts'
import type { AccountMemory } from './account.ts'
import { NO_DEBTS } from './debts.ts'

export function openingOf(rig: RigPrepayment): Partial<AccountMemory> {
  const { mode, balance, accumulatedDebt, timeDebts, paymentDebt, emergencyCreditUsed: used } = rig
  const { disablementThreshold, suspendDebtDisabled, suspendDebtEmergency, emergencyCreditLimit: limit } = rig
  const [first = NO_DEBTS.time[0], second = NO_DEBTS.time[1]] = timeDebts
  return {
    ...{ mode, balance, accumulatedDebt },
    time: [first, second],
    payment: paymentDebt ?? NO_DEBTS.payment,
    ...(used !== undefined && mode === 'prepayment' && { emergency: { limit, remaining: limit - used } }),
    modeSettings: { disablementThreshold, suspendDebtDisabled, suspendDebtEmergency },
    settings: {
      emergencyLimit: limit,
      emergencyThreshold: rig.emergencyCreditThreshold,
      lowCreditThreshold: rig.lowCreditThreshold,
      maximumBalance: rig.maximumBalance,
      maximumCredit: rig.maximumCredit,
      debtCap: rig.debtCap,
      nonDisablement: {
        periods: rig.friendly.map(({ days, from, to }) => ({ days: dayBits(days), fromMin: from, toMin: to })),
        specialDays: rig.friendlyDays,
      },
    },
  }
}
