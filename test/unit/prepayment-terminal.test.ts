/** What a consumer does and sees at a PPMID. */
import { describe, expect, it } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { poundsText } from '../../src/devices/prepayment/account-screen.ts'
import { TEST_UTRN_KEY, utrnOf } from '../../src/devices/prepayment/utrn.ts'
import { type Home, ID, restarted, settledHome } from './device-home.ts'

const POUND = 100_000
const token = (device: string, amount: number, counter = 1) =>
  utrnOf({ amount, counter }, { key: TEST_UTRN_KEY, device }) ?? 'none'

/** Both meters in prepayment, with so much on them, and the display has seen it. */
function prepayingHome(balance: number): Home {
  const home = settledHome({ keep: () => false })
  for (const device of [ID.ESME, ID.GSME]) {
    const mode = { mode: 'PREPAYMENT', suspendDebtDisabled: true, suspendDebtEmergency: true } as const
    home.ask('updatePaymentMode', device, { ...mode, disablementThreshold: 0 }, hours(1))
    home.ask('updateMeterBalance', device, { adjustBy: balance }, hours(1))
  }
  // Long after the gas meter was awake.
  home.run(hours(1) + minutes(10))
  return home
}
function parts(home: Home) {
  const { ppmid, esme, gsme } = home.installation.devices
  if (!ppmid?.terminal || !esme || !gsme) throw new Error('the home lacks a part')
  return { terminal: ppmid.terminal, shown: ppmid.shown, esme, gsme }
}

describe('a PPMID', () => {
  it('shows both accounts as meter and mirror give them', () => {
    const home = prepayingHome(20 * POUND)
    const { shown, esme } = parts(home)
    expect(shown.account?.electricity).toMatchObject({ mode: 'prepayment', isLow: false, isCut: false, debt: 0 })
    expect(shown.account?.gas).toMatchObject({ mode: 'prepayment', balance: expect.any(Number) })
    home.run(minutes(1) - seconds(1))
    const before = esme.prepayment.now.balance
    home.run(minutes(2))
    const seen = shown.account?.electricity?.balance ?? 0
    expect(seen).toBeLessThanOrEqual(before)
    expect(seen).toBeGreaterThanOrEqual(esme.prepayment.now.balance)
  })

  it('takes a token for the electricity meter, and shows at once what became of it', () => {
    const home = prepayingHome(20 * POUND)
    const { terminal, shown, esme } = parts(home)
    const utrn = token(ID.ESME, 10 * POUND)
    terminal.enter('electricity', utrn)
    expect(shown.result?.electricity).toEqual({ what: 'top-up', state: 'sent', text: 'sent' })
    home.run(seconds(5))
    const { balance } = esme.prepayment.now
    expect(shown.result?.electricity).toEqual({
      ...{ what: 'top-up', state: 'done', text: `added 10.00, balance ${poundsText(balance)}` },
    })
    expect(shown.account?.electricity?.balance).toBe(balance)
    expect(esme.prepayment.ledger.credits.list()).toMatchObject([{ source: 'display', utrn }])
    expect(esme.events.log('EVENT').map(({ code }) => code)).toContain('810E')
    terminal.enter('electricity', utrn)
    home.run(seconds(5))
    expect(shown.result?.electricity).toEqual({ what: 'top-up', state: 'refused', text: 'used already' })
  })

  it('shows why a token is refused, whatever was typed', () => {
    const home = prepayingHome(20 * POUND)
    const { terminal, shown, esme } = parts(home)
    for (const [typed, text] of [
      [token(ID.GSME, POUND), 'not a token for this meter'],
      ['', 'not a token for this meter'],
      ['9'.repeat(500), 'not a token for this meter'],
      [token(ID.ESME, 101 * POUND), 'more than one top-up may add'],
    ] as const) {
      terminal.enter('electricity', typed)
      home.run(seconds(5))
      expect(shown.result?.electricity).toEqual({ what: 'top-up', state: 'refused', text })
    }
    expect(esme.prepayment.now.totals.credited).toBe(0)
  })

  it('a token for the gas meter waits until the meter wakes; then the screen shows what became of it', () => {
    const home = prepayingHome(20 * POUND)
    const { terminal, shown, gsme } = parts(home)
    terminal.enter('gas', token(ID.GSME, 10 * POUND))
    home.run(seconds(30))
    expect(shown.result?.gas).toEqual({ what: 'top-up', state: 'waiting', text: 'waits for the meter' })
    home.run(minutes(31))
    expect(shown.result?.gas?.state).toBe('done')
    expect(gsme.prepayment.now.totals.credited).toBe(10 * POUND)
    expect(shown.account?.gas?.balance).toBeGreaterThan(25 * POUND)
    // And the mirror has it: the head-end need not wait for the next report.
    expect(home.installation.hub.mirror.prepayment.values.CreditRemaining).toBe(shown.account?.gas?.balance)
  })

  it('a token that waits in the hub is not lost with its power, and is taken once', () => {
    const home = prepayingHome(20 * POUND)
    parts(home).terminal.enter('gas', token(ID.GSME, 10 * POUND))
    home.run(seconds(30))
    const later = restarted(home)
    later.run(hours(2))
    expect(parts(later).gsme.prepayment.now.totals.credited).toBe(10 * POUND)
  })

  it('a gas meter is asked no more than its hub keeps, and by a PPMID only', () => {
    const home = prepayingHome(20 * POUND)
    const { terminal, shown, gsme } = parts(home)
    for (let n = 1; n <= 8; n++) terminal.enter('gas', token(ID.GSME, POUND, n))
    home.run(seconds(30))
    terminal.enter('gas', token(ID.GSME, POUND, 9))
    home.run(seconds(5))
    expect(shown.result?.gas).toEqual({ what: 'top-up', state: 'refused', text: 'INSUFFICIENT_SPACE' })
    home.run(hours(1))
    expect(gsme.prepayment.now.totals.credited).toBe(8 * POUND)
  })

  it('emergency credit: called for when the supply is cut, and the consumer switches it on', () => {
    const home = prepayingHome(1)
    const { terminal, shown, esme } = parts(home)
    home.run(hours(1))
    expect(esme.supply.state).toBe('OFF')
    expect(shown.account?.electricity).toMatchObject({ isCut: true, isEmergencyOffered: true, isLow: true })
    terminal.switchOn()
    home.run(seconds(5))
    expect(shown.result?.electricity).toEqual({ what: 'supply', state: 'refused', text: 'not ready to be switched on' })
    terminal.callForEmergencyCredit('electricity')
    home.run(seconds(5))
    expect(shown.result?.electricity).toMatchObject({ what: 'emergency credit', state: 'done' })
    expect(esme.supply.state).toBe('ARMED')
    expect(esme.events.log('EVENT').map(({ code }) => code)).toEqual(expect.arrayContaining(['8F0F', '81AB', '8168']))
    terminal.switchOn()
    home.run(seconds(5))
    expect([esme.supply.state, shown.account?.electricity?.emergencyRemaining]).toEqual(['ON', 5 * POUND])
    home.run(hours(2))
    expect(esme.prepayment.now.emergency?.remaining).toBeLessThan(5 * POUND)
    terminal.callForEmergencyCredit('electricity')
    home.run(seconds(5))
    expect(shown.result?.electricity).toEqual({ what: 'emergency credit', state: 'refused', text: 'none on offer' })
  })

  it('emergency credit of the gas meter is there when the meter has woken', () => {
    const home = prepayingHome(POUND / 2)
    const { terminal, shown, gsme } = parts(home)
    terminal.callForEmergencyCredit('gas')
    home.run(seconds(5))
    expect(shown.result?.gas).toEqual({ what: 'emergency credit', state: 'waiting', text: 'waits for the meter' })
    home.run(minutes(31))
    expect(gsme.prepayment.now.emergency).toBeDefined()
    home.run(minutes(15))
    expect(shown.account?.gas?.emergencyRemaining).toBeGreaterThan(0)
  })

  it('does nothing before it has found its meters', () => {
    const home = settledHome()
    const { terminal } = parts(home)
    // A home without gas would be the same.
    expect([terminal.enter('electricity', ''), terminal.switchOn()]).toEqual([true, true])
  })
})

describe('displays that only look', () => {
  it('an IHD shows the account and has nothing to do at it; a CAD shows none', () => {
    const home = settledHome({ rig: 'cb-seven-devices', keep: () => false })
    home.run(hours(1))
    const { ihd, cad } = home.installation.devices
    expect(ihd?.shown.account?.electricity).toMatchObject({ mode: 'credit' })
    expect([ihd?.terminal, cad?.terminal, cad?.shown.account]).toEqual([undefined, undefined, undefined])
  })
})

describe('money on a screen', () => {
  it.each([
    [0, '0.00'],
    [999, '0.00'],
    [-999, '0.00'],
    [1_000, '0.01'],
    [-107_999, '-1.07'],
    [1_234_567, '12.34'],
  ])('%i is %s', (amount, text) => expect(poundsText(amount)).toBe(text))
})
