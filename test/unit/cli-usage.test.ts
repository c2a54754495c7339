/** What the command line says to what cannot be carried out as written, and the code it ends with. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inProcess } from '../helpers/cli.ts'
import { DUAL_FUEL, temporaryFolder } from '../helpers/migration.ts'

const refused: [what: string, args: string[], says: RegExp][] = [
  ['no command', [], /Usage: s1rig/],
  ['an unknown command', ['migrat'], /unknown command 'migrat'[\s\S]*migrate/],
  ['an unknown option', ['migrate', '--sede', '1'], /unknown option '--sede'[\s\S]*--seed/],
  ['an option without its value', ['migrate', '--seed'], /argument missing/],
  ['an argument too many', ['migrate', DUAL_FUEL, 'again'], /too many arguments/],
  [
    'an unknown fault',
    ['migrate', '--fault', 'gsme.silnet=3h'],
    /no fault "gsme\.silnet"; did you mean "gsme\.silent"\?/,
  ],
  ['a fault that is no fault', ['migrate', '--fault', 'silence'], /\[INSTALLATION\/\]PART\.ASPECT=VALUE expected/],
  [
    'a fault with another value',
    ['migrate', '--fault', 'gsme.silent=long'],
    /a span such as 30h.* expected, found "long"/,
  ],
  ['a plan nobody has', ['migrate', '--fault', 'sim.plan=gold'], /one of newcastle-only, .* expected, found "gold"/],
  ['a fault elsewhere', ['migrate', '--fault', 'home-9/hub.wan=down'], /no installation "home-9"; the rig has home-1/],
  [
    'a fault of a device that is not there',
    ['migrate', 'rigs/cb-electricity-only.yaml', '--fault', 'gsme.silent=30h'],
    /installation home-1 has no GSME/,
  ],
  [
    'one fault twice',
    ['migrate', '--fault', 'gsme.silent=1h', '--fault', 'gsme.silent=2h'],
    /gsme\.silent: given twice/,
  ],
  ['an unknown setting', ['migrate', '--set', 'gt01.windowHour=24'], /did you mean "gt01\.windowHours"\?/],
  ['a setting without a value', ['migrate', '--set', 'gt01.windowHours'], /NAME=VALUE expected/],
  ['a setting out of range', ['migrate', '--set', 'gt01.windowHours=-1'], /gt01\.windowHours: "-1" will not do/],
  ['a setting of another type', ['migrate', '--set', 'gt01.boundary=fuzzy'], /gt01\.boundary: "fuzzy" will not do/],
  [
    'one setting twice',
    ['migrate', '--set', 'clock.toleranceS=1', '--set', 'clock.toleranceS=2'],
    /clock\.toleranceS: given twice/,
  ],
  ['a clock of no kind', ['migrate', '--clock', 'fast'], /clock "fast": virtual, real or xN/],
  ['a clock that stands', ['migrate', '--clock', 'x0'], /clock "x0": virtual, real or xN/],
  [
    'virtual time for real parts',
    ['migrate', 'rigs/bench-cb.yaml', '--clock', 'virtual'],
    /clock virtual: bench-1 has real parts, which live by the wall clock; real expected/,
  ],
  ['hurry for real parts', ['up', 'rigs/bench-cb.yaml', '--clock', 'x60'], /clock x60: bench-1 has real parts/],
  ['virtual time in a daemon', ['up', '--clock', 'virtual'], /real or xN/],
  ['a driver of no kind', ['migrate', '--driver', 'theirs'], /Allowed choices are own, none/],
  ['a broker URL of another kind', ['migrate', '--mqtt', 'http://localhost'], /mqtt:\/\/host:port .* expected/],
  ['nodes of two kinds', ['up', '--mqtt', 'mqtt://a,mqtts://b'], /mqtts:\/\/ for every node or for none expected/],
  ['a node without mqtt://', ['csp', 'sim.query', '--mqtt', 'mqtt://a,b'], /expected at the beginning of each node/],
  ['a port beyond the last', ['up', '--mqtt-port', '70000'], /a whole number 0 to 65535 expected/],
  [
    'a port of a broker that is not ours',
    ['up', '--mqtt', 'mqtt://localhost', '--mqtt-port', '1'],
    /--mqtt-port is for our own/,
  ],
  ['an order to no broker', ['csp', 'sim.query'], /required option '--mqtt/],
  ['an order of no kind', ['csp', 'sim.erase', '--mqtt', 'mqtt://localhost'], /Allowed choices are sim\.query/],
  ['an order of no form', ['csp', 'sim.query', 'imsi', '--mqtt', 'mqtt://localhost'], /"imsi": NAME=VALUE expected/],
  ['one name twice', ['csp', 'sim.query', 'a=1', 'a=2', '--mqtt', 'mqtt://localhost'], /a: given twice/],
  ['a file not there', ['csp', 'sim.query', 'a=@no.csv', '--mqtt', 'mqtt://localhost'], /no\.csv:1:1 .*found none/],
  ['no time for it', ['csp', 'sim.query', '--within', '0', '--mqtt', 'mqtt://localhost'], /--within "0": seconds/],
  ['a rig that is not there', ['migrate', 'rigs/nowhere.yaml'], /rigs\/nowhere\.yaml/],
  [
    'a profile that is not there',
    ['profile', 'show', 'honeywell-elster/s1ch/9.9.9'],
    /honeywell-elster\/s1ch\/9\.9\.9/,
  ],
]

test.each(refused)('%s is refused with code 4 and what would do', async (_, args, says) => {
  const { code, stdout, stderr } = await inProcess(args)
  expect(stderr).toMatch(says)
  expect(stderr).not.toMatch(/internal error|\n {4}at /)
  expect(stdout).toBe('')
  expect(code).toBe(4)
})

test('help and the version are no errors', async () => {
  const help = await inProcess(['migrate', '--help'])
  const version = await inProcess(['--version'])
  expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('gsme.silent=SPAN') })
  const { version: packaged } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(version).toMatchObject({ code: 0, stdout: `${packaged}\n` })
})

test('every option tells the environment variable it answers to', async () => {
  const { stdout } = await inProcess(['migrate', '--help'])
  const options = [...stdout.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name ?? '')
  expect(options.length).toBeGreaterThan(8)
  for (const name of options) expect(stdout).toContain(`S1RIG_${name.replaceAll('-', '_').toUpperCase()}`)
})

describe('validate', () => {
  test('good files are good', async () => {
    const { code, last } = await inProcess(['validate', DUAL_FUEL, 'src/migration/groups/cb.yaml'])
    expect({ code, last }).toEqual({ code: 0, last: '2 good, 0 bad' })
  })

  test('every problem of every file is told, each with its place', async () => {
    const folder = temporaryFolder()
    const bad = join(folder, 'bad.yaml')
    const broken = join(folder, 'broken.yaml')
    const text = readFileSync(DUAL_FUEL, 'utf8')
    writeFileSync(bad, text.replace('settleMin: 90', 'settleMinutes: 90').replace('channel: 15', 'channel: 99'))
    writeFileSync(broken, `${text}\n  - : [`)
    const { code, stdout, last } = await inProcess(['validate', bad, broken, DUAL_FUEL])
    expect(code).toBe(4)
    expect(last).toBe('1 good, 2 bad')
    expect(stdout).toMatch(/bad\.yaml:7:1 .*settleMinutes.*did you mean "settleMin"/)
    expect(stdout).toMatch(/bad\.yaml:\d+:\d+ \/installations\/0\/han\/channel/)
    expect(stdout).toMatch(/broken\.yaml:\d+:\d+/)
  })

  test('--json tells the same to a machine', async () => {
    const { code, stdout } = await inProcess(['validate', '--json', DUAL_FUEL, 'package.json'])
    expect(code).toBe(4)
    const [good, bad] = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(good).toEqual({ file: DUAL_FUEL, kind: 's1rig/rig/1', problems: [] })
    expect(bad.problems[0]).toMatchObject({ code: expect.any(String), line: expect.any(Number), file: 'package.json' })
  })
})

describe('profile', () => {
  test('list names each profile once, with its device type', async () => {
    const { code, stdout } = await inProcess(['profile', 'list'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^GSME {3}honeywell-elster\/bk-g4e\/3\.0\.1 /m)
    const ids = stdout
      .trim()
      .split('\n')
      .map(line => line.split(/\s+/)[1])
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('show gives every fact its source', async () => {
    const { code, stdout } = await inProcess(['profile', 'show', 'honeywell-elster/bk-g4e/3.1.0', '--json'])
    expect(code).toBe(0)
    const { facts } = JSON.parse(stdout)
    expect(facts).toContainEqual({ fact: 'firmware.version', value: '3.1.0', source: 'assumed' })
    for (const { source } of facts) expect(source).not.toBe('')
  })
})
