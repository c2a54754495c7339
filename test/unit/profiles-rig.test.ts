import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../src/base/errors.ts'
import { loadRig } from '../../src/profiles/load-rig.ts'
import { places, problemsOf, rigDeps } from './profiles-bench.ts'

const home = `schema: s1rig/rig/1
name: bench-1
description: One home.
group: CB
startsAt: 2021-10-11T06:00:00Z
settleMin: 60
testKeys:
  smso: "${'5a'.repeat(32)}"
  s1sp: "${'A5'.repeat(32)}"
installations:
  - id: home-1
    mpan: "1200012345601"
    mprn: "7412345601"
    supplier: Example Energy
    installationType: mixed
    han: { kind: aps, panId: "0x1a62", channel: 15 }
    sim:
      imsi: "234100123456781"
      iccid: "8944110012345678901"
      msisdn: "447700900121"
      account: mds-original
      plan: newcastle-only
      addresses: { newcastle: 10.20.0.11 }
    devices:
      - { type: CHF, deviceId: 00-DB-12-34-56-78-90-A1, profile: honeywell-elster/s1ch/2.1.0 }
      - { type: GPF, deviceId: 00:db:12:34:56:78:90:a2 }
      - type: ESME
        deviceId: 00db1234567890A3
        profile: honeywell-elster/as300p/1.4.2
        installCode: 83FED3407A939723A5C639B26916D505
      - type: GSME
        id: gas
        deviceId: 00-DB-12-34-56-78-90-A4
        profile: honeywell-elster/bk-g4e/3.0.1
        installCode: 1f2e3d4c5b6a
`
const GSME_LINES = /( {6}- type: GSME\n(?: {8}.*\n)*)/
const second = home
  .slice(home.indexOf('  - id: home-1'))
  .replace('home-1', 'home-2')
  .replaceAll('-90-A', '-91-A')
  .replace('90:a2', '91:a2')
  .replaceAll('45678', '45688')
  .replace('900121', '900122')
  .replace('0.11', '0.12')

const load = (text: string, more: Record<string, string> = {}) =>
  loadRig('bench/rigs/r.yaml', rigDeps({ 'bench/rigs/r.yaml': text, ...more }))
const refused = (text: string) => problemsOf(() => load(text))
/** The home with one thing changed; the change must apply. */
const with_ = (what: string | RegExp, into: string): string => {
  const text = home.replace(what, into)
  expect(text).not.toBe(home)
  return text
}

describe('a rig', () => {
  it('gives each installation its devices with their profiles, in canonical form', () => {
    const rig = load(home)
    const [one] = rig.installations
    expect(rig).toMatchObject({ name: 'bench-1', group: 'CB', startsAtUnixMs: Date.UTC(2021, 9, 11, 6), settleMin: 60 })
    expect(rig.testKeys.s1sp).toBe('a5'.repeat(32))
    expect(one?.han).toEqual({
      kind: 'aps',
      panId: 0x1a62,
      channel: 15,
      application: 'smart-energy',
      loss: 0,
      links: [],
      suites: [1],
    })
    expect(one?.sim).toMatchObject({ addresses: { newcastle: '10.20.0.11' }, staticAddress: {} })
    expect(Object.keys(one?.devices ?? {})).toEqual(['chf', 'gpf', 'esme', 'gsme'])
    expect(one?.devices.chf).toMatchObject({ id: 'chf', deviceId: '00db1234567890a1', profile: { device: 'CHF' } })
    expect(one?.devices.gpf).toEqual({ type: 'GPF', id: 'gpf', deviceId: '00db1234567890a2' })
    expect(one?.devices.esme).toMatchObject({
      deviceId: '00db1234567890a3',
      installCode: '83fed3407a939723a5c639b26916d505',
      profile: { device: 'ESME', metering: { divisor: 1000 } },
    })
    expect(one?.devices.gsme).toMatchObject({ id: 'gas', installCode: '1f2e3d4c5b6a' })
  })

  it('names every file it was read from once', () => {
    const paths = load(home + second).files.map(file => file.path.replace(/.*firmware-profiles\//, ''))
    expect(paths).toEqual([
      'bench/rigs/r.yaml',
      'honeywell-elster/s1ch/2.1.0.yaml',
      'honeywell-elster/as300p/1.4.2.yaml',
      'shapes.yaml',
      'honeywell-elster/bk-g4e/3.0.1.yaml',
    ])
  })

  it('is frozen, and shares one profile between devices of one model', () => {
    const rig = load(home + second)
    expect(rig.installations[0]?.devices.esme.profile).toBe(rig.installations[1]?.devices.esme.profile)
    expect(() => Object.assign(rig.installations[0]?.sim ?? {}, { imsi: '' })).toThrow(TypeError)
  })

  it('prefers the firmware-profiles beside its own folder to those of the package', () => {
    const path = 'bench/firmware-profiles/honeywell-elster/as300p/1.5.0.yaml'
    const own = `schema: s1rig/firmware-profile/1
device: ESME
extends: honeywell-elster/as300p/1.4.2
firmware: { version: { value: "1.5.0", source: assumed } }
clock: { driftPpm: { value: 99, source: "bench [measured]" } }
`
    const rig = load(with_('as300p/1.4.2', 'as300p/1.5.0'), { [path]: own })
    expect(rig.installations[0]?.devices.esme.profile.clock.driftPpm).toBe(99)
  })

  it('takes a Group by its path, seen from the rig file', () => {
    const text = with_('group: CB', 'group: ../groups/mine.yaml')
    expect(load(text, { 'bench/groups/mine.yaml': 'x' }).group).toBe('bench/groups/mine.yaml')
    expect(refused(text).map(formatProblem)).toEqual([
      'bench/rigs/r.yaml:4:8 /group: expected a Group file, found none at bench/groups/mine.yaml [group]',
    ])
  })

  it('that does not exist is refused', () => {
    expect(problemsOf(() => loadRig('no/such.yaml', rigDeps())).map(problem => problem.code)).toEqual(['file.missing'])
  })
})

describe('the device set of a SMETS1 Installation', () => {
  it('has at most one GSME: the second is refused where it stands, by the rule', () => {
    const text = home + home.match(GSME_LINES)?.[1]?.replace('90-A4', '90-A5').replace('id: gas', 'id: gas-2')
    const [problem, ...more] = refused(text)
    expect(more).toEqual([])
    expect(problem).toMatchObject({ line: 36, column: 15, code: 'smets1-installation' })
    expect(problem?.pointer).toBe('/installations/0/devices/4/type')
    expect(problem?.message).toBe('expected at most one GSME, found another at /installations/0/devices/3')
  })

  it.each([
    ['CHF', /.*type: CHF.*\n/],
    ['GPF', /.*type: GPF.*\n/],
    ['ESME', / {6}- type: ESME\n(?: {8}.*\n)*/],
  ])('has exactly one %s: without it the list is refused', (type, lines) => {
    const [problem, ...more] = refused(with_(lines, ''))
    expect(more).toEqual([])
    expect(problem).toMatchObject({ line: 25, column: 7, pointer: '/installations/0/devices' })
    expect(problem?.message).toBe(`expected exactly one ${type}, found none`)
    expect(problem?.code).toBe('smets1-installation')
  })

  it('is not judged while a type is misspelt', () => {
    const problems = refused(with_('type: ESME', 'type: ESEM'))
    expect(places(problems)).toEqual(['27:15 /installations/0/devices/2/type schema.value'])
    expect(problems[0]?.hint).toBe('did you mean "ESME"?')
  })

  it('may lack the GSME, and then has no mprn', () => {
    expect(places(refused(with_(GSME_LINES, '')))).toEqual(['13:11 /installations/0/mprn mprn'])
    const electricity = with_(GSME_LINES, '').replace(/ {4}mprn.*\n/, '')
    expect(load(electricity).installations[0]?.devices.gsme).toBeUndefined()
  })

  it('with a GSME has an mprn', () => {
    expect(places(refused(with_(/ {4}mprn.*\n/, '')))).toEqual(['11:5 /installations/0/mprn mprn'])
  })

  it('gives the GPF no profile of its own', () => {
    const problems = refused(with_('90:a2 }', '90:a2, profile: honeywell-elster/s1ch/2.1.0 }'))
    expect(places(problems)).toEqual(['26:66 /installations/0/devices/1/profile schema.type'])
    expect(problems[0]?.message).toContain('the GPF is part of the hub')
  })

  it('fits the whitelist of its hub: the first device beyond it is refused', () => {
    const ppmid = (id: string, type: string, profile: string) =>
      `      - { type: ${type}, deviceId: ${id}, profile: ${profile}, installCode: aabbccddeeff }\n`
    const five =
      with_('honeywell-elster/s1ch/2.1.0', 'trilliant/home-hub/1.3.0') +
      ppmid('00db1234567890a5', 'IHD', 'chameleon/ihd3/1.0.8') +
      ppmid('00db1234567890a6', 'CAD', 'generic/cad/1.0.0')
    expect(places(refused(five))).toEqual(['37:9 /installations/0/devices/5 whitelist-capacity'])
  })
})

describe('identities in a rig', () => {
  it.each([
    ['installation id', second.replace('home-2', 'home-1'), '36:9 /installations/1/id'],
    ['deviceId', second.replace('00db1234568890A3', '00db1234567890a3'), '53:19 /installations/1/devices/2/deviceId'],
    ['IMSI', second.replace('234100123456881', '234100123456781'), '43:13 /installations/1/sim/imsi'],
    ['ICCID', second.replace('8944110012345688901', '8944110012345678901'), '44:14 /installations/1/sim/iccid'],
    ['MSISDN', second.replace('447700900122', '447700900121'), '45:15 /installations/1/sim/msisdn'],
    ['address', second.replace('10.20.0.12', '10.20.0.11'), '48:31 /installations/1/sim/addresses/newcastle'],
  ])('are used once: a second %s is refused', (what, other, place) => {
    expect(other).not.toBe(second)
    const problems = refused(home + other)
    expect(places(problems)).toEqual([`${place} unique`])
    expect(problems[0]?.message).toContain(what)
  })

  it('may repeat in form only: another spelling of an EUI-64 is the same device', () => {
    const problems = refused(with_('00-DB-12-34-56-78-90-A4', '00:DB:12:34:56:78:90:a3'))
    expect(places(problems)).toEqual(['33:19 /installations/0/devices/3/deviceId unique'])
  })

  it('include names of devices within an installation', () => {
    expect(places(refused(with_('id: gas', 'id: esme')))).toEqual(['32:13 /installations/0/devices/3/id unique'])
  })

  it('may share an address on another access point', () => {
    const other = second.replace('newcastle: 10.20.0.12', 'elster: 10.20.0.11')
    expect(load(home + other).installations).toHaveLength(2)
  })

  it('do not give a SIM two addresses on one access point', () => {
    const text = with_(/( {6}addresses: .*\n)/, '$1      staticAddress: { newcastle: 10.20.0.99 }\n')
    expect(places(refused(text))).toEqual(['24:35 /installations/0/sim/staticAddress/newcastle static-address'])
  })

  it('do not let two originators share a key, however it is written', () => {
    expect(places(refused(with_('A5'.repeat(32), '5A'.repeat(32))))).toEqual(['9:9 /testKeys/s1sp test-keys'])
  })
})

describe('a value in a rig', () => {
  it.each([
    ['"1200012345601"', '1200012345601', '12:11 /installations/0/mpan', 'quote it: "1200012345601"'],
    ['"1200012345601"', '"120001234560"', '12:11 /installations/0/mpan', undefined],
    ['"7412345601"', '0012345', '13:11 /installations/0/mprn', 'quote it: "0012345"'],
    ['"7412345601"', '"74123456011"', '13:11 /installations/0/mprn', undefined],
    [
      '00db1234567890A3',
      '0012345678901234',
      '28:19 /installations/0/devices/2/deviceId',
      'quote it: "0012345678901234"',
    ],
    ['00db1234567890A3', '00-db:12-34-56-78-90-A3', '28:19 /installations/0/devices/2/deviceId', undefined],
    ['"0x1a62"', '0x1a62', '16:30 /installations/0/han/panId', 'quote it: "0x1a62"'],
    ['0x1a62', '0xFFFF', '16:30 /installations/0/han/panId', undefined],
    ['0x1a62', '0x0000', '16:30 /installations/0/han/panId', undefined],
    ['channel: 15', 'channel: 10', '16:49 /installations/0/han/channel', undefined],
    ['channel: 15', 'channel: "15"', '16:49 /installations/0/han/channel', 'remove the quotes'],
    ['channel: 15', 'channel: 15, loss: 1.1', '16:59 /installations/0/han/loss', undefined],
    ['channel: 15', 'channel: 15, suites: []', '16:61 /installations/0/han/suites', undefined],
    ['channel: 15', 'channel: 15, suites: [1, 1]', '16:61 /installations/0/han/suites', undefined],
    ['channel: 15', 'channel: 15, suites: [3]', '16:62 /installations/0/han/suites/0', 'did you mean "1"?'],
    ['kind: aps', 'kind: app', '16:18 /installations/0/han/kind', 'did you mean "aps"?'],
    ['10.20.0.11', '10.20.0.256', '23:31 /installations/0/sim/addresses/newcastle', undefined],
    ['10.20.0.11', '10.20.0.011', '23:31 /installations/0/sim/addresses/newcastle', undefined],
    ['newcastle: 10', 'new/castle: 10', '23:20 /installations/0/sim/addresses/new~1castle', undefined],
    ['addresses: { newcastle: 10.20.0.11 }', 'addresses: {}', '23:18 /installations/0/sim/addresses', undefined],
    ['"447700900121"', '"+447700900121"', '20:15 /installations/0/sim/msisdn', undefined],
    ['1f2e3d4c5b6a', '1f2e3d4c5b6a7f', '35:22 /installations/0/devices/3/installCode', undefined],
    ['1f2e3d4c5b6a', '123456789012', '35:22 /installations/0/devices/3/installCode', 'quote it: "123456789012"'],
    ['mixed', 'Mixed', '15:23 /installations/0/installationType', 'did you mean "mixed"?'],
    ['10-11T06:00:00Z', '02-30T06:00:00Z', '5:11 /startsAt', undefined],
    ['06:00:00Z', '06:00:00+01:00', '5:11 /startsAt', undefined],
    ['2021-10', '1999-10', '5:11 /startsAt', undefined],
    ['settleMin: 60', 'settleMin: -1', '6:12 /settleMin', undefined],
    ['name: bench-1', 'name: ../bench', '2:7 /name', undefined],
    ['group: CB', 'group: cb', '4:8 /group', 'did you mean "CB"?'],
    [
      'as300p/1.4.2',
      'as300p/1.4',
      '29:18 /installations/0/devices/2/profile',
      'did you mean "honeywell-elster/as300p/1.4.2"?',
    ],
    ['honeywell-elster/as300p/1.4.2', '../../etc/passwd', '29:18 /installations/0/devices/2/profile', undefined],
    ['as300p/1.4.2', 'bk-g4e/3.0.1', '29:18 /installations/0/devices/2/profile', undefined],
    ['settleMin', 'settelMin', '6:1 /settelMin', 'did you mean "settleMin"?'],
  ])('%s is refused as %s', (good, bad, place, hint) => {
    const problems = refused(with_(good, bad))
    expect(problems.map(p => `${p.line}:${p.column} ${p.pointer}`)).toEqual([place])
    expect(problems[0]?.hint?.includes('known') ? undefined : problems[0]?.hint).toBe(hint)
  })
})

describe('the links of a HAN', () => {
  const linked = (links: string, more = '') =>
    with_('{ kind: aps, panId: "0x1a62", channel: 15 }', `{ panId: "0x1a62", channel: 15${more}, links: [${links}] }`)

  it('are read in single directions, with what each says', () => {
    const three =
      '{ between: [chf, gsme], range: none }, { from: esme, to: hub, rssiDbm: -92.5, loss: 0.2 }, { from: hub, to: esme, lqi: 40 }'
    expect(load(linked(three, ', rssiDbm: -70')).installations[0]?.han).toMatchObject({
      rssiDbm: -70,
      links: [
        { from: 'hub', to: 'gsme', inRange: false },
        { from: 'gsme', to: 'hub', inRange: false },
        { from: 'esme', to: 'hub', inRange: true, rssiDbm: -92.5, loss: 0.2 },
        { from: 'hub', to: 'esme', inRange: true, lqi: 40 },
      ],
    })
  })

  // Columns count from the first link, which stands at 50 of line 16.
  it.each([
    [
      '{ between: [hub, gsm], loss: 1 }',
      '16:67 0/between/1: expected one of hub, esme, gsme, ppmid, ihd, cad, chf, found "gsm" (did you mean "gsme"?)',
    ],
    [
      '{ from: gpf, to: esme, loss: 1 }',
      '16:58 0/from: expected one of hub, esme, gsme, ppmid, ihd, cad, chf, found "gpf" (did you mean "chf"?)',
    ],
    ['{ between: [hub], loss: 1 }', '16:61 0/between: expected two parts such as [hub, gsme], found a list of 1 entry'],
    [
      '{ between: [hub, ppmid], loss: 1 }',
      '16:67 0/between/1: expected a part of this installation, found "ppmid", which it has not (installed: hub, esme, gsme)',
    ],
    ['{ from: esme, to: esme, loss: 1 }', '16:68 0/to: expected two parts that differ, found esme twice'],
    ['{ between: [hub, chf], loss: 1 }', '16:67 0/between/1: expected two parts that differ, found hub twice'],
    [
      '{ between: [hub, esme], to: hub, loss: 1 }',
      '16:78 0/to: expected no to beside between, found hub (`between` is both directions, `from` and `to` one: keep one of them)',
    ],
    ['{ from: hub, loss: 1 }', '16:50 0: expected the key "to" beside from, found none'],
    ['{ to: hub, loss: 1 }', '16:50 0: expected the key "from" beside to, found none'],
    [
      '{ loss: 1 }',
      '16:50 0: expected the key "between", found none (between: [hub, gsme] is both directions; from: hub and to: gsme is one)',
    ],
    ['{ from: hub, to: esme }', '16:50 0: expected one of the keys range, rssiDbm, lqi, loss, found none'],
    [
      '{ from: hub, to: esme, range: none, lqi: 3 }',
      '16:91 0/lqi: expected no lqi beside range: none, found 3 (keep one of them)',
    ],
    ['{ from: hub, to: esme, range: far }', '16:80 0/range: expected none, found "far"'],
    ['{ from: hub, to: esme, rssiDbm: 92 }', '16:82 0/rssiDbm: expected a number -150 to 20, found the number 92'],
    ['{ from: hub, to: esme, lqi: 256 }', '16:78 0/lqi: expected a whole number 0 to 255, found the number 256'],
    ['{ from: hub, to: esme, loss: 20% }', '16:79 0/loss: expected a number 0 to 1, found "20%"'],
    ['{ from: hub, to: esme, los: 1 }', '16:73 0/los: found the unknown key "los" (did you mean "loss"?)'],
    [
      '{ from: hub, to: esme, loss: 0 }, { between: [esme, chf], loss: 1 }',
      '16:84 1: expected how esme hears hub once, found it at /installations/0/han/links/0 too',
    ],
  ])('%s is refused where it stands', (links, wanted) => {
    const told = refused(linked(links)).map(formatProblem)
    const short = told.map(line => line.replace('bench/rigs/r.yaml:', '').replace('/installations/0/han/links/', ''))
    expect(short.map(line => line.replace(/ \[[\w.-]+\]$/, ''))).toEqual([wanted])
  })

  it('are told to be out of place where the HAN is in memory, the strength of all links as well', () => {
    const text = with_('channel: 15 }', 'channel: 15, rssiDbm: -70, links: [{ from: hub, to: esme, loss: 1 }] }')
    expect(places(refused(text))).toEqual([
      '16:62 /installations/0/han/rssiDbm han-link',
      '16:74 /installations/0/han/links han-link',
    ])
  })

  it('of all parts are in range', () => {
    expect(places(refused(linked('', ', rssiDbm: -101')))).toEqual(['16:51 /installations/0/han/rssiDbm schema.value'])
  })
})

describe('problems of a rig', () => {
  it('come together with those of its profiles, each once', () => {
    const path = 'bench/firmware-profiles/honeywell-elster/as300p/2.0.0.yaml'
    const bad = 'schema: s1rig/firmware-profile/1\ndevice: ESME\nextends: honeywell-elster/as300p/1.4.2\ncolour: red\n'
    const text = (home + second).replaceAll('as300p/1.4.2', 'as300p/2.0.0').replace('mixed', 'mxied')
    const problems = problemsOf(() => load(text, { [path]: bad }))
    expect(problems.map(p => `${p.file}:${p.line}:${p.column} ${p.code}`)).toEqual([
      'bench/rigs/r.yaml:15:23 schema.value',
      `${path}:3:10 profile.id`,
      `${path}:4:1 schema.unknown-key`,
    ])
  })
})
