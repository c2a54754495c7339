/** One migration run from files to verdicts: rig up, life, the driver's steps for each installation, evidence. */
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { fromHex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { seconds } from '../base/time.ts'
import { Captures } from '../evidence/capture-file.ts'
import { InletFile } from '../evidence/inlet-file.ts'
import type { LeftState, RunEnd, RunFacts } from '../evidence/run-facts.ts'
import { RunFolder } from '../evidence/run-folder.ts'
import { exitCode, summaryLine } from '../evidence/summary.ts'
import { CLOSING_PHASE, closeBatch, type Ended } from '../migration/closing.ts'
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
import { type RunInputs, runInputs } from './run-inputs.ts'
import { type EndedRun, KeptRun } from './state/kept-run.ts'

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
  /** Folder for what has to outlive the process; there the run goes on that was broken off. */
  state?: string
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
  /** It had ended before, at this wall time, ISO 8601 UTC: nothing was done now. */
  endedBefore?: string
}

export async function runMigration(run: MigrationRun): Promise<MigrationReport> {
  const inputs = runInputs(run.prepared)
  const facts = runFacts(run, inputs)
  if (run.state === undefined) return runIn(run, { inputs, facts })
  const kept = new KeptRun(run.state, { prepared: run.prepared, facts })
  try {
    const { ended } = kept
    if (ended) return endedBefore(ended)
    return await runIn(run, { inputs, facts: { ...facts, lives: kept.state.lives }, kept })
  } finally {
    kept.state.close()
  }
}

/** A run that has ended is not made again. */
function endedBefore({ endedAt, verdicts, ...rest }: EndedRun): MigrationReport {
  const [code, summary] = [exitCode(verdicts), summaryLine(verdicts)]
  return { ...rest, verdicts, outcome: 'finished', exitCode: code, summary, endedBefore: endedAt }
}

interface Given {
  inputs: RunInputs
  facts: RunFacts
  kept?: KeptRun
}

async function runIn(run: MigrationRun, { inputs, facts, kept }: Given): Promise<MigrationReport> {
  const { copies } = inputs
  const where = kept?.folder(run.out) ?? (run.out === undefined ? {} : { directory: run.out })
  const folder = RunFolder.open({ facts, copies, ...where })
  kept?.useFolder(folder.directory)
  const homes = run.prepared.rig.installations.map(({ id }) => id)
  const verdicts: StepVerdict[] = homes.flatMap(id => kept?.concluded(id) ?? [])
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
        kept,
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
  const [traceHash, directory] = [folder.hash.run(), folder.directory]
  if (outcome === 'finished') {
    kept?.end({ endedAt: new Date().toISOString(), verdicts, conditions, traceHash, directory: resolve(directory) })
  }
  return {
    verdicts,
    conditions,
    outcome,
    exitCode: outcome === 'interrupted' ? 2 : exitCode(verdicts),
    summary: summaryLine(verdicts),
    traceHash,
    directory,
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
  kept: KeptRun | undefined
}

async function carryOut(run: MigrationRun, sinks: Sinks): Promise<MigrationResult['ended']> {
  const mail = sinks.kept?.state.mail
  const keeping = mail && { onAccepting: mail.announce.bind(mail) }
  const chosen = await chooseBroker({ ...run.broker, ...keeping }, run.prepared.group.apns)
  try {
    return await carryOutOn(chosen, run, sinks)
  } finally {
    await chosen.close()
  }
}

async function carryOutOn(
  chosen: ChosenBroker,
  run: MigrationRun,
  { sink, captures, verdicts, conditions, facts, kept }: Sinks,
): Promise<MigrationResult['ended']> {
  const { prepared, clock, listener, signal } = run
  const { rig: record, group } = prepared
  if (!chosen.restart && prepared.faults.some(({ name }) => FAULTS[name]?.to === 'the broker')) {
    throw new UsageError('the broker is yours: drop its connections there; a fault of the broker is for one of our own')
  }
  const state = kept?.state
  const name = `${record.name}-${state?.name ?? randomBytes(3).toString('hex')}`
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
    state,
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
    ...(kept && {
      lives: true,
      memory: id => kept.partiesMemory(id),
      keep: id => kept.state.keeper.commit(id),
    }),
  })
  kept?.keep(parties)
  rig.onRecorded = message => parties.hear(message)
  const stop = () => clock.stop()
  signal?.addEventListener('abort', stop)
  state?.failure.catch(stop)
  let ended: MigrationResult['ended'] = 'interrupted'
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
      const { isResumed } = rig.installation(one.id)
      const life = `${record.settleMin} min of ordinary life`
      const before = isOnRealAir(one) ? `${life} at most, until every device is on the HAN` : life
      const concluded = kept?.concluded(one.id) ?? []
      listener?.note?.(one.id, isResumed ? `goes on; ${concluded.length} verdicts of earlier lives stand` : before)
      const context = {
        installation: declared(one, group.apns.before),
        group,
        parameters: prepared.parameters,
        parties,
        control: rig,
        found: kept?.found(one.id) ?? {},
      }
      const told: DriverListener = {
        stepStarted: step => listener?.stepStarted?.(step),
        stepEnded: verdict => {
          watch?.judged(verdict)
          kept?.conclude(verdict, context.found)
          tell(verdict)
        },
      }
      const result = await migrate(context, told, {
        before: () => rig.settle(one.id),
        after: async () => watch?.finish(one.id),
        concluded: concluded.filter(verdict => !isClosing(verdict)),
      })
      results.set(one.id, result)
      const isThrough = result.verdicts.every(({ verdict }) => verdict !== 'FAIL' && verdict !== 'BLOCKED')
      through.push({ context, listener: told, isThrough, concluded: concluded.filter(isClosing) })
    })
    const isWhole = () => [...results.values()].every(({ ended }) => ended === 'finished')
    if (isWhole()) watch?.finishAll()
    // With a home that nobody can ask about any more, nobody can say what the batch came to.
    if (isWhole() && [...results.values()].every(({ lost }) => !lost)) {
      const files = new SimFiles({
        ...{ broker: chosen.broker, login: chosen.login('dcc'), name },
        // A replay sends the same octets.
        run: state?.name ?? run.startedAt ?? facts.startedAt,
        onProblem: text => listener?.problem?.(text),
      })
      const closed = await closeBatch(
        through,
        sims => files.pass(sims),
        (all, work) => atOnce(AT_ONCE, all, work),
      )
      for (const [id, result] of closed) results.set(id, result)
    }
    ended = isWhole() ? 'finished' : 'interrupted'
    await clock.finish?.()
    await state?.sound
    return ended
  } finally {
    for (const { condition } of results.values()) conditions.push(condition)
    signal?.removeEventListener('abort', stop)
    await Promise.allSettled([rig.stop({ forget: ended === 'finished' }), parties.end()])
  }
}

const isClosing = ({ phase }: StepVerdict): boolean => phase === CLOSING_PHASE

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
