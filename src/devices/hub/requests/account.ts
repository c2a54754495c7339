/** 1.5, 1.6, 2.2, 2.5: what the supplier does to the consumer's account. */
import { isMoney, MOST_MONEY, refusalText } from '../../prepayment/money.ts'
import { fromPaymentControl, refusedTopUp, toPaymentControl } from '../../prepayment/prepayment-words.ts'
import { refuseMode } from '../../prepayment/settings.ts'
import { cancelMode, timeFault } from './held.ts'
import { modeOf, modeWord } from './prepay-words.ts'
import type { Call } from './service.ts'
import { carryOutSteps } from './steps/carry-out.ts'
import { numberIn, withNumbers } from './steps/found.ts'
import { stepsFor } from './steps/steps-for.ts'

const UTRN = /^\d{20}$/

export function updateMeterBalance(call: Call<'updateMeterBalance'>): void {
  const { parameters, orderNumber, succeed, fail } = call
  const { adjustBy, reset } = parameters
  if (adjustBy === undefined && !reset) return fail('S1RIG_PARAMETER', 'adjust_by or reset expected')
  if (adjustBy !== undefined && !isMoney(adjustBy)) {
    return fail('S1RIG_PARAMETER', `adjust_by: -${MOST_MONEY} to ${MOST_MONEY} expected, found ${adjustBy}`)
  }
  carryOutSteps({ ...call, parameters: { ...parameters, orderNumber } }, stepsFor(call), found =>
    withNumbers(call, found, ['balance'], ({ balance }) => succeed({ balance })),
  )
}

export function updatePaymentMode(call: Call<'updatePaymentMode'>): void {
  const { parameters, succeed, fail } = call
  if (parameters.cancelHeld) return cancelMode(call)
  const mode = modeOf(parameters.mode)
  if (!mode) return fail('S1RIG_PARAMETER', 'mode: CREDIT or PREPAYMENT expected')
  const { suspendDebtDisabled, suspendDebtEmergency, disablementThreshold, fromMs = 0 } = parameters
  const settings = { suspendDebtDisabled, suspendDebtEmergency, disablementThreshold }
  const refusal = refuseMode(settings)
  if (refusal) return fail('S1RIG_PARAMETER', refusalText(refusal))
  const wrongTime = timeFault(parameters.fromMs)
  if (wrongTime) return fail('S1RIG_PARAMETER', wrongTime)
  const change = { ...parameters, fromMs, control: toPaymentControl(mode, settings) }
  carryOutSteps({ ...call, parameters: change }, stepsFor(call), found =>
    withNumbers(call, found, ['control'], ({ control }) =>
      succeed({ mode: modeWord(fromPaymentControl(control, 0).mode) }),
    ),
  )
}

export function topUpDevice(call: Call<'topUpDevice'>): void {
  const { parameters, succeed, fail } = call
  if (!UTRN.test(parameters.utrn)) return fail('S1RIG_PARAMETER', 'utrn: 20 digits expected')
  carryOutSteps(call, stepsFor(call), found => {
    const why = refusedTopUp(numberIn(found, 'outcome'))
    if (why) fail('S1RIG_REFUSED', `utrn: ${why}`)
    else withNumbers(call, found, ['amount', 'balance'], ({ amount, balance }) => succeed({ amount, balance }))
  })
}

export function activateEmergencyCredit(call: Call<'activateEmergencyCredit'>): void {
  carryOutSteps(call, stepsFor(call), found =>
    withNumbers(call, found, ['emergencyCreditRemaining'], ({ emergencyCreditRemaining }) =>
      call.succeed({ emergencyCreditRemaining }),
    ),
  )
}
