import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, test } from 'vitest'
import { diskFiles } from '../../src/profiles/read-text.ts'
import { loadDisaster } from '../../src/rig/disasters/disaster.ts'
import { publishedDisasterSchema } from '../../src/rig/disasters/disaster-schema.ts'
import { knownDisasters, prepareDisaster } from '../../src/rig/disasters/disasters.ts'
import { judgeAfter, judgeDuring, type Seen } from '../../src/rig/disasters/expectations.ts'
import type { FaultContext } from '../../src/rig/faults/fault-kind.ts'
import { checkDisaster, prepare } from '../../src/rig/prepare.ts'
import { DUAL_FUEL } from '../helpers/migration.ts'
import { places, problemsOf } from './profiles-bench.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const context: FaultContext = {
  plans: ['newcastle-only'],
  phases: ['device-checks'],
  apns: ['newcastle', 'elster'],
}
const shipped = diskFiles.list(join(root, 'disasters')).filter(path => path.endsWith('.yaml'))
const good = `schema: s1rig/disaster/1
id: own
title: Our own
source: assumed
faults:
  - { fault: "hub.wan=down,at:device-checks,for:2h", source: assumed }
during:
  - { expect: metering-goes-on, source: assumed }
after:
  - { expect: service-returns, within: 10min, source: assumed }
`

describe('the disasters that come with the package', () => {
  it('are those of the scenarios there are', () => {
    expect(shipped.map(path => path.replace('.yaml', ''))).toEqual([
      'apn-down',
      'broker-lost',
      'dco-both-data-centres',
      'dco-one-data-centre',
      'ip-clash',
      's1sp-both-data-centres',
      's1sp-gateway-down',
      's1sp-one-data-centre',
      'sim-suspended',
    ])
    for (const path of shipped) expect(knownDisasters()).toContain(path.replace('.yaml', ''))
  })

  it.each(shipped)('%s is good, bears its own name, and names its schema', path => {
    const file = join(root, 'disasters', path)
    const text = readFileSync(file, 'utf8')
    expect(() => checkDisaster(file, text)).not.toThrow()
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=disaster.schema.json')
    expect(
      `${prepareDisaster(path.replace('.yaml', ''), { ...context, phases: ['device-checks', 'apn-switch'] }).disaster.id}.yaml`,
    ).toBe(path)
  })

  it('have a published JSON Schema that is up to date', () => {
    const { path, text } = publishedDisasterSchema()
    expect(readFileSync(join(root, path), 'utf8'), 'run `npm run generate`').toBe(text)
  })
})

describe('a disaster file', () => {
  test.each([
    ['an unknown key', 'title: Our own', 'title: Our own\nsevere: yes', '4:1 /severe schema.unknown-key'],
    ['an expectation there is none of', 'metering-goes-on', 'metering-stops', '8:15 /during/0/expect schema.value'],
    [
      'no source',
      'expect: metering-goes-on, source: assumed',
      'expect: metering-goes-on',
      '8:5 /during/0/source schema.missing',
    ],
    ['a fault there is none of', 'hub.wan=down', 'hub.won=down', '6:14 /faults/0/fault disaster'],
    ['a fault that does not end', ',for:2h', '', '6:14 /faults/0/fault disaster'],
    ['a fault for one home', 'hub.wan=', 'north/hub.wan=', '6:14 /faults/0/fault disaster'],
    ['a phase there is none of', 'at:device-checks', 'at:device-check', '6:14 /faults/0/fault disaster'],
    ['a span of nothing', '10min', '0min', '10:40 /after/0/within disaster'],
  ])('with %s is refused where it stands', (_, was, is, place) => {
    expect(loadDisaster('own.yaml', good, context).id).toBe('own')
    expect(places(problemsOf(() => loadDisaster('own.yaml', good.replace(was, is), context)))).toEqual([place])
  })

  test('with the same expectation twice is refused', () => {
    const twice = good.replace('after:', '  - { expect: metering-goes-on, source: assumed }\nafter:')
    expect(problemsOf(() => loadDisaster('own.yaml', twice, context))).toMatchObject([{ pointer: '/during/1/expect' }])
  })

  test('by a name there is none of is refused with what is near and what there is', () => {
    expect(() => prepareDisaster('sim-suspend', context)).toThrow(
      /did you mean "sim-suspended"\?\ndisasters:\n {2}apn-down/,
    )
    expect(() => prepareDisaster('../rigs/cb-dual-fuel', context)).toThrow(/no disaster/)
    expect(() => prepareDisaster('apn-down,for:north', context)).toThrow(/only:INSTALLATION expected/)
  })

  test('for a home that is not there is refused', () => {
    expect(() => prepare({ rigFile: DUAL_FUEL, disasters: ['apn-down,only:nobody'] })).toThrow(
      /no installation "nobody"/,
    )
  })

  test('beside the same fault given by itself is refused', () => {
    expect(() => prepare({ rigFile: DUAL_FUEL, disasters: ['apn-down'], faults: ['hub.alerts=1h'] })).toThrow(
      /given twice/,
    )
  })
})

const sight = {
  atUs: 0,
  electricityWh: 100,
  gasHeardMs: 1,
  session: 'elster 10.0.0.1',
  endpoint: 'primary',
  alertsKept: 0,
}
const step = (step: string, verdict: 'PASS' | 'FAIL', startedUs = 1, endedUs = 2) => ({
  ...{ step, verdict, startedUs, endedUs, installation: 'a', title: '', phase: '', party: '', source: '' },
  ...{ touchesDevice: false, expected: '', observed: '' },
})
/** A disaster that nobody noticed. */
const calm: Seen = {
  begin: sight,
  end: { ...sight, atUs: 10, electricityWh: 200, gasHeardMs: 2, endpoint: 'alternate' },
  ...{ detached: 0, attached: 0, passed: 0, refused: 3, mostKept: 2 },
  steps: [{ step: 'X', lacked: ['dco'], waitedFor: ['dco'] }],
  verdicts: [step('X', 'PASS', 5, 11), step('Y', 'PASS')],
  others: [step('Y', 'PASS')],
  needsOf: id => (id === 'X' ? ['dco'] : []),
}
const gone = { ...calm.end, session: 'none' }
const assumed = { source: 'assumed' }

describe('what is expected while it lasts', () => {
  test.each([
    ['metering-goes-on', {}, { end: { ...calm.end, electricityWh: 100 } }],
    ['gas-is-heard', {}, { end: { ...calm.end, gasHeardMs: 1 } }],
    ['session-holds', {}, { detached: 1 }],
    ['session-holds', {}, { end: { ...calm.end, session: 'newcastle 10.0.0.1' } }],
    ['session-holds', {}, { begin: gone, end: gone }],
    ['session-is-lost', { end: gone }, {}],
    ['session-is-lost', { end: gone }, { end: gone, attached: 1 }],
    ['nothing-passes', {}, { passed: 1 }],
    ['hub-moves', {}, { end: { ...calm.end, endpoint: 'primary' } }],
    ['steps-wait', {}, { steps: [{ step: 'X', lacked: ['dco' as const], waitedFor: [] }] }],
    ['other-steps-go-on', {}, { verdicts: [step('Y', 'FAIL')] }],
    ['migration-passes', {}, { verdicts: [step('X', 'FAIL')] }],
    ['others-unaffected', {}, { others: [step('X', 'FAIL')] }],
  ] as const)('%s passes when it holds and fails when it does not', (expect_, when, unless) => {
    const expectation = { expect: expect_, party: 'dco', ...assumed } as Parameters<typeof judgeDuring>[0]
    expect(judgeDuring(expectation, { ...calm, ...when }).verdict).toBe('PASS')
    expect(judgeDuring(expectation, { ...calm, ...unless }).verdict).toBe('FAIL')
  })

  test.each([
    ['metering-goes-on', { end: { atUs: 10, endpoint: 'primary' } }],
    ['gas-is-heard', { end: { atUs: 10, endpoint: 'primary' } }],
    ['session-holds', { begin: { atUs: 0, endpoint: 'primary' } }],
    ['nothing-passes', { refused: 0 }],
    ['steps-wait', { steps: [] }],
    ['other-steps-go-on', { verdicts: [step('X', 'PASS')] }],
    ['others-unaffected', { others: [] }],
  ] as const)('%s is skipped when there was nothing to judge', (expect_, changes) => {
    const expectation = { expect: expect_, party: 'dco', ...assumed } as Parameters<typeof judgeDuring>[0]
    expect(judgeDuring(expectation, { ...calm, ...changes })).toMatchObject({
      verdict: 'SKIPPED',
      reason: expect.any(String),
    })
  })
})

test('what is expected after passes when it comes about in time, and tells how long it took', () => {
  const after = (expect: 'service-returns' | 'alerts-arrive') => ({ expect, within: '10min', ...assumed })
  expect(judgeAfter(after('service-returns'), calm, 61_000_000)).toMatchObject({
    verdict: 'PASS',
    observed: 'after 00:01:01',
  })
  expect(judgeAfter(after('service-returns'), calm, undefined)).toMatchObject({
    verdict: 'FAIL',
    observed: 'not within 10min',
  })
  expect(judgeAfter(after('alerts-arrive'), calm, 0)).toMatchObject({
    verdict: 'PASS',
    observed: '2 alerts waited; gone after 00:00:00',
  })
  expect(judgeAfter(after('alerts-arrive'), calm, undefined).verdict).toBe('FAIL')
  expect(judgeAfter(after('alerts-arrive'), { ...calm, mostKept: 0 }, 0).verdict).toBe('SKIPPED')
})
