/** From files and settings to a run, all checked before anything starts. */
import { copyFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { prepare } from '../../src/rig/prepare.ts'
import { DUAL_FUEL, home, migrateRig, writeRig } from '../helpers/migration.ts'
import { groupText } from '../helpers/scripted-parties.ts'
import { places, problemsOf } from './profiles-bench.ts'

describe('a setting', () => {
  test('takes the place of the Group file’s value and is kept for the evidence', () => {
    const settings = ['gt01.windowHours=24', 'gt01.requireWhitelist=false', 'gt01.boundary=exclusive']
    const { parameters, settings: kept } = prepare({ rigFile: DUAL_FUEL, settings })
    expect(parameters).toMatchObject({ 'gt01.windowHours': 24, 'gt01.boundary': 'exclusive', 'clock.toleranceS': 10 })
    expect(kept).toEqual({ 'gt01.windowHours': 24, 'gt01.requireWhitelist': false, 'gt01.boundary': 'exclusive' })
  })

  test.each([
    ['gt01.windowHours=', /will not do/],
    ['gt01.windowHours=24h', /will not do/],
    ['gt01.requireWhitelist=yes', /will not do/],
    ['join.windowS=3601', /will not do/],
    ['=24', /NAME=VALUE expected/],
    ['constructor=1', /unknown setting "constructor"/],
  ])('written "%s" is refused', (setting, says) => {
    expect(() => prepare({ rigFile: DUAL_FUEL, settings: [setting] })).toThrow(says)
  })
})

describe('a rig and its Group', () => {
  const changed = (change: (sim: Record<string, unknown>) => void) => {
    const one = home('home-1', 20) as { sim: Record<string, unknown> }
    change(one.sim)
    return writeRig([one])
  }

  test('must agree on plans', () => {
    const rigFile = changed(sim => {
      sim.plan = 'newcastle-onyl'
    })
    const problems = problemsOf(() => prepare({ rigFile }))
    expect(problems).toMatchObject([{ pointer: '/installations/0/sim/plan', hint: 'did you mean "newcastle-only"?' }])
  })

  test('must agree on where the hub is found', () => {
    const rigFile = changed(sim => {
      sim.addresses = { elster: '10.1.1.1' }
    })
    const problems = problemsOf(() => prepare({ rigFile }))
    expect(places(problems)).toEqual([
      expect.stringMatching(/^\d+:\d+ \/installations\/0\/sim\/addresses rig\.address$/),
    ])
  })

  test('beside it in a file of the lab’s own migrate together', async () => {
    const rig = writeRig([home('home-1', 21)], { group: 'mine.yaml' })
    const text = groupText().replace('gt01.windowHours: { value: 72', 'gt01.windowHours: { value: 1')
    writeFileSync(join(dirname(rig), 'mine.yaml'), text)
    const { verdicts, exitCode } = await migrateRig({ rig, faults: ['gsme.silent=2h'] })
    expect(exitCode).toBe(1)
    expect(verdicts.find(({ step }) => step === 'CB-CHK-GT01')).toMatchObject({ verdict: 'FAIL' })
  })

  test('whose file is bad are refused at its place', () => {
    const rigFile = writeRig([home('home-1', 22)], { group: 'mine.yaml' })
    writeFileSync(join(dirname(rigFile), 'mine.yaml'), groupText().replace('stop: at-once', 'stop: at-onec'))
    const problems = problemsOf(() => prepare({ rigFile }))
    expect(problems).toMatchObject([{ file: join(dirname(rigFile), 'mine.yaml'), pointer: '/phases/0/stop' }])
  })

  test('are the same from any working directory', () => {
    const rigFile = join(dirname(writeRig([])), 'copy.yaml')
    copyFileSync(fileURLToPath(new URL(`../../${DUAL_FUEL}`, import.meta.url)), rigFile)
    expect(prepare({ rigFile }).rig.installations).toHaveLength(1)
  })
})
