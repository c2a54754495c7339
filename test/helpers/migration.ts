/** Migrations in process, for tests: run folders in a temporary place, the rig kept for a look afterwards. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import type { StepVerdict } from '../../src/ports/verdict.ts'
import type { BrokerChoice, ChosenBroker } from '../../src/rig/broker-choice.ts'
import type { MigrationRun } from '../../src/rig/carry-out.ts'
import { type RunClock, VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import type { Rig } from '../../src/rig/rig.ts'
import { type MigrationReport, runMigration } from '../../src/rig/run-migration.ts'

export const DUAL_FUEL = 'rigs/cb-dual-fuel.yaml'

export interface Attempt {
  rig?: string
  faults?: readonly string[]
  disasters?: readonly string[]
  /** In place of the Group file that the rig names. */
  groupFile?: string
  settings?: readonly string[]
  seed?: string
  clock?: RunClock
  broker?: BrokerChoice
  listener?: NonNullable<MigrationRun['listener']>
  signal?: AbortSignal
  state?: string
  coordinators?: NonNullable<MigrationRun['coordinators']>
}

export interface Migrated extends MigrationReport {
  /** As it stands when the run is over. */
  rig: Rig
}

/** A folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 's1rig-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export async function migrateRig(attempt: Attempt = {}): Promise<Migrated> {
  const { rig: rigFile = DUAL_FUEL, faults = [], settings = [], seed = '1', listener = {}, broker = {} } = attempt
  let rig: Rig | undefined
  const report = await runMigration({
    prepared: prepare({
      rigFile,
      faults,
      settings,
      disasters: attempt.disasters ?? [],
      ...(attempt.groupFile !== undefined && { groupFile: attempt.groupFile }),
    }),
    seed,
    clock: attempt.clock ?? new VirtualRunClock(),
    broker,
    out: join(temporaryFolder(), 'run'),
    listener: {
      ...listener,
      rigUp: (up: Rig, chosen: ChosenBroker) => {
        rig = up
        listener.rigUp?.(up, chosen)
      },
    },
    ...(attempt.state !== undefined && { state: attempt.state }),
    ...(attempt.signal && { signal: attempt.signal }),
    ...(attempt.coordinators && { coordinators: attempt.coordinators }),
  })
  if (!rig) throw new Error('the rig never came up')
  return { ...report, rig }
}

/** The verdicts on a step, in order. */
export const verdictsOn = (verdicts: readonly StepVerdict[], step: string): StepVerdict[] =>
  verdicts.filter(verdict => verdict.step === step)

/** What did not pass, as `STEP DEVICE VERDICT`. */
export const notPassed = (verdicts: readonly StepVerdict[]): string[] =>
  verdicts
    .filter(({ verdict }) => verdict !== 'PASS')
    .map(({ step, deviceType, verdict }) => [step, deviceType, verdict].filter(Boolean).join(' '))

/** What a migration over a broker that fails must have in common with one over a broker that does not. */
export const doneBy = ({ verdicts, rig }: Migrated) =>
  rig.installations.map(({ id, hub }) => ({
    verdicts: verdicts
      .filter(({ installation }) => installation === id)
      .map(({ step, deviceType, verdict }) => [step, deviceType, verdict].filter(Boolean).join(' ')),
    events: hub.alerts.eventLog.newest(100).map(({ code }) => code),
  }))

type Plain = Record<string, unknown>

/** One home of the dual-fuel rig under another id, with identities of its own. */
export function home(id: string, position: number): Plain {
  const [first] = (parse(readFileSync(DUAL_FUEL, 'utf8')) as { installations: Plain[] }).installations
  const digits = String(position).padStart(2, '0')
  const text = JSON.stringify(first)
    .replaceAll('00-DB-12-34-56-78-90-A', `00-DB-12-34-56-78-${digits}-A`)
    .replaceAll('2341001234567', `23410012345${digits}`)
    .replaceAll('89441100123456789', `894411001234567${digits}`)
    .replaceAll('4477009001', `44770090${digits}`)
    .replaceAll('12000123456', `120001234${digits}`)
    .replaceAll('74123456', `741234${digits}`)
    .replaceAll('10.20.0.', `10.20.${position}.`)
  return { ...(JSON.parse(text) as Plain), id }
}

/** The dual-fuel rig with its HAN in memory; its path. */
export const inMemory = (): string => withHan({ kind: 'aps' })

/** The dual-fuel rig with another HAN; its path. */
export function withHan(changes: Plain): string {
  const { installations } = parse(readFileSync(DUAL_FUEL, 'utf8')) as { installations: Plain[] }
  return writeRig(installations.map(one => ({ ...one, han: { ...(one.han as Plain), ...changes } })))
}

/** Writes a rig of these homes; its path. */
export function writeRig(installations: readonly Plain[], changes: Plain = {}): string {
  const base = parse(readFileSync(DUAL_FUEL, 'utf8')) as Plain
  const file = join(temporaryFolder(), 'homes.yaml')
  writeFileSync(file, stringify({ ...base, name: 'homes', ...changes, installations }))
  return file
}
