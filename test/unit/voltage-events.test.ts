/** What a meter tells of its voltage: beyond a threshold once, and when it is back. */
import { expect, test } from 'vitest'
import { hours } from '../../src/base/time.ts'
import { VOLTAGE_EVENTS } from '../../src/devices/metering/voltage-watch.ts'
import { type Home, ID, settledHome } from './device-home.ts'

const USUAL = {
  averageOverVoltageDv: 2_530,
  averageUnderVoltageDv: 2_162,
  extremeOverVoltageDv: 2_650,
  extremeUnderVoltageDv: 2_000,
  sagDv: 1_800,
  swellDv: 2_700,
}
const told = (home: Home) =>
  home.ups.flatMap(({ message: { alert } }) =>
    alert?.device === ID.ESME && Object.values<string>(VOLTAGE_EVENTS).includes(alert.code) ? [alert.code] : [],
  )
/** Sets thresholds, lets two hours pass, and says what was told meanwhile. */
function under(home: Home, thresholds: Partial<typeof USUAL>): string[] {
  home.ups.length = 0
  home.installation.devices.esme?.settings.setAll({ ...USUAL, ...thresholds })
  home.run(hours(2))
  return told(home)
}

test.each([
  ['averageOverVoltageDv', 2_200, '8002', ['8085']],
  ['averageUnderVoltageDv', 2_500, '8006', ['8089']],
  ['extremeOverVoltageDv', 2_100, '8020', []],
  ['extremeUnderVoltageDv', 2_600, '8024', []],
  ['swellDv', 2_100, '8028', []],
  ['sagDv', 2_600, '802C', []],
] as const)('%s beyond its threshold is told once, as %s %s', (name, value, code, ended) => {
  const home = settledHome()
  expect(under(home, {})).toEqual([])
  expect(under(home, { [name]: value })).toEqual([code])
  expect(under(home, {})).toEqual(ended)
})

test('an average that was measured under a threshold is judged by it, whenever somebody looks', () => {
  const home = settledHome()
  const settings = home.installation.devices.esme?.settings
  const read = () => home.ask('readNetworkData', ID.ESME, { fromMs: 0, toMs: home.kernel.unixMs(), maxEntries: 1 })
  settings?.setAll({ ...USUAL, averageUnderVoltageDv: 2_600, averageVoltagePeriodS: 60 })
  home.run(hours(1))
  // Nobody has looked for a while; then the threshold changes, and the counter is asked for.
  settings?.set('averageUnderVoltageDv', 2_162)
  const under = read()?.readNetworkData?.counters?.underVoltage ?? 0
  expect(under).toBeGreaterThanOrEqual(58)
  expect(settings?.get('averageUnderVoltageCounter')).toBe(under)
  home.run(hours(1))
  expect(read()?.readNetworkData?.counters?.underVoltage).toBe(under)
})
