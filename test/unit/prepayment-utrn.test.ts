import { describe, expect, test } from 'vitest'
import { FACTORY_SETTINGS } from '../../src/devices/prepayment/settings.ts'
import { readUtrn, TEST_UTRN_KEY, utrnOf } from '../../src/devices/prepayment/utrn.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { METER, PENNY, POUND, prepaymentBench } from './prepayment-bench.ts'

const KEY = { key: TEST_UTRN_KEY, device: METER }
const OTHER = '00db1234567890a4'
/** With nothing to warn of. */
const calm = () => prepaymentBench({ opening: { balance: 5 * POUND } })

describe('a top-up token', () => {
  test('is 20 digits, and says to its meter what was paid', () => {
    for (const amount of [PENNY, 8_191 * PENNY, 82 * POUND, 8_191 * POUND, 10 * POUND]) {
      for (const counter of [0, 1, 65_535]) {
        const utrn = utrnOf({ amount, counter }, KEY) ?? ''
        expect(utrn).toMatch(/^\d{20}$/)
        expect(readUtrn(utrn, KEY)).toEqual({ ok: true, amount, counter })
      }
    }
  })

  test('is the same each time, and another for another meter, key, amount or counter', () => {
    const token = { amount: 10 * POUND, counter: 7 }
    const all = [
      utrnOf(token, KEY),
      utrnOf({ ...token, counter: 8 }, KEY),
      utrnOf({ ...token, amount: 11 * POUND }, KEY),
      utrnOf(token, { ...KEY, device: OTHER }),
      utrnOf(token, { ...KEY, key: `${'0'.repeat(31)}1` }),
    ]
    expect(new Set(all).size).toBe(5)
    expect(utrnOf(token, KEY)).toBe(all[0])
  })

  test('there is none for an amount or a counter that it cannot say', () => {
    for (const amount of [0, -PENNY, 1, 8_192 * PENNY, 8_192 * POUND, PENNY + 0.5]) {
      expect([amount, utrnOf({ amount, counter: 0 }, KEY)]).toEqual([amount, undefined])
    }
    for (const counter of [-1, 65_536, 0.5]) expect(utrnOf({ amount: PENNY, counter }, KEY)).toBeUndefined()
  })

  test('with a digit wrong, or two changed about, is none', () => {
    const utrn = utrnOf({ amount: 10 * POUND, counter: 7 }, KEY) ?? ''
    for (let at = 0; at < 20; at++) {
      const wrong = `${utrn.slice(0, at)}${(Number(utrn[at]) + 1) % 10}${utrn.slice(at + 1)}`
      expect(readUtrn(wrong, KEY)).toEqual({ ok: false, reason: 'malformed' })
    }
    for (const text of ['', utrn.slice(1), `${utrn}0`, `${utrn.slice(1)}x`, '９'.repeat(20)]) {
      expect(readUtrn(text, KEY)).toEqual({ ok: false, reason: 'malformed' })
    }
  })

  test('guessed is not authentic, whatever its digits', () => {
    const dice = new Kernel({ seed: 'guess', startUnixMs: 0 }).random.stream('digits')
    let tries = 0
    while (tries < 2_000) {
      const guess = Array.from({ length: 20 }, () => dice.int(10)).join('')
      const reading = readUtrn(guess, KEY)
      expect(reading.ok).toBe(false)
      if (!reading.ok && reading.reason !== 'malformed') tries++
    }
  })
})

describe('a meter that is given a token', () => {
  test('adds what was paid, once', () => {
    const meter = calm()
    const utrn = meter.token(10 * POUND)
    expect(meter.prepayment.enter(utrn, 'display')).toEqual({ ok: true, amount: 10 * POUND })
    expect(meter.prepayment.enter(utrn, 'hub')).toEqual({ ok: false, reason: 'duplicate' })
    expect(meter.prepayment.now.balance).toBe(15 * POUND)
    expect(meter.events).toEqual(['810E', '8F51'])
    expect(meter.prepayment.ledger.credits.list()).toMatchObject([{ amount: 10 * POUND, source: 'display', utrn }])
  })

  test.each([
    ['of another meter', utrnOf({ amount: POUND, counter: 1 }, { ...KEY, device: OTHER }), 'not-for-device', '8F64'],
    ['with a digit wrong', '12345678901234567890', 'malformed', '8F63'],
    ['beyond its maximum credit', utrnOf({ amount: 101 * POUND, counter: 1 }, KEY), 'over-maximum-credit', '8F5B'],
  ] as const)('refuses one %s, changes nothing and says so', (_, utrn, reason, code) => {
    const meter = calm()
    const before = meter.prepayment.memory()
    expect(meter.prepayment.enter(utrn ?? '', 'display')).toEqual({ ok: false, reason })
    expect(meter.events).toEqual([code])
    // But for how often in a row.
    expect({ ...meter.prepayment.memory(), keypad: before.keypad }).toEqual(before)
  })

  test('refuses a forged one', () => {
    const meter = calm()
    // A key that makes the tag of the true one: the meter is right, the maker is not.
    for (let guess = 0; ; guess++) {
      const key = guess.toString(16).padStart(32, '0')
      const utrn = utrnOf({ amount: POUND, counter: 1 }, { key, device: METER }) ?? ''
      const reading = readUtrn(utrn, KEY)
      if (reading.ok || reading.reason !== 'not-authentic') continue
      expect(meter.prepayment.enter(utrn, 'display')).toEqual({ ok: false, reason: 'not-authentic' })
      expect(meter.events).toEqual(['8F63'])
      break
    }
  })

  test('refuses one that would bring it above its maximum balance, and takes it later', () => {
    const settings = { ...FACTORY_SETTINGS, maximumBalance: 12 * POUND, maximumCredit: 12 * POUND }
    const meter = prepaymentBench({ opening: { balance: 3 * POUND, settings }, costPerHour: POUND })
    const utrn = meter.token(10 * POUND)
    expect(meter.prepayment.enter(utrn, 'display')).toEqual({ ok: false, reason: 'over-maximum-balance' })
    expect(meter.events).toEqual(['8F47'])
    meter.runMinutes(60)
    expect(meter.prepayment.enter(utrn, 'display').ok).toBe(true)
    expect(meter.prepayment.now.balance).toBe(12 * POUND)
  })

  test('refuses any in credit mode, and keeps it good', () => {
    const meter = prepaymentBench({ opening: { mode: 'credit' } })
    const utrn = meter.token(10 * POUND)
    expect(meter.prepayment.enter(utrn, 'display')).toEqual({ ok: false, reason: 'not-prepayment' })
    meter.prepayment.changeMode('prepayment', meter.prepayment.now.modeSettings)
    expect(meter.prepayment.enter(utrn, 'display').ok).toBe(true)
  })

  test('remembers a hundred, and refuses what is older than all of them', () => {
    const meter = prepaymentBench()
    const token = (counter: number) => utrnOf({ amount: PENNY, counter }, KEY) ?? ''
    for (let counter = 500; counter < 620; counter += 2) meter.prepayment.enter(token(counter), 'display')
    // Out of order is no harm while there is room.
    expect(meter.prepayment.enter(token(3), 'display').ok).toBe(true)
    for (let counter = 620; counter < 800; counter += 2) meter.prepayment.enter(token(counter), 'display')
    expect(meter.prepayment.memory().tokens.counters).toHaveLength(100)
    expect(meter.prepayment.enter(token(501), 'display')).toEqual({ ok: false, reason: 'duplicate' })
    expect(meter.prepayment.enter(token(701), 'display').ok).toBe(true)
    expect(meter.prepayment.ledger.credits.list()).toHaveLength(10)
  })
})
