/** How long a day, and the 72 hours of GT01, take in virtual time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hours } from '../../src/base/time.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { VirtualRunClock } from '../../src/rig/run-clock.ts'
import { runMigration } from '../../src/rig/run-migration.ts'
import { rigUp } from './rig-under-test.ts'
import { median, type Row } from './table.ts'

const ROUNDS = 5

export async function simulatedTime(): Promise<Row[]> {
  const inMemory = await aDay({ inMemory: true })
  const onTheAir = await aDay({ inMemory: false })
  const silences: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const directory = mkdtempSync(join(tmpdir(), 's1rig-bench-'))
    const from = performance.now()
    await runMigration({
      prepared: prepare({ rigFile: 'rigs/cb-dual-fuel.yaml', faults: ['gsme.silent=72h'] }),
      seed: '1',
      clock: new VirtualRunClock(),
      broker: {},
      out: join(directory, 'run'),
    })
    silences.push(performance.now() - from)
    rmSync(directory, { recursive: true })
  }
  return [
    { what: '24 h of one dual-fuel installation, HAN in memory', measured: inMemory, target: '2 s' },
    { what: '24 h of one dual-fuel installation, every radio frame', measured: onTheAir, target: '2 s' },
    {
      what: 'GT01 migration after 72 h of silence, run folder included',
      measured: `${seconds(silences)} s`,
      target: '3 s',
    },
  ]
}

async function aDay(options: { inMemory: boolean }): Promise<string> {
  const days: number[] = []
  let records = 0
  for (let round = 0; round < ROUNDS; round++) {
    const { rig, close, traced } = await rigUp(new VirtualRunClock(), options)
    const from = performance.now()
    await rig.waitFor('home-1', () => false, hours(24))
    days.push(performance.now() - from)
    records = traced()
    await close()
  }
  return `${seconds(days)} s, ${records} trace records`
}

const seconds = (values: readonly number[]): string => (median(values) / 1_000).toFixed(2)
