import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { prepare } from '../../src/rig/prepare.ts'
import { VirtualRunClock } from '../../src/rig/run-clock.ts'
import { runMigration } from '../../src/rig/run-migration.ts'

const scratch = mkdtempSync(join(tmpdir(), 's1rig-radio-'))
afterAll(() => rmSync(scratch, { recursive: true }))
let runs = 0

async function migrate(options: { seed?: string; faults?: string[]; settings?: string[] }) {
  const report = await runMigration({
    prepared: prepare({ rigFile: 'rigs/cb-dual-fuel-radio.yaml', ...options }),
    seed: options.seed ?? '1',
    clock: new VirtualRunClock(),
    broker: {},
    out: join(scratch, `${++runs}`),
  })
  const failed = report.verdicts.filter(({ verdict }) => verdict === 'FAIL')
  return { ...report, failed: failed.map(({ step, deviceType }) => [step, deviceType].filter(Boolean).join(' ')) }
}

describe('a migration whose HAN is on the air', () => {
  it('passes whatever the dice', async () => {
    for (const seed of ['1', '2', '3', '4', '5', '6']) {
      const { failed, exitCode } = await migrate({ seed })
      expect({ seed, failed, exitCode }).toEqual({ seed, failed: [], exitCode: 0 })
    }
  })

  it.each([
    [['gsme.silent=30h'], ['gt01.windowHours=24'], ['CB-CHK-GT01']],
    [['gsme.silent=30h'], ['gt01.windowHours=72'], []],
    [['gsme.whitelist=absent'], [], ['CB-CHK-GT01']],
    [['sim.plan=newcastle-only'], [], ['CB-APN-SWITCH']],
    [['hub.wan=down'], [], ['CB-PRE-REACH']],
    [['esme.firmware=9.9.9'], [], ['CB-CHK-FIRMWARE ESME']],
  ])('with %s and %s fails %s, as it does in memory', async (faults, settings, failed) => {
    expect((await migrate({ faults, settings })).failed).toEqual(failed)
  })
})
