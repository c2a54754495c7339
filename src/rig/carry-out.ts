/** One migration on a broker: the rig up, the life of its homes, the driver's steps in each, and the batch closed. */
import { randomBytes } from 'node:crypto'
import { fromHex } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { seconds } from '../base/time.ts'
import type { Captures } from '../evidence/capture-file.ts'
import type { RunFacts } from '../evidence/run-facts.ts'
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
import type { RunClock } from './clocks/run-clock.ts'
import { declared } from './declared.ts'
import { DisasterWatch } from './disasters/disaster-watch.ts'
import { FAULTS } from './faults/faults.ts'
import { firmwareImages } from './firmware-images.ts'
import type { Prepared } from './prepare.ts'
import { Rig } from './rig.ts'
import type { KeptRun } from './state/kept-run.ts'

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

/** Where what a run says goes. */
export interface Sinks {
  sink: (record: TraceRecord) => void
  captures: Captures
  verdicts: StepVerdict[]
  conditions: Condition[]
  facts: RunFacts & { directory: string }
  kept: KeptRun | undefined
}

/** `interrupted`: somebody stopped the run, or nothing more could be kept. */
export async function carryOut(run: MigrationRun, sinks: Sinks): Promise<MigrationResult['ended']> {
  const mail = sinks.kept?.state.mail
  const keeping = mail && { onAccepting: mail.announce.bind(mail) }
  const chosen = await chooseBroker({ ...run.broker, ...keeping }, run.prepared.group.apns)
  try {
    return await new Batch(chosen, run, sinks).migrate()
  } finally {
    await chosen.close()
  }
}

/** The homes of a rig and the parties that migrate them, on one broker. */
class Batch {
  private readonly chosen: ChosenBroker
  private readonly run: MigrationRun
  private readonly sinks: Sinks
  private readonly name: string
  private readonly rig: Rig
  private readonly parties: Parties
  private readonly watch: DisasterWatch | undefined
  /** What each installation came to, in the order in which they were through. */
  private readonly results = new Map<string, MigrationResult>()
  private readonly through: Ended[] = []

  /** @throws UsageError for a fault of a broker that is not ours */
  constructor(chosen: ChosenBroker, run: MigrationRun, sinks: Sinks) {
    const { rig: record, group, faults, disasters } = run.prepared
    if (!chosen.restart && faults.some(({ name }) => FAULTS[name]?.to === 'the broker')) {
      throw new UsageError(
        'the broker is yours: drop its connections there; a fault of the broker is for one of our own',
      )
    }
    this.chosen = chosen
    this.run = run
    this.sinks = sinks
    this.name = `${record.name}-${sinks.kept?.state.name ?? randomBytes(3).toString('hex')}`
    const rig = this.makeRig()
    this.rig = rig
    const homes = record.installations.map(({ id }) => id)
    const tell = (verdict: StepVerdict) => this.tell(verdict)
    this.watch = disasters.length > 0 ? new DisasterWatch({ group, homes, rig, tell, disasters }) : undefined
    this.parties = this.makeParties()
    sinks.captures.keysFrom(() => rig.captureKeys())
    sinks.kept?.keep(this.parties)
    rig.onRecorded = message => this.parties.hear(message)
  }

  async migrate(): Promise<MigrationResult['ended']> {
    const { clock, signal, listener, prepared } = this.run
    const { facts, conditions, kept } = this.sinks
    const stop = () => clock.stop()
    signal?.addEventListener('abort', stop)
    kept?.state.failure.catch(stop)
    let ended: MigrationResult['ended'] = 'interrupted'
    try {
      listener?.started?.({ ...facts, brokerUrl: this.chosen.broker.url })
      await this.parties.connect()
      await this.rig.start()
      listener?.rigUp?.(this.rig, this.chosen)
      if (signal?.aborted) stop()
      await atOnce(AT_ONCE, prepared.rig.installations, one => this.migrateHome(one))
      if (this.isWhole) this.watch?.finishAll()
      // With a home that nobody can ask about any more, nobody can say what the batch came to.
      if (this.isWhole && [...this.results.values()].every(({ lost }) => !lost)) await this.close()
      ended = this.isWhole ? 'finished' : 'interrupted'
      await clock.finish?.()
      await kept?.state.sound
      return ended
    } finally {
      for (const { condition } of this.results.values()) conditions.push(condition)
      signal?.removeEventListener('abort', stop)
      await Promise.allSettled([this.rig.stop({ forget: ended === 'finished' }), this.parties.end()])
    }
  }

  private get isWhole(): boolean {
    return [...this.results.values()].every(({ ended }) => ended === 'finished')
  }

  /** The life of one home, and the steps of its migration. */
  private async migrateHome(one: Installation): Promise<void> {
    const { rig, parties, watch } = this
    const { listener, prepared } = this.run
    const { kept } = this.sinks
    const { group, parameters } = prepared
    const concluded = kept?.concluded(one.id) ?? []
    listener?.note?.(one.id, this.beginning(one, concluded.length))
    const context = {
      installation: declared(one, group.apns.before),
      ...{ group, parameters, parties, control: rig },
      images: firmwareImages(one, prepared.repository, () => this.rig.installation(one.id).imageMistake),
      found: kept?.found(one.id) ?? {},
    }
    const told: DriverListener = {
      stepStarted: step => listener?.stepStarted?.(step),
      stepProgressed: (step, text) => listener?.stepProgressed?.(step, text),
      stepEnded: verdict => {
        watch?.judged(verdict)
        kept?.conclude(verdict, context.found)
        this.tell(verdict)
      },
    }
    const result = await migrate(context, told, {
      before: () => rig.settle(one.id),
      after: async () => watch?.finish(one.id),
      concluded: concluded.filter(verdict => !isClosing(verdict)),
    })
    this.results.set(one.id, result)
    const isThrough = result.verdicts.every(({ verdict }) => verdict !== 'FAIL' && verdict !== 'BLOCKED')
    this.through.push({ context, listener: told, isThrough, concluded: concluded.filter(isClosing) })
  }

  private beginning(one: Installation, concluded: number): string {
    if (this.rig.installation(one.id).isResumed) return `goes on; ${concluded} verdicts of earlier lives stand`
    const life = `${this.run.prepared.rig.settleMin} min of ordinary life`
    return isOnRealAir(one) ? `${life} at most, until every device is on the HAN` : life
  }

  /** The SMSO's two files go to the operator, and what follows from them is looked at. */
  private async close(): Promise<void> {
    const { chosen, name } = this
    const { kept, facts } = this.sinks
    const files = new SimFiles({
      ...{ broker: chosen.broker, login: chosen.login('dcc'), name },
      // A replay sends the same octets.
      run: kept?.state.name ?? this.run.startedAt ?? facts.startedAt,
      onProblem: text => this.run.listener?.problem?.(text),
    })
    const pass: Parameters<typeof closeBatch>[1] = sims => files.pass(sims)
    const closed = await closeBatch(this.through, pass, (all, work) => atOnce(AT_ONCE, all, work))
    for (const [id, result] of closed) this.results.set(id, result)
  }

  private tell(verdict: StepVerdict): void {
    this.sinks.verdicts.push(verdict)
    this.run.listener?.stepEnded?.(verdict)
  }

  private makeRig(): Rig {
    const { chosen, name } = this
    const { prepared, seed, clock, listener, coordinators, startedAt } = this.run
    const { sink, captures, facts, kept } = this.sinks
    const { rig: record, group, faults } = prepared
    const { broker, patience } = chosen
    return new Rig({
      ...{ record, group, seed, clock, broker, patience, faults, name, coordinators },
      ...optional('login', chosen.login('gateway')),
      driven: true,
      restartBroker: chosen.restart && (() => void chosen.restart?.()),
      sink: told => {
        sink(told)
        this.watch?.see(told)
      },
      onCapture: (installation, octets) => captures.append(installation, octets),
      state: kept?.state,
      ...(record.installations.some(hasRealParts) && { startUnixMs: Date.parse(startedAt ?? facts.startedAt) }),
      onProblem: text => listener?.problem?.(text),
    })
  }

  private makeParties(): Parties {
    const { chosen, name, rig } = this
    const { prepared } = this.run
    const { kept } = this.sinks
    const { installations, testKeys } = prepared.rig
    return new Parties({
      ...{ broker: chosen.broker, control: rig, apns: prepared.group.apns, name },
      asksDco: prepared.group.dco?.authenticates === 'critical',
      logins: Object.fromEntries(
        (['smso', 's1sp', 'dcc', 'supplier'] as const).map(role => [role, chosen.login(role)]),
      ),
      contracts: installations.map(one => ({
        installation: one.id,
        hub: one.devices.chf.deviceId,
        keys: new Map([
          ['smso', fromHex(testKeys.smso)],
          ['s1sp', fromHex(testKeys.s1sp)],
          ...(testKeys.others?.dco === undefined ? [] : [['dco', fromHex(testKeys.others.dco)] as const]),
        ]),
        wake: wakeCall(one, prepared),
      })),
      ...(kept && {
        lives: true,
        memory: id => kept.partiesMemory(id),
        keep: id => kept.state.keeper.commit(id),
      }),
    })
  }
}

const isClosing = ({ phase }: StepVerdict): boolean => phase === CLOSING_PHASE

/** What the parties know of a hub that sleeps. */
function wakeCall({ sim, devices }: Installation, { parameters }: Prepared): WakeCall | undefined {
  const messages = devices.chf.profile.wan.wakeSms
  if (messages === 0) return undefined
  return { msisdn: sim.msisdn, messages, withinUs: seconds(parameters['wan.sessionWithinS']) }
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
