/** 1.1.1, 1.2.1 and 1.7, row by row of the catalogue: what energy costs, from the broker into the meter. */
import { expect, test } from 'vitest'
import { days, minutes } from '../../src/base/time.ts'
import type { Tariff } from '../../src/wan/messages/wan-types.generated.ts'
import { type Order, serviceOrders } from '../helpers/order-rows.ts'
import { ORDERS } from '../helpers/order-sets.ts'
import { esmeOf, meterOf, taken } from '../helpers/order-words.ts'
import { isOneOf } from '../helpers/reading-sets.ts'
import type { RequestHome } from '../helpers/request-home.ts'
import { nightsAndWeekends } from '../unit/tariff-samples.ts'

const { home, order, complete } = serviceOrders()

const TOU: Tariff = {
  ...{ tariffId: 12, label: 'Night & week', blockPeriod: 'BLOCK_PERIOD_MONTH', standingCharge: 40_000 },
  switching: {
    ...nightsAndWeekends(3),
    seasons: [{ month: 4, day: 1, weekId: 1 }],
    specialDays: [{ month: 12, day: 25, dayId: 2 }],
  },
  rates: [30_000, 15_000, 20_000].map(price => ({ prices: [price], thresholds: [] })),
}
const HELD = {
  ...{ id: 12, label: 'Night & week', blockPeriod: 'month', standingCharge: 40_000, switching: TOU.switching },
  ...{ thresholds: [[], [], []], prices: [[30_000], [15_000], [20_000]] },
}
const BLOCKS: Tariff = {
  ...{ tariffId: 13, label: 'Blocks', blockPeriod: 'BLOCK_PERIOD_QUARTER', standingCharge: 10_000 },
  switching: {
    ...TOU.switching,
    days: [{ id: 1, switches: [{ startMin: 0, register: 1 }] }],
    weeks: [],
    seasons: [],
    specialDays: [],
  },
  rates: [{ prices: [40_000, 20_000], thresholds: [1_000] }],
}
const changed = (changes: Partial<Tariff>) => ({ tariff: { ...TOU, ...changes } })
const counter = (at: RequestHome) => esmeOf(at).measurement.blockUnits(1, 2).counter

for (const of of ['ESME', 'GSME'] as const) {
  const held = {
    of,
    holds: (at: RequestHome) => {
      const { tariff, pending } = meterOf(at, of).measurement
      return { tariff, pending }
    },
  }
  order('is taken as a whole, piece by piece, and charged by', {
    ...{ kind: 'updateTariff', ...held, asks: { tariff: TOU } },
    refuses: [
      ['tariff.label: at most 12 octets', changed({ label: 'A label of 13' })],
      ['tariff.standing_charge: 0 to 10000000', changed({ standingCharge: 10_000_001 })],
      ['tariff.rates: 1 to', changed({ rates: [] })],
      [
        'tariff.rates[0].thresholds: one fewer than its prices',
        changed({ rates: [{ prices: [1, 2], thresholds: [] }] }),
      ],
      [
        'tariff.switching.days[0].switches[0].start_min: 0 expected',
        changed({ switching: { ...TOU.switching, days: [{ id: 1, switches: [{ startMin: 60, register: 1 }] }] } }),
      ],
      ['from_ms: an instant from 2000 to 2136', { tariff: TOU, fromMs: 1 }],
    ],
    han: taken(
      'Calendar.PublishCalendar',
      ...['Calendar.PublishDayProfile', 'Calendar.PublishDayProfile', 'Calendar.PublishWeekProfile'],
      ...['Calendar.PublishSeasons', 'Calendar.PublishSpecialDays'],
      ...['Price.PublishBlockPeriod', 'Price.PublishTariffInformation', 'Price.PublishPriceMatrix'],
    ),
    proves: (result, now, before, at) => {
      expect(before).not.toMatchObject({ tariff: { id: 12 } })
      expect(now).toEqual({ tariff: HELD, pending: undefined })
      expect(result).toEqual({})
      expect(meterOf(at, of).events.log('EVENT').at(-1)).toMatchObject({ code: '8154', text: 'tariff' })
    },
  } satisfies Order<'updateTariff'>)

  order('leaves the tariff as it is but for what it costs', {
    ...{ kind: 'updatePrice', ...held },
    asks: { standingCharge: 5, prices: [1_000, 2_000, 3_000].map(price => ({ prices: [price] })) },
    refuses: [
      ['standing_charge: 0 to', { standingCharge: 10_000_001, prices: [{ prices: [1] }] }],
      ['prices[0].prices[0]: 0 to', { standingCharge: 0, prices: [{ prices: [10_000_001] }] }],
      [
        "prices: 3 registers of 1 blocks as the meter's tariff has them",
        { standingCharge: 0, prices: [{ prices: [1] }] },
      ],
    ],
    han: [
      '> Price.GetTariffInformation',
      '< Price.PublishTariffInformation',
      ...taken('Price.PublishTariffInformation', 'Price.PublishPriceMatrix'),
    ],
    proves: (result, now, before) => {
      expect(before).toEqual({ tariff: HELD, pending: undefined })
      expect(now).toEqual({
        tariff: { ...HELD, standingCharge: 5, prices: [[1_000], [2_000], [3_000]] },
        pending: undefined,
      })
      expect(result).toEqual({})
    },
  } satisfies Order<'updatePrice'>)

  test(`1.2.1 of the ${of}: displays show what it costs now`, async () => {
    const { ppmid, ihd, cad } = home().devices
    const fuel = of === 'ESME' ? 'electricity' : 'gas'
    const perKWh = meterOf(home(), of).measurement.price
    // Of gas: of a cubic metre, by its calorific value.
    const price = of === 'ESME' ? perKWh : Math.round((perKWh * 39.5 * 1.02264) / 3.6)
    const shown = () => [ppmid, ihd, cad].map(display => display?.shown.price?.[fuel]?.price)
    expect([1_000, 2_000, 3_000]).toContain(perKWh)
    await home().until(() => shown().every(one => one === price), minutes(31))
    expect(shown()).toEqual([price, price, price])
  })

  order('for later is held by the meter until its time', {
    ...{ kind: 'updateTariff', ...held },
    asks: at => ({ tariff: BLOCKS, fromMs: at.unixMs() + 7_200_000 }),
    han: taken(
      ...[
        'Calendar.PublishCalendar',
        'Calendar.PublishDayProfile',
        'Price.PublishBlockPeriod',
        'Price.PublishBlockThresholds',
      ],
      ...['Price.PublishTariffInformation', 'Price.PublishPriceMatrix'],
    ),
    proves: (_, now, before) => {
      expect(now).toMatchObject({ tariff: (before as { tariff: object }).tariff, pending: { tariff: { id: 13 } } })
    },
  } satisfies Order<'updateTariff'>)
}

order('begin again, and the registers go on', {
  ...{ kind: 'resetBlockCounters', of: 'ESME', asks: {} },
  given: at => at.until(() => counter(at) > 50, days(1)),
  han: taken('AccountSettings.ResetBlockCounters'),
  // What is used meanwhile is counted, but nobody uses as much in a minute.
  holds: at => counter(at) > 50,
  proves: (result, now, before, at) => {
    expect([before, now, counter(at)]).toEqual([true, false, 0])
    expect(esmeOf(at).measurement.blockUnits(1, 2).total).toBeGreaterThan(0)
    expect(result).toEqual({})
  },
})

complete(isOneOf(ORDERS.tariff))
