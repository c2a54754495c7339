/** How long a day, and the 72 hours of GT01, take in virtual time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hours } from '../../src/base/time.ts'
import { VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { runMigration } from '../../src/rig/run-migration.ts'
import { rigUp, withHanInMemory } from './rig-under-test.ts'
import { median, type Row } from './table.ts'

const ROUNDS = 5

export async function simulatedTime(): Promise<Row[]> {
  const inMemory = await aDay({ inMemory: true })
  const onTheAir = await aDay({ inMemory: false })
  return [
    { what: '24 h of one dual-fuel installation, HAN in memory', measured: inMemory, target: '2 s' },
    { what: '24 h of one dual-fuel installation, every radio frame', measured: onTheAir, target: '2 s' },
    {
      what: 'GT01 migration after 72 h of silence, HAN in memory, run folder included',
      measured: await silence({ inMemory: true }),
      target: '3 s',
    },
    { what: 'the same, every radio frame', measured: await silence({ inMemory: false }) },
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

async function silence({ inMemory }: { inMemory: boolean }): Promise<string> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const directory = mkdtempSync(join(tmpdir(), 's1rig-bench-'))
    const prepared = prepare({ rigFile: 'rigs/cb-dual-fuel.yaml', faults: ['gsme.silent=72h'] })
    const from = performance.now()
    await runMigration({
      prepared: inMemory ? { ...prepared, rig: withHanInMemory(prepared.rig) } : prepared,
      seed: '1',
      clock: new VirtualRunClock(),
      broker: {},
      out: join(directory, 'run'),
    })
    times.push(performance.now() - from)
    rmSync(directory, { recursive: true })
  }
  return `${seconds(times)} s`
}

const seconds = (values: readonly number[]): string => (median(values) / 1_000).toFixed(2)
