/** One migration run from files to verdicts: rig up, life, the driver's steps for each installation, evidence. */
import { randomBytes } from 'node:crypto'
import { fromHex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { seconds } from '../base/time.ts'
import { Captures } from '../evidence/capture-file.ts'
import { InletFile } from '../evidence/inlet-file.ts'
import type { LeftState, RunEnd, RunFacts } from '../evidence/run-facts.ts'
import { RunFolder } from '../evidence/run-folder.ts'
import { exitCode, summaryLine } from '../evidence/summary.ts'
import { closeBatch, type Ended } from '../migration/closing.ts'
import type { Condition } from '../migration/condition.ts'
import { type DriverListener, type MigrationResult, migrate } from '../migration/driver.ts'
import type { WakeCall } from '../migration/inbox.ts'
import { Parties } from '../migration/parties.ts'
import { SimFiles } from '../migration/sim-files.ts'
import type { TraceRecord } from '../ports/trace.ts'
import type { StepVerdict } from '../ports/verdict.ts'
import type { Installation } from '../profiles/rig.ts'
import type { MakeCoordinator } from './bench/bench.ts'
import { hasRealParts, isOnRealAir } from './bench/capabilities.ts'
import { type BrokerChoice, type ChosenBroker, chooseBroker } from './broker-choice.ts'
import { RecordingRunClock } from './clocks/recording-run-clock.ts'
import type { RunClock } from './clocks/run-clock.ts'
import { declared } from './declared.ts'
import { DisasterWatch } from './disasters/disaster-watch.ts'
import { FAULTS } from './faults/faults.ts'
import type { Prepared } from './prepare.ts'
import { Rig } from './rig.ts'
import { runFacts } from './run-facts.ts'
import { runInputs } from './run-inputs.ts'

/** Installations migrated at the same time. */
const AT_ONCE = 8

export interface MigrationRun {
  prepared: Prepared
  seed: string
  clock: RunClock
  broker: BrokerChoice
  /** Run folder; a new one under `runs` when absent. */
  out?: string
  listener?: DriverListener & {
    started?(facts: RunFacts & { directory: string; brokerUrl: string }): void
    /** What an installation does between steps, e.g. `settling`. */
    note?(installation: string, text: string): void
    problem?(text: string): void
    /** The rig, once it is up: for faults of the surroundings that tests make. */
    rigUp?(rig: Rig, broker: ChosenBroker): void
  }
  signal?: AbortSignal
  /** Of the run that is replayed, ISO 8601 UTC: what is on real air lives by the machine's civil time. Absent: now. */
  startedAt?: string
  /** Makes coordinators on sticks with a stack of their own, in place of the drivers that the rig names. */
  coordinators?: MakeCoordinator
}

export interface MigrationReport {
  verdicts: StepVerdict[]
  conditions: Condition[]
  outcome: RunEnd['outcome']
  /** 0 all passed, 1 a step failed or was blocked, 2 interrupted, 5 nothing ran. */
  exitCode: 0 | 1 | 2 | 5
  summary: string
  traceHash: string
  directory: string
}

export async function runMigration(run: MigrationRun): Promise<MigrationReport> {
  const inputs = runInputs(run.prepared)
  const facts = runFacts(run, inputs)
  const { copies } = inputs
  const folder = RunFolder.open({ facts, copies, ...(run.out !== undefined && { directory: run.out }) })
  const verdicts: StepVerdict[] = []
  const conditions: Condition[] = []
  const captures = new Captures(name => folder.path(name))
  const recorder = recorderOf(run.clock, folder)
  const finish = (end: Pick<RunEnd, 'outcome' | 'reason'>, spanUs: number) => {
    captures.close()
    recorder?.file.close()
    const left = conditions.flatMap(leftBy)
    folder.close({ verdicts, end: { ...end, endedAt: new Date().toISOString(), spanUs, left } })
  }
  let reached = 0
  const sink = (record: TraceRecord) => {
    reached = Math.max(reached, record.atUs)
    folder.append(record)
  }
  let outcome: MigrationResult['ended']
  try {
    outcome = await carryOut(
      { ...run, clock: recorder?.clock ?? run.clock },
      {
        sink,
        captures,
        verdicts,
        conditions,
        facts: { ...facts, directory: folder.directory },
      },
    )
  } catch (error) {
    finish({ outcome: 'error', reason: error instanceof Error ? error.message : String(error) }, reached)
    throw error
  }
  finish(
    {
      outcome,
      ...(outcome === 'interrupted' && { reason: run.signal?.aborted ? 'stopped by a signal' : 'time was stopped' }),
    },
    reached,
  )
  return {
    verdicts,
    conditions,
    outcome,
    exitCode: outcome === 'interrupted' ? 2 : exitCode(verdicts),
    summary: summaryLine(verdicts),
    traceHash: folder.hash.run(),
    directory: folder.directory,
  }
}

/** Only a run by the wall clock needs a record: of any other the seed tells all. */
function recorderOf(clock: RunClock, folder: RunFolder) {
  if (clock.mode === 'virtual' || clock.replays) return undefined
  const file = new InletFile(folder.path('inlet.jsonl'))
  return { file, clock: new RecordingRunClock(clock, record => file.append(record)) }
}

interface Sinks {
  sink: (record: TraceRecord) => void
  captures: Captures
  verdicts: StepVerdict[]
  conditions: Condition[]
  facts: RunFacts & { directory: string }
}

async function carryOut(run: MigrationRun, sinks: Sinks): Promise<MigrationResult['ended']> {
  const chosen = await chooseBroker(run.broker, run.prepared.group.apns)
  try {
    return await carryOutOn(chosen, run, sinks)
  } finally {
    await chosen.close()
  }
}

async function carryOutOn(
  chosen: ChosenBroker,
  run: MigrationRun,
  { sink, captures, verdicts, conditions, facts }: Sinks,
): Promise<MigrationResult['ended']> {
  const { prepared, clock, listener, signal } = run
  const { rig: record, group } = prepared
  if (!chosen.restart && prepared.faults.some(({ name }) => FAULTS[name]?.to === 'the broker')) {
    throw new UsageError('the broker is yours: drop its connections there; a fault of the broker is for one of our own')
  }
  const name = `${record.name}-${randomBytes(3).toString('hex')}`
  let watch: DisasterWatch | undefined
  const rig = new Rig({
    record,
    group,
    seed: run.seed,
    clock,
    broker: chosen.broker,
    ...optional('login', chosen.login('gateway')),
    patience: chosen.patience,
    driven: true,
    faults: prepared.faults,
    restartBroker: chosen.restart && (() => void chosen.restart?.()),
    sink: record => {
      sink(record)
      watch?.see(record)
    },
    onCapture: (installation, octets) => captures.append(installation, octets),
    name,
    coordinators: run.coordinators,
    ...(record.installations.some(hasRealParts) && { startUnixMs: Date.parse(run.startedAt ?? facts.startedAt) }),
    onProblem: text => listener?.problem?.(text),
  })
  const tell = (verdict: StepVerdict) => {
    verdicts.push(verdict)
    listener?.stepEnded?.(verdict)
  }
  const homes = record.installations.map(({ id }) => id)
  if (prepared.disasters.length > 0)
    watch = new DisasterWatch({ ...{ group, homes, rig, tell }, disasters: prepared.disasters })
  captures.keysFrom(() => rig.captureKeys())
  const parties = new Parties({
    broker: chosen.broker,
    logins: Object.fromEntries((['smso', 's1sp', 'dcc', 'supplier'] as const).map(role => [role, chosen.login(role)])),
    control: rig,
    apns: group.apns,
    contracts: record.installations.map(one => ({
      installation: one.id,
      hub: one.devices.chf.deviceId,
      keys: new Map([
        ['smso', fromHex(record.testKeys.smso)],
        ['s1sp', fromHex(record.testKeys.s1sp)],
      ]),
      wake: wakeCall(one, prepared),
    })),
    name,
  })
  rig.onRecorded = message => parties.hear(message)
  const stop = () => clock.stop()
  signal?.addEventListener('abort', stop)
  /** What each installation came to, in the order in which they were through. */
  const results = new Map<string, MigrationResult>()
  const through: Ended[] = []
  try {
    listener?.started?.({ ...facts, brokerUrl: chosen.broker.url })
    await parties.connect()
    await rig.start()
    listener?.rigUp?.(rig, chosen)
    if (signal?.aborted) stop()
    await atOnce(AT_ONCE, record.installations, async one => {
      const life = `${record.settleMin} min of ordinary life`
      listener?.note?.(one.id, isOnRealAir(one) ? `${life} at most, until every device is on the HAN` : life)
      const context = {
        installation: declared(one, group.apns.before),
        group,
        parameters: prepared.parameters,
        parties,
        control: rig,
        found: {},
      }
      const told: DriverListener = {
        stepStarted: step => listener?.stepStarted?.(step),
        stepEnded: verdict => {
          watch?.judged(verdict)
          tell(verdict)
        },
      }
      const result = await migrate(context, told, {
        before: () => rig.settle(one.id),
        after: async () => watch?.finish(one.id),
      })
      results.set(one.id, result)
      through.push({ context, listener: told })
    })
    const isWhole = () => [...results.values()].every(({ ended }) => ended === 'finished')
    if (isWhole()) {
      watch?.finishAll()
      const files = new SimFiles({
        ...{ broker: chosen.broker, login: chosen.login('dcc'), name },
        onProblem: text => listener?.problem?.(text),
      })
      const closed = await closeBatch(
        through,
        sims => files.pass(sims),
        (all, work) => atOnce(AT_ONCE, all, work),
      )
      for (const [id, result] of closed) results.set(id, result)
    }
    const ended = isWhole() ? 'finished' : 'interrupted'
    for (const { condition } of results.values()) conditions.push(condition)
    await clock.finish?.()
    return ended
  } finally {
    signal?.removeEventListener('abort', stop)
    await Promise.allSettled([rig.stop(), parties.end()])
  }
}

/** What the parties know of a hub that sleeps. */
function wakeCall({ sim, devices }: Installation, { parameters }: Prepared): WakeCall | undefined {
  const messages = devices.chf.profile.wan.wakeSms
  if (messages === 0) return undefined
  return { msisdn: sim.msisdn, messages, withinUs: seconds(parameters['wan.sessionWithinS']) }
}

function leftBy({ installation, ...condition }: Condition): LeftState[] {
  const { id, means, next, attached, plan } = condition
  return [
    { installation, part: 'installation', name: 'condition', value: `${id}: ${means}` },
    { installation, part: 'installation', name: 'next', value: next },
    { installation, part: 'hub', name: 'attached to', value: attached },
    { installation, part: 'sim', name: 'plan', value: plan },
  ]
}

/** Runs `work` over all, at most `limit` at the same time; the first error ends it. */
async function atOnce<T>(limit: number, all: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = all.values()
  const worker = async () => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, all.length) }, worker))
}

const optional = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V }
