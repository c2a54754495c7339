/** Tampering, batteries and clocks that are off, each by its fault: in the meter's log, at the broker, and at the supply. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import type { TraceRecord } from '../../src/ports/trace.ts'
import { decodeMessage } from '../../src/wan/messages/codec.ts'
import { begin, inject } from '../helpers/faulty-home.ts'
import { inMemory, migrateRig, verdictsOn } from '../helpers/migration.ts'
import { type Home, home, ID, restarted, settledHome } from '../unit/device-home.ts'

const OF_JOINING = ['8F12', '8183']

const POLICY = (what: string, policy: string) =>
  [
    'supply:\n  initialState: { value: "ON", source: assumed }\n',
    `supply:\n  initialState: { value: "ON", source: assumed }\n  ${what}: { value: "${policy}", source: assumed }\n`,
  ] as const

function meterOf(one: Home, part: 'esme' | 'gsme') {
  const meter = one.installation.devices[part]
  if (!meter) throw new Error(`no ${part}`)
  return meter
}
const security = (one: Home, part: 'esme' | 'gsme') =>
  meterOf(one, part)
    .events.log('SECURITY')
    .map(({ code }) => code)
const events = (one: Home, part: 'esme' | 'gsme') =>
  meterOf(one, part)
    .events.log('EVENT')
    .map(({ code }) => code)
/** Alerts of a device that have left the home. */
const alerts = (one: Home, device: string) =>
  one.ups.flatMap(({ message: { alert } }) =>
    alert?.device === device && !OF_JOINING.includes(alert.code) ? [alert.code] : [],
  )

describe('tampering', () => {
  test.each([
    ['esme.tamper=cover', ['8F74', '81B9']],
    ['esme.tamper=terminal', ['8F76', '81C1']],
    ['esme.tamper=magnet', ['8F75', '81BC']],
    ['esme.tamper=other', ['8F78']],
    ['gsme.tamper=cover', ['8F74', '81B9']],
    ['gsme.tamper=battery', ['8F73', '81A1']],
    ['gsme.tamper=magnet', ['8F75', '81BC']],
  ] as const)('%s stands in the log as it begins and as it ends', (fault, codes) => {
    const one = settledHome()
    const part = fault.startsWith('esme') ? 'esme' : 'gsme'
    const lift = begin(one, fault)
    expect(security(one, part)).toEqual(codes.slice(0, 1))
    one.run(minutes(10))
    lift()
    expect(security(one, part)).toEqual(codes)
    expect(meterOf(one, part).supply.state).toBe('ON')
  })

  test('is an alert where the model tells it: at once, of a gas meter at its wake-up', () => {
    const one = settledHome()
    begin(one, 'esme.tamper=cover')
    begin(one, 'gsme.tamper=battery')
    one.run(seconds(5))
    expect([alerts(one, ID.ESME), alerts(one, ID.GSME)]).toEqual([['8F74'], []])
    one.run(minutes(35))
    expect(alerts(one, ID.GSME)).toEqual(['8F73'])
  })

  test.each([
    ['OFF', 'OFF', ['8F76', '81BE']],
    ['ARMED', 'ARMED', ['8F76', '81BE']],
    ['UNCHANGED', 'ON', ['8F76']],
  ])('does to the supply what the policy says: %s', (policy, state, codes) => {
    const one = settledHome({ edits: [POLICY('onTamper', policy)] })
    const lift = begin(one, 'esme.tamper=terminal')
    expect([meterOf(one, 'esme').supply.state, security(one, 'esme')]).toEqual([state, codes])
    lift()
    expect(meterOf(one, 'esme').supply.state).toBe(state)
  })

  test('of a meter without power is seen when it has power again, and only if it goes on', () => {
    const one = settledHome()
    const powerOn = begin(one, 'esme.off=1h')
    begin(one, 'esme.tamper=cover')
    const gone = begin(one, 'esme.tamper=magnet')
    one.run(minutes(10))
    gone()
    expect(security(one, 'esme')).toEqual([])
    powerOn()
    expect(security(one, 'esme')).toEqual(['8F74'])
  })

  test('is told once, though power or the process goes in the middle', () => {
    const one = settledHome()
    const lift = begin(one, 'esme.tamper=cover')
    begin(one, 'esme.off=1h')()
    one.run(minutes(1))
    expect(security(one, 'esme')).toEqual(['8F74'])
    const again = restarted(one)
    const ends = inject(again, 'esme.tamper=cover')
    again.run(minutes(1))
    expect(security(again, 'esme')).toEqual(['8F74'])
    again.kernel.after(0, 'lift', () => ends?.())
    again.run(0)
    expect(security(again, 'esme')).toEqual(['8F74', '81B9'])
    lift()
  })

  test('twice at once ends with the last', () => {
    const one = settledHome()
    const lifts = [begin(one, 'esme.tamper=cover'), begin(one, 'esme.tamper=cover')]
    lifts[0]?.()
    expect(security(one, 'esme')).toEqual(['8F74'])
    lifts[1]?.()
    expect(security(one, 'esme')).toEqual(['8F74', '81B9'])
  })
})

describe('a battery that runs out', () => {
  test('is told at the next wake-up, stands on the HAN, and is over when it is changed', () => {
    const one = settledHome()
    const percent = () => one.installation.devices.gsme?.batteryPercent
    const full = percent()
    const lift = begin(one, 'gsme.battery=low')
    expect([events(one, 'gsme'), percent()]).toEqual([['8F1F'], 5])
    one.run(minutes(35))
    lift()
    expect([events(one, 'gsme').at(-1), percent()]).toEqual(['8F82', full])
    one.run(minutes(35))
    expect(alerts(one, ID.GSME)).toEqual(['8F1F', '8F82'])
  })

  test('closes the valve where the policy says so', () => {
    const one = settledHome({ edits: [POLICY('onDepletion', 'OFF')] })
    begin(one, 'gsme.battery=low')
    expect(meterOf(one, 'gsme').supply.heldBy).toEqual(['depletion'])
  })
})

describe('a clock that is off', () => {
  test.each([
    ['+90s', 90],
    ['-5min', -300],
  ])('by %s is refused the time of its hub, and set by an order', (offset, byS) => {
    const one = settledHome()
    const offS = () => Math.round((meterOf(one, 'esme').clock.unixMs() - one.kernel.unixMs()) / 1_000)
    begin(one, `esme.clock=${offset}`)
    expect(offS()).toBe(byS)
    one.run(hours(25))
    expect(Math.abs(offS() - byS)).toBeLessThan(2)
    expect([security(one, 'esme'), alerts(one, ID.ESME)]).toEqual([['81C6'], ['81C6']])
    one.ask('synchroniseClock', ID.ESME, { setToMs: one.kernel.unixMs() })
    expect(Math.abs(offS())).toBe(0)
  })

  test('is within the tolerance followed', () => {
    const one = settledHome()
    begin(one, 'gsme.clock=+6s')
    one.run(hours(25))
    expect(events(one, 'gsme')).toContain('8145')
  })

  test('of a hub is set right before anything moves', async () => {
    const { verdicts } = await migrateRig({ rig: inMemory(), faults: ['hub.clock=+90s'] })
    const [clock] = verdictsOn(verdicts, 'CB-PRE-CLOCK')
    expect(clock).toMatchObject({
      verdict: 'PASS',
      observed: expect.stringMatching(/^9\d\.\d s off, set, -?0\.\d s off$/),
    })
  })
})

test.each([
  ['esme.event=81BB', ID.ESME, '81BB'],
  ['gsme.event=81B6', ID.GSME, '81B6'],
  ['hub.event=8F60', ID.CHF, '8F60'],
])('%s: any event may be had', (fault, device, code) => {
  const one = settledHome({ edits: [['"8F52", "8F69",', '"8F52", "8F69", "81BB", "8F60",']] })
  begin(one, fault)
  one.run(minutes(35))
  expect(alerts(one, device)).toContain(code)
})

test('gas that flows though nothing should burn closes the valve', () => {
  const one = settledHome()
  begin(one, 'gsme.flow=uncontrolled')
  expect([meterOf(one, 'gsme').supply.state, events(one, 'gsme')]).toEqual(['ARMED', ['81B4']])
  expect(security(one, 'gsme')).toEqual(['81BF'])
})

test('a part without power has no clock to set and no event to note', () => {
  const one = home({ inMemory: true })
  one.run(minutes(5))
  for (const part of ['hub', 'esme', 'gsme']) begin(one, `${part}.off=1h`)
  for (const fault of [
    'hub.clock=+90s',
    'esme.clock=+90s',
    'hub.event=8F60',
    'gsme.event=81B6',
    'gsme.flow=uncontrolled',
  ])
    begin(one, fault)
  expect(events(one, 'gsme')).toEqual([])
  expect(one.installation.hub.alerts.eventLog.memory().filter(({ code }) => code === '8F60')).toEqual([])
})

test('a cover that comes off in a migration is an alert at the broker, and the home migrates', async () => {
  const { directory, exitCode } = await migrateRig({
    rig: inMemory(),
    faults: ['esme.tamper=cover,at:device-checks,until:credentials', 'gsme.battery=low,at:power-on'],
  })
  expect(exitCode).toBe(0)
  const records = readFileSync(join(directory, 'trace.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as TraceRecord)
  const told = records.flatMap(({ event }) => {
    const alert = event.kind === 'wan.up' && decodeMessage(Buffer.from(event.octets, 'hex')).message.alert
    return alert ? [`${alert.device} ${alert.code}`] : []
  })
  expect(told).toEqual(expect.arrayContaining([`${ID.ESME} 8F74`, `${ID.GSME} 8F1F`]))
})
