/** A meter changes registers a little late, by an offset of its own, where its model does so. */
import { expect, test } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { type Home, ID, settledHome } from './device-home.ts'

const LIMIT_S = 600
/** The home settles before the first register gives way to the second, at 06:30. */
const SWITCHES = `tariff:
  pricesPerKWh: { value: [10000, 30000], source: assumed }
  switches: { value: [{ from: "00:00", register: 1 }, { from: "06:30", register: 2 }], source: assumed }
`
const RIG = { rig: 'foc-dual-fuel', edits: [['load:\n', `${SWITCHES}load:\n`]] } as const

const meterOf = ({ installation: { devices } }: Home) => {
  if (!devices.esme) throw new Error('no ESME')
  return devices.esme
}
/** Seconds after 06:30 at which register 2 counts, by the meter's clock. */
function lateS(home: Home): number {
  const meter = meterOf(home)
  const from = Date.parse('2021-10-13T06:30:00Z')
  while (meter.measurement.register === 1) home.run(seconds(1))
  return Math.floor((meter.clock.unixMs() - from) / 1_000)
}

test('two meters of one model switch at different times within the limit, each day the same', () => {
  const late = ['one', 'other', 'third'].map(seed => lateS(settledHome({ ...RIG, seed })))
  expect(new Set(late).size).toBe(3)
  for (const one of late) {
    expect(one).toBeGreaterThanOrEqual(0)
    expect(one).toBeLessThanOrEqual(LIMIT_S)
  }
})

test('what passes in the offset is on the register before, and registers add up', () => {
  const home = settledHome({ ...RIG, seed: 'one' })
  const meter = meterOf(home)
  lateS(home)
  const at = meter.measurement.registers()
  home.run(minutes(30))
  const after = meter.measurement.registers()
  expect(after[0]).toBe(at[0])
  expect(after[1]).toBeGreaterThan(at[1] ?? 0)
  expect(after.reduce((sum, units) => sum + units, 0)).toBe(meter.measurement.totals()[0])
})

test('the limit is read over the WAN', () => {
  const home = settledHome({ ...RIG, seed: 'one' })
  expect(home.ask('readRandomisation', ID.ESME, {})).toMatchObject({ readRandomisation: { offsetLimitS: LIMIT_S } })
})

test('a meter whose model has no offset switches on the minute', () => {
  const none = [
    `${SWITCHES}load:\n`,
    `${SWITCHES}randomisation:\n  offsetLimitS: { value: 0, source: assumed }\nload:\n`,
  ] as const
  const edits = [
    ...RIG.edits,
    none,
    ['randomisation:\n  offsetLimitS: { value: 600, source: assumed }\nsupply', 'supply'],
  ] as const
  expect(lateS(settledHome({ ...RIG, edits, seed: 'one' }))).toBeLessThanOrEqual(1)
})
