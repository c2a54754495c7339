import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { runMigration } from '../../src/rig/run-migration.ts'

const SEEDS = 40
const scratch = mkdtempSync(join(tmpdir(), 's1rig-long-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const run = async (name: string, seed: number, options: { rigFile?: string; faults?: string[] }) =>
  runMigration({
    prepared: prepare({ rigFile: 'rigs/cb-dual-fuel.yaml', ...options }),
    seed: `${seed}`,
    clock: new VirtualRunClock(),
    broker: {},
    out: join(scratch, `${name}-${seed}`),
  })

const seeds = Array.from({ length: SEEDS }, (_, n) => n + 1)

describe('whatever the dice', () => {
  it.each(['cb-dual-fuel', 'cb-electricity-only', 'cb-seven-devices', 'cb-far-meter'])(
    '%s migrates',
    async rig => {
      for (const seed of seeds) {
        const report = await run(rig, seed, { rigFile: `rigs/${rig}.yaml` })
        expect({ seed, summary: report.summary, exitCode: report.exitCode }).toMatchObject({ exitCode: 0 })
      }
    },
    600_000,
  )

  it.each([
    ['gsme.silent=73h', 'CB-CHK-GT01'],
    ['gsme.whitelist=absent', 'CB-CHK-GT01'],
    ['hub.wan=down', 'CB-PRE-REACH'],
    ['sim.plan=newcastle-only', 'CB-APN-SWITCH'],
    ['esme.firmware=9.9.9,at:apn-switch', 'CB-CHK-FIRMWARE'],
  ])(
    '%s fails %s and nothing else',
    async (fault, step) => {
      for (const seed of seeds.slice(0, SEEDS / 4)) {
        const report = await run(fault.replace(/\W/g, '-'), seed, { faults: [fault] })
        const failed = report.verdicts.filter(({ verdict }) => verdict === 'FAIL').map(verdict => verdict.step)
        expect({ seed, failed }).toEqual({ seed, failed: [step] })
      }
    },
    600_000,
  )
})
