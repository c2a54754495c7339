/** How the driver walks phases: what stops, what goes on, what is done to return. */
import { describe, expect, test } from 'vitest'
import { migrate } from '../../src/migration/driver.ts'
import type { Group, Step } from '../../src/migration/group.ts'
import { InterruptedError, MessageLostError } from '../../src/ports/rig-control.ts'
import type { RequestKind } from '../../src/wan/messages/requests.ts'
import { groupCb, HUB, scripted } from '../helpers/scripted-parties.ts'

const step = (id: string, rest: Record<string, unknown>): Step =>
  ({ id, title: id, party: 'S1SP', source: 'assumed', ...rest }) as Step
/** Passes and fails at will: the log is readable, the whitelist is empty. */
const sound = (id: string) => step(id, { action: 'read-log', over: 'after', devices: ['CHF'] })
const unsound = (id: string) => step(id, { action: 'check-whitelist', over: 'after', devices: ['ESME'] })

const hub = (_: unknown, kind: RequestKind) =>
  kind === 'readLog'
    ? { readLog: { log: 'EVENT' as const, entries: [{ atMs: 0, code: '8F12', text: 'changed' }] } }
    : kind === 'readDeviceLog'
      ? { readDeviceLog: { entries: [] } }
      : undefined

type PhaseOf = Partial<Group['phases'][number]> & { steps: Step[] }
async function walk(phases: PhaseOf[], recovery: Step[] = [sound('R1'), sound('R2')]) {
  const group: Group = {
    ...groupCb(),
    phases: phases.map((phase, i) => ({
      id: `p${i + 1}`,
      title: 'phase',
      stop: 'at-once',
      recovery: 'none',
      ...phase,
    })),
    recovery,
  }
  const { context } = await scripted({ group, hub })
  const { verdicts } = await migrate(context)
  return verdicts.map(v => `${v.phase} ${v.step} ${v.verdict}${v.verdict === 'SKIPPED' ? `: ${v.reason}` : ''}`)
}

describe('a phase that stops', () => {
  test('at once skips the rest of its steps and all later phases', async () => {
    const story = await walk([{ steps: [sound('A'), unsound('B'), sound('C')] }, { steps: [sound('D')] }])
    expect(story).toEqual([
      'p1 A PASS',
      'p1 B FAIL',
      'p1 C SKIPPED: B did not pass',
      'p2 D SKIPPED: the migration stopped in phase p1',
      'recovery R1 SKIPPED: not foreseen after phase p1',
      'recovery R2 SKIPPED: not foreseen after phase p1',
    ])
  })

  test('at its end judges the rest of its steps first', async () => {
    const story = await walk([{ stop: 'at-end', steps: [unsound('A'), sound('B')] }, { steps: [sound('C')] }])
    expect(story.slice(0, 3)).toEqual(['p1 A FAIL', 'p1 B PASS', 'p2 C SKIPPED: the migration stopped in phase p1'])
  })
})

test('a phase that foresees a return has it carried out, step by step, whatever fails on the way', async () => {
  const story = await walk([{ recovery: 'return', steps: [unsound('A')] }], [unsound('R1'), sound('R2')])
  expect(story).toEqual(['p1 A FAIL', 'recovery R1 FAIL', 'recovery R2 PASS'])
})

test('where nothing failed nothing is recovered', async () => {
  expect(await walk([{ recovery: 'return', steps: [sound('A')] }])).toEqual([
    'p1 A PASS',
    'recovery R1 SKIPPED: not needed',
    'recovery R2 SKIPPED: not needed',
  ])
})

test('a verdict says who acted on what, by which clause, and whether a device was touched', async () => {
  const { context } = await scripted({ group: { ...groupCb(), phases: groupCb().phases.slice(0, 1) }, hub })
  const { verdicts } = await migrate(context)
  expect(verdicts[0]).toMatchObject({
    installation: 'home-1',
    step: 'CB-PRE-REACH',
    phase: 'pre-migration-configuration',
    party: 'SMSO',
    source: 'S0 s2 [seed]',
    touchesDevice: true,
  })
})

test('an interrupted run keeps what was judged and says where the hub was last seen', async () => {
  const { context } = await scripted({ hub })
  const result = await migrate(context, {}, { before: () => Promise.reject(new InterruptedError()) })
  expect(result).toMatchObject({ ended: 'interrupted', verdicts: [] })
  expect(result.condition).toMatchObject({ attached: 'elster', means: expect.stringMatching(/^as last seen/) })
})

test('a broker lost before the first step blocks that step and skips the others', async () => {
  const { context } = await scripted({ hub })
  const { verdicts, ended } = await migrate(context, {}, { before: () => Promise.reject(new MessageLostError('gone')) })
  expect(ended).toBe('finished')
  expect(verdicts[0]).toMatchObject({ step: 'CB-PRE-REACH', verdict: 'BLOCKED', reason: 'gone' })
  expect(new Set(verdicts.slice(1).map(({ verdict }) => verdict))).toEqual(new Set(['SKIPPED']))
})

test('an error of our own is not made a verdict', async () => {
  const { context } = await scripted({ hub })
  await expect(migrate(context, {}, { before: () => Promise.reject(new Error('a bug')) })).rejects.toThrow('a bug')
  expect(context.installation.devices[0]?.deviceId).toBe(HUB)
})
