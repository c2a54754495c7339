/** Emulated devices are interviewed, and say what their profiles say of them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import { loadProfile } from '../../src/profiles/load-profile.ts'
import { valueAt } from '../../src/profiles/pointer.ts'
import { captureProfile } from '../../src/rig/capture/capture-profile.ts'
import type { CapturedProfile } from '../../src/rig/capture/captured-profile.ts'
import { VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'
import { fileDeps, prepare } from '../../src/rig/prepare.ts'
import { inProcess } from '../helpers/cli.ts'
import { home, temporaryFolder, writeRig } from '../helpers/migration.ts'

const SEVEN = 'rigs/cb-seven-devices.yaml'

/** The home of all devices, one of them of another model; its file. */
function homeWith(device: string, profile: string): string {
  const file = join(temporaryFolder(), 'home.yaml')
  const text = readFileSync(SEVEN, 'utf8')
  const changed = text.replace(new RegExp(`(type: ${device.toUpperCase()}\\b[^}]*?profile: )\\S+`), `$1${profile}`)
  writeFileSync(file, changed)
  return file
}

const capture = (rigFile: string, device: string, faults: readonly string[] = []): Promise<CapturedProfile> =>
  captureProfile({
    prepared: prepare({ rigFile, faults }),
    ...{ clock: new VirtualRunClock(), seed: '1', device, withinUs: minutes(60), watchUs: minutes(180) },
    onProblem: () => {},
  })

const seen = ({ facts }: CapturedProfile) =>
  new Map(facts.filter(({ source }) => source.startsWith('captured ')).map(({ pointer, value }) => [pointer, value]))

const EVERY = ['identity/manufacturerName', 'identity/modelId', 'firmware/version', 'firmware/versionRecognised']
const OF_ALL = [...EVERY, 'firmware/hardwareVersion', 'zcl/responseDelayMs']
const OF_METERS = [
  ...OF_ALL,
  ...['multiplier', 'divisor', 'profileIntervalMin'].map(name => `metering/${name}`),
  'supply/initialState',
]
const OF_DISPLAYS = [...OF_ALL, 'han/sleepy']
const OF_SLEEPERS = [
  ...OF_METERS,
  'sleep/wakeIntervalMin',
  'sleep/shortPollMs',
  'battery/initialPercent',
  'gas/registersIn',
]

describe('what is captured of an emulated device are the facts of its profile', () => {
  test.each([
    ['esme', 'honeywell-elster/as300p/1.4.2', OF_METERS],
    ['esme', 'honeywell-elster/as300p/1.5.0', OF_METERS],
    ['gsme', 'honeywell-elster/bk-g4e/3.0.1', OF_SLEEPERS],
    ['gsme', 'honeywell-elster/bk-g4e/3.1.0', OF_SLEEPERS],
    ['ppmid', 'generic/ppmid/1.2.0', OF_DISPLAYS],
    ['ppmid', 'generic/ppmid/v1.2-build-0417', OF_DISPLAYS],
    ['ihd', 'chameleon/ihd3/1.0.8', OF_DISPLAYS],
    ['cad', 'generic/cad/1.0.0', OF_DISPLAYS],
  ] as const)('%s %s', async (device, id, visible) => {
    const captured = await capture(homeWith(device, id), device)
    const facts = seen(captured)
    const profile = loadProfile(id, fileDeps)
    expect([captured.id, captured.missing]).toEqual([id, []])
    expect([...facts.keys()].toSorted()).toEqual(visible.map(name => `/${name}`).toSorted())
    const stated = new Map([...facts.keys()].map(pointer => [pointer, valueAt(profile, pointer)]))
    for (const measured of ['/zcl/responseDelayMs', '/sleep/shortPollMs']) {
      const [found, expected] = [facts, stated].map(map => map.get(measured))
      if (expected === undefined) continue
      expect(Math.abs(Number(found) - Number(expected)), measured).toBeLessThanOrEqual(0.05 * Number(expected))
      stated.set(measured, found)
    }
    expect(facts).toEqual(stated)
  })
})

test('what is written is a profile of its own, with the source of each fact', async () => {
  const root = join(temporaryFolder(), 'firmware-profiles')
  const { code, stdout, stderr } = await inProcess(['profile', 'capture', SEVEN, '--device', 'GSME', '--out', root])
  expect([code, stderr]).toEqual([0, ''])
  const file = stdout.trim()
  expect(file).toBe(join(root, 'honeywell-elster/bk-g4e/3.0.1.yaml'))
  expect((await inProcess(['validate', file])).code).toBe(0)
  const [loaded, base] = [
    loadProfile('honeywell-elster/bk-g4e/3.0.1', { ...fileDeps, roots: [root, ...fileDeps.roots] }),
    loadProfile('honeywell-elster/bk-g4e/3.0.1', fileDeps),
  ]
  expect(loaded.files[0]?.path).toBe(file)
  expect(loaded.provenance['/metering/divisor']).toMatch(
    /^captured 2021-10-\d\d over the HAN from [0-9a-f]{16}, emulated \[measured\]$/,
  )
  expect(loaded.provenance['/gas/calorificValueMJPerM3']).toMatch(/^assumed: not seen over the HAN, as honeywell/)
  expect({ ...loaded, files: [], provenance: {}, zcl: {}, sleep: {} }).toEqual({
    ...base,
    ...{ files: [], provenance: {}, zcl: {}, sleep: {} },
  })
})

test('a meter that falls silent half way is captured as far as it was heard', async () => {
  const captured = await capture(SEVEN, 'gsme', ['gsme.off=24h,at:45min'])
  expect(captured.missing).toEqual(['wake-ups: nothing that a profile can state'])
  expect(seen(captured).get('/metering/divisor')).toBe(1_000)
  expect(captured.facts.find(({ pointer }) => pointer === '/sleep/wakeIntervalMin')).toMatchObject({
    value: 30,
    source: expect.stringMatching(/^assumed: /),
  })
})

describe('nothing is captured', () => {
  const attempt = async (...args: string[]) => {
    const { code, stderr, stdout } = await inProcess(['profile', 'capture', ...args])
    expect(stdout).toBe('')
    return { code, stderr }
  }

  test('of a device that does not join', async () => {
    const { code, stderr } = await attempt(SEVEN, '--device', 'esme', '--fault', 'esme.off=24h,at:power-on')
    expect(stderr).toMatch(/^s1rig: esme [0-9a-f]{16} has not joined and been heard in 01:00:00$/m)
    expect(code).toBe(5)
  })

  test('of a device that joins and then says nothing', async () => {
    const { code, stderr } = await attempt(
      SEVEN,
      '--device',
      'gsme',
      '--within',
      '10',
      '--fault',
      'gsme.off=24h,at:1min',
    )
    expect(stderr).toMatch(/answers nothing: Basic: (timeout|not heard); Metering: not heard/)
    expect(code).toBe(5)
  })

  test('of what the rig does not have', async () => {
    const dual = 'rigs/cb-dual-fuel.yaml'
    expect(await attempt(dual, '--device', 'esmee')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('did you mean esme?'),
    })
    expect(await attempt(dual, '--device', 'ihd')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('no device ihd in home-1'),
    })
    expect(await attempt(dual, '--device', 'CHF')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('is the hub itself'),
    })
    expect(await attempt(dual)).toMatchObject({ code: 4 })
  })

  test('where it is not said which home is meant', async () => {
    const two = writeRig([home('north', 50), home('south', 51)])
    expect(await attempt(two, '--device', 'esme')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('north, south'),
    })
    expect(await attempt(two, '--device', 'esme', '--installation', 'west')).toMatchObject({ code: 4 })
    const { code, stdout } = await inProcess([
      'profile',
      'capture',
      two,
      '--device',
      'esme',
      '--installation',
      'south',
      '--json',
    ])
    expect(JSON.parse(stdout)).toMatchObject({ type: 'captured', id: 'honeywell-elster/as300p/1.4.2', device: 'ESME' })
    expect(code).toBe(0)
  })

  test('over a file that is there', async () => {
    const { code, stderr } = await attempt(SEVEN, '--device', 'cad', '--out', 'firmware-profiles')
    expect([code, stderr]).toEqual([4, expect.stringContaining('generic/cad/1.0.0.yaml is there already')])
    expect(existsSync('firmware-profiles/generic/cad/1.0.0.yaml')).toBe(true)
  })
})
