/** 1.5, 1.6 and 2.x, row by row of the catalogue: what a consumer pays with, from the broker into the meter. */
import { expect, test } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import { TEST_UTRN_KEY, utrnOf } from '../../src/devices/prepayment/utrn.ts'
import type { UpdatePaymentMode } from '../../src/wan/messages/wan-types.generated.ts'
import { type Order, serviceOrders } from '../helpers/order-rows.ts'
import { ORDERS } from '../helpers/order-sets.ts'
import { answered, type MeterType, meterOf, reads, taken, writes } from '../helpers/order-words.ts'
import { isOneOf } from '../helpers/reading-sets.ts'
import type { RequestHome } from '../helpers/request-home.ts'
import { covered } from '../helpers/service-coverage.ts'

const { home, order, complete } = serviceOrders()

const POUND = 100_000
const PREPAYMENT: UpdatePaymentMode = {
  ...{ mode: 'PREPAYMENT', suspendDebtDisabled: true, suspendDebtEmergency: false, disablementThreshold: -POUND },
}
const DEBTS = {
  timeDebts: [
    { amount: 20 * POUND, rate: POUND / 2, period: 'EACH_DAY' as const },
    { amount: 7 * POUND, rate: 1_000, period: 'EACH_WEEK' as const },
  ],
  ...{ paymentDebt: 30 * POUND, recoveryPerPayment: 2_500 },
}
const SETUP = {
  ...{ debtRecoveryRateCap: 15 * POUND, emergencyCreditLimit: 7 * POUND, emergencyCreditThreshold: 2 * POUND },
  ...{ lowCreditThreshold: 3 * POUND, maximumBalance: 400 * POUND, maximumCredit: 300 * POUND },
  nonDisablement: {
    periods: [{ days: 0b110_0000, fromMin: 0, toMin: 1_440 }],
    specialDays: [{ month: 12, day: 25 }],
  },
}
const accountOf = (at: RequestHome, of: MeterType) => meterOf(at, of).prepayment
const limit = (order: string) => taken(`Prepayment.${order}`)
const LIMITS = [
  'OverallDebtCap',
  'EmergencyCreditLimitAllowance',
  'EmergencyCreditThreshold',
  'LowCreditWarningLevel',
  'MaxCreditLimit',
  'MaxCreditPerTopUp',
]

for (const of of ['ESME', 'GSME'] as const) {
  const token = (amount: number, counter: number) => {
    const utrn = utrnOf({ amount, counter }, { key: TEST_UTRN_KEY, device: home().idOf(of) })
    if (!utrn) throw new Error('no token')
    return utrn
  }

  order('is paid before from now on, and the meter keeps what stood', {
    ...{ kind: 'updatePaymentMode', of, asks: PREPAYMENT },
    refuses: [
      ['mode: CREDIT or PREPAYMENT', { ...PREPAYMENT, mode: 'PAYMENT_MODE_UNSPECIFIED' }],
      ['from_ms: an instant from 2000 to 2136', { ...PREPAYMENT, fromMs: 1 }],
    ],
    han: [
      ...answered('Prepayment', 'ChangePaymentMode', 'ChangePaymentModeResponse'),
      ...reads('Prepayment', 'PaymentControlConfiguration'),
    ],
    holds: at => ({ mode: accountOf(at, of).now.mode, settings: accountOf(at, of).now.modeSettings }),
    proves: (result, held, before, at) => {
      expect(before).toMatchObject({ mode: 'credit' })
      const { mode: _, ...settings } = PREPAYMENT
      expect(held).toEqual({ mode: 'prepayment', settings })
      expect(accountOf(at, of).ledger.modes.list()).toMatchObject([{ mode: 'credit' }])
      expect(result).toEqual({ mode: 'PREPAYMENT' })
    },
  } satisfies Order<'updatePaymentMode'>)

  order('is set up for what changes, each limit with its order', {
    ...{ kind: 'updatePrepayConfiguration', of, asks: SETUP },
    refuses: [
      ['at least one setting expected', {}],
      ['emergency_credit_limit: 0 to 2147483647', { emergencyCreditLimit: 2 ** 31 }],
      ['maximum_credit: at most maximum_balance', { maximumBalance: 5, maximumCredit: 6 }],
      ['maximum_credit: at most maximum_balance', { ...SETUP, maximumBalance: POUND }],
      [
        'non_disablement.periods[0].to_min: after from_min',
        { nonDisablement: { periods: [{ days: 1, fromMin: 60, toMin: 60 }], specialDays: [] } },
      ],
    ],
    han: [
      ...reads('Prepayment', ...LIMITS),
      ...limit('SetMaximumCreditLimit'),
      ...limit('EmergencyCreditSetup'),
      ...limit('SetLowCreditWarningLevel'),
      ...limit('SetOverallDebtCap'),
      ...writes('AccountSettings', 'NonDisablement'),
    ],
    holds: at => accountOf(at, of).now.settings,
    proves: (result, held) => {
      expect(held).toMatchObject({
        ...{ debtCap: 15 * POUND, emergencyLimit: 7 * POUND, emergencyThreshold: 2 * POUND },
        ...{ lowCreditThreshold: 3 * POUND, maximumBalance: 400 * POUND, maximumCredit: 300 * POUND },
        nonDisablement: SETUP.nonDisablement,
      })
      expect(result).toEqual({})
    },
  } satisfies Order<'updatePrepayConfiguration'>)

  order('is given some credit', {
    ...{ kind: 'updateMeterBalance', of, asks: { adjustBy: 10 * POUND } },
    refuses: [
      ['adjust_by or reset expected', {}],
      ['adjust_by: refused by the device', { adjustBy: 500 * POUND }, 'the device'],
    ],
    han: [...taken('Prepayment.CreditAdjustment'), ...reads('Prepayment', 'CreditRemaining')],
    holds: at => accountOf(at, of).now.totals.adjusted,
    proves: (result, held, before, at) => {
      expect(held).toBe(Number(before) + 10 * POUND)
      expect(result).toEqual({ balance: accountOf(at, of).now.balance })
    },
  } satisfies Order<'updateMeterBalance'>)

  order('takes a token once', {
    ...{ kind: 'topUpDevice', of, asks: () => ({ utrn: token(12 * POUND, 1) }) },
    refuses: [['utrn: 20 digits expected', { utrn: '1234' }]],
    han: answered('Prepayment', 'ConsumerTopUp', 'ConsumerTopUpResponse'),
    holds: at => accountOf(at, of).now.totals.credited,
    proves: (result, held, before, at) => {
      expect([before, held]).toEqual([0, 12 * POUND])
      expect(result).toEqual({ amount: 12 * POUND, balance: accountOf(at, of).now.balance })
    },
  } satisfies Order<'topUpDevice'>)

  test(`2.2 of the ${of}: a token that was used, or is of another meter, changes nothing`, async () => {
    const { credited } = accountOf(home(), of).now.totals
    const other = utrnOf({ amount: POUND, counter: 2 }, { key: TEST_UTRN_KEY, device: home().idOf('CAD') }) ?? ''
    for (const [utrn, why] of [
      [token(12 * POUND, 1), 'used already'],
      [other, 'not a token for this meter'],
    ] as const) {
      const answer = await home().ask('topUpDevice', of, { utrn })
      expect(answer).toMatchObject({ code: 'S1RIG_REFUSED', detail: `utrn: ${why}` })
      expect(accountOf(home(), of).now.totals.credited).toBe(credited)
    }
    covered('2.2', of, 'S1RIG_REFUSED')
  })

  order('owes what it is told to owe', {
    ...{ kind: 'updateDebt', of, asks: DEBTS },
    refuses: [
      ['time_debts: 2 expected, found 0', { ...DEBTS, timeDebts: [] }],
      ['payment_debt: 0 to 2147483647', { ...DEBTS, paymentDebt: 2 ** 31 }],
      ['recovery_per_payment: 0 to 10000', { ...DEBTS, recoveryPerPayment: 10_001 }],
    ],
    han: [...limit('ChangeDebt'), ...limit('ChangeDebt'), ...limit('ChangeDebt')],
    holds: at => ({ time: accountOf(at, of).now.time, payment: accountOf(at, of).now.payment }),
    proves: (result, held, before) => {
      expect(before).toMatchObject({ time: [{ amount: 0 }, { amount: 0 }], payment: { amount: 0 } })
      expect(held).toEqual({
        time: [
          { amount: 20 * POUND, rate: POUND / 2, period: 'day' },
          { amount: 7 * POUND, rate: 1_000, period: 'week' },
        ],
        payment: { amount: 30 * POUND, share: 2_500 },
      })
      expect(result).toEqual({})
    },
  } satisfies Order<'updateDebt'>)

  order('begins anew', {
    ...{ kind: 'updateMeterBalance', of, asks: { reset: {} } },
    han: [...taken('Prepayment.CreditAdjustment'), ...reads('Prepayment', 'CreditRemaining')],
    holds: at => accountOf(at, of).now.balance > 10 * POUND,
    proves: ({ balance }, held, before, at) => {
      expect([before, held, balance]).toEqual([true, false, accountOf(at, of).now.balance])
      // What is used in a moment.
      expect(balance).toBeGreaterThan(-POUND / 100)
      expect(balance).toBeLessThanOrEqual(0)
    },
  } satisfies Order<'updateMeterBalance'>)

  order('gives the emergency credit that is on offer', {
    ...{ kind: 'activateEmergencyCredit', of, asks: {} },
    han: [...taken('Prepayment.SelectAvailableEmergencyCredit'), ...reads('Prepayment', 'EmergencyCreditRemaining')],
    holds: at => accountOf(at, of).now.emergency?.limit,
    proves: (result, held, before, at) => {
      expect([before, held]).toEqual([undefined, 7 * POUND])
      expect(result).toEqual({ emergencyCreditRemaining: accountOf(at, of).now.emergency?.remaining })
    },
  } satisfies Order<'activateEmergencyCredit'>)

  test(`2.5 of the ${of}: there is no more of it`, async () => {
    const answer = await home().ask('activateEmergencyCredit', of, {})
    const detail = expect.stringContaining('SelectAvailableEmergencyCredit: FAILURE')
    expect(answer).toMatchObject({ code: 'S1RIG_REFUSED', detail })
    covered('2.5', of, 'S1RIG_REFUSED')
  })
}

test('the PPMID shows what stands on both accounts', async () => {
  const { ppmid } = home().devices
  await home().pass(minutes(35))
  expect(ppmid?.shown.account).toMatchObject({ electricity: { mode: 'prepayment' }, gas: { mode: 'prepayment' } })
})

complete(isOneOf(ORDERS.account))
