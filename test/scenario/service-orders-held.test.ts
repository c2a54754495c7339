/** 1.1.1, 1.2.1, 1.6 and 2.1 for later: a meter holds what it is told, by itself, until its time, or until it is told to give it up. */
import { expect, test } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import type { RequestKind } from '../../src/wan/messages/requests.ts'
import type { Request, Response, Tariff, UpdatePaymentMode } from '../../src/wan/messages/wan-types.generated.ts'
import { type Order, serviceOrders } from '../helpers/order-rows.ts'
import { answered, type MeterType, meterOf, reads, taken } from '../helpers/order-words.ts'
import type { RequestHome, Said } from '../helpers/request-home.ts'

const { home, order } = serviceOrders()

type Params<K extends RequestKind> = NonNullable<Request[K]>
interface Dated<K extends RequestKind> {
  kind: K
  asks: Params<K> & { fromMs?: number; cancelHeld?: boolean }
  han: readonly Said[]
  cancels: readonly Said[]
  /** What holds now, and what will. */
  now: (at: RequestHome, of: MeterType) => unknown
  held: (at: RequestHome, of: MeterType) => unknown
  becomes: unknown
}
interface Standing {
  now: unknown
  isHeld: boolean
}

/** Held, given up, held again, and done at its time. */
function forLater<K extends RequestKind>(of: MeterType, dated: Dated<K>): void {
  const { kind, asks, han, cancels, becomes } = dated
  let dueMs = 0
  const holds = (at: RequestHome): Standing => ({ now: dated.now(at, of), isHeld: dated.held(at, of) !== undefined })
  const later = (fact: string) =>
    order(fact, {
      ...{ kind, of, han, holds },
      asks: at => {
        dueMs = at.unixMs() + 2 * 3_600_000
        return { ...asks, fromMs: dueMs }
      },
      proves: (_, standing, before) => {
        expect(before.isHeld).toBe(false)
        expect(standing).toEqual({ now: before.now, isHeld: true })
        expect(standing.now).not.toEqual(becomes)
      },
    } as Order<K, Standing>)
  const untilDue = async () => {
    expect(await home().until(() => home().unixMs() > dueMs - 60_000, hours(3))).toBe(true)
    const before = dated.now(home(), of)
    await home().pass(minutes(2))
    return before
  }

  later('is held until its time')
  order('is given up', {
    ...{ kind, of, han: cancels, holds, asks: { ...asks, cancelHeld: true } },
    proves: (result: NonNullable<Response[K]>, standing: Standing, before: Standing) => {
      expect(before.isHeld).toBe(true)
      expect(standing).toEqual({ now: before.now, isHeld: false })
      expect(result).toMatchObject({ wasHeld: true })
    },
  } as Order<K, Standing>)
  test(`${kind} of the ${of}: what was given up does not come`, async () => {
    expect(await untilDue()).toEqual(dated.now(home(), of))
    const answer = await home().ask(kind, of, { ...asks, cancelHeld: true })
    expect(answer[kind]).toMatchObject({ wasHeld: false })
  })
  later('is held again')
  test(`${kind} of the ${of}: what is held comes at its time, and not before`, async () => {
    expect(await untilDue()).not.toEqual(becomes)
    expect(dated.now(home(), of)).toEqual(becomes)
    expect(dated.held(home(), of)).toBeUndefined()
  })
}

const TARIFF: Tariff = {
  ...{ tariffId: 14, label: 'Later', blockPeriod: 'BLOCK_PERIOD_MONTH', standingCharge: 10 },
  switching: {
    days: [{ id: 1, switches: [{ startMin: 0, register: 1 }] }],
    ...{ weeks: [], seasons: [], specialDays: [] },
  },
  rates: [{ prices: [40_000], thresholds: [] }],
}
const MODE: UpdatePaymentMode = {
  ...{ mode: 'PREPAYMENT', suspendDebtDisabled: true, suspendDebtEmergency: true, disablementThreshold: -1_000_000 },
}
const tariffOf = (at: RequestHome, of: MeterType) => {
  const { id, prices, standingCharge } = meterOf(at, of).measurement.tariff
  return { id, prices, standingCharge }
}
const tariffHeld = (at: RequestHome, of: MeterType) => meterOf(at, of).measurement.pending
const accountOf = (at: RequestHome, of: MeterType) => meterOf(at, of).prepayment

for (const of of ['ESME', 'GSME'] as const) {
  forLater(of, {
    ...{ kind: 'updateTariff', asks: { tariff: TARIFF }, now: tariffOf, held: tariffHeld },
    han: taken(
      ...['Calendar.PublishCalendar', 'Calendar.PublishDayProfile', 'Price.PublishBlockPeriod'],
      ...['Price.PublishTariffInformation', 'Price.PublishPriceMatrix'],
    ),
    cancels: taken('Price.CancelTariff'),
    becomes: { id: 14, prices: [[40_000]], standingCharge: 10 },
  })
  forLater(of, {
    ...{ kind: 'updatePrice', asks: { standingCharge: 20, prices: [{ prices: [50_000] }] } },
    ...{ now: tariffOf, held: tariffHeld },
    han: [
      ...answered('Price', 'GetTariffInformation', 'PublishTariffInformation'),
      ...taken('Price.PublishTariffInformation', 'Price.PublishPriceMatrix'),
    ],
    cancels: [...answered('Price', 'GetTariffInformation', 'PublishTariffInformation'), ...taken('Price.CancelTariff')],
    becomes: { id: 14, prices: [[50_000]], standingCharge: 20 },
  })
  forLater(of, {
    ...{ kind: 'updatePaymentMode', asks: MODE },
    han: [
      ...answered('Prepayment', 'ChangePaymentMode', 'ChangePaymentModeResponse'),
      ...reads('Prepayment', 'PaymentControlConfiguration'),
    ],
    cancels: [
      ...answered('Prepayment', 'ChangePaymentMode', 'ChangePaymentModeResponse'),
      ...reads('Prepayment', 'PaymentControlConfiguration'),
    ],
    now: (at, one) => accountOf(at, one).now.mode,
    held: (at, one) => accountOf(at, one).memory().pendingMode,
    becomes: 'prepayment',
  })
  forLater(of, {
    ...{ kind: 'updatePrepayConfiguration', asks: { lowCreditThreshold: 77_000 } },
    han: taken('AccountSettings.HoldSettings'),
    cancels: taken('AccountSettings.HoldSettings'),
    now: (at, one) => accountOf(at, one).now.settings.lowCreditThreshold,
    held: (at, one) => accountOf(at, one).memory().pendingSettings,
    becomes: 77_000,
  })
}
