/** 1.5, 1.6, 2.2, 2.5: what the supplier does to the consumer's account. */
import { isMoney, MOST_MONEY, refusalText } from '../../prepayment/money.ts'
import {
  ADJUSTMENT,
  fromPaymentControl,
  fromUnsigned,
  refusedTopUp,
  toPaymentControl,
  toUnsigned,
} from '../../prepayment/prepayment-words.ts'
import { refuseMode } from '../../prepayment/settings.ts'
import { isSayable, utcOf } from '../../zigbee-time.ts'
import { orderTo, readFrom, whenReachable } from './asking.ts'
import { modeOf, modeWord } from './prepay-words.ts'
import type { Call } from './service.ts'

/** OriginatingDevice: by way of the hub. @source ZigBee Smart Energy, Prepayment */
const FROM_HUB = 0x00
const UTRN = /^\d{20}$/

export function updateMeterBalance(call: Call<'updateMeterBalance'>): void {
  const { parameters, orderNumber, succeed, fail } = call
  const { adjustBy, reset } = parameters
  if (adjustBy === undefined && !reset) return fail('S1RIG_PARAMETER', 'adjust_by or reset expected')
  const amount = adjustBy ?? 0
  if (!isMoney(amount)) {
    return fail('S1RIG_PARAMETER', `adjust_by: -${MOST_MONEY} to ${MOST_MONEY} expected, found ${amount}`)
  }
  const adjustment = {
    issuerEventId: orderNumber,
    startTime: 0,
    creditAdjustmentType: reset ? ADJUSTMENT.absolute : ADJUSTMENT.incremental,
    creditAdjustmentValue: toUnsigned(amount),
  }
  whenReachable(call, () =>
    orderTo(call, 'Prepayment', 'CreditAdjustment', adjustment, reset ? 'reset' : 'adjust_by', () =>
      readFrom(call, 'Prepayment', ['CreditRemaining'], ({ CreditRemaining: balance = 0 }) => succeed({ balance })),
    ),
  )
}

export function updatePaymentMode(call: Call<'updatePaymentMode'>): void {
  const { hub, parameters, succeed, fail } = call
  const mode = modeOf(parameters.mode)
  if (!mode) return fail('S1RIG_PARAMETER', 'mode: CREDIT or PREPAYMENT expected')
  const { suspendDebtDisabled, suspendDebtEmergency, disablementThreshold, fromMs } = parameters
  const settings = { suspendDebtDisabled, suspendDebtEmergency, disablementThreshold }
  const refusal = refuseMode(settings)
  if (refusal) return fail('S1RIG_PARAMETER', refusalText(refusal))
  if (fromMs !== undefined && !isSayable(fromMs)) {
    return fail('S1RIG_PARAMETER', `from_ms: an instant from 2000 to 2136 expected, found ${fromMs}`)
  }
  const change = {
    providerId: 0,
    issuerEventId: hub.notices.nextEventId(),
    implementationDateTime: fromMs === undefined ? 0 : utcOf(fromMs),
    proposedPaymentControlConfiguration: toPaymentControl(mode, settings),
    cutOffValue: toUnsigned(disablementThreshold),
  }
  whenReachable(call, () =>
    orderTo(call, 'Prepayment', 'ChangePaymentMode', change, 'disablement_threshold', () =>
      readFrom(call, 'Prepayment', ['PaymentControlConfiguration'], ({ PaymentControlConfiguration: control = 0 }) =>
        succeed({ mode: modeWord(fromPaymentControl(control, 0).mode) }),
      ),
    ),
  )
}

export function topUpDevice(call: Call<'topUpDevice'>): void {
  const { parameters, succeed, fail } = call
  const { utrn } = parameters
  if (!UTRN.test(utrn)) return fail('S1RIG_PARAMETER', 'utrn: 20 digits expected')
  const token = { originatingDevice: FROM_HUB, topUpCode: new TextEncoder().encode(utrn) }
  whenReachable(call, () =>
    orderTo(call, 'Prepayment', 'ConsumerTopUp', token, 'utrn', ({ payload }) => {
      const { resultType, topUpValue, creditRemaining } = payload
      const why = refusedTopUp(resultType)
      if (why) fail('S1RIG_REFUSED', `utrn: ${why}`)
      else succeed({ amount: topUpValue, balance: fromUnsigned(creditRemaining) })
    }),
  )
}

export function activateEmergencyCredit(call: Call<'activateEmergencyCredit'>): void {
  const { hub, succeed } = call
  const ask = () => ({ commandIssueDateTime: utcOf(hub.clock.unixMs()), originatingDevice: FROM_HUB })
  whenReachable(call, () =>
    orderTo(call, 'Prepayment', 'SelectAvailableEmergencyCredit', ask(), 'emergency credit', () =>
      readFrom(call, 'Prepayment', ['EmergencyCreditRemaining'], ({ EmergencyCreditRemaining: left = 0 }) =>
        succeed({ emergencyCreditRemaining: left }),
      ),
    ),
  )
}
