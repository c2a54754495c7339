/**
 * The migration core's stand-in: walks a Group's phases for one installation, party by party, and judges each step.
 * It reaches devices through the broker only, so an outside core can take its place.
 */
import { InvariantError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import { minutes } from '../base/time.ts'
import { HardwareAwayError, InterruptedError, MessageLostError, type Need } from '../ports/rig-control.ts'
import type { StepStart, StepVerdict } from '../ports/verdict.ts'
import { askPlan, wakeUp } from './actions/network-steps.ts'
import { carryOut, needsOf, touchesDevice } from './actions/table.ts'
import { type Condition, lastSeen, named } from './condition.ts'
import type { Group, Phase, Step } from './group.ts'
import { partiesThere } from './party-wait.ts'
import { blocked, type DeclaredDevice, type Outcome, type StepContext, skipped } from './step-context.ts'

/** How long hardware that is away when a step begins may take to come back. */
const HARDWARE_BACK_US = minutes(1)

export interface DriverListener {
  stepStarted?(step: StepStart): void
  /** A long step has come so far, for people. */
  stepProgressed?(step: StepStart, text: string): void
  stepEnded?(verdict: StepVerdict): void
}

export interface MigrationResult {
  verdicts: StepVerdict[]
  condition: Condition
  /** `interrupted`: somebody stopped the run; what had been judged is here. */
  ended: 'finished' | 'interrupted'
  /** The broker could no longer be relied on. */
  lost?: true
}

/** What a migration has around its steps. */
export interface Surrounding {
  /** What passes before the first step: the installation's ordinary life. */
  before?: () => Promise<void>
  /** What passes after the last, before the condition is looked at. */
  after?: () => Promise<void>
  /** Verdicts of an earlier life, in their order, which stand; the first step that has none is carried out. */
  concluded?: readonly StepVerdict[]
}

export async function migrate(
  context: StepContext,
  listener: DriverListener = {},
  { before, after, concluded = [] }: Surrounding = {},
): Promise<MigrationResult> {
  const run = new Run(context, listener, concluded)
  try {
    if (before) await run.wait(before)
    await walk(run, context.group)
    if (after) await run.wait(after)
    const condition = await run.condition()
    return { verdicts: run.verdicts, condition, ended: 'finished', ...(run.isLost && { lost: true }) }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error
    return { verdicts: run.verdicts, condition: lastSeen(context, 'the run was stopped'), ended: 'interrupted' }
  }
}

async function walk(run: Run, group: Group): Promise<void> {
  let failed: { phase: Phase } | undefined
  for (const phase of group.phases) {
    if (failed) run.skipAll(phase.id, phase.steps, `the migration stopped in phase ${failed.phase.id}`)
    else if (!(await run.phase(phase))) failed = { phase }
  }
  if (failed?.phase.recovery === 'return') await run.recover(group.recovery)
  else run.skipAll('recovery', group.recovery, failed ? `not foreseen after phase ${failed.phase.id}` : 'not needed')
}

const isSound = ({ verdict }: Outcome): boolean => verdict !== 'FAIL' && verdict !== 'BLOCKED'

class Run {
  readonly verdicts: StepVerdict[] = []
  private readonly context: StepContext
  private readonly listener: DriverListener
  /** Why the broker can no longer be relied on: nothing more is asked. */
  private lost: string | undefined
  /** Ways on which hardware was waited for, and did not come back. */
  private readonly givenUp = new Set<'to devices' | 'to the hub'>()

  /** Verdicts of an earlier life that this one has not come to. */
  private readonly concluded: StepVerdict[]

  constructor(context: StepContext, listener: DriverListener, concluded: readonly StepVerdict[]) {
    this.context = context
    this.listener = listener
    this.concluded = [...concluded]
  }

  get isLost(): boolean {
    return this.lost !== undefined
  }

  /** Lets something pass; when the broker fails meanwhile, the first step says so. */
  async wait(pass: () => Promise<void>): Promise<void> {
    try {
      await pass()
    } catch (error) {
      if (!(error instanceof MessageLostError)) throw error
      this.lost = error.message
    }
  }

  /** What the installation is left in, as the operator and the sessions have it. */
  async condition(): Promise<Condition> {
    await this.wait(async () => {
      if (this.lost !== undefined) return
      this.context.parties.stepBegins(this.context.installation.id)
      await askPlan(this.context)
      await wakeUp(this.context, 's1sp')
    })
    return this.lost === undefined ? named(this.context) : lastSeen(this.context, this.lost)
  }

  /** True when nothing in it failed. */
  async phase(phase: Phase): Promise<boolean> {
    const { control, installation } = this.context
    control.phaseBegins(installation.id, phase.id)
    let sound = true
    for (const [index, step] of phase.steps.entries()) {
      const stepSound = await this.step(phase.id, step)
      sound &&= stepSound
      if (!stepSound && (phase.stop === 'at-once' || this.lost !== undefined)) {
        this.skipAll(phase.id, phase.steps.slice(index + 1), `${step.id} did not pass`)
        return false
      }
    }
    return sound
  }

  async recover(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (this.lost === undefined) await this.step('recovery', step)
      else this.skipAll('recovery', [step], 'the broker does not deliver')
    }
  }

  skipAll(phase: string, steps: readonly Step[], reason: string): void {
    for (const step of steps) this.skip(phase, step, reason)
  }

  /** Per device when the step names device types, else once. True when nothing failed or was blocked. */
  private async step(phase: string, step: Step): Promise<boolean> {
    if (!('devices' in step)) return this.carryOut(phase, step, undefined)
    let sound = true
    for (const type of step.devices) {
      const device = this.context.installation.devices.find(d => d.type === type)
      if (this.lost !== undefined && !sound) return false
      if (device) sound = (await this.carryOut(phase, step, device)) && sound
      // A display that a home does not have is no news; a gas meter is.
      else if (type === 'GSME') {
        this.skip(phase, step, `no ${type} in this installation`)
      }
    }
    return sound
  }

  private skip(phase: string, step: Step, reason: string): void {
    const known = this.known(step, undefined)
    if (!known) this.conclude(phase, step, undefined, skipped(step.title, reason), this.now())
  }

  /** The verdict of an earlier life, which stands. @throws InvariantError when it is of another step: the steps were others then */
  private known(step: Step, device: DeclaredDevice | undefined): StepVerdict | undefined {
    const known = this.concluded.shift()
    if (!known) return undefined
    if (known.step !== step.id || known.device !== device?.deviceId) {
      const found = [known.step, known.device].join(' ')
      throw new InvariantError(`verdicts kept: ${[step.id, device?.deviceId].join(' ')} expected, found ${found}`)
    }
    this.verdicts.push(known)
    return known
  }

  private async carryOut(phase: string, step: Step, device: DeclaredDevice | undefined): Promise<boolean> {
    const known = this.known(step, device)
    if (known) return isSound(known)
    const { control, installation, parties } = this.context
    const startedUs = this.now()
    parties.stepBegins(installation.id)
    control.trace(installation.id).emit({ kind: 'step.started', step: step.id, party: step.party })
    const start: StepStart = {
      installation: installation.id,
      step: step.id,
      title: step.title,
      party: step.party,
      ...(device && { device: device.type }),
      atUs: startedUs,
    }
    this.listener.stepStarted?.(start)
    this.context.tell = text => this.listener.stepProgressed?.({ ...start, atUs: this.now() }, text)
    const outcome = await this.outcomeOf(step, device)
    this.conclude(phase, step, device, outcome, startedUs)
    return isSound(outcome)
  }

  private async outcomeOf(step: Step, device: DeclaredDevice | undefined): Promise<Outcome> {
    if (this.lost !== undefined) return blocked(step.title, this.lost)
    try {
      const out = await partiesThere(this.context, step)
      if (out !== undefined) return blocked(step.title, out)
      const needs = needsOf(step, device)
      if (needs && device) return await this.overHan(step, device, needs)
      // The hub itself is asked over the WAN, and nothing else.
      return touchesDevice(step.action)
        ? await this.relying(step, device, [])
        : await carryOut(this.context, step, device)
    } catch (error) {
      if (!(error instanceof MessageLostError)) throw error
      this.lost = error.message
      return blocked(step.title, error.message)
    }
  }

  /** A step that asks the device itself. */
  private async overHan(step: Step, device: DeclaredDevice, needs: readonly Need[]): Promise<Outcome> {
    const { control, installation } = this.context
    const { deviceId } = device
    for (const need of needs) {
      const lack = control.lacks?.(installation.id, need, deviceId)
      if (lack !== undefined) return skipped(step.title, lack)
    }
    return this.relying(step, device, [deviceId])
  }

  /** What hardware a step counts on must be there, and stay there. */
  private async relying(step: Step, device: DeclaredDevice | undefined, on: readonly Eui64[]): Promise<Outcome> {
    const { control, installation } = this.context
    const away = await this.hardwareBack(on)
    if (away !== undefined) return blocked(step.title, away)
    const reliance = control.relyOn?.(installation.id, on)
    try {
      const outcome = await carryOut(this.context, step, device)
      return outcome.verdict !== 'PASS' && reliance?.lapse !== undefined ? blocked(step.title, reliance.lapse) : outcome
    } catch (error) {
      if (!(error instanceof HardwareAwayError)) throw error
      return blocked(step.title, error.message)
    } finally {
      reliance?.end()
    }
  }

  /** Waits a while for hardware that is away; why it is still away then. In vain once, it is not waited for again. */
  private async hardwareBack(devices: readonly Eui64[]): Promise<string | undefined> {
    const { control, installation } = this.context
    const away = () => control.away?.(installation.id, devices)
    const way = devices.length > 0 ? 'to devices' : 'to the hub'
    if (away() !== undefined && !this.givenUp.has(way)) {
      await control.waitFor(installation.id, () => away() === undefined, HARDWARE_BACK_US)
    }
    const why = away()
    if (why === undefined) this.givenUp.delete(way)
    else this.givenUp.add(way)
    return why
  }

  private conclude(
    phase: string,
    step: Step,
    device: DeclaredDevice | undefined,
    outcome: Outcome,
    startedUs: number,
  ): void {
    const { control, installation, parties } = this.context
    const verdict: StepVerdict = {
      installation: installation.id,
      step: step.id,
      title: step.title,
      phase,
      party: step.party,
      source: step.source,
      touchesDevice: touchesDevice(step.action),
      ...(device && { device: device.deviceId, deviceType: device.type }),
      ...outcome,
      startedUs,
      endedUs: this.now(),
    }
    const { observed } = verdict
    control.trace(installation.id).emit({ kind: 'step.ended', step: step.id, verdict: verdict.verdict, observed })
    this.verdicts.push(verdict)
    parties.stepEnds(installation.id)
    this.listener.stepEnded?.(verdict)
  }

  private now(): number {
    return this.context.control.nowUs(this.context.installation.id)
  }
}
