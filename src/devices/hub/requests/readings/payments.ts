/** 4.4.4, 4.4.5: debt paid out of top-ups, and top-ups, from the meter's own logs; a sleeping one is asked when it wakes. */
import { fromZigbeeUtc } from '../../../../base/time.ts'
import type { Payment } from '../../../../wan/messages/wan-types.generated.ts'
import { askOrNone, whenReachable } from '../asking.ts'
import type { Call } from '../service.ts'
import { stepsFor } from '../steps/steps-for.ts'
import { fixedFields } from './gather.ts'
import { gasMeterOf } from './mirrored.ts'

/** 0: up to now. @source ZigBee SE 1.2a, Get Top Up Log, Get Debt Repayment Log: latest end time */
const NEWEST = 0xffff_fffe
const MOST_PAYMENTS = 12

export function payments(call: Call<'readBillingDataLog'>): void {
  const asked = gasMeterOf(call)
  if (!asked) return call.fail('E21', 'there is no gas meter here')
  const steps = stepsFor(asked)
  const answer = (found: Payment[]) => {
    const newestFirst = found.toSorted((a, b) => b.atMs - a.atMs).slice(0, MOST_PAYMENTS)
    call.succeed({ entries: [], unit: asked.target === 'ESME' ? 'WH' : 'DM3', source: 'DEVICE', payments: newestFirst })
  }
  whenReachable(asked, () => {
    if (call.variant === '4.4.4') {
      const fixed = fixedFields(steps, 'Prepayment.GetDebtRepaymentLog')
      const question = { debtType: 0, ...fixed, latestEndTime: NEWEST, numberOfDebts: MOST_PAYMENTS }
      askOrNone(asked, 'Prepayment', 'GetDebtRepaymentLog', question, response =>
        answer(
          (response?.payload.debtPayload ?? []).map(({ collectionTime, amountCollected }) => ({
            ...{ atMs: fromZigbeeUtc(collectionTime), amount: amountCollected },
          })),
        ),
      )
    } else {
      const question = { latestEndTime: NEWEST, numberOfRecords: MOST_PAYMENTS }
      askOrNone(asked, 'Prepayment', 'GetTopUpLog', question, response =>
        answer(
          (response?.payload.topUpPayload ?? []).map(({ topUpTime, topUpAmount }) => ({
            ...{ atMs: fromZigbeeUtc(topUpTime), amount: Math.max(0, topUpAmount) },
          })),
        ),
      )
    }
  })
}
