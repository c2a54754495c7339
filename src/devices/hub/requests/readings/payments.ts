/** 4.4.4, 4.4.5: debt paid out of top-ups, and top-ups, from the meter's own logs; a sleeping one is asked when it wakes. */

import type { Call } from '../service.ts'
import { carryOutSteps } from '../steps/carry-out.ts'
import { entriesIn, numberIn } from '../steps/found.ts'
import { stepsFor } from '../steps/steps-for.ts'
import { gasMeterOf, mirroredLog } from './mirrored.ts'

const MOST_PAYMENTS = 12

export function payments(call: Call<'readBillingDataLog'>): void {
  const mirrored = mirroredLog(call, ({ topUps, debts }) => (call.variant === '4.4.4' ? debts : topUps))
  if (mirrored)
    return call.succeed({ entries: [], payments: [...mirrored.value], unit: mirrored.unit, ...mirrored.from })
  const asked = gasMeterOf(call)
  if (!asked) return call.fail('E21', 'there is no gas meter here')
  carryOutSteps(asked, stepsFor(asked), found => {
    const paid = entriesIn(found, 'payments').map(entry => ({
      ...{ atMs: numberIn(entry, 'atMs'), amount: Math.max(0, numberIn(entry, 'amount')) },
    }))
    const newestFirst = paid.toSorted((a, b) => b.atMs - a.atMs).slice(0, MOST_PAYMENTS)
    const unit = asked.target === 'ESME' ? 'WH' : 'DM3'
    call.succeed({ entries: [], unit, source: 'DEVICE', dataAgeS: 0, payments: newestFirst })
  })
}
