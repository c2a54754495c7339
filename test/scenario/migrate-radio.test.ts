import { describe, expect, it } from 'vitest'
import { type Attempt, inMemory, migrateRig } from '../helpers/migration.ts'

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

  it.each([
    [[], []],
    [['gsme.silent=30h'], ['gt01.windowHours=24']],
    [['gsme.silent=30h'], ['gt01.windowHours=72']],
    [['gsme.whitelist=absent'], []],
    [['sim.plan=newcastle-only'], []],
    [['hub.wan=down'], []],
    [['esme.firmware=9.9.9'], []],
  ])('with %s and %s comes to the verdicts of the HAN in memory', async (faults, settings) => {
    const onTheAir = await judged({ faults, settings })
    expect(onTheAir).toEqual(await judged({ rig: inMemory(), faults, settings }))
  })
})
