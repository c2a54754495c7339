import { describe, expect, test } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import { NO_DEBTS } from '../../src/devices/prepayment/debts.ts'
import { FACTORY_MODE, FACTORY_SETTINGS } from '../../src/devices/prepayment/settings.ts'
import { PENNY, POUND, prepaymentBench, STARTS } from './prepayment-bench.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('credit', () => {
  test('goes as energy is used, to the thousandth of a penny', () => {
    const meter = prepaymentBench({ opening: { balance: 5 * POUND }, costPerHour: 60_001 })
    meter.run(hours(3))
    expect(meter.prepayment.now.balance).toBe(5 * POUND - 180_003)
  })

  test('that falls below the threshold is warned of once, and again after it has been above', () => {
    const meter = prepaymentBench({ opening: { balance: 201 * PENNY }, costPerHour: 60 * PENNY })
    meter.runMinutes(5)
    expect(meter.events).toEqual(['810D'])
    meter.topUp(1 * POUND)
    meter.run(hours(2))
    expect(meter.events.filter(code => code === '810D')).toHaveLength(2)
  })

  test('that is used up cuts the supply; a top-up lets the consumer switch it on again', () => {
    const meter = prepaymentBench({ opening: { balance: 10 * PENNY }, costPerHour: 60 * PENNY })
    meter.runMinutes(10)
    expect([meter.prepayment.now.balance, meter.supply.state]).toEqual([0, 'ON'])
    meter.runMinutes(1)
    expect([meter.prepayment.now.balance, meter.supply.said]).toEqual([-PENNY, ['off: credit']])
    expect(meter.events).toContain('8F0F')
    meter.setCost(0)
    meter.topUp(5 * POUND)
    expect([meter.prepayment.now.balance, meter.supply.state]).toEqual([5 * POUND - PENNY, 'ARMED'])
  })

  test('a top-up too small to bring it above the threshold leaves the supply cut', () => {
    const meter = prepaymentBench({ opening: { balance: -2 * POUND } })
    meter.runMinutes(1)
    expect(meter.topUp(1 * POUND).ok).toBe(true)
    expect([meter.prepayment.now.balance, meter.supply.state]).toEqual([-1 * POUND, 'OFF'])
  })

  test('in credit mode runs below nothing without end, and nothing is cut or warned of', () => {
    const meter = prepaymentBench({ opening: { mode: 'credit' }, costPerHour: POUND, standingPerDay: 25 * PENNY })
    meter.runDays(2)
    expect(meter.prepayment.now.balance).toBe(-48 * POUND - 50 * PENNY)
    expect([meter.supply.said, meter.events]).toEqual([[], []])
  })
})

describe('emergency credit', () => {
  const settings = { ...FACTORY_SETTINGS, emergencyLimit: 5 * POUND, emergencyThreshold: 1 * POUND }

  test('is on offer below its threshold only, and told of once', () => {
    const meter = prepaymentBench({ opening: { balance: 102 * PENNY, settings }, costPerHour: 60 * PENNY })
    meter.runMinutes(1)
    expect(meter.prepayment.activateEmergency()).toBe(false)
    meter.runMinutes(5)
    expect(meter.events.filter(code => code === '8119')).toHaveLength(1)
    expect(meter.prepayment.activateEmergency()).toBe(true)
    expect(meter.events).toContain('81AB')
    expect(meter.prepayment.activateEmergency()).toBe(false)
  })

  test('is used after the balance, and when it is used up the supply is cut', () => {
    const meter = prepaymentBench({ opening: { balance: 50 * PENNY, settings }, costPerHour: 60 * PENNY })
    meter.prepayment.activateEmergency()
    meter.runMinutes(60)
    expect(meter.prepayment.now).toMatchObject({ balance: 0, emergency: { limit: 5 * POUND, remaining: 490 * PENNY } })
    meter.runMinutes(489)
    expect([meter.supply.state, meter.prepayment.now.emergency?.remaining]).toEqual(['ON', PENNY])
    meter.runMinutes(1)
    expect(meter.events.slice(-2)).toEqual(['81AA', '8F0F'])
    expect([meter.supply.state, meter.prepayment.now.balance]).toEqual(['OFF', 0])
  })

  test('called for when the supply is cut lets the consumer switch it on again', () => {
    const meter = prepaymentBench({ opening: { balance: 0, settings }, costPerHour: 60 * PENNY })
    meter.runMinutes(2)
    expect(meter.supply.state).toBe('OFF')
    expect(meter.prepayment.activateEmergency()).toBe(true)
    expect(meter.supply.said).toEqual(['off: credit', 'armed: credit'])
  })

  test('is paid back before the balance grows, and is then on offer anew', () => {
    const meter = prepaymentBench({ opening: { balance: 0, settings }, costPerHour: 60 * PENNY })
    meter.prepayment.activateEmergency()
    meter.run(hours(3))
    meter.setCost(0)
    meter.topUp(1 * POUND)
    expect(meter.prepayment.now).toMatchObject({ balance: 0, emergency: { remaining: 420 * PENNY } })
    meter.topUp(2 * POUND)
    expect(meter.prepayment.now.balance).toBe(120 * PENNY)
    expect(meter.prepayment.now.emergency).toBeUndefined()
    expect(meter.prepayment.isEmergencyOffered).toBe(false)
  })

  test('is not there where its limit is nothing, nor in credit mode', () => {
    const none = { ...settings, emergencyLimit: 0 }
    expect(prepaymentBench({ opening: { settings: none } }).prepayment.activateEmergency()).toBe(false)
    expect(prepaymentBench({ opening: { settings, mode: 'credit' } }).prepayment.activateEmergency()).toBe(false)
  })
})

describe('times at which nothing is cut', () => {
  // Wednesday, 6:00 to 9:00.
  const nonDisablement = { periods: [{ days: 0b100, fromMin: 360, toMin: 540 }], specialDays: [] }
  const settings = { ...FACTORY_SETTINGS, nonDisablement }

  test('let the balance run below the threshold, and end with the cut', () => {
    const meter = prepaymentBench({ opening: { balance: 0, settings }, costPerHour: 60 * PENNY })
    meter.run(hours(3) - minutes(1))
    expect([meter.supply.said, meter.prepayment.now.balance]).toEqual([[], -179 * PENNY])
    expect(meter.events.filter(code => code === '8F83')).toHaveLength(1)
    meter.runMinutes(1)
    expect(meter.supply.said).toEqual(['off: credit'])
  })

  test('do not give back what was cut before', () => {
    const opening = { balance: -POUND, settings }
    const meter = prepaymentBench({ opening, startUnixMs: STARTS - HOUR })
    meter.run(hours(2))
    expect(meter.supply.said).toEqual(['off: credit'])
  })

  test('are special days too, of one year or of all', () => {
    for (const [year, expected] of [
      [undefined, 'ON'],
      [2021, 'ON'],
      [2022, 'OFF'],
    ] as const) {
      const day = { month: 10, day: 13, ...(year !== undefined && { year }) }
      const special = { ...FACTORY_SETTINGS, nonDisablement: { periods: [], specialDays: [day] } }
      const meter = prepaymentBench({ opening: { balance: -POUND, settings: special } })
      meter.run(hours(17))
      expect([year, meter.supply.state]).toEqual([year, expected])
      meter.run(hours(1))
      expect([year, meter.supply.state]).toEqual([year, 'OFF'])
    }
  })
})

describe('settings for later', () => {
  const later = { lowCreditThreshold: 7 * POUND }
  test('outlast a loss of power, and what fell due meanwhile is done when it is back', () => {
    const meter = prepaymentBench()
    expect(meter.prepayment.configureLater(later, STARTS + 2 * HOUR)).toBeUndefined()
    meter.run(hours(1))
    const memory = structuredClone(meter.prepayment.memory())
    expect(memory.pendingSettings).toEqual({ atMs: STARTS + 2 * HOUR, changes: later })
    const back = prepaymentBench({ memory, startUnixMs: STARTS + 3 * HOUR })
    back.runMinutes(1)
    expect(back.prepayment.now.settings.lowCreditThreshold).toBe(7 * POUND)
    expect(back.prepayment.memory()).not.toHaveProperty('pendingSettings')
    expect(back.events).toContain('8F66')
  })
  test('that do not fit any more when their time comes are not done, and that is written down', () => {
    const meter = prepaymentBench()
    meter.prepayment.configureLater({ maximumBalance: 150 * POUND }, STARTS + HOUR)
    const { settings } = meter.prepayment.now
    meter.prepayment.configure({ ...settings, maximumCredit: 200 * POUND })
    meter.run(hours(1) + minutes(1))
    expect(meter.prepayment.now.settings.maximumBalance).toBe(settings.maximumBalance)
    expect(meter.events).toContain('8F67')
  })
})

describe('debts', () => {
  test('by time are recovered hour by hour, day by day, week by week, month by month, until nothing is owed', () => {
    for (const [period, count] of [
      ['hour', 24 * 40],
      ['day', 40],
      ['week', 6],
      ['month', 1],
    ] as const) {
      const opening = {
        balance: 100 * POUND,
        time: [{ amount: 90 * POUND, rate: 7 * PENNY, period }, NO_DEBTS.time[1]] as const,
      }
      const meter = prepaymentBench({ opening })
      meter.runDays(40)
      expect([period, meter.prepayment.now.balance]).toEqual([period, 100 * POUND - count * 7 * PENNY])
      expect(meter.prepayment.now.time[0].amount).toBe(90 * POUND - count * 7 * PENNY)
    }
  })

  test('that come to an end are told of, and no more is taken than was owed', () => {
    const time = [
      { amount: 25 * PENNY, rate: 10 * PENNY, period: 'day' },
      { amount: 5 * PENNY, rate: 10 * PENNY, period: 'hour' },
    ] as const
    const meter = prepaymentBench({ opening: { balance: 10 * POUND, time } })
    meter.runDays(5)
    expect(meter.prepayment.now.balance).toBe(10 * POUND - 30 * PENNY)
    expect(meter.events).toEqual(['81A8', '81A7'])
  })

  test('from payments take their share of a top-up, rounded down, up to the cap of the week', () => {
    const settings = { ...FACTORY_SETTINGS, debtCap: 250 * PENNY }
    const payment = { amount: 100 * POUND, share: 1_234 }
    const meter = prepaymentBench({ opening: { balance: 0, settings, payment } })
    meter.topUp(10 * POUND)
    expect(meter.prepayment.now).toMatchObject({ balance: 876_600, payment: { amount: 100 * POUND - 123_400 } })
    meter.topUp(11 * POUND)
    expect(meter.prepayment.now.balance).toBe(876_600 + 11 * POUND - (250_000 - 123_400))
    meter.topUp(1 * POUND)
    expect(meter.prepayment.now.payment.amount).toBe(100 * POUND - 250 * PENNY)
    // From Monday on it may be taken again.
    meter.runDays(5)
    meter.topUp(10 * POUND)
    expect(meter.prepayment.now.payment.amount).toBe(100 * POUND - 250 * PENNY - 123_400)
    expect(meter.prepayment.ledger.debtPayments.list().map(({ amount }) => amount)).toEqual([123_400, 126_600, 123_400])
  })

  test('wait while emergency credit is used or the supply is cut, and standing charges pile up; a top-up pays them first', () => {
    const opening = {
      balance: 0,
      time: [{ amount: 10 * POUND, rate: 10 * PENNY, period: 'day' }, NO_DEBTS.time[1]] as const,
    }
    const meter = prepaymentBench({ opening, standingPerDay: 30 * PENNY })
    meter.prepayment.activateEmergency()
    meter.runDays(3)
    expect(meter.prepayment.now).toMatchObject({
      balance: 0,
      emergency: { remaining: 5 * POUND },
      accumulatedDebt: 90 * PENNY,
      time: [{ amount: 10 * POUND }, {}],
    })
    meter.topUp(2 * POUND)
    expect(meter.prepayment.now).toMatchObject({ balance: 110 * PENNY, accumulatedDebt: 0 })
    meter.runDays(1)
    expect(meter.prepayment.now.balance).toBe(70 * PENNY)
  })

  test('go on while emergency credit is used where that is so set, and are taken of it', () => {
    const opening = {
      balance: 0,
      modeSettings: { ...FACTORY_MODE, suspendDebtEmergency: false },
      time: [{ amount: 10 * POUND, rate: 10 * PENNY, period: 'day' }, NO_DEBTS.time[1]] as const,
    }
    const meter = prepaymentBench({ opening, standingPerDay: 30 * PENNY })
    meter.prepayment.activateEmergency()
    meter.runDays(3)
    expect(meter.prepayment.now).toMatchObject({ emergency: { remaining: 380 * PENNY }, accumulatedDebt: 0 })
  })
})

describe('a change of mode', () => {
  test('into prepayment begins at nothing, and a snapshot keeps what stood', () => {
    const meter = prepaymentBench({ opening: { mode: 'credit', balance: -30 * POUND } })
    meter.prepayment.changeMode('prepayment', FACTORY_MODE)
    expect(meter.prepayment.now).toMatchObject({ mode: 'prepayment', balance: 0 })
    expect(meter.prepayment.ledger.modes.list()).toMatchObject([{ mode: 'credit', balance: -30 * POUND, atMs: STARTS }])
    expect(meter.supply.said).toEqual([])
  })

  test('out of it carries on what the consumer has and owes, and gives the supply back', () => {
    const meter = prepaymentBench({ opening: { balance: 0 }, costPerHour: POUND, standingPerDay: 30 * PENNY })
    meter.prepayment.activateEmergency()
    meter.runDays(1)
    expect(meter.supply.state).toBe('OFF')
    meter.setCost(0)
    const { balance, accumulatedDebt } = meter.prepayment.now
    expect(accumulatedDebt).toBe(30 * PENNY)
    meter.prepayment.changeMode('credit', FACTORY_MODE)
    expect(meter.prepayment.now).toMatchObject({ balance: balance - 5 * POUND - 30 * PENNY, accumulatedDebt: 0 })
    expect(meter.prepayment.now.emergency).toBeUndefined()
    expect(meter.supply.state).toBe('ARMED')
  })

  test('to the mode it has changes the settings of the mode alone', () => {
    const meter = prepaymentBench({ opening: { balance: 3 * POUND } })
    meter.prepayment.changeMode('prepayment', { ...FACTORY_MODE, disablementThreshold: 5 * POUND })
    expect([meter.prepayment.now.balance, meter.prepayment.ledger.modes.list()]).toEqual([3 * POUND, []])
    expect(meter.supply.state).toBe('OFF')
  })
})

describe('the daily log', () => {
  test('has a line for each midnight, the newest 31', () => {
    const meter = prepaymentBench({ opening: { balance: 200 * POUND }, standingPerDay: POUND })
    meter.runDays(40)
    const lines = meter.prepayment.ledger.daily.list()
    expect(lines).toHaveLength(31)
    expect(lines.map(({ balance }) => balance)).toEqual(Array.from({ length: 31 }, (_, i) => (190 - i) * POUND))
    const first = Date.parse('2021-10-23T00:00:00Z')
    expect(lines.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 31 }, (_, i) => first + i * DAY))
  })
})

describe('the clock', () => {
  test('set forward by a day or less, what fell due between is taken; further, it was not lived', () => {
    const time = [{ amount: 100 * POUND, rate: PENNY, period: 'hour' }, NO_DEBTS.time[1]] as const
    for (const [ahead, taken] of [
      [23 * HOUR, 24],
      [400 * DAY, 1],
    ] as const) {
      const meter = prepaymentBench({ opening: { balance: 10 * POUND, time } })
      meter.runMinutes(30)
      meter.clock.set(meter.clock.unixMs() + ahead)
      meter.run(hours(1))
      expect([ahead, meter.prepayment.now.balance]).toEqual([ahead, 10 * POUND - taken * PENNY])
    }
  })

  test('set back by a day or less, no hour is taken twice; further, they are counted anew', () => {
    const time = [{ amount: 100 * POUND, rate: PENNY, period: 'hour' }, NO_DEBTS.time[1]] as const
    for (const [back, taken] of [
      [2 * HOUR, 4],
      [30 * DAY, 6],
    ] as const) {
      const meter = prepaymentBench({ opening: { balance: 10 * POUND, time } })
      meter.run(hours(3) + minutes(30))
      meter.clock.set(meter.clock.unixMs() - back)
      meter.run(hours(3))
      expect([back, meter.prepayment.now.balance]).toEqual([back, 10 * POUND - taken * PENNY])
    }
  })
})

describe('a power cut', () => {
  test('changes nothing: account, logs, tokens, what was told', () => {
    const opening = {
      balance: 3 * POUND,
      time: [{ amount: 90 * POUND, rate: 7 * PENNY, period: 'hour' }, NO_DEBTS.time[1]] as const,
    }
    const meter = prepaymentBench({ opening, costPerHour: 5 * PENNY, standingPerDay: 30 * PENNY })
    meter.runDays(2)
    const token = meter.token(5 * POUND)
    meter.prepayment.enter(token, 'display')
    meter.run(hours(5))
    const kept = JSON.parse(JSON.stringify(meter.prepayment.memory()))
    expect(kept).toEqual(meter.prepayment.memory())
    const again = prepaymentBench({ memory: kept, startUnixMs: meter.kernel.unixMs() })
    expect(again.prepayment.memory().account).toEqual(kept.account)
    expect(again.prepayment.memory().ledger).toEqual(kept.ledger)
    expect(again.prepayment.enter(token, 'display')).toEqual({ ok: false, reason: 'duplicate' })
  })

  test('that lasts for days lets the debts of these days fall due', () => {
    const time = [{ amount: 90 * POUND, rate: 7 * PENNY, period: 'hour' }, NO_DEBTS.time[1]] as const
    const meter = prepaymentBench({ opening: { balance: 20 * POUND, time } })
    meter.run(hours(1))
    const memory = meter.prepayment.memory()
    const again = prepaymentBench({ memory, startUnixMs: meter.kernel.unixMs() + 2 * DAY })
    again.runMinutes(1)
    expect(again.prepayment.now.balance).toBe(20 * POUND - 49 * 7 * PENNY)
    expect(again.prepayment.ledger.daily.list()).toHaveLength(2)
  })
})
