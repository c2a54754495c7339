import { describe, expect, it } from 'vitest'
import { Accounts } from '../../src/devices/tariff/accounts.ts'
import { blockPeriodStart } from '../../src/devices/tariff/block-period.ts'
import { tariffFault } from '../../src/devices/tariff/check-tariff.ts'
import { activeAt } from '../../src/devices/tariff/switching.ts'
import { flatTariff, kindOfTariff, TARIFF_LIMITS, type Tariff } from '../../src/devices/tariff/tariff.ts'
import { TariffDesk } from '../../src/devices/tariff/tariff-desk.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import { rich } from './tariff-samples.ts'

const { electricity, gas } = TARIFF_LIMITS
const at = (text: string) => Date.parse(text)
const flat = flatTariff(28_620, 53_350)
describe('a tariff that does not hold together is refused with its field named', () => {
  const table = flat.switching
  const days = (...switches: { startMin: number; register: number }[]) => ({
    ...flat,
    switching: { ...table, days: [{ id: 1, switches }] },
  })
  it.each<[string, Tariff, string]>([
    [
      'a day that begins late',
      days({ startMin: 1, register: 1 }),
      'switching.days[0].switches[0].startMin: 0 expected',
    ],
    ['a day without switches', days(), 'switching.days[0].switches: 1 to 48'],
    [
      'switches out of order',
      days({ startMin: 0, register: 1 }, { startMin: 600, register: 1 }, { startMin: 600, register: 1 }),
      'switching.days[0].switches[2].startMin: 601 to 1439 expected, found 600',
    ],
    [
      'a register without a price',
      days({ startMin: 0, register: 2 }),
      'switching.days[0].switches[0].register: 1 to 1',
    ],
    ['no day at all', { ...flat, switching: { ...table, days: [] } }, 'switching.days: at least one'],
    [
      'a week of six days',
      { ...flat, switching: { ...table, weeks: [{ id: 1, dayIds: [1, 1, 1, 1, 1, 1] }] } },
      'switching.weeks[0].dayIds: 7 expected, found 6',
    ],
    [
      'a week with a day that is not there',
      { ...flat, switching: { ...table, weeks: [{ id: 1, dayIds: [1, 1, 1, 1, 1, 1, 9] }] } },
      'switching.weeks[0].dayIds[6]: one of 1 expected, found 9',
    ],
    [
      'seasons without weeks',
      { ...flat, switching: { ...table, seasons: [{ month: 1, day: 1, weekId: 1 }] } },
      'switching.weeks: at least one',
    ],
    [
      'the 30th of February',
      { ...flat, switching: { ...table, specialDays: [{ month: 2, day: 30, dayId: 1 }] } },
      'switching.specialDays[0].day: 1 to 29',
    ],
    ['no price', { ...flat, prices: [], thresholds: [] }, 'prices: 1 to 48 registers'],
    ['a price beyond all', { ...flat, prices: [[10_000_001]] }, 'prices[0][0]: 0 to 10000000'],
    ['a price that is half a thousandth', { ...flat, prices: [[0.5]] }, 'prices[0][0]'],
    ['thresholds for another register', { ...flat, thresholds: [[], []] }, 'thresholds: as many as prices (1)'],
    ['thresholds that fall', { ...rich, thresholds: [[0], [50]] }, 'thresholds[0][0]: 1 to'],
    ['blocks on one register only', { ...rich, prices: [[1, 2], [1]] }, 'prices[1]: 2 prices expected'],
    ['a long label', { ...flat, label: 'thirteen long' }, 'label: at most 12 octets'],
    ['a standing charge below nothing', { ...flat, standingCharge: -1 }, 'standing_charge: 0 to'],
  ])('%s', (_, tariff, expected) => {
    expect(tariffFault(tariff, electricity)).toContain(expected)
    const desk = new TariffDesk(electricity, { tariff: flat })
    expect(desk.hold(tariff, 0)).toContain(expected)
    expect(desk.memory()).toEqual({ tariff: flat })
  })

  it('what one meter can hold is too much for another', () => {
    expect(tariffFault(rich, electricity)).toBeUndefined()
    expect(tariffFault(rich, gas)).toContain('prices: 1 to 1 registers with blocks')
    const many = {
      ...flat,
      prices: Array.from({ length: 48 }, () => [1]),
      thresholds: Array.from({ length: 48 }, () => []),
    }
    expect(tariffFault(many, electricity)).toBeUndefined()
    expect(tariffFault(many, gas)).toContain('prices: 1 to 4 registers expected, found 48')
  })

  it('is flat, by time, by block or both', () => {
    expect(kindOfTariff(flat)).toBe('flat')
    expect(kindOfTariff(rich)).toBe('tou-with-blocks')
    expect(kindOfTariff({ ...rich, prices: [[1, 2]] })).toBe('block')
    expect(kindOfTariff({ ...rich, prices: [[1], [2]] })).toBe('tou')
  })
})

describe('which register counts', () => {
  it.each([
    ['a summer weekday before the night', '2021-06-16T00:29:59Z', 1, '2021-06-16T00:30:00Z'],
    ['a summer weekday at night', '2021-06-16T00:30:00Z', 2, '2021-06-16T07:30:00Z'],
    ['a summer weekday by day', '2021-06-16T12:00:00Z', 1, '2021-06-17T00:00:00Z'],
    ['a summer Saturday', '2021-06-19T12:00:00Z', 2, '2021-06-20T00:00:00Z'],
    ['a winter Saturday', '2021-10-02T12:00:00Z', 1, '2021-10-03T00:00:00Z'],
    ['a Saturday in January, by the season of last year', '2022-01-15T12:00:00Z', 1, '2022-01-16T00:00:00Z'],
    ['Christmas', '2021-12-25T12:00:00Z', 2, '2021-12-26T00:00:00Z'],
  ])('on %s', (_, when, register, until) => {
    expect(activeAt(rich.switching, at(when))).toEqual({ register, untilMs: at(until) })
  })

  it('blocks begin again with their period', () => {
    const when = at('2021-11-17T13:00:00Z')
    const begins = (['day', 'week', 'month', 'quarter'] as const).map(period => blockPeriodStart(period, when))
    expect(begins).toEqual(['2021-11-17', '2021-11-15', '2021-11-01', '2021-10-01'].map(day => at(`${day}T00:00:00Z`)))
  })
})

describe('accounts', () => {
  it('put each unit into one register and one block, and charge it exactly, however it comes', () => {
    for (let round = 0; round < 50; round++) {
      const dice = new SeededRandom(`accounts ${round}`).stream('units')
      const [piecemeal, atOnce] = [new Accounts(1_000), new Accounts(1_000)]
      let expected = 0n
      const used = [0, 0]
      for (let step = 0; step < 40; step++) {
        const register = dice.int(2) + 1
        const units = dice.int(60)
        for (let unit = 0; unit < units; unit++) {
          const row = rich.prices[register - 1] ?? []
          const inFirst = (used[register - 1] ?? 0) < (rich.thresholds[register - 1]?.[0] ?? 0)
          expected += BigInt((inFirst ? row[0] : row[1]) ?? 0) * 1_000n
          used[register - 1] = (used[register - 1] ?? 0) + 1
          piecemeal.add(rich, register, 1)
        }
        atOnce.add(rich, register, units)
      }
      expect(atOnce.memory()).toEqual(piecemeal.memory())
      expect(BigInt(atOnce.cost)).toBe(expected / 1_000_000n)
      for (const register of [1, 2]) {
        expect(atOnce.register(register)).toBe(used[register - 1])
        expect(atOnce.block(register, 1) + atOnce.block(register, 2)).toBe(used[register - 1])
        expect(atOnce.block(register, 1)).toBe(
          Math.min(used[register - 1] ?? 0, rich.thresholds[register - 1]?.[0] ?? 0),
        )
      }
    }
  })

  it('go on after a power cut where they were, parts of a thousandth of a penny included', () => {
    const before = new Accounts(11_221)
    before.add(flat, 1, 1)
    const after = new Accounts(11_221, JSON.parse(JSON.stringify(before.memory())))
    for (const accounts of [before, after]) accounts.add(flat, 1, 1)
    expect(after.memory()).toEqual(before.memory())
    expect(after.cost).toBe(Math.floor((2 * 11_221 * 28_620) / 1_000_000))
  })
})

describe('a tariff with a date', () => {
  it('waits, takes effect when the clock reaches it, and gives way to a later order', () => {
    const desk = new TariffDesk(electricity, { tariff: flat })
    const due = at('2021-10-14T12:10:00Z')
    expect(desk.hold(rich, due)).toBeUndefined()
    expect(desk.hold({ ...rich, id: 8 }, due)).toBeUndefined()
    expect(desk.activeAt(due - 1_000)).toEqual({ register: 1, untilMs: due })
    expect(desk.turn(due - 1)).toBe(false)
    const again = new TariffDesk(electricity, JSON.parse(JSON.stringify(desk.memory())))
    expect(again.turn(due + 5)).toBe(true)
    expect([again.tariff.id, again.effectiveSinceMs, again.pending]).toEqual([8, due + 5, undefined])
  })
})
