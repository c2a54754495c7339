/** Faults by name: how they are written on the command line and in a rig file, and how they are refused. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import type { InstallationDevices } from '../../src/profiles/rig.ts'
import type { FaultContext } from '../../src/rig/faults/fault-kind.ts'
import { checkFaults, FAULTS, knownFaults, parseFault } from '../../src/rig/faults/faults.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { DUAL_FUEL, home, temporaryFolder, writeRig } from '../helpers/migration.ts'
import { places, problemsOf } from './profiles-bench.ts'

const context: FaultContext = {
  plans: ['newcastle-only', 'elster-only'],
  phases: ['device-checks', 'credentials'],
  apns: ['newcastle', 'elster'],
}

describe('a fault', () => {
  test.each([
    ['gsme.silent=30h', hours(30)],
    ['gsme.silent=90min', minutes(90)],
    ['gsme.silent=2d', hours(48)],
  ])('%s lasts that long', (text, lastsUs) => {
    expect(parseFault(text, context)).toMatchObject({ text, lastsUs, sets: 'settled', lifts: 'phase:credentials' })
  })

  test('for one home names it first', () => {
    expect(parseFault('home-2/hub.wan=down', context)).toMatchObject({ installation: 'home-2' })
    expect(parseFault('hub.wan=down', context)).not.toHaveProperty('installation')
  })

  test.each(['', '=', 'gsme.silent', 'gsme.silent=', '/gsme.silent=1h', 'GSME.silent=1h', 'a/b/gsme.silent=1h'])(
    'written "%s" is refused with all there are',
    text => {
      expect(() => parseFault(text, context)).toThrow(/VALUE expected\nfaults:\n {2}gsme\.silent=/)
    },
  )

  test.each([
    ['gsme.silent=0h', /a span such as 30h/],
    ['gsme.silent=-1h', /a span such as 30h/],
    ['gsme.whitelist=present', /absent expected, found "present"/],
    ['hub.wan=up', /down expected, found "up"/],
    ['esme.firmware=12345678901234567', /1 to 16 printable characters/],
    ['esme.firmware=1.0\u00e9', /1 to 16 printable characters/],
    ['constructor.name=1', /no fault "constructor\.name"/],
  ])('written "%s" is refused with what would do', (text, says) => {
    expect(() => parseFault(text, context)).toThrow(says)
  })

  test('is listed with its value and what it does', () => {
    const names = new Set(Object.entries(FAULTS).map(([name, { listed = name }]) => listed))
    const [first, ...lines] = knownFaults().split('\n')
    expect(first).toBe('faults:')
    const listed = lines.flatMap(line => /^ {2}(\S+?)=.+ {2,}\S.+/.exec(line)?.[1] ?? [])
    expect(listed).toEqual([...names])
  })

  test('may be given to two homes, and not twice to one', () => {
    const homes = ['a', 'b'].map(id => ({ id, han: { kind: 'aps' as const }, devices: installed('gsme'), sticks: [] }))
    const faults = (...texts: string[]) => texts.map(text => parseFault(text, context))
    expect(() => checkFaults(faults('a/gsme.silent=1h', 'b/gsme.silent=2h', 'a/hub.wan=down'), homes)).not.toThrow()
    expect(() => checkFaults(faults('gsme.silent=1h', 'b/gsme.silent=2h'), homes)).toThrow(/given twice/)
  })
})

describe('a fault of the line', () => {
  test.each([
    ['hub.wan=down', { sets: 'settled' }],
    ['hub.wan=down,at:device-checks,for:2h', { sets: 'phase:device-checks', forUs: hours(2) }],
    ['sim.state=suspended,until:credentials', { sets: 'settled', lifts: 'phase:credentials' }],
    ['s1sp.centres=one,takeover:10min,at:device-checks,for:2h', { sets: 'phase:device-checks', forUs: hours(2) }],
    ['wan.apn=elster', { sets: 'settled' }],
    ['sim.address=taken,on:newcastle', { sets: 'settled' }],
    ['sim.address=10.60.9.9', { sets: 'settled' }],
    ['broker.connections=lost,at:device-checks', { sets: 'phase:device-checks' }],
    ['hub.alerts=18s,at:power-on+1h', { sets: 'power-on', afterUs: hours(1) }],
  ])('%s says when and for how long', (text, says) => {
    expect(parseFault(text, context)).toMatchObject({ text, ...says })
  })

  test.each([
    ['hub.alerts=0s', /a span of at most 365d/],
    ['s1sp.centres=three', /one of one, both expected/],
    ['wan.apn=elstre', /an access point of the Group file expected, found "elstre"/],
    ['sim.address=10.60.9.256', /taken, or an IPv4 address/],
    ['sim.address=10.60.9.', /taken, or an IPv4 address/],
    ['hub.alerts=often', /a span of at most 365d/],
    ['sim.state=suspended,for:1h,until:credentials', /for and until are both given/],
    ['hub.wan=down,at:device-checks+', /a span after one of these/],
    ['hub.wan=down,at:device-check+1s', /did you mean "device-checks"/],
  ])('written "%s" is refused with what would do', (text, says) => {
    expect(() => parseFault(text, context)).toThrow(says)
  })
})

describe('a fault of a meter', () => {
  test.each([
    ['esme.tamper=terminal', { sets: 'settled', parts: ['esme'] }],
    ['gsme.tamper=battery,at:power-on+1h,for:2h', { sets: 'power-on', afterUs: hours(1), forUs: hours(2) }],
    ['gsme.battery=low,until:credentials', { lifts: 'phase:credentials', parts: ['gsme'] }],
    ['esme.clock=+90s', { parts: ['esme'] }],
    ['hub.clock=-5min,at:device-checks', { sets: 'phase:device-checks', parts: ['hub'] }],
    ['gsme.event=81B6,at:2h', { sets: 'power-on', afterUs: hours(2) }],
    ['gsme.flow=uncontrolled', { parts: ['gsme'] }],
  ])('%s says when, for how long and whom it concerns', (text, says) => {
    expect(parseFault(text, context)).toMatchObject({ text, ...says })
  })

  test.each([
    ['esme.tamper=lid', /one of cover, magnet, other, terminal expected, found "lid"/],
    ['esme.tamper=battery', /expected, found "battery"/],
    ['esme.tampr=cover', /no fault "esme\.tampr"; did you mean "esme\.tamper"\?/],
    ['gsme.battery=empty', /low expected, found "empty"/],
    ['esme.clock=90s', /with its sign, such as \+90s or -5min expected, found "90s"/],
    ['esme.clock=+366d', /a span of at most 365d/],
    ['esme.clock=--5s', /with its sign/],
    ['esme.clock=+90s,for:1h', /no option "for"/],
    ['esme.event=FFFF', /a code that meters and hubs know .* found "FFFF"/],
    ['ppmid.event=81BB', /no fault "ppmid\.event"/],
    ['cad.clock=+1s', /no fault "cad\.clock"/],
  ])('written "%s" is refused with what would do', (text, says) => {
    expect(() => parseFault(text, context)).toThrow(says)
  })
})

describe('a fault of the air', () => {
  test.each([
    ['han.loss=20%', { sets: 'settled', parts: [] }],
    ['han.loss=0.5%,from:esme,to:hub', { parts: ['esme', 'hub'] }],
    ['han.bursts=2s/30s,at:power-on,for:10min', { sets: 'power-on', forUs: minutes(10) }],
    ['han.delay=5%,by:300ms,jitter:100ms,at:device-checks', { sets: 'phase:device-checks' }],
    ['han.duplicate=5%,until:credentials', { lifts: 'phase:credentials' }],
    ['han.corrupt=1%,bits:3,undetected:yes', { sets: 'settled' }],
    ['han.interference=-40dBm,channel:20,turns:1s/4s', { sets: 'settled' }],
    ['han.replay=30%,after:5s,from:gsme', { parts: ['gsme'] }],
    ['gsme.off=2h,at:90s', { sets: 'power-on', afterUs: seconds(90), forUs: hours(2), parts: ['gsme'] }],
    ['hub.off=1min,at:device-checks+10s', { sets: 'phase:device-checks', afterUs: seconds(10), forUs: minutes(1) }],
    ['home.mains=10min', { sets: 'settled', forUs: minutes(10) }],
    ['hub.deaf=30min', { sets: 'settled', forUs: minutes(30), parts: ['hub'] }],
    ['esme.counter=0,for:5min', { forUs: minutes(5), parts: ['esme'] }],
  ])('%s says when, for how long and whom it concerns', (text, says) => {
    expect(parseFault(text, context)).toMatchObject({ text, ...says })
  })

  test.each([
    ['han.loss=20', /han\.loss: a share such as 20%.* expected, found "20"/],
    ['han.loss=0%', /a share such as 20%/],
    ['han.loss=101%', /a share such as 20%/],
    ['han.loss=20%,fron:esme', /no option "fron"; did you mean "from"\?/],
    ['han.loss=20%,constructor:1', /no option "constructor"; options: from, to, at, for, until/],
    ['han.loss=20%,from:meter', /from: one of hub, esme, .* expected, found "meter"/],
    ['han.loss=20%,from:esme,from:hub', /option from is given twice/],
    ['han.loss=20%,for:1h,until:credentials', /for and until are both given/],
    ['han.loss=20%,from:esme,to:esme', /from and to are both esme/],
    [
      'han.loss=20%,at:credentails',
      /at: power-on, settled, a phase .*found "credentails"; did you mean "credentials"\?/,
    ],
    ['han.loss=20%,', /no option ""/],
    ['han.bursts=2s', /two spans of at most 72h such as 2s\/30s expected/],
    ['han.bursts=2s/0s', /two spans/],
    ['han.delay=5%,by:2h', /by: a span of at most 60s/],
    ['han.corrupt=5%,bits:0', /bits: a whole number 1 to 1016/],
    ['han.interference=-40', /a power of -100dBm to 20dBm such as -40dBm expected/],
    ['han.interference=-40dBm,channel:27', /channel: a whole number 11 to 26/],
    ['gsme.off=forever', /a span of at most 365d such as 90s, 30min or 2h expected, found "forever"/],
    ['gsme.off=2h,for:2h', /no option "for"/],
    ['esme.counter=-1', /a whole number 0 to 4294967295/],
    ['han.lost=20%', /no fault "han\.lost"; did you mean "han\.loss"\?/],
  ])('written "%s" is refused with what would do', (text, says) => {
    expect(() => parseFault(text, context)).toThrow(says)
  })

  const onAir = { id: 'home-1', han: { kind: 'radio' as const }, devices: installed(), sticks: [] }
  const faults = (...texts: string[]) => texts.map(text => parseFault(text, context))

  test('needs a HAN on the air, and says so', () => {
    const inMemory = { ...onAir, han: { kind: 'aps' as const } }
    const why =
      'fault han.loss=20%: the HAN of home-1 is in memory (kind: aps), without frames on the air; kind: radio expected'
    expect(() => checkFaults(faults('han.loss=20%'), [inMemory])).toThrow(why)
    expect(() => checkFaults(faults('han.loss=20%'), [onAir])).not.toThrow()
    expect(() => checkFaults(faults('esme.off=1h', 'home.mains=2h', 'esme.off=2h'), [inMemory])).not.toThrow()
  })

  test('needs the devices it names', () => {
    expect(() => checkFaults(faults('gsme.off=1h'), [onAir])).toThrow(/installation home-1 has no GSME/)
    expect(() => checkFaults(faults('han.loss=20%,to:cad'), [onAir])).toThrow(/home-1 has no CAD/)
  })

  test('may be given several times: such faults add up', () => {
    expect(() => checkFaults(faults('han.loss=20%,from:esme', 'han.loss=30%,to:hub'), [onAir])).not.toThrow()
  })
})

describe('a fault on a bench', () => {
  const of = (rigFile: string, fault: string) => () => prepare({ rigFile, faults: [fault] })
  const BENCH = 'rigs/bench-cb.yaml'
  const written = () => readFileSync(BENCH, 'utf8')
  const bench = (...changes: [RegExp, string][]) => {
    const file = join(temporaryFolder(), 'bench.yaml')
    writeFileSync(
      file,
      changes.reduce((text, [what, into]) => text.replace(what, into), written()),
    )
    return file
  }

  test.each([
    ['han.loss=20%', /bench-1: the HAN is on real air, and nobody decides what real radios hear/],
    ['gsme.silent=30h', /the HAN is on real air/],
    ['esme.deaf=1h', /the HAN is on real air/],
    ['esme.counter=0', /the esme is real, and its insides are not ours/],
    ['gsme.firmware=9', /the gsme is real, and its insides are not ours/],
    ['gsme.off=1h', /the gsme is real, and no `power` says how to switch it/],
  ])('%s is refused with the reason', (fault, why) => {
    expect(of(BENCH, fault)).toThrow(why)
  })

  test.each(['esme.off=1h', 'hub.off=1h', 'hub.counter=0', 'hub.firmware=9', 'hub.wan=down', 'gsme.whitelist=absent'])(
    '%s is possible: a relay switches the meter, the hub is ours',
    fault => {
      expect(of(BENCH, fault)).not.toThrow()
    },
  )

  test('reaches nothing inside a stick with a stack of its own', () => {
    const file = bench([/driver: spinel(.*\n.*\n.*hub)/, 'driver: ember$1'])
    expect(of(file, 'hub.off=1h')).toThrow(/the hub is stick rcp itself \(ember\), and its insides are not ours/)
    expect(of(file, 'hub.counter=1')).toThrow(/stick rcp itself/)
  })

  test('reaches neither a real hub nor its SIM', () => {
    const file = bench([/\{ type: CHF,/, '{ type: CHF, kind: real,'], [/ {6}- id: rcp\n(?: {8}.*\n)*/, ''])
    for (const fault of ['hub.wan=down', 'sim.plan=newcastle-only', 'gsme.whitelist=absent', 'hub.firmware=9']) {
      expect(of(file, fault)).toThrow(/the hub is real, and its insides are not ours/)
    }
  })
})

describe('faults in a rig file', () => {
  const rigWith = (faults: string[], kind = 'radio') => {
    const one = home('home-1', 30) as { han: object }
    one.han = { ...one.han, kind }
    return writeRig([one], { faults })
  }

  test('are those of every run, before those of the command line', () => {
    const rigFile = rigWith(['han.loss=2%', 'home-1/gsme.off=1h'])
    const { faults } = prepare({ rigFile, faults: ['hub.wan=down'] })
    expect(faults.map(({ text }) => text)).toEqual(['han.loss=2%', 'home-1/gsme.off=1h', 'hub.wan=down'])
    expect(prepare({ rigFile: DUAL_FUEL }).faults).toEqual([])
  })

  test('that will not do are all told, each at its place', () => {
    const rigFile = rigWith(['han.lss=2%', 'han.loss=2%', 'gsme.off=long', 'home-2/han.loss=2%', 'cad.off=1h'])
    const problems = problemsOf(() => prepare({ rigFile }))
    expect(places(problems)).toEqual(
      [0, 2, 3, 4].map(index => expect.stringMatching(`^\\d+:5 /faults/${index} rig\\.fault$`)),
    )
    expect(problems.map(({ hint }) => hint)).toEqual(['did you mean "han.loss"?', undefined, undefined, undefined])
    expect(new Set(problems.map(({ line }) => line)).size).toBe(4)
  })

  test('of the air are refused where nothing is on the air', () => {
    const problems = problemsOf(() => prepare({ rigFile: rigWith(['han.loss=2%'], 'aps') }))
    expect(problems).toMatchObject([
      { pointer: '/faults/0', message: expect.stringMatching(/in memory \(kind: aps\)/) },
    ])
  })

  test('are contradicted by nothing on the command line', () => {
    const rigFile = rigWith(['gsme.silent=1h'])
    expect(() => prepare({ rigFile, faults: ['gsme.silent=2h'] })).toThrow(/given twice, as gsme\.silent=1h and gsme/)
  })
})

/** As far as the checks look. */
function installed(...more: string[]): InstallationDevices {
  const devices = ['chf', 'gpf', 'esme', ...more].map(name => [name, { deviceId: name }])
  return Object.fromEntries(devices) as InstallationDevices
}
