/** A loss of power ends the life of a device: what it keeps goes on exactly, all else is lost. */
import { describe, expect, test } from 'vitest'
import { days, hours, minutes, seconds } from '../../src/base/time.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import type { Part } from '../../src/profiles/parts.ts'
import { begin, inject } from '../helpers/faulty-home.ts'
import { type Home, home, ID, settledHome } from '../unit/device-home.ts'
import { difference } from '../unit/prepayment-bench.ts'

const HALF_HOUR_MS = 1_800_000
const FAR = Number.MAX_SAFE_INTEGER

function cut(one: Home, part: Part, forUs: number): void {
  const lift = begin(one, `${part}.off=1h`)
  one.run(forUs)
  lift()
}
const esme = ({ installation: { devices } }: Home) => {
  if (!devices.esme) throw new Error('no electricity meter')
  return devices.esme
}
const gsme = ({ installation: { devices } }: Home) => {
  if (!devices.gsme) throw new Error('no gas meter')
  return devices.gsme
}
const prepaid = () => settledHome({ rig: 'cb-prepayment', keep: () => false })
const noBackup = [
  ['  driftPpm:', '  backupS: { value: 60, source: assumed }\n  driftPpm:'],
] as const satisfies Home['options']['edits']
const codes = (one: Home) =>
  esme(one)
    .events.log('EVENT')
    .map(({ code }) => code)

describe('an electricity meter without mains', () => {
  test('measures nothing, and has no half hours of that time', () => {
    const one = settledHome()
    one.run(minutes(47))
    const lift = begin(one, 'esme.off=3h')
    const before = esme(one)
    const totals = before.measurement.totals()
    one.run(hours(3))
    expect(before.measurement.totals()).toEqual(totals)
    lift()
    expect(esme(one)).not.toBe(before)
    one.run(hours(1))
    const [newest, ...older] = esme(one).measurement.profile('delivered', FAR, 4)
    const gaps = older.map(({ startMs }, at) => ((at === 0 ? newest : older[at - 1])?.startMs ?? 0) - startMs)
    expect(gaps).toContain(hours(3) / 1_000)
    const counted = esme(one).measurement.totals()[0] - (totals[0] ?? 0)
    const values = [newest, ...older].slice(0, 2).map(row => row?.value ?? 0)
    expect(counted).toBeLessThan((values[0] ?? 0) + (values[1] ?? 0) + 1_500)
  })

  test('goes on with register and account to the unit and the thousandth of a penny', () => {
    const one = prepaid()
    one.run(minutes(10))
    const lift = begin(one, 'esme.off=1h')
    const kept = structuredClone(esme(one).memory())
    one.run(minutes(7))
    lift()
    one.run(0)
    const { measurement, prepayment } = esme(one).memory()
    expect(measurement.metrology.totals[0] - kept.measurement.metrology.totals[0]).toBeLessThan(10)
    expect(prepayment.tokens).toEqual(kept.prepayment.tokens)
    expect(difference(prepayment.account)).toBe(difference(kept.prepayment.account))
    const used = kept.prepayment.account.balance - prepayment.account.balance
    expect(used).toBe(prepayment.account.totals.consumed - kept.prepayment.account.totals.consumed)
  })

  test('takes standing charges and debts by time for the days that it missed', () => {
    const one = prepaid()
    one.installation.devices.esme?.prepayment.adjust(5_000_000)
    const before = esme(one).memory()
    cut(one, 'esme', days(3))
    const { prepayment, measurement } = esme(one)
    const [hourly, daily] = prepayment.now.time
    const standing = esme(one).memory().measurement.ledger.accounts.standing
    expect(standing - before.measurement.ledger.accounts.standing).toBe(3 * measurement.tariff.standingCharge)
    expect((before.prepayment.account.time[0].amount - hourly.amount) / hourly.rate).toBe(72)
    expect((before.prepayment.account.time[1].amount - daily.amount) / daily.rate).toBe(3)
    expect(prepayment.ledger.daily.list().length).toBe(3)
  })

  test('keeps its supply as it is held', () => {
    const one = settledHome()
    esme(one).supply.disable('command')
    cut(one, 'esme', minutes(20))
    expect([esme(one).supply.state, esme(one).supply.heldBy]).toEqual(['OFF', ['command']])
    const register = esme(one).totalWh
    one.run(hours(1))
    expect(esme(one).totalWh).toBe(register)
  })

  test('writes down for how long it was away', () => {
    const one = settledHome()
    cut(one, 'esme', minutes(2))
    cut(one, 'esme', hours(2))
    const entries = esme(one).events.log('EVENT').slice(-2)
    expect(entries.map(({ code, text }) => [code, text])).toEqual([
      ['8F35', '120 s'],
      ['8F36', '7200 s'],
    ])
  })

  test('knows the time afterwards, as long as its clock went on', () => {
    const one = settledHome()
    cut(one, 'esme', days(6))
    expect(Math.abs(esme(one).clock.unixMs() - one.kernel.unixMs())).toBeLessThan(10_000)
    expect(esme(one).clock.isLost).toBe(false)
  })

  test('whose clock stood still is wrong until its hub tells it, however far that is', () => {
    const one = settledHome({ edits: noBackup })
    const lift = begin(one, 'esme.off=5h')
    one.installation.han.silence(ID.CHF)
    one.run(hours(5))
    lift()
    one.run(minutes(5))
    const behind = () => Math.round((one.kernel.unixMs() - esme(one).clock.unixMs()) / 60_000)
    expect([behind(), esme(one).clock.isLost]).toEqual([299, true])
    expect(esme(one).events.log('EVENT').at(-1)).toMatchObject({ code: '8F35', text: '60 s' })
    one.installation.han.hear(ID.CHF)
    one.run(hours(24))
    expect([behind(), esme(one).clock.isLost]).toEqual([0, false])
    expect(codes(one)).toContain('8145')
    const starts = esme(one)
      .measurement.profile('delivered', FAR, 48)
      .map(({ startMs }) => startMs)
    expect(starts).toEqual([...new Set(starts)].toSorted((a, b) => b - a))
  })

  test('that had no power when the process died goes on without, and says how long it was away', () => {
    const one = settledHome()
    one.run(minutes(30))
    begin(one, 'esme.off=1h')
    one.run(minutes(10))
    const again = home({ ...one.options, memory: JSON.parse(JSON.stringify(one.memory())) })
    // As a rig does: what was in force is, before there is power.
    const lift = inject(again, 'esme.off=1h')
    again.run(minutes(10))
    again.kernel.after(0, 'power is back', () => lift?.())
    again.run(0)
    expect(esme(again).events.log('EVENT').at(-1)).toMatchObject({ code: '8F36', text: '1200 s' })
    expect(esme(again).totalWh - (one.installation.devices.esme?.totalWh ?? 0)).toBeLessThan(5)
  })
})

describe('a home without mains', () => {
  test('has a gas meter that goes on, and displays that have forgotten what they showed', () => {
    const one = settledHome()
    one.run(hours(2))
    const { ppmid } = one.installation.devices
    expect(ppmid?.shown.electricity).toBeGreaterThan(0)
    const [meter, gas] = [gsme(one), gsme(one).totalDm3]
    const lift = begin(one, 'home.mains=10h')
    one.run(hours(10))
    expect(ppmid?.shown).toEqual({})
    lift()
    expect(gsme(one)).toBe(meter)
    expect(gsme(one).totalDm3).toBeGreaterThan(gas)
    expect(one.installation.devices.ppmid).not.toBe(ppmid)
    expect(one.installation.devices.ppmid?.shown).toEqual({})
    one.run(minutes(45))
    expect(one.installation.devices.ppmid?.shown.electricity).toBeGreaterThan(0)
    expect(one.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters?.dataAgeS).toBeLessThan(1_830)
  })

  test('has nobody who comes back before the last of two cuts is over', () => {
    const one = settledHome()
    const before = esme(one)
    const [mains, own] = [begin(one, 'home.mains=1h'), begin(one, 'esme.off=1h')]
    one.run(minutes(5))
    mains()
    expect(esme(one)).toBe(before)
    own()
    own()
    expect(esme(one)).not.toBe(before)
    one.run(minutes(5))
    expect(codes(one).filter(code => code === '8F36')).toHaveLength(1)
  })
})

test('a gas meter whose battery is out measures nothing, and tells it at its next wake-up', () => {
  const one = settledHome()
  one.run(hours(1))
  const lift = begin(one, 'gsme.off=6h')
  const before = gsme(one).totalDm3
  one.run(hours(6))
  lift()
  expect(gsme(one).totalDm3 - before).toBeLessThan(2)
  one.run(minutes(35))
  expect(gsme(one).events.log('EVENT').at(-1)).toMatchObject({ code: '8F1D', text: '21600 s' })
})

describe('a hub without power', () => {
  test('keeps its whitelist, device log, counters and what it owes, and nothing else', () => {
    const one = settledHome()
    one.run(hours(1))
    const { hub } = one.installation
    const kept = hub.memory()
    const counter = kept.wan.counters
    cut(one, 'hub', minutes(10))
    expect(one.installation.hub).not.toBe(hub)
    one.run(minutes(1))
    const now = one.installation.hub.memory()
    expect(now.listed).toEqual(kept.listed.map(entry => expect.objectContaining({ deviceId: entry.deviceId })))
    expect(now.wan.counters).toEqual(counter)
    expect(now.wan.ownCounter).toBeGreaterThan(kept.wan.ownCounter)
    expect(now.mirror.meter).toEqual(kept.mirror.meter)
    one.run(minutes(35))
    expect(one.ask('readImportRegisters', ID.ESME, {})?.code).toBe('I0')
    expect(one.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters?.dataAgeS).toBeLessThan(1_830)
  })

  test('tells the alerts that waited when it lost its power', () => {
    const one = settledHome()
    one.run(hours(1))
    const covered = one.installation.wanOutage.add()
    one.run(minutes(1))
    one.kernel.after(0, 'event', () => one.installation.hub.raise('8F12', 'waits', ID.ESME))
    one.run(minutes(1))
    expect(one.installation.hub.session.alertsKept).toBe(1)
    cut(one, 'hub', minutes(1))
    covered()
    one.run(minutes(5))
    const told = one.ups.flatMap(({ message: { alert } }) => (alert ? [alert.code] : []))
    expect(told.filter(code => code === '8F12').length).toBeGreaterThan(0)
    expect(told.at(-1)).toBe('8F35')
  })

  test.each([0, 40, 150, 400])('answers a request that it had under way for %i ms once, and does it once', afterMs => {
    const one = prepaid()
    one.run(minutes(30))
    const before = esme(one).prepayment.now.totals.adjusted
    const { id, octets } = one.letter(ID.ESME, {
      serviceReferenceVariant: '1.5',
      updateMeterBalance: { adjustBy: 250_000 },
    })
    one.down(octets)
    one.run(afterMs * 1_000)
    cut(one, 'hub', minutes(5))
    one.run(minutes(3))
    // Whoever asked sends it again, for nobody answered in time.
    one.down(octets)
    one.run(minutes(3))
    expect(esme(one).prepayment.now.totals.adjusted - before).toBe(250_000)
    expect(new Set(one.answersTo(id).map(({ code }) => code))).toEqual(new Set(['I0']))
  })
})

describe('whatever loses its power, and whenever', () => {
  test.each(Array.from({ length: 6 }, (_, round) => round))(
    'registers only grow, sums are exact, logs are bounded and in order (life %i)',
    round => {
      const dice = new SeededRandom(`cuts ${round}`).stream('what happens')
      const edits = round % 2 === 0 ? [] : noBackup
      const one = settledHome({ rig: 'cb-prepayment', keep: () => false, seed: `cuts ${round}`, edits })
      const parts = ['hub', 'esme', 'gsme', 'ppmid'] as const
      const opening = difference(esme(one).prepayment.memory().account)
      const lifts: (() => void)[] = []
      let seen = [...esme(one).measurement.totals(), gsme(one).totalDm3, esme(one).measurement.cost]
      for (let step = 0; step < 40; step++) {
        const what = dice.int(5)
        const part = parts[dice.int(parts.length)] ?? 'esme'
        if (what < 2) lifts.push(begin(one, `${part}.off=1h`))
        else if (what === 2) lifts.push(begin(one, 'home.mains=1h'))
        else if (what === 3 && step % 3 === 0) one.ask('readImportRegisters', ID.ESME, {}, seconds(5))
        else lifts.splice(dice.int(lifts.length + 1), 1)[0]?.()
        one.run(dice.int(hours(3)))
        const now = [...esme(one).measurement.totals(), gsme(one).totalDm3, esme(one).measurement.cost]
        for (const [at, value] of seen.entries()) expect(now[at]).toBeGreaterThanOrEqual(value)
        seen = now
        expect(difference(esme(one).prepayment.memory().account)).toBe(opening)
        const { measurement } = esme(one)
        expect(measurement.registers().reduce((sum, units) => sum + units, 0)).toBe(measurement.totals()[0])
      }
      for (const lift of lifts.splice(0)) lift()
      one.run(hours(30))
      expect(one.ask('readImportRegisters', ID.ESME, {})?.code).toBe('I0')
      expect(one.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters?.dataAgeS).toBeLessThan(1_830)
      expect(Math.abs(esme(one).clock.unixMs() - one.kernel.unixMs())).toBeLessThan(60_000)
      const { measurement, prepayment, events } = esme(one)
      const { totals } = prepayment.memory().account
      expect(totals.consumed + totals.standing).toBeLessThanOrEqual(measurement.cost)
      const logs = [
        [measurement.profile('delivered', FAR, 100).map(({ startMs }) => -startMs), 100],
        [measurement.dailyReads().map(({ atMs }) => -atMs), 31],
        [measurement.billingEntries().map(({ atMs }) => -atMs), 12],
        [prepayment.ledger.daily.list().map(({ atMs }) => atMs), 31],
        [
          gsme(one)
            .measurement.profile('delivered', FAR, 100)
            .map(({ startMs }) => -startMs),
          100,
        ],
      ] as const
      for (const [times, most] of logs) {
        expect(times.length).toBeLessThanOrEqual(most)
        expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b))
      }
      expect(events.log('EVENT').length).toBeLessThanOrEqual(100)
      expect(measurement.profile('delivered', FAR, 100)[0]?.startMs).toBe(
        Math.floor(esme(one).clock.unixMs() / HALF_HOUR_MS) * HALF_HOUR_MS - HALF_HOUR_MS,
      )
    },
  )
})
