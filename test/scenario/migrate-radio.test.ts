import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Attempt, inMemory, migrateRig, withHan } from '../helpers/migration.ts'

async function judged(attempt: Attempt) {
  const { verdicts, conditions, exitCode } = await migrateRig(attempt)
  return {
    verdicts: verdicts.map(({ step, deviceType, verdict }) => [step, deviceType, verdict]),
    conditions,
    exitCode,
  }
}

describe('a migration whose HAN is on the air', () => {
  it('passes whatever the dice', async () => {
    for (const seed of ['1', '2', '3', '4', '5', '6']) {
      const { exitCode } = await migrateRig({ seed })
      expect({ seed, exitCode }).toEqual({ seed, exitCode: 0 })
    }
  })

  it('passes in a home whose devices are certified in suite 2 as well, which they use', async () => {
    const { exitCode, directory } = await migrateRig({ rig: withHan({ suites: [1, 2] }) })
    expect(exitCode).toBe(0)
    const trace = readFileSync(join(directory, 'trace.jsonl'), 'utf8')
    const suites = [...trace.matchAll(/"kind":"han.link-key",[^}]*"suite":(\d)/g)].map(([, suite]) => suite)
    expect([suites.length > 0, new Set(suites)]).toEqual([true, new Set(['2'])])
  })

  it.each([
    [[], []],
    [['gsme.silent=30h'], ['gt01.windowHours=24']],
    [['gsme.silent=30h'], ['gt01.windowHours=72']],
    [['gsme.whitelist=absent'], []],
    [['sim.plan=newcastle-only'], []],
    [['hub.wan=down'], []],
    [['esme.firmware=9.9.9,at:apn-switch'], []],
  ])('with %s and %s comes to the verdicts of the HAN in memory', async (faults, settings) => {
    const onTheAir = await judged({ faults, settings })
    expect(onTheAir).toEqual(await judged({ rig: inMemory(), faults, settings }))
  })
})
