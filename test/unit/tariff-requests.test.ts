/** Tariffs and prices from the SM WAN: what a request becomes on the HAN, in the meter, and in the answer. */
import { describe, expect, it } from 'vitest'
import { days, hours, minutes, seconds } from '../../src/base/time.ts'
import type { Tariff, UpdatePrice, UpdateTariff } from '../../src/wan/messages/wan-types.generated.ts'
import { type Home, ID, settledHome } from './device-home.ts'
import { nightsAndWeekends, TWO_WEEKS } from './tariff-samples.ts'

const PRICE = 0x0700
const CALENDAR = 0x0707
const LONG = hours(1)

const always = { days: [{ id: 1, switches: [{ startMin: 0, register: 1 }] }], weeks: [], seasons: [], specialDays: [] }
const flat = (price: number, standingCharge = 0): Tariff => ({
  ...{ tariffId: 11, label: 'Flat 2', blockPeriod: 'BLOCK_PERIOD_MONTH', standingCharge, switching: always },
  rates: [{ prices: [price], thresholds: [] }],
})
const TOU: Tariff = {
  ...{ tariffId: 12, label: 'Night & week', blockPeriod: 'BLOCK_PERIOD_MONTH', standingCharge: 40_000 },
  switching: {
    ...nightsAndWeekends(3),
    weeks: TWO_WEEKS,
    seasons: [
      { month: 4, day: 1, weekId: 2 },
      { month: 10, day: 1, weekId: 1 },
    ],
    specialDays: [
      { month: 12, day: 25, dayId: 2 },
      { year: 2022, month: 6, day: 3, dayId: 2 },
    ],
  },
  rates: [30_000, 15_000, 20_000].map(price => ({ prices: [price], thresholds: [] })),
}
const BLOCKS: Tariff = {
  ...{ tariffId: 13, label: 'Blocks', blockPeriod: 'BLOCK_PERIOD_QUARTER', standingCharge: 10_000, switching: always },
  rates: [{ prices: [40_000, 20_000, 10_000], thresholds: [1_000, 100_000] }],
}

const meterOf = (home: Home, device: string) => {
  const meter = home.installation.devices[device === ID.ESME ? 'esme' : 'gsme']
  if (!meter) throw new Error('no meter')
  return meter
}
/** Cluster commands of hub to a device, by cluster and id, in order; but for what energy costs now, which the meter has asked for. */
const framesTo = (home: Home, device: string) =>
  home
    .events('han.frame')
    .filter(({ clusterId, to, from }) => [PRICE, CALENDAR].includes(clusterId) && to === device && from === ID.CHF)
    .flatMap(({ clusterId, asdu }) => {
      const [control, id] = [Number.parseInt(asdu.slice(0, 2), 16), asdu.slice(4, 6)]
      const isTariff = clusterId === CALENDAR || id !== '00'
      return isTariff && (control & 3) === 1 && control & 8
        ? [`${clusterId === PRICE ? 'price' : 'calendar'} ${id}`]
        : []
    })

describe.each([
  ['an electricity meter', ID.ESME],
  ['a gas meter', ID.GSME],
])('%s', (_, device) => {
  it('takes a tariff by time of use, piece by piece, and charges by it', () => {
    const home = settledHome()
    const answer = home.ask('updateTariff', device, { tariff: TOU }, LONG)
    expect(answer?.updateTariff).toEqual({})
    expect(framesTo(home, device)).toEqual([
      'calendar 00',
      ...['calendar 01', 'calendar 01', 'calendar 02', 'calendar 02', 'calendar 03', 'calendar 04'],
      ...['price 01', 'price 04', 'price 05'],
    ])
    home.run(seconds(1))
    const { measurement, events } = meterOf(home, device)
    expect(measurement.tariff).toEqual({
      ...{ id: 12, label: 'Night & week', blockPeriod: 'month', standingCharge: 40_000, switching: TOU.switching },
      ...{ thresholds: [[], [], []], prices: [[30_000], [15_000], [20_000]] },
    })
    expect(events.log('EVENT').at(-1)).toMatchObject({ code: '8154', text: 'tariff' })
    // Wednesday after seven in the morning, at night, and on Saturday.
    home.run(hours(2))
    expect([measurement.register, measurement.price]).toEqual([1, 30_000])
    home.run(hours(16))
    expect([measurement.register, measurement.price]).toEqual([2, 15_000])
    home.run(days(3))
    expect([measurement.register, measurement.price]).toEqual([3, 20_000])
    const read = home.ask('readPrepayValues', device, {}, LONG)
    expect(read?.code).toBe('I0')
  })

  it('takes a tariff with blocks', () => {
    const home = settledHome({ keep: () => false })
    expect(home.ask('updateTariff', device, { tariff: BLOCKS }, LONG)?.code).toBe('I0')
    home.run(seconds(1))
    const { measurement } = meterOf(home, device)
    expect(measurement.tariff).toMatchObject({
      ...{ thresholds: [[1_000, 100_000]], prices: [[40_000, 20_000, 10_000]], blockPeriod: 'quarter' },
    })
    expect(measurement.block).toBe(1)
    home.run(days(2))
    expect(measurement.block).toBe(2)
  })

  it('holds a tariff for later until its time, and one that comes meanwhile takes its place', () => {
    const home = settledHome({ keep: () => false })
    const fromMs = home.kernel.unixMs() + 5 * 3_600_000
    const { measurement } = meterOf(home, device)
    const before = measurement.tariff
    for (const price of [5_000, 6_000]) {
      expect(home.ask('updateTariff', device, { tariff: flat(price), fromMs }, LONG)?.code).toBe('I0')
    }
    expect(measurement.tariff).toEqual(before)
    expect(measurement.pending?.tariff.prices).toEqual([[6_000]])
    home.run((fromMs - home.kernel.unixMs()) * 1_000 + minutes(1))
    expect([measurement.price, measurement.pending]).toEqual([6_000, undefined])
  })

  it('gives up what it holds for later when it is told to, by Cancel Tariff, and says whether it held anything', () => {
    const home = settledHome({ keep: () => true })
    const fromMs = home.kernel.unixMs() + 5 * 3_600_000
    const { measurement, events } = meterOf(home, device)
    const before = measurement.tariff
    const later = { tariff: flat(5_000), fromMs }
    expect(home.ask('updateTariff', device, later, LONG)?.code).toBe('I0')
    home.records.length = 0
    const prices = { standingCharge: 0, prices: [] }
    expect(home.ask('updatePrice', device, { ...prices, cancelHeld: true }, LONG)?.updatePrice?.wasHeld).toBe(false)
    expect(measurement.pending).toBeDefined()
    const cancel = () => home.ask('updateTariff', device, { ...later, cancelHeld: true }, LONG)?.updateTariff
    expect([cancel(), cancel()]).toEqual([{ wasHeld: true }, { wasHeld: false }])
    expect(framesTo(home, device)).toEqual(['price 0e', 'price 0e', 'price 0e'])
    expect(events.log('EVENT').filter(({ text }) => text === 'cancelled tariff')).toHaveLength(1)
    const present = before.prices.map(() => ({ prices: [7] }))
    const held = { standingCharge: 0, prices: present, fromMs }
    expect(home.ask('updatePrice', device, held, LONG)?.code).toBe('I0')
    expect(home.ask('updatePrice', device, { ...held, cancelHeld: true }, LONG)?.updatePrice?.wasHeld).toBe(true)
    home.run((fromMs - home.kernel.unixMs()) * 1_000 + minutes(1))
    expect([measurement.tariff, measurement.pending]).toEqual([before, undefined])
  })

  it('takes prices for the tariff it has, and keeps the rest of it', () => {
    const home = settledHome()
    home.ask('updateTariff', device, { tariff: TOU }, LONG)
    home.records.length = 0
    const prices = [1_000, 2_000, 3_000].map(price => ({ prices: [price] }))
    expect(home.ask('updatePrice', device, { standingCharge: 5, prices }, LONG)?.code).toBe('I0')
    expect(framesTo(home, device)).toEqual(['price 04', 'price 05'])
    home.run(seconds(1))
    const { tariff } = meterOf(home, device).measurement
    expect(tariff).toMatchObject({
      id: 12,
      switching: TOU.switching,
      standingCharge: 5,
      prices: [[1_000], [2_000], [3_000]],
    })
  })

  it('refuses prices for another tariff than it has, and keeps its own', () => {
    const home = settledHome()
    home.ask('updateTariff', device, { tariff: TOU }, LONG)
    const { measurement } = meterOf(home, device)
    const before = measurement.tariff
    const answer = home.ask('updatePrice', device, { standingCharge: 5, prices: [{ prices: [1] }] }, LONG)
    expect(answer).toMatchObject({
      code: 'S1RIG_PARAMETER',
      detail: "prices: 3 registers of 1 blocks as the meter's tariff has them expected, found 1 of 1",
    })
    expect(measurement.tariff).toEqual(before)
  })

  it('in prepayment takes what it uses by the tariff it has', () => {
    const home = settledHome({ keep: () => false })
    const mode = { mode: 'PREPAYMENT', suspendDebtDisabled: true, suspendDebtEmergency: true } as const
    home.ask('updatePaymentMode', device, { ...mode, disablementThreshold: 0 }, LONG)
    home.ask('updateMeterBalance', device, { adjustBy: 2_000_000 }, LONG)
    home.ask('updateTariff', device, { tariff: flat(0, 12_345) }, LONG)
    home.run(minutes(1))
    const { prepayment } = meterOf(home, device)
    const { balance } = prepayment.now
    home.run(days(3))
    expect(prepayment.now.balance).toBe(balance - 3 * 12_345)
  })
})

describe('a tariff that does not hold together', () => {
  const changed = (changes: Partial<Tariff>): UpdateTariff => ({ tariff: { ...TOU, ...changes } })
  const table = (changes: Partial<Tariff['switching']>) => changed({ switching: { ...TOU.switching, ...changes } })
  const wrong: readonly (readonly [string, UpdateTariff, string])[] = [
    ['a label too long', changed({ label: 'A label of 13' }), 'tariff.label: at most 12 octets'],
    [
      'a standing charge beyond limits',
      changed({ standingCharge: 10_000_001 }),
      'tariff.standing_charge: 0 to 10000000',
    ],
    ['no prices', changed({ rates: [] }), 'tariff.rates: 1 to'],
    [
      'a price beyond limits',
      changed({ rates: [{ prices: [10_000_001], thresholds: [] }] }),
      'tariff.rates[0].prices[0]: 0 to 10000000',
    ],
    [
      'blocks without an end',
      changed({ rates: [{ prices: [1, 2], thresholds: [] }] }),
      'tariff.rates[0].thresholds: one fewer than its prices',
    ],
    [
      'a table that does not cover the day',
      table({ days: [{ id: 1, switches: [{ startMin: 60, register: 1 }] }] }),
      'tariff.switching.days[0].switches[0].start_min: 0 expected so that the table covers the day, found 60',
    ],
    ['no days', table({ days: [] }), 'tariff.switching.days: at least one'],
    [
      'a day that is not there',
      table({ specialDays: [{ month: 1, day: 1, dayId: 9 }] }),
      'special_days[0].day_id: one of',
    ],
    [
      'an id no frame can say',
      table({ days: [{ id: 256, switches: [{ startMin: 0, register: 1 }] }] }),
      'days[0].id: 1 to 255',
    ],
    ['a time no clock shows', { tariff: TOU, fromMs: 1 }, 'from_ms: an instant from 2000 to 2136'],
  ]
  it.each(wrong)(
    '%s: refused whole with its field; nothing goes out, and the hub writes it down',
    (_, request, detail) => {
      const home = settledHome()
      for (const device of [ID.ESME, ID.GSME]) {
        const { measurement } = meterOf(home, device)
        const before = measurement.tariff
        home.records.length = 0
        const answer = home.ask('updateTariff', device, request, seconds(10))
        expect(answer?.code).toBe('S1RIG_PARAMETER')
        expect(answer?.detail).toContain(detail)
        expect(framesTo(home, device)).toEqual([])
        expect(measurement.tariff).toEqual(before)
        expect(home.installation.hub.alerts.eventLog.newest(1)[0]?.code).toBe('8155')
      }
    },
  )

  it('more registers than a gas meter has are for an electricity meter', () => {
    const home = settledHome()
    const rates = Array.from({ length: 48 }, (_, at) => ({ prices: [at], thresholds: [] }))
    const request = changed({ rates })
    expect(home.ask('updateTariff', ID.ESME, request)?.code).toBe('I0')
    expect(home.ask('updateTariff', ID.GSME, request, LONG)).toMatchObject({
      code: 'S1RIG_PARAMETER',
      detail: 'tariff.rates: 1 to 4 registers expected, found 48',
    })
    home.run(seconds(1))
    expect(meterOf(home, ID.ESME).measurement.tariff.prices).toHaveLength(48)
  })

  it.each<readonly [UpdatePrice, string]>([
    [{ standingCharge: 0, prices: [] }, 'prices: 1 to'],
    [{ standingCharge: 10_000_001, prices: [{ prices: [1] }] }, 'standing_charge: 0 to'],
    [{ standingCharge: 0, prices: [{ prices: [10_000_001] }] }, 'prices[0].prices[0]: 0 to'],
    [{ standingCharge: 0, prices: [{ prices: [] }] }, 'prices[0].prices: 1 to'],
    [{ standingCharge: 0, prices: [{ prices: [1] }], fromMs: 1 }, 'from_ms: an instant'],
  ])('prices %j are refused with their field', (request, detail) => {
    const home = settledHome()
    const answer = home.ask('updatePrice', ID.ESME, request)
    expect([answer?.code, answer?.detail?.includes(detail) ? detail : answer?.detail]).toEqual([
      'S1RIG_PARAMETER',
      detail,
    ])
    expect(framesTo(home, ID.ESME)).toEqual([])
  })
})

describe('block counters', () => {
  it('begin again when they are reset, and the registers go on', () => {
    const home = settledHome({ keep: () => false })
    home.ask('updateTariff', ID.ESME, { tariff: BLOCKS })
    home.run(days(1))
    const { measurement } = meterOf(home, ID.ESME)
    const before = measurement.blockUnits(1, 2)
    expect(before.counter).toBeGreaterThan(0)
    expect(home.ask('resetBlockCounters', ID.ESME, {})?.resetBlockCounters).toEqual({})
    const after = measurement.blockUnits(1, 2)
    expect([after.counter, measurement.block]).toEqual([0, 1])
    expect(after.total).toBeGreaterThanOrEqual(before.total)
  })
})

describe('a meter that does not answer', () => {
  it('has its tariff still: E21', () => {
    const home = settledHome()
    const before = meterOf(home, ID.ESME).measurement.tariff
    home.installation.han.silence(ID.ESME)
    expect(home.ask('updateTariff', ID.ESME, { tariff: TOU })?.code).toBe('E21')
    expect(meterOf(home, ID.ESME).measurement.tariff).toEqual(before)
  })
})
