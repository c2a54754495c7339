/** Group files and the EPCL in them. */
import { describe, expect, test } from 'vitest'
import { matchEligibleCombination } from '../../src/migration/eligible-combination.ts'
import { loadGroup } from '../../src/migration/load-group.ts'
import type { DeclaredDevice } from '../../src/migration/step-context.ts'
import { DEVICES, groupText, scripted } from '../helpers/scripted-parties.ts'
import { problemsOf } from './profiles-bench.ts'

describe('a Group file', () => {
  /** What is said of the file of Group CB with one text replaced. */
  const saidOf = (find: string, replace: string) => {
    const text = groupText()
    if (!text.includes(find)) throw new Error(`no "${find}" in the file`)
    return problemsOf(() => loadGroup('g.yaml', text.replace(find, replace)))
  }

  test('that comes with the package is good', () => {
    expect(loadGroup('cb.yaml', groupText()).phases.flatMap(({ steps }) => steps).length).toBeGreaterThan(20)
  })

  test.each([
    ['an unknown key', 'title: MOC (MDS) cohort', 'titel: MOC (MDS) cohort', '/titel', 'title'],
    ['an unknown action', 'action: reach-hub', 'action: reach-hubb', '/phases/0/steps/0/action', 'reach-hub'],
    [
      'a plan nobody defined',
      'plan: newcastle-and-elster,\n          source',
      'plan: newcastle-and-elstre,\n          source',
      '/phases/1/steps/1/plan',
      'newcastle-and-elster',
    ],
    [
      'a condition with such a plan',
      'plan: newcastle-only,\n      means',
      'plan: newcastle,\n      means',
      '/conditions/1/plan',
      'newcastle-only',
    ],
    ['a step id given twice', 'id: CB-PRE-CLOCK', 'id: CB-PRE-KEYS', '/phases/0/steps/5/id', '/phases/0/steps/3/id'],
    ['an entry id given twice', 'id: CB-EPC-002', 'id: CB-EPC-001', '/eligibleProductCombinations/1/id', 'CB-EPC-001'],
    [
      'a plan of nobody for migrated SIMs',
      'migrated: { plan: elster-only',
      'migrated: { plan: elster',
      '/simFiles/migrated/plan',
      'elster',
    ],
    [
      'a plan for retained SIMs without the access point before',
      'plan: newcastle-only, source: "assumed: names',
      'plan: elster-only, source: "assumed: names',
      '/simFiles/retained/plan',
      'expected a plan that allows newcastle, found "elster-only"',
    ],
    ['one access point for both', 'after: elster', 'after: newcastle', '/apns/after', 'newcastle'],
    ['a plan for an access point of nobody', 'apns: [elster]', 'apns: [eslter]', '/plans/elster-only/apns/0', 'eslter'],
    [
      'a parameter out of range',
      'gt01.windowHours: { value: 72',
      'gt01.windowHours: { value: 0',
      '/parameters/gt01.windowHours/value',
      '',
    ],
    [
      'a parameter that is missing',
      '  wan.switchWithinS: { value: 900, source: assumed }\n',
      '',
      '/parameters/wan.switchWithinS',
      'wan.switchWithinS',
    ],
    [
      'a fact without a source',
      'value: 900, source: assumed',
      'value: 900',
      '/parameters/wan.switchWithinS/source',
      'source',
    ],
  ])('with %s is refused at its place', (_, find, replace, pointer, names) => {
    const problems = saidOf(find, replace)
    const problem = problems.find(p => p.pointer === pointer)
    expect(problem, JSON.stringify(problems)).toBeDefined()
    expect(`${problem?.message} ${problem?.hint ?? ''}`).toContain(names)
    expect(problem?.line).toBeGreaterThan(1)
  })
})

describe('the Eligible Product Combinations', () => {
  const match = async (devices: DeclaredDevice[]) => {
    const { context } = await scripted({ devices })
    return { outcome: matchEligibleCombination(context), found: context.found.combination?.id }
  }
  const { CHF, ESME, GSME, PPMID } = DEVICES

  test.each([
    [[CHF, ESME, GSME, PPMID], 'CB-EPC-001'],
    [[CHF, ESME, GSME], 'CB-EPC-002'],
    [[CHF, ESME], 'CB-EPC-003'],
    [[CHF, { ...ESME, firmware: '1.5.0' }], 'CB-EPC-003'],
  ])('match a home by its models and declared firmware (%#)', async (devices, entry) => {
    expect(await match(devices)).toMatchObject({ outcome: { verdict: 'PASS', observed: entry }, found: entry })
  })

  test('firmware that is not listed fails, with the nearest entry and the one difference', async () => {
    const { outcome, found } = await match([CHF, ESME, { ...GSME, firmware: '2.9.9' }])
    expect(outcome).toMatchObject({
      verdict: 'FAIL',
      observed: 'MA110 no entry; nearest CB-EPC-002: GSME firmware is 2.9.9, the entry has 3.0.1 or 3.1.0',
    })
    expect(found).toBeUndefined()
  })

  test('a model that is not listed is named beside the one that is', async () => {
    const { outcome } = await match([CHF, { ...ESME, modelId: 'AS9' }])
    expect(outcome.observed).toBe(
      'MA110 no entry; nearest CB-EPC-003: ESME is Honeywell Elster AS9 1.4.2, the entry has Honeywell Elster AS300P',
    )
  })

  test('a part that an entry has and the home has not is named', async () => {
    const { outcome } = await match([CHF, ESME, PPMID])
    expect(outcome.observed).toBe('MA110 no entry; nearest CB-EPC-001: the entry has a GSME')
  })

  test('an IHD is no part of a combination', async () => {
    const ihd: DeclaredDevice = { ...PPMID, type: 'IHD', deviceId: '00db1234567890a6' }
    expect((await match([CHF, ESME, ihd])).found).toBe('CB-EPC-003')
  })
})
