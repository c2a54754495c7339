/**
 * An emulated meter before a real hub. Another rig stands in for the hub and for whoever fronts it on the broker; both rigs have
 * their radio sticks on one air, in a time of its own.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Eui64 } from '../../src/base/ids.ts'
import { SpinelDongle } from '../../src/dongle/spinel/spinel-dongle.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { tcpListener } from '../../src/links/tcp.ts'
import { Air } from '../../src/radio/air.ts'
import { chooseBroker } from '../../src/rig/broker-choice.ts'
import { BROKER_PATIENCE, Flights } from '../../src/rig/clocks/flights.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import type { Timeline } from '../../src/rig/clocks/run-clock.ts'
import { HostLine } from '../../src/rig/dongles/host-line.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { Rig } from '../../src/rig/rig.ts'
import { generateLogins } from '../../src/wan/broker/access.ts'
import { emulatedHome, SEED, SETTINGS } from '../helpers/bench.ts'
import { migrateRig, notPassed, verdictsOn } from '../helpers/migration.ts'
import { expectReplays } from '../helpers/replayed.ts'

/** Sticks on one air; the lines to them. */
async function sticksOnOneAir(addresses: readonly Eui64[]): Promise<string[]> {
  const clock = new PacedRunClock(1)
  const kernel = new Kernel({ seed: 'air', startUnixMs: 0 })
  const timeline: Timeline = {
    ...{ id: 'air', kernel, lines: new Map() },
    flights: new Flights({ patience: BROKER_PATIENCE }),
  }
  const air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace: { emit: () => {} } })
  clock.add(timeline)
  return Promise.all(
    addresses.map(async eui64 => {
      const link = await tcpListener({ host: '127.0.0.1', port: 0 })
      const line = new HostLine({ link, clock, timeline, part: eui64, onHost: () => {} })
      new SpinelDongle({
        link: line,
        radio: air.radio(eui64, eui64),
        clock: kernel,
        timers: kernel,
        random: kernel.random.stream(`rcp ${eui64}`),
      })
      onTestFinished(() => {
        clock.stop()
        line.close()
      })
      return link.name.replace('tcp-listen', 'tcp')
    }),
  )
}

/** The home with its electricity meter alone, one of the two parts real. */
function rigWith(real: 'CHF' | 'ESME', link: string): string {
  const whole = emulatedHome()
  const carries = real === 'CHF' ? 'esme' : 'hub'
  const text = readFileSync(whole, 'utf8')
    .replace(/ {6}- type: GSME\n(?: {8}.*\n)*/, '')
    .replace(/ {4}mprn: .*\n/, '')
    .replace(/settleMin: .*/, 'settleMin: 3')
    .replace('{ type: CHF,', real === 'CHF' ? '{ type: CHF, kind: real,' : '{ type: CHF,')
    .replace('- type: ESME\n', real === 'ESME' ? '- type: ESME\n        kind: real\n' : '- type: ESME\n')
    .trimEnd()
  const file = join(dirname(whole), `${carries}.yaml`)
  writeFileSync(file, `${text}\n    sticks: [{ id: rcp, driver: spinel, link: "${link}", carries: ${carries} }]\n`)
  return file
}

test('an emulated meter joins a real hub through its stick; what the parties ask goes to who fronts the hub', {
  timeout: 90_000,
}, async () => {
  const [hubLine = '', meterLine = ''] = await sticksOnOneAir(['00db12345678ff01', '00db12345678ff02'])
  const fronting = prepare({ rigFile: rigWith('ESME', hubLine) })
  const logins = generateLogins(randomBytes)
  const chosen = await chooseBroker({ logins }, fronting.group.apns)
  const login = chosen.login('gateway')
  const hub = new Rig({
    ...{ record: fronting.rig, group: fronting.group, seed: SEED, clock: new PacedRunClock(1) },
    ...{ broker: chosen.broker, ...(login && { login }), driven: false, faults: [], name: 'fronting' },
    startUnixMs: Date.now(),
    sink: () => {},
    onProblem: () => {},
  })
  try {
    await hub.start()
    const run = await migrateRig({
      ...{ rig: rigWith('CHF', meterLine), settings: SETTINGS, seed: SEED, clock: new PacedRunClock(1) },
      broker: { url: chosen.broker.url, logins },
    })
    expect(run.rig.installations[0]?.hubHere).toBeUndefined()
    for (const step of ['CB-PRE-FIRMWARE', 'CB-CHK-IDENTITY', 'CB-CHK-READ']) {
      expect(verdictsOn(run.verdicts, step).find(({ deviceType }) => deviceType === 'ESME')?.verdict).toBe('PASS')
    }
    expect(notPassed(run.verdicts).filter(line => !line.endsWith('SKIPPED'))).toEqual([])
    expect(run.rig.unknownAddresses).toBe(0)
    await expectReplays(run)
  } finally {
    await hub.stop()
    await chosen.close()
  }
})

test('a home that is all hardware is asked over the broker alone, and a stick listens to it', async () => {
  const [line = ''] = await sticksOnOneAir(['00db12345678ff01'])
  const file = rigWith('CHF', line)
  const text = readFileSync(file, 'utf8')
    .replace('- type: ESME\n', '- type: ESME\n        kind: real\n')
    .replace('carries: esme', 'carries: nothing')
  writeFileSync(file, text)
  const settings = ['wan.sessionWithinS=1']
  const { verdicts, directory } = await migrateRig({ rig: file, settings, clock: new PacedRunClock(1) })
  expect(verdicts[0]).toMatchObject({
    step: 'CB-PRE-REACH',
    verdict: 'FAIL',
    observed: 'E20 no session after 00:00:01',
  })
  expect(statSync(join(directory, 'han-bench-1.pcap')).size).toBe(24)
})
