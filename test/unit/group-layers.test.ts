/** Group files that extend another. */
import { describe, expect, test } from 'vitest'
import { resolveGroup } from '../../src/migration/load-group.ts'
import { groupText } from '../helpers/scripted-parties.ts'
import { problemsOf } from './profiles-bench.ts'

const HEAD = 'schema: s1rig/group/1\nid: ZZ\nextends: cb.yaml\n'

/** A lab's folder beside that of the package. */
function resolve(files: Readonly<Record<string, string>>, first = 'lab/zz.yaml') {
  const all: Readonly<Record<string, string>> = { 'package/cb.yaml': groupText(), ...files }
  return resolveGroup(first, all[first] ?? '', {
    read: path => all[path],
    packaged: { folder: 'package', names: ['aa.yaml', 'cb.yaml'] },
  })
}
const extending = (text: string) => resolve({ 'lab/zz.yaml': HEAD + text }).group
const steps = ({ phases }: ReturnType<typeof extending>) => phases.flatMap(phase => phase.steps)
const problems = (text: string, files: Readonly<Record<string, string>> = {}) =>
  problemsOf(() => resolve({ 'lab/zz.yaml': text, ...files }))

describe('a Group file that extends another', () => {
  const cb = resolve({}, 'package/cb.yaml').group

  test('and states no more is that Group under its own id', () => {
    const group = extending('')
    expect(group.id).toBe('ZZ')
    expect(steps(group).map(({ id }) => id)).toEqual(steps(cb).map(({ id }) => id.replace('CB-', 'ZZ-')))
    expect(group.closing?.retained.map(({ id }) => id)).toEqual(['ZZ-CLR-FILES', 'ZZ-CLR-ACCOUNT', 'ZZ-CLR-SERVICE'])
    expect(group.recovery[0]?.id).toBe('ZZ-REC-RETURN')
    expect(group.eligibleProductCombinations).toEqual(cb.eligibleProductCombinations)
  })

  test('states whole keys otherwise, and parameters by name', () => {
    const group = extending(
      'smso: Other\ndco: { authenticates: critical, source: assumed }\nparameters:\n  gt01.windowHours: { value: 9, source: assumed }\n',
    )
    expect([group.smso, group.dco?.authenticates, group.s1sp]).toEqual(['Other', 'critical', cb.s1sp])
    expect(group.parameters).toEqual({ ...cb.parameters, 'gt01.windowHours': { value: 9, source: 'assumed' } })
  })

  test('leaves keys, steps and conditions out', () => {
    const group = extending(
      'simFiles: false\nclosing: false\nsteps:\n  ZZ-CHK-GT01: false\nconditions:\n  q4b-retained: false\n  q4a-unreached: false\n',
    )
    expect([group.simFiles, group.closing]).toEqual([undefined, undefined])
    expect(steps(group).length).toBe(steps(cb).length - 1)
    expect(group.conditions.map(({ id }) => id)).toEqual(
      cb.conditions.flatMap(({ id }) => (id === 'q4b-retained' || id === 'q4a-unreached' ? [] : [id])),
    )
  })

  test('changes steps wherever they stand, adds some before and after others, and keeps the rest of them', () => {
    const group = extending(`steps:
  ZZ-PRE-CLOCK: { source: "lab [measured]" }
  ZZ-PRE-FIRST: { before: ZZ-PRE-REACH, title: First, party: SMSO, action: reach-hub, over: before, source: assumed }
  ZZ-PRE-SECOND: { after: ZZ-PRE-FIRST, title: Second, party: SMSO, action: reach-hub, over: before, source: assumed }
  ZZ-REC-SERVICE: { title: Served again }
  ZZ-CLO-SESSION: false
`)
    expect(group.phases[0]?.steps.slice(0, 3).map(({ id }) => id)).toEqual([
      'ZZ-PRE-FIRST',
      'ZZ-PRE-SECOND',
      'ZZ-PRE-REACH',
    ])
    const clock = steps(group).find(({ id }) => id === 'ZZ-PRE-CLOCK')
    expect(clock).toEqual({
      ...steps(cb).find(({ id }) => id === 'CB-PRE-CLOCK'),
      id: 'ZZ-PRE-CLOCK',
      source: 'lab [measured]',
    })
    expect(group.recovery[1]).toMatchObject({ title: 'Served again', action: 'reach-hub' })
    expect(group.closing?.migrated.length).toBe((cb.closing?.migrated.length ?? 0) - 1)
  })

  test('with another action makes a step anew: nothing of what it was stays', () => {
    const group = extending(`steps:
  ZZ-CHK-READ: { title: Again, party: S1SP, action: reach-hub, over: after, source: assumed }
`)
    expect(steps(group).find(({ id }) => id === 'ZZ-CHK-READ')).not.toHaveProperty('devices')
  })

  test('may itself be extended; all that is used is named, the nearest first', () => {
    const files = {
      'lab/zz.yaml': HEAD.replace('cb.yaml', 'own.yaml'),
      'lab/own.yaml': `${HEAD.replace('ZZ', 'YY')}smso: Nearest\n`,
    }
    const { group, bases } = resolve(files)
    expect([group.smso, steps(group)[0]?.id]).toEqual(['Nearest', 'ZZ-PRE-REACH'])
    expect(bases.map(({ path }) => path)).toEqual(['lab/own.yaml', 'package/cb.yaml'])
  })

  test('finds what it extends beside it before that of the package, for all files of the chain', () => {
    const files = {
      'lab/zz.yaml': HEAD.replace('cb.yaml', 'own.yaml'),
      'package/own.yaml': HEAD.replace('ZZ', 'YY'),
      'lab/cb.yaml': groupText().replace('smso: MDS\ncomm', 'smso: Beside\ncomm'),
    }
    expect(resolve(files).group.smso).toBe('Beside')
  })
})

describe('a Group file is refused at its place', () => {
  test.each([
    ['of nobody', 'cc.yaml', 'none called "cc.yaml"', 'did you mean "cb.yaml"?'],
    ['far from all', 'nothing-like-it.yaml', 'none called', 'the package has aa.yaml, cb.yaml'],
    ['a path', '../lab/other.yaml', 'the name of a Group file such as cb.yaml', undefined],
    ['itself', 'zz.yaml', 'found lab/zz.yaml > lab/zz.yaml', undefined],
    ['a number', '12', 'the name of a Group file', undefined],
  ])('for extending %s', (_, name, says, hint) => {
    const [problem, ...more] = problems(HEAD.replace('cb.yaml', name))
    expect(more).toEqual([])
    expect(problem).toMatchObject({ file: 'lab/zz.yaml', line: 3, pointer: '/extends', code: 'group.extends' })
    expect(problem?.hint).toBe(hint)
    expect(problem?.message).toContain(says)
  })

  test('for a circle, at the file that closes it', () => {
    const [problem] = problems(HEAD.replace('cb.yaml', 'own.yaml'), {
      'lab/own.yaml': HEAD.replace('cb.yaml', 'zz.yaml'),
    })
    expect(problem).toMatchObject({ file: 'lab/own.yaml', pointer: '/extends' })
    expect(problem?.message).toContain('lab/zz.yaml > lab/own.yaml > lab/zz.yaml')
  })

  test.each([
    ['a key that is not there to leave out', 'dcoo: false', '/dcoo', 'no dcoo in what is extended', 4],
    [
      'a step that is not there to change',
      'steps:\n  ZZ-CHK-GT02: { title: x }',
      '/steps/ZZ-CHK-GT02',
      'no "ZZ-CHK-GT02"',
      5,
    ],
    [
      'a step that is not there to leave out',
      'steps:\n  ZZ-CHK-GT02: false',
      '/steps/ZZ-CHK-GT02',
      'a step to leave out',
      5,
    ],
    [
      'the id of the Group that is extended',
      'steps:\n  CB-CHK-GT01: false',
      '/steps/CB-CHK-GT01',
      'a step to leave out',
      5,
    ],
    ['a condition that is not there', 'conditions:\n  q9: { plan: x }', '/conditions/q9', 'a condition to change', 5],
    [
      'one more step that is there already',
      'steps:\n  ZZ-CHK-GT01: { after: ZZ-CHK-READ }',
      '/steps/ZZ-CHK-GT01',
      'which is extended',
      5,
    ],
    [
      'a place beside nothing',
      'steps:\n  ZZ-NEW: { after: ZZ-CHK-RAED }',
      '/steps/ZZ-NEW/after',
      'found "ZZ-CHK-RAED"',
      5,
    ],
    ['two places', 'steps:\n  ZZ-NEW: { after: ZZ-CHK-READ, before: ZZ-CHK-READ }', '/steps/ZZ-NEW', 'found both', 5],
    ['a step that is no mapping', 'steps:\n  ZZ-CHK-GT01: true', '/steps/ZZ-CHK-GT01', 'false, or a mapping', 5],
    ['steps that are a list', 'steps: []', '/steps', 'a mapping: what differs', 4],
    ['an unknown key', 'titel: x', '/titel', 'titel', 4],
    [
      'a parameter of nobody',
      'parameters:\n  gt01.window: { value: 1, source: assumed }',
      '/parameters/gt01.window',
      'gt01.window',
      5,
    ],
    [
      'a value out of range',
      'parameters:\n  gt01.windowHours: { value: 0, source: assumed }',
      '/parameters/gt01.windowHours/value',
      '',
      5,
    ],
    [
      'a field that will not do',
      'steps:\n  ZZ-CHK-READ:\n    devices: [ESM]',
      '/steps/ZZ-CHK-READ/devices/0',
      'ESM',
      6,
    ],
    [
      'a plan of nobody in a change',
      'steps:\n  ZZ-NET-PLAN:\n    plan: elster-olny',
      '/steps/ZZ-NET-PLAN/plan',
      'elster-olny',
      6,
    ],
    [
      'one more step that lacks something',
      'steps:\n  ZZ-NEW: { after: ZZ-CHK-READ, title: New, party: S1SP, action: reach-hub, source: assumed }',
      '/steps/ZZ-NEW/over',
      'over',
      5,
    ],
  ])('for %s', (_, text, pointer, says, line) => {
    const found = problems(`${HEAD}${text}\n`)
    const problem = found.find(one => one.pointer === pointer)
    expect(problem, JSON.stringify(found)).toMatchObject({ file: 'lab/zz.yaml', line })
    expect(problem?.message).toContain(says)
    expect(problem?.column).toBeGreaterThan(0)
  })

  test('for what it leaves out and needs', () => {
    expect(problems(`${HEAD}apns: false\n`)).toMatchObject([{ pointer: '/apns' }])
  })

  test('where what is extended does not go with what it states, at the step of that file', () => {
    const found = problems(`${HEAD}plans:\n  one: { apns: [newcastle, elster], source: assumed }\n`)
    const step = found.find(({ message }) => message.includes('"newcastle-and-elster"'))
    expect(step).toMatchObject({ file: 'package/cb.yaml', pointer: '/phases/1/steps/1/plan', code: 'group.plan' })
    const lines = groupText().split('\n')
    expect(lines[(step?.line ?? 0) - 1]).toContain('plan: newcastle-and-elster')
  })

  test('where what is extended is no good in itself, in that file', () => {
    const found = problems(HEAD.replace('cb.yaml', 'own.yaml'), {
      'lab/own.yaml': groupText().replace('gt01.windowHours: { value: 72', 'gt01.windowHours: { value: 0'),
    })
    expect(found).toMatchObject([{ file: 'lab/own.yaml', pointer: '/parameters/gt01.windowHours/value' }])
  })
})
