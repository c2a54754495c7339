import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { Status } from '../../src/zcl/status.ts'
import { type Home, home, ID, restarted, settledHome } from './device-home.ts'

/** The home, and its electricity meter with the codes of its logs. */
function electricity(options: Parameters<typeof settledHome>[0] = {}) {
  const settled = settledHome(options)
  const { esme } = settled.installation.devices
  if (!esme) throw new Error('no electricity meter')
  return { settled, esme, codes: () => esme.events.log('EVENT').map(({ code }) => code) }
}
function gas(options: Parameters<typeof settledHome>[0] = {}) {
  const settled = settledHome(options)
  const { gsme } = settled.installation.devices
  if (!gsme) throw new Error('no gas meter')
  return { settled, gsme }
}
/** A device of the home, as somebody who may be nobody to the meter, asks it something. */
const local = (settled: Home, part: 'ppmid', proposedSupplyStatus: number): number | undefined => {
  const { devices } = settled.installation
  let status: number | undefined
  const display = devices[part] as unknown as { endpoint: import('../../src/zcl/node.ts').ZclEndpoint }
  const peer = { device: ID.ESME, endpoint: 1 }
  settled.kernel.after(0, 'local', () =>
    display.endpoint.request(peer, 'Metering', 'LocalChangeSupply', { proposedSupplyStatus }, outcome => {
      status = outcome.ok ? Status.SUCCESS : outcome.reason === 'default-response' ? outcome.status : undefined
    }),
  )
  settled.run(seconds(5))
  return status
}

describe('a load limit', () => {
  const limited = () => {
    const bench = electricity()
    bench.esme.settings.setAll({ loadLimitW: 10, loadLimitPeriodS: 300, loadLimitRestorationS: 1_800 })
    return bench
  }
  test('interrupts the supply after its period, tells so, counts, and gives it back after the restoration period', () => {
    const { settled, esme, codes } = limited()
    settled.run(minutes(5))
    expect([esme.supply.state, codes()]).toEqual(['ON', ['8F01']])
    settled.run(minutes(2))
    expect([esme.supply.state, esme.supply.armedBy]).toEqual(['ARMED', 'load-limit'])
    expect(codes()).toEqual(['8F01', '8F33'])
    settled.run(minutes(30))
    expect(esme.supply.state).toBe('ON')
    expect(codes().slice(0, 3)).toEqual(['8F01', '8F33', '8F34'])
    expect(esme.memory().loadLimit?.counter).toBe(1)
  })
  test('is none while no threshold is set, or the load stays below it', () => {
    const { settled, esme, codes } = electricity()
    settled.run(hours(6))
    esme.settings.set('loadLimitW', 100_000)
    settled.run(hours(6))
    expect([esme.supply.state, codes()]).toEqual(['ON', []])
  })
  test('that the consumer has ended by the button is not restored once more', () => {
    const { settled, esme, codes } = limited()
    settled.run(minutes(7))
    esme.settings.set('loadLimitW', 0)
    esme.supply.consumerEnables()
    esme.supply.disable('command')
    settled.run(hours(1))
    expect([esme.supply.state, codes().filter(code => code === '8F34')]).toEqual(['OFF', []])
  })
  test('does what its policy says: off until a command comes, or nothing at all', () => {
    for (const [onLoadLimit, state] of [
      ['OFF', 'OFF'],
      ['UNCHANGED', 'ON'],
    ] as const) {
      const { settled, esme } = electricity({
        edits: [
          [
            'supply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes',
            `supply:\n  initialState: { value: "ON", source: assumed }\n  onLoadLimit: { value: "${onLoadLimit}", source: assumed }\nsupportedAlertCodes`,
          ],
        ],
      })
      esme.settings.setAll({ loadLimitW: 10, loadLimitPeriodS: 60, loadLimitRestorationS: 0 })
      settled.run(hours(2))
      expect(esme.supply.state).toBe(state)
      expect(esme.memory().loadLimit?.counter).toBeGreaterThan(0)
    }
  })
  test('goes on over a killed process: the supply comes back when it was to', () => {
    const { settled, esme } = limited()
    settled.run(minutes(7))
    expect(esme.supply.state).toBe('ARMED')
    const after = restarted(settled)
    after.run(minutes(20))
    expect(after.installation.devices.esme?.supply.state).toBe('ARMED')
    after.run(minutes(12))
    expect(after.installation.devices.esme?.supply.state).toBe('ON')
    expect(after.installation.devices.esme?.memory().loadLimit?.counter).toBe(1)
  })
})

describe('a load limit for later', () => {
  const LIMIT = { thresholdW: 10, periodS: 60, restorationS: 0, policy: 'POLICY_OFF' } as const
  const held = (hoursOn: number) => {
    const bench = electricity()
    const fromMs = (Math.floor(bench.settled.kernel.unixMs() / 1_000) + hoursOn * 3_600) * 1_000
    const ask = (more: object) => bench.settled.ask('setLoadLimit', ID.ESME, { ...LIMIT, ...more })
    return { ...bench, fromMs, ask }
  }
  test('is held by the meter over a loss of power, and holds from its time on', () => {
    const { settled, esme, ask, fromMs } = held(3)
    expect(ask({ fromMs })?.setLoadLimit).toEqual({ ...LIMIT, fromMs })
    expect(esme.settings.get('loadLimitW')).toBe(0)
    settled.run(hours(1))
    const after = restarted(settled)
    const meter = after.installation.devices.esme
    after.run((fromMs - after.kernel.unixMs()) * 1_000 - minutes(1))
    expect(meter?.settings.get('loadLimitW')).toBe(0)
    expect(meter?.memory().heldLimit).toMatchObject({ atMs: fromMs, policy: 'OFF' })
    after.run(minutes(5))
    expect([meter?.settings.get('loadLimitW'), meter?.supply.state]).toEqual([10, 'OFF'])
    expect(meter?.memory()).not.toHaveProperty('heldLimit')
    expect(meter?.events.log('EVENT').map(({ code }) => code)).toContain('8F66')
  })
  test('is given up when it is cancelled, and the answer says whether there was one', () => {
    const { settled, esme, ask, fromMs } = held(1)
    ask({ ...LIMIT, thresholdW: 9_000, policy: 'POLICY_UNCHANGED' })
    ask({ fromMs })
    const now = { ...LIMIT, thresholdW: 9_000, policy: 'POLICY_UNCHANGED' }
    expect(ask({ cancelHeld: true })?.setLoadLimit).toEqual({ ...now, wasHeld: true })
    expect(ask({ cancelHeld: true })?.setLoadLimit).toEqual({ ...now, wasHeld: false })
    settled.run(hours(2))
    expect(esme.settings.get('loadLimitW')).toBe(9_000)
  })
  test('that no meter can have, or of a time no clock shows, is refused, and none is held', () => {
    const { esme, ask, fromMs } = held(1)
    expect(ask({ fromMs, thresholdW: 100_001 })).toMatchObject({ code: 'S1RIG_PARAMETER' })
    expect(ask({ fromMs: 1 })?.detail).toContain('from_ms: an instant')
    expect(esme.memory()).not.toHaveProperty('heldLimit')
  })
  test('beyond what it may be is not taken by the meter either', () => {
    const { settled, esme, codes } = electricity()
    const order = { implementationDateTime: 1, loadLimitThreshold: 100_001, loadLimitPeriod: 0 }
    const { esi } = settled.installation.hub
    const statuses: unknown[] = []
    for (const change of [{}, { loadLimitThreshold: 1, loadLimitSupplyState: 9 }]) {
      const sent = { ...order, loadLimitRestorationPeriod: 0, loadLimitSupplyState: 0, ...change }
      settled.kernel.after(0, 'order', () =>
        esi.request({ device: ID.ESME, endpoint: 1 }, 'MeterSettings', 'HoldLoadLimit', sent, outcome =>
          statuses.push(outcome),
        ),
      )
      settled.run(seconds(5))
    }
    const refused = { ok: false, reason: 'default-response', status: Status.INVALID_VALUE }
    expect(statuses).toEqual([refused, refused])
    expect(esme.memory()).not.toHaveProperty('heldLimit')
    expect(codes()).toEqual(['8155', '8155'])
  })
})

describe('gas that flows beyond the threshold after the valve was opened', () => {
  const opened = (thresholdDm3PerH: number, options = {}) => {
    const bench = gas({ startUnixMs: Date.parse('2021-10-13T17:00:00Z'), ...options })
    const { gsme } = bench
    gsme.settings.setAll({ flowThresholdDm3PerH: thresholdDm3PerH, stabilisationS: 10, flowMeasurementS: 120 })
    gsme.supply.disable('command')
    gsme.supply.arm('command')
    gsme.supply.consumerEnables()
    return bench
  }
  test('closes it again, and is told', () => {
    const { settled, gsme } = opened(1)
    settled.run(seconds(125))
    expect(gsme.supply.state).toBe('ON')
    settled.run(seconds(10))
    expect([gsme.supply.state, gsme.supply.armedBy]).toEqual(['ARMED', 'uncontrolled-flow'])
    expect(gsme.events.log('SECURITY').map(({ code }) => code)).toEqual(['81BF'])
    expect(gsme.events.log('EVENT').map(({ code }) => code)).toContain('81B4')
  })
  test('is no matter below it, or where there is none', () => {
    for (const threshold of [65_534, 0]) {
      const { settled, gsme } = opened(threshold)
      settled.run(minutes(30))
      expect(gsme.supply.state).toBe('ON')
    }
  })
  test('is found after a killed process too', () => {
    const { settled } = opened(1)
    settled.run(seconds(60))
    const after = restarted(settled)
    after.run(minutes(5))
    expect(after.installation.devices.gsme?.supply.state).toBe('ARMED')
  })
})

describe('tampering', () => {
  test('is written down, and the supply stays on where nothing else is set', () => {
    const { esme } = electricity()
    esme.keeping.incident('tamper', '8F76')
    expect([esme.supply.state, esme.events.log('SECURITY').map(({ code }) => code)]).toEqual(['ON', ['8F76']])
  })
  test('locks the supply where it is set so: only a command ends that', () => {
    const { esme } = electricity({
      edits: [
        [
          'supply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes',
          'supply:\n  initialState: { value: "ON", source: assumed }\n  onTamper: { value: "OFF", source: assumed }\nsupportedAlertCodes',
        ],
      ],
    })
    esme.keeping.incident('tamper', '8F76')
    expect([esme.supply.state, esme.supply.consumerEnables(), esme.supply.arm('credit')]).toEqual([
      'OFF',
      'refused',
      'refused',
    ])
    expect(esme.events.log('SECURITY').map(({ code }) => code)).toEqual(['8F76', '81BE'])
    expect([esme.supply.arm('command'), esme.supply.state]).toEqual(['changed', 'ARMED'])
  })
})

describe('somebody at a display of the home', () => {
  test('switches on what is armed, and nothing else', () => {
    const { settled, esme, codes } = electricity()
    esme.supply.disable('command')
    expect([local(settled, 'ppmid', 2), esme.supply.state]).toEqual([Status.FAILURE, 'OFF'])
    esme.supply.arm('command')
    expect([local(settled, 'ppmid', 0), local(settled, 'ppmid', 1), esme.supply.state]).toEqual([
      ...[Status.INVALID_VALUE, Status.INVALID_VALUE, 'ARMED'],
    ])
    expect([local(settled, 'ppmid', 2), esme.supply.state]).toEqual([Status.SUCCESS, 'ON'])
    expect(codes()).toEqual(['8154', '8162', '8F32', '8161'])
  })
  test('may not give the orders of the hub', () => {
    const { settled, esme } = electricity()
    const display = settled.installation.devices.ppmid as unknown as {
      endpoint: import('../../src/zcl/node.ts').ZclEndpoint
    }
    const answers: unknown[] = []
    const peer = { device: ID.ESME, endpoint: 1 }
    const order = { providerId: 0, issuerEventId: 1, requestDateTime: 0, implementationDateTime: 0 }
    settled.kernel.after(0, 'order', () => {
      display.endpoint.request(
        peer,
        'Metering',
        'ChangeSupply',
        { ...order, proposedSupplyStatus: 0, supplyControlBits: 0 },
        outcome => answers.push(outcome),
      )
      display.endpoint.request(peer, 'Events', 'ClearEventLogRequest', { logId: 0 }, outcome => answers.push(outcome))
    })
    settled.run(seconds(5))
    const refused = { ok: false, reason: 'default-response', status: Status.NOT_AUTHORIZED }
    expect([answers, esme.supply.state]).toEqual([[refused, refused], 'ON'])
  })
})

describe('a meter that is told the time', () => {
  const drifting = (ppm: number, edits: readonly (readonly [string, string])[] = []) =>
    home({
      inMemory: true,
      keep: () => false,
      edits: [
        ['driftPpm: { value: -8,', `driftPpm: { value: ${ppm},`],
        ['driftPpm: { value: 12,', 'driftPpm: { value: 0,'],
        ...edits,
      ],
    })
  const off = ({ installation, kernel }: Home) => (installation.devices.esme?.clock.unixMs() ?? 0) - kernel.unixMs()
  const codes = ({ installation }: Home, name: 'EVENT' | 'SECURITY') =>
    installation.devices.esme?.events.log(name).map(({ code }) => code)

  test('by its hub once a day follows within the tolerance', () => {
    const day = drifting(100)
    day.run(hours(73))
    expect(Math.abs(off(day))).toBeLessThan(2_000)
    expect([codes(day, 'EVENT'), codes(day, 'SECURITY')]).toEqual([['8145', '8145', '8145'], []])
  })
  test('does not follow beyond it, and tells so each day', () => {
    const day = drifting(200)
    day.run(hours(49))
    expect(off(day)).toBeGreaterThan(30_000)
    expect([codes(day, 'EVENT'), codes(day, 'SECURITY')]).toEqual([[], ['81C6', '81C6']])
  })
  test('by an order takes it, however far off it is', () => {
    const day = drifting(200)
    day.run(hours(49))
    expect(day.ask('synchroniseClock', ID.ESME, { setToMs: day.kernel.unixMs() })?.code).toBe('I0')
    expect(Math.abs(off(day))).toBeLessThan(2_000)
    expect(codes(day, 'EVENT')).toEqual(['8154'])
  })
  test('whose clock is right is left alone', () => {
    const day = drifting(0)
    day.run(hours(73))
    expect([codes(day, 'EVENT'), codes(day, 'SECURITY'), Math.abs(off(day)) < 1_000]).toEqual([[], [], true])
  })
  test('whose clock jumps gives no half hour twice, and all that flowed in them', () => {
    for (const jump of [-7_200, -1_801, 1_799, 9_000]) {
      const day = drifting(0, [
        [
          'supply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes',
          `quirks:\n  clockJumps: { value: { everyH: 24, byS: ${jump} }, source: assumed }\nsupply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes`,
        ],
      ])
      day.run(hours(17))
      expect(off(day)).toBe(0)
      day.run(hours(2))
      expect(off(day)).toBe(jump * 1_000)
      day.run(hours(16))
      const fromMs = Date.parse('2021-10-13T06:00:00Z')
      const span = { fromMs, toMs: fromMs + 3 * 86_400_000, maxEntries: 200 }
      const entries = day.ask('readImportProfile', ID.ESME, span)?.readImportProfile?.entries ?? []
      const starts = entries.map(({ startMs }) => startMs)
      expect(new Set(starts).size).toBe(starts.length)
      expect(starts).toEqual(starts.toSorted((a, b) => a - b))
      const before = (entries.at(-1)?.startMs ?? 0) - fromMs
      expect(before).toBeGreaterThan(hours(30) / 1_000)
    }
  })
})
