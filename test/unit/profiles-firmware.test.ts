import { describe, expect, it } from 'vitest'
import { loadProfile } from '../../src/profiles/load-profile.ts'
import { listProfiles } from '../../src/profiles/profile-layers.ts'
import { diskFiles, packageProfiles } from '../../src/profiles/read-text.ts'
import { memoryFiles, places, problemsOf } from './profiles-bench.ts'

const shipped = { ...diskFiles, roots: [packageProfiles] }

const cad = (more = '') => `schema: s1rig/firmware-profile/1
device: CAD
identity:
  manufacturerName: { value: Acme, source: assumed }
  modelId: { value: Eye, source: assumed }
firmware:
  version: { value: "1.0", source: assumed }
  hardwareVersion: { value: 1, source: assumed }
clock: { driftPpm: { value: 0, source: assumed } }
zcl: { responseDelayMs: { value: 5, source: "bench 7 [measured]" } }
supportedAlertCodes: { value: [], source: assumed }
display:
  electricityIntervalS: { value: 10, source: assumed }
  gasIntervalS: { value: 1800, source: assumed }
han: { sleepy: { value: false, source: assumed } }
${more}`

const child = (body: string) => `schema: s1rig/firmware-profile/1\ndevice: CAD\nextends: acme/eye/1.0\n${body}`

/** Loads `acme/eye/<version>` from profiles in memory. */
const load = (files: Record<string, string>, version = '1.0') => {
  const paths = Object.entries(files).map(([name, text]) => [`p/acme/eye/${name}.yaml`, text])
  return loadProfile(`acme/eye/${version}`, { ...memoryFiles(Object.fromEntries(paths)), roots: ['p'] })
}

describe('a firmware-profile', () => {
  it('gives plain facts, and where each comes from', () => {
    const profile = load({ '1.0': cad() })
    expect(profile).toMatchObject({ id: 'acme/eye/1.0', device: 'CAD', zcl: { responseDelayMs: 5 } })
    expect(profile.firmware.versionRecognised).toBe(true)
    expect(profile.provenance['/zcl/responseDelayMs']).toBe('bench 7 [measured]')
    expect(profile.files.map(file => file.path)).toEqual(['p/acme/eye/1.0.yaml'])
  })

  it('is frozen at every level', () => {
    const profile = load({ '1.0': cad() })
    expect(() => Object.assign(profile.identity, { modelId: 'x' })).toThrow(TypeError)
    expect(() => Object.assign(profile.provenance, { x: 'y' })).toThrow(TypeError)
  })

  it('overrides what it extends fact by fact', () => {
    const version = 'firmware: { version: { value: "1.1", source: assumed } }\n'
    const profile = load({ '1.0': cad(), '1.1': child(version) }, '1.1')
    expect(profile.firmware).toEqual({ version: '1.1', hardwareVersion: 1, versionRecognised: true })
    expect(profile.files.map(file => file.path)).toEqual(['p/acme/eye/1.1.yaml', 'p/acme/eye/1.0.yaml'])
  })

  it('states every fact of its device type', () => {
    const problems = problemsOf(() =>
      load({
        '1.0': cad()
          .replace(/ {2}gasIntervalS.*\n/, '')
          .replace(/clock.*\n/, ''),
      }),
    )
    expect(places(problems)).toEqual(['1:1 /clock/driftPpm profile.fact', '11:1 /display/gasIntervalS profile.fact'])
    expect(problems[1]?.message).toContain('expected the fact display.gasIntervalS of device type CAD')
  })

  it('is told once of a misspelt fact', () => {
    const problems = problemsOf(() => load({ '1.0': cad().replace('gasIntervalS', 'gasIntervallS') }))
    expect(places(problems)).toEqual(['14:3 /display/gasIntervallS schema.unknown-key'])
    expect(problems[0]?.hint).toBe('did you mean "gasIntervalS"?')
  })

  it('may not hold the facts of another device type', () => {
    const problems = problemsOf(() =>
      load({ '1.0': cad('battery: { initialPercent: { value: 9, source: assumed } }\n') }),
    )
    expect(places(problems)).toEqual(['16:1 /battery schema.unknown-key'])
  })

  it('gives the source of each fact, with a mark', () => {
    const unmarked = cad().replace('"bench 7 [measured]"', 'a friend')
    expect(places(problemsOf(() => load({ '1.0': unmarked })))).toEqual([
      '10:45 /zcl/responseDelayMs/source schema.value',
    ])
    const without = cad().replace(', source: "bench 7 [measured]"', '')
    expect(places(problemsOf(() => load({ '1.0': without })))).toEqual([
      '10:8 /zcl/responseDelayMs/source schema.missing',
    ])
  })

  it('names quirks that are known, with parameters of theirs', () => {
    const quirks = (body: string) => cad(`quirks:\n  ${body}\n`)
    const { quirks: found } = load({ '1.0': quirks('lateDefaultResponse: { value: { lateMs: 9 }, source: assumed }') })
    expect(found).toMatchObject({ lateDefaultResponse: { lateMs: 9 }, dropsSecondRequest: false })
    const problem = (body: string) => problemsOf(() => load({ '1.0': quirks(body) }))
    expect(problem('lateDefaultRespons: { value: { lateMs: 9 }, source: assumed }')).toMatchObject([
      {
        pointer: '/quirks/lateDefaultRespons',
        code: 'schema.unknown-key',
        hint: 'did you mean "lateDefaultResponse"?',
      },
    ])
    expect(problem('lateDefaultResponse: { value: { lateS: 9 }, source: assumed }')).toMatchObject([
      {
        pointer: '/quirks/lateDefaultResponse/value/lateS',
        code: 'schema.unknown-key',
        hint: 'did you mean "lateMs"?',
      },
    ])
    expect(places(problem('lateDefaultResponse: { value: { lateMs: 0 }, source: assumed }'))).toEqual([
      '17:43 /quirks/lateDefaultResponse/value/lateMs schema.value',
    ])
    expect(problem('lateDefaultResponse: { value: true, source: assumed }')).toMatchObject([
      { message: 'expected false or a mapping, found true' },
    ])
    expect(places(problem('lateDefaultResponse: { value: { lateMs: 9 } }'))).toEqual([
      '17:3 /quirks/lateDefaultResponse/source schema.missing',
    ])
    // A display has no registers.
    expect(places(problem('wrongUnit: { value: { divisor: 1 }, source: assumed }'))).toEqual([
      '17:3 /quirks/wrongUnit schema.unknown-key',
    ])
  })

  it('that extends one with a quirk has it, until it says that it has it no more', () => {
    const quirk = 'quirks: { lateDefaultResponse: { value: { lateMs: 9 }, source: assumed } }\n'
    const version = 'firmware: { version: { value: "1.1", source: assumed } }\n'
    const heir = (more = '') => load({ '1.0': cad(quirk), '1.1': child(`${version}${more}`) }, '1.1').quirks
    expect(heir()).toMatchObject({ lateDefaultResponse: { lateMs: 9 } })
    expect(heir('quirks: { lateDefaultResponse: { value: false, source: assumed } }\n')).toMatchObject({
      lateDefaultResponse: false,
    })
  })

  it('quotes its version', () => {
    const [problem] = problemsOf(() => load({ '1.0': cad().replace('"1.0"', '1.0') }))
    expect(problem).toMatchObject({ line: 7, column: 21, hint: 'quote it: "1.0"' })
  })

  it.each([
    ['driftPpm: { value: 0,', 'driftPpm: { value: -201,', '/clock/driftPpm/value'],
    ['driftPpm: { value: 0,', 'driftPpm: { value: .nan,', '/clock/driftPpm/value'],
    ['hardwareVersion: { value: 1,', 'hardwareVersion: { value: 256,', '/firmware/hardwareVersion/value'],
    ['value: []', 'value: ["8f12"]', '/supportedAlertCodes/value/0'],
    ['value: []', 'value: ["8F12", "8F12"]', '/supportedAlertCodes/value'],
    ['value: Acme', 'value: Acme of a name that is too long', '/identity/manufacturerName/value'],
    ['sleepy: { value: false', 'sleepy: { value: no', '/han/sleepy/value'],
  ])('keeps its bounds: %s becomes %s', (good, bad, pointer) => {
    const text = cad()
    expect(text).toContain(good)
    expect(problemsOf(() => load({ '1.0': text.replace(good, bad) })).map(p => p.pointer)).toContain(pointer)
  })

  it('lives where its contents say', () => {
    const problems = problemsOf(() => load({ '1.1': cad() }, '1.1'))
    expect(places(problems)).toEqual(['7:21 /firmware/version/value profile.id'])
    expect(problems[0]?.hint).toBe('its place is firmware-profiles/acme/eye/1.0.yaml')
  })

  it('that extends another states its own version', () => {
    const problems = problemsOf(() => load({ '1.0': cad(), '1.1': child('') }, '1.1'))
    expect(places(problems)).toEqual(['3:10 /extends profile.id'])
  })

  it('carries a version DUIS cannot only when marked as unrecognised', () => {
    const long = cad().replace('"1.0"', 'V1.2 build 0417')
    const id = 'v1.2-build-0417'
    const problems = problemsOf(() => load({ [id]: long }, id))
    expect(places(problems)).toEqual(['7:21 /firmware/version/value profile.version'])
    const marked = long.replace('firmware:\n', 'firmware:\n  versionRecognised: { value: false, source: assumed }\n')
    expect(load({ [id]: marked }, id).firmware).toMatchObject({ version: 'V1.2 build 0417', versionRecognised: false })
  })

  it('may not extend itself by way of others', () => {
    const a = cad().replace('device: CAD\n', 'device: CAD\nextends: acme/eye/1.1\n')
    const problems = problemsOf(() => load({ '1.0': a, '1.1': child('') }))
    expect(problems[0]).toMatchObject({ file: 'p/acme/eye/1.1.yaml', line: 3, column: 10, code: 'profile.cycle' })
    expect(problems[0]?.message).toBe(
      'expected a chain that ends, found p/acme/eye/1.0.yaml -> p/acme/eye/1.1.yaml -> p/acme/eye/1.0.yaml',
    )
  })

  it('extends a profile of its own device type that exists', () => {
    const other = child('').replace('device: CAD', 'device: IHD')
    expect(places(problemsOf(() => load({ '1.0': cad(), '1.1': other }, '1.1')))).toContain(
      '3:10 /extends profile.device',
    )
    const lost = child('').replace('eye/1.0', 'eye/1.00')
    const [problem, ...more] = problemsOf(() => load({ '1.0': cad(), '1.1': lost }, '1.1'))
    expect(more).toEqual([])
    expect(problem).toMatchObject({
      line: 3,
      column: 10,
      code: 'profile.missing',
      hint: 'did you mean "acme/eye/1.0"?',
    })
  })

  it('reports the problems of what it extends in that file', () => {
    const bad = cad().replace('value: 1800', 'value: 0')
    const version = 'firmware: { version: { value: "1.1", source: assumed } }\n'
    const problems = problemsOf(() => load({ '1.0': bad, '1.1': child(version) }, '1.1'))
    expect(problems.map(p => `${p.file}:${p.line}:${p.column}`)).toEqual(['p/acme/eye/1.0.yaml:14:26'])
  })

  it('that does not exist is answered with the near names', () => {
    const problems = problemsOf(() => loadProfile('honeywell-elster/as300p/9', shipped))
    expect(problems[0]).toMatchObject({ code: 'profile.missing' })
    expect(problems[0]?.hint).toContain('honeywell-elster/as300p/1.4.2')
  })
})

describe('consumption shapes', () => {
  const meter = (shape: string) =>
    (diskFiles.read(`${packageProfiles}/honeywell-elster/as300p/1.4.2.yaml`) ?? '').replace(
      'domestic-single-rate',
      shape,
    )
  const roots = (files: Record<string, string>) => ({ ...memoryFiles(files), roots: ['p'] })
  const path = 'p/honeywell-elster/as300p/1.4.2.yaml'
  const shapes = (weights: string) =>
    `schema: s1rig/shapes/1\nshapes:\n  evening:\n    weights: [${weights}]\n    source: assumed\n`
  const ones = Array(48).fill('1').join(', ')
  const id = 'honeywell-elster/as300p/1.4.2'

  it('reach the meter as shares of a day that sum to 1', () => {
    const text = shapes(`3, ${Array(47).fill('1').join(', ')}`)
    const profile = loadProfile(id, roots({ [path]: meter('evening'), 'p/shapes.yaml': text }))
    if (profile.device !== 'ESME') throw new Error('not an ESME')
    expect(profile.load.shapeWeights).toHaveLength(48)
    expect(profile.load.shapeWeights[0]).toBeCloseTo(3 / 50, 12)
    expect(profile.load.shapeWeights.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
    expect(profile.files.map(file => file.path)).toContain('p/shapes.yaml')
  })

  it('that do not exist are answered with the near names', () => {
    const problems = problemsOf(() =>
      loadProfile(id, roots({ [path]: meter('evning'), 'p/shapes.yaml': shapes(ones) })),
    )
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({
      code: 'profile.shape',
      pointer: '/load/shape/value',
      hint: 'did you mean "evening"?',
    })
  })

  it.each([
    ['47 weights', Array(47).fill('1').join(', ')],
    ['nothing but zeros', Array(48).fill('0').join(', ')],
  ])('have 48 weights, some above zero: %s are refused', (_what, weights) => {
    const files = roots({ [path]: meter('evening'), 'p/shapes.yaml': shapes(weights) })
    const problems = problemsOf(() => loadProfile(id, files))
    expect(problems.map(p => `${p.file}:${p.line}:${p.column} ${p.pointer}`)).toEqual([
      'p/shapes.yaml:4:14 /shapes/evening/weights',
    ])
  })
})

describe('the shipped firmware-profiles', () => {
  const shippedIds = listProfiles([packageProfiles], diskFiles.list).map(profile => profile.id)

  it('cover every device type, with two versions of hub, ESME and GSME of cohort CB', () => {
    const types = new Set(shippedIds.map(id => loadProfile(id, shipped).device))
    expect([...types].toSorted()).toEqual(['CAD', 'CHF', 'ESME', 'GSME', 'IHD', 'PPMID'])
    for (const model of ['s1ch', 'as300p', 'bk-g4e']) {
      const versions = shippedIds.filter(id => id.startsWith(`honeywell-elster/${model}/`))
      expect(versions.length, model).toBeGreaterThanOrEqual(2)
    }
  })

  it('hold a request for a sleeping gas meter longer than the meter sleeps', () => {
    const profiles = shippedIds.map(id => loadProfile(id, shipped))
    const sleepS = profiles.flatMap(p =>
      p.device === 'GSME' ? [p.sleep.wakeIntervalMin * 60 + p.sleep.wakeJitterS] : [],
    )
    const holdS = profiles.flatMap(p => (p.device === 'CHF' ? [p.han.sleeperTimeoutS] : []))
    expect(Math.min(...holdS)).toBeGreaterThan(Math.max(...sleepS))
  })
})
