/** Tokens entered by hand: too many wrong ones in a row, and the meter takes none for a time. */
import { describe, expect, it } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { Keypad } from '../../src/devices/prepayment/keypad.ts'
import { TEST_UTRN_KEY, utrnOf } from '../../src/devices/prepayment/utrn.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import { type Home, ID, restarted, settledHome } from './device-home.ts'
import { POUND, prepaymentBench, STARTS } from './prepayment-bench.ts'

const WRONG = '12345678901234567890'
const bench = (options: Parameters<typeof prepaymentBench>[0] = {}) =>
  prepaymentBench({ opening: { balance: 5 * POUND }, ...options })
type Bench = ReturnType<typeof bench>
const wrongly = ({ prepayment }: Bench, times: number, source: 'meter' | 'display' | 'hub' = 'meter') =>
  Array.from({ length: times }, () => {
    const outcome = prepayment.enter(WRONG, source)
    return outcome.ok ? 'taken' : outcome.reason
  })

describe('a meter’s keypad', () => {
  it('locks at the fifth wrong entry in a row, at it or at a display, and opens after ten minutes', () => {
    const meter = bench()
    expect([...wrongly(meter, 3), ...wrongly(meter, 2, 'display')]).toEqual(Array(5).fill('malformed'))
    expect(meter.events).toEqual([...Array(5).fill('8F63'), '81C4'])
    meter.events.length = 0
    const utrn = meter.token(POUND)
    for (const source of ['meter', 'display'] as const) {
      expect(meter.prepayment.enter(utrn, source)).toEqual({ ok: false, reason: 'keypad-locked' })
    }
    expect(meter.events).toEqual(['81C5', '81C5'])
    meter.run(minutes(10) - seconds(1))
    expect(wrongly(meter, 1)).toEqual(['keypad-locked'])
    meter.run(seconds(1))
    expect(meter.prepayment.enter(utrn, 'meter')).toEqual({ ok: true, amount: POUND })
  })

  it('does not count on after a token for this meter, though that may be too much or used already', () => {
    const meter = bench()
    const utrn = meter.token(POUND)
    for (let round = 0; round < 3; round++) {
      wrongly(meter, 4)
      meter.prepayment.enter(utrn, 'meter')
    }
    wrongly(meter, 4)
    meter.prepayment.enter(meter.token(101 * POUND), 'display')
    expect(wrongly(meter, 4)).toEqual(Array(4).fill('malformed'))
    expect(meter.events).not.toContain('81C4')
  })

  it('is not locked by what the supplier sends, nor does it keep that out', () => {
    const meter = bench()
    wrongly(meter, 20, 'hub')
    expect(meter.events).not.toContain('81C4')
    wrongly(meter, 5)
    const utrn = meter.token(POUND)
    expect(meter.prepayment.enter(utrn, 'hub')).toEqual({ ok: true, amount: POUND })
    expect(wrongly(meter, 1)).toEqual(['keypad-locked'])
  })

  it('stays locked over a loss of power, and counts on', () => {
    const again = (meter: Bench, laterMs: number) =>
      bench({ memory: JSON.parse(JSON.stringify(meter.prepayment.memory())), startUnixMs: STARTS + laterMs })
    const meter = bench()
    wrongly(meter, 4)
    const counting = again(meter, 60_000)
    wrongly(counting, 1)
    expect(counting.events.at(-1)).toBe('81C4')
    expect(wrongly(again(counting, 120_000), 1)).toEqual(['keypad-locked'])
    expect(wrongly(again(counting, 60_000 + 600_000), 1)).toEqual(['malformed'])
  })

  it('is locked no longer than its time, however the clock is set', () => {
    const meter = bench()
    wrongly(meter, 5)
    meter.clock.set(meter.clock.unixMs() - 30 * 86_400_000)
    expect(wrongly(meter, 1)).toEqual(['keypad-locked'])
    meter.run(minutes(10))
    expect(wrongly(meter, 1)).toEqual(['malformed'])
  })

  it('never locks where its model says so', () => {
    const keypad = new Keypad({ attempts: 0, lockS: 600 })
    for (let entry = 0; entry < 50; entry++) expect([keypad.wrong(0), keypad.isLocked(0)]).toEqual([false, false])
  })

  it('whatever is entered, is never locked for longer than its time, and never open within it', () => {
    for (let round = 0; round < 20; round++) {
      const dice = new SeededRandom(`keypad ${round}`).stream('entries')
      let keypad = new Keypad({ attempts: 3, lockS: 60 })
      let lockedAtMs: number | undefined
      let inARow = 0
      let nowMs = STARTS
      for (let entry = 0; entry < 300; entry++) {
        nowMs += dice.int(30_000)
        const isLocked = lockedAtMs !== undefined && nowMs < lockedAtMs + 60_000
        expect(keypad.isLocked(nowMs)).toBe(isLocked)
        if (dice.int(10) === 0)
          keypad = new Keypad({ attempts: 3, lockS: 60 }, JSON.parse(JSON.stringify(keypad.memory())))
        if (isLocked) continue
        if (dice.int(4) === 0) {
          keypad.right()
          inARow = 0
        } else {
          inARow++
          expect(keypad.wrong(nowMs)).toBe(inARow === 3)
          if (inARow < 3) continue
          lockedAtMs = nowMs
          inARow = 0
        }
      }
    }
  })
})

describe('a home in prepayment', () => {
  const prepaying = (options: Parameters<typeof settledHome>[0] = {}): Home => {
    const home = settledHome({ keep: () => false, ...options })
    for (const device of [ID.ESME, ID.GSME]) {
      const mode = { mode: 'PREPAYMENT', suspendDebtDisabled: true, suspendDebtEmergency: true } as const
      home.ask('updatePaymentMode', device, { ...mode, disablementThreshold: 0 }, hours(1))
      home.ask('updateMeterBalance', device, { adjustBy: 20 * POUND }, hours(1))
    }
    home.run(hours(1) + minutes(10))
    return home
  }
  const at = ({ installation: { devices } }: Home) => {
    const { ppmid, esme, gsme } = devices
    if (!ppmid?.terminal || !esme || !gsme) throw new Error('the home lacks a part')
    return { terminal: ppmid.terminal, shown: ppmid.shown, esme, gsme }
  }
  const token = (device: string, counter = 1) =>
    utrnOf({ amount: POUND, counter }, { key: TEST_UTRN_KEY, device }) ?? 'none'
  const enter = (home: Home, utrn: string) => {
    at(home).terminal.enter('electricity', utrn)
    home.run(seconds(5))
    return at(home).shown.result?.electricity
  }

  it('is locked at the PPMID too, says so on its screen, tops up by 2.2 meanwhile, and opens again; over power cuts', () => {
    const home = prepaying()
    for (let entry = 0; entry < 5; entry++) expect(enter(home, WRONG)?.text).toBe('not a token for this meter')
    const locked = { what: 'top-up', state: 'refused', text: 'too many wrong entries, try later' }
    expect(enter(home, token(ID.ESME))).toEqual(locked)
    const codes = at(home)
      .esme.events.log('SECURITY')
      .map(({ code }) => code)
    expect(codes).toEqual(expect.arrayContaining(['81C4', '81C5']))
    expect(home.ask('topUpDevice', ID.ESME, { utrn: token(ID.ESME, 2) })?.topUpDevice?.amount).toBe(POUND)

    const later = restarted(home)
    later.run(minutes(1))
    expect(enter(later, token(ID.ESME))).toEqual(locked)
    later.run(minutes(10))
    expect(enter(later, token(ID.ESME))?.state).toBe('done')
  })

  it('a display that says it is the hub is a display', () => {
    const home = prepaying()
    const { endpoint } = home.installation.devices.ppmid as unknown as { endpoint: Home['installation']['hub']['esi'] }
    const peer = { device: ID.ESME, endpoint: 1 }
    const results: unknown[] = []
    for (let entry = 0; entry < 6; entry++) {
      const topUp = { originatingDevice: 0, topUpCode: new TextEncoder().encode(WRONG) }
      endpoint.request(peer, 'Prepayment', 'ConsumerTopUp', topUp, outcome =>
        results.push(outcome.ok ? outcome.response.payload.resultType : outcome.reason),
      )
      home.run(seconds(5))
    }
    expect(results).toEqual([1, 1, 1, 1, 1, 5])
  })

  it('locks as its model says', () => {
    const edits = [
      [
        'load:\n',
        'keypad:\n  attempts: { value: 2, source: assumed }\n  lockS: { value: 60, source: assumed }\nload:\n',
      ],
    ] as const
    const home = prepaying({ edits, rig: 'foc-dual-fuel' })
    const { prepayment } = at(home).esme
    for (const reason of ['malformed', 'malformed', 'keypad-locked']) {
      expect(prepayment.enter(WRONG, 'meter')).toEqual({ ok: false, reason })
    }
    home.run(seconds(61))
    expect(prepayment.enter(WRONG, 'meter')).toEqual({ ok: false, reason: 'malformed' })
  })
})
