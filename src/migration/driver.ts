/**
 * The migration core's stand-in: walks a Group's phases for one installation, party by party, and judges each step.
 * It reaches devices through the broker only, so an outside core can take its place.
 */
import { InterruptedError, MessageLostError } from '../ports/rig-control.ts'
import type { StepVerdict } from '../ports/verdict.ts'
import * as devices from './actions/device-steps.ts'
import * as network from './actions/network-steps.ts'
import { matchEligibleCombination } from './eligible-combination.ts'
import type { ActionName, Group, Phase, Step } from './group.ts'
import { blocked, type DeclaredDevice, type Outcome, type StepContext, skipped } from './step-context.ts'

/** Actions that exchange traffic with a device, the hub included. */
const TOUCHES_DEVICE: Readonly<Record<ActionName, boolean>> = {
  'reach-hub': true,
  'read-identity': true,
  'record-firmware': true,
  'check-firmware': true,
  'list-devices': true,
  'check-whitelist': true,
  'check-clock': true,
  'give-credentials': true,
  'transfer-sim': false,
  'set-plan': false,
  'allocate-address': false,
  'send-imsi-file': false,
  'match-eligible-combination': false,
  'switch-apn': true,
  gt01: true,
  'rotate-credentials': true,
  'read-registers': true,
  'read-profile': true,
  commission: true,
  'tell-supplier': false,
  'read-log': true,
  'prove-no-answer': true,
  'prove-refused': true,
  'return-apn': true,
}

export interface DriverListener {
  stepStarted?(step: {
    installation: string
    step: string
    title: string
    party: string
    device?: string
    atUs: number
  }): void
  stepEnded?(verdict: StepVerdict): void
}

/** What the installation was left in. */
export interface Condition {
  installation: string
  id: string
  means: string
  next: string
  /** Access point at which the hub is attached, `none`. */
  attached: string
  /** Plan as the operator states it. */
  plan: string
}

export interface MigrationResult {
  verdicts: StepVerdict[]
  condition: Condition
  /** `interrupted`: somebody stopped the run; what had been judged is here. */
  ended: 'finished' | 'interrupted'
}

/** `before` is what passes before the first step: the installation's ordinary life. */
export async function migrate(
  context: StepContext,
  listener: DriverListener = {},
  before: () => Promise<void> = async () => {},
): Promise<MigrationResult> {
  const run = new Run(context, listener)
  try {
    await run.wait(before)
    await walk(run, context.group)
    return { verdicts: run.verdicts, condition: await run.condition(), ended: 'finished' }
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

class Run {
  readonly verdicts: StepVerdict[] = []
  private readonly context: StepContext
  private readonly listener: DriverListener
  /** Why the broker can no longer be relied on: nothing more is asked. */
  private lost: string | undefined

  constructor(context: StepContext, listener: DriverListener) {
    this.context = context
    this.listener = listener
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
      if (this.lost === undefined) await network.askPlan(this.context)
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
    for (const step of steps) this.conclude(phase, step, undefined, skipped(step.title, reason), this.now())
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
        this.conclude(phase, step, undefined, skipped(step.title, `no ${type} in this installation`), this.now())
      }
    }
    return sound
  }

  private async carryOut(phase: string, step: Step, device: DeclaredDevice | undefined): Promise<boolean> {
    const { control, installation } = this.context
    const startedUs = this.now()
    control.trace(installation.id).emit({ kind: 'step.started', step: step.id, party: step.party })
    this.listener.stepStarted?.({
      installation: installation.id,
      step: step.id,
      title: step.title,
      party: step.party,
      ...(device && { device: device.type }),
      atUs: startedUs,
    })
    const outcome = await this.outcomeOf(step, device)
    this.conclude(phase, step, device, outcome, startedUs)
    return outcome.verdict !== 'FAIL' && outcome.verdict !== 'BLOCKED'
  }

  private async outcomeOf(step: Step, device: DeclaredDevice | undefined): Promise<Outcome> {
    if (this.lost !== undefined) return blocked(step.title, this.lost)
    try {
      return await act(this.context, step, device)
    } catch (error) {
      if (!(error instanceof MessageLostError)) throw error
      this.lost = error.message
      return blocked(step.title, error.message)
    }
  }

  private conclude(
    phase: string,
    step: Step,
    device: DeclaredDevice | undefined,
    outcome: Outcome,
    startedUs: number,
  ): void {
    const { control, installation } = this.context
    const verdict: StepVerdict = {
      installation: installation.id,
      step: step.id,
      title: step.title,
      phase,
      party: step.party,
      source: step.source,
      touchesDevice: TOUCHES_DEVICE[step.action],
      ...(device && { device: device.deviceId, deviceType: device.type }),
      ...outcome,
      startedUs,
      endedUs: this.now(),
    }
    const { observed } = verdict
    control.trace(installation.id).emit({ kind: 'step.ended', step: step.id, verdict: verdict.verdict, observed })
    this.verdicts.push(verdict)
    this.listener.stepEnded?.(verdict)
  }

  private now(): number {
    return this.context.control.nowUs(this.context.installation.id)
  }
}

/** Steps that name device types are given one device each. */
function act(context: StepContext, step: Step, device: DeclaredDevice | undefined): Promise<Outcome> {
  const each = device as DeclaredDevice
  switch (step.action) {
    case 'reach-hub':
      return network.reachHub(context, step)
    case 'read-identity':
      return devices.readIdentity(context, step, each)
    case 'record-firmware':
      return devices.recordFirmware(context, step, each)
    case 'check-firmware':
      return devices.checkFirmware(context, step, each)
    case 'list-devices':
      return devices.listDevice(context, step, each)
    case 'check-whitelist':
      return devices.checkWhitelist(context, step, each)
    case 'check-clock':
      return devices.checkClock(context, step, each)
    case 'give-credentials':
      return network.giveCredentials(context, step)
    case 'transfer-sim':
      return network.transferSim(context, step)
    case 'set-plan':
      return network.setPlan(context, step)
    case 'allocate-address':
      return network.allocateAddress(context)
    case 'send-imsi-file':
      return network.sendImsiFile(context)
    case 'match-eligible-combination':
      return Promise.resolve(matchEligibleCombination(context))
    case 'switch-apn':
      return network.switchApn(context)
    case 'gt01':
      return devices.gt01(context, step)
    case 'rotate-credentials':
      return network.rotateCredentials(context, step)
    case 'read-registers':
      return devices.readRegisters(context, step, each)
    case 'read-profile':
      return devices.readProfile(context, step, each)
    case 'commission':
      return devices.commission(context, step, each)
    case 'tell-supplier':
      return network.tellSupplier(context, step, each)
    case 'read-log':
      return devices.readLog(context, step, each)
    case 'prove-no-answer':
      return network.proveNoAnswer(context)
    case 'prove-refused':
      return network.proveRefused(context)
    case 'return-apn':
      return network.returnApn(context)
    default:
      return step satisfies never
  }
}

/** What was observed at the end, by the name the Group gives it. Nothing is left half-done without saying so. */
function named(context: StepContext): Condition {
  const { group, installation, found } = context
  const side = network.attachedSide(context)
  const plan = found.plan ?? 'unknown'
  const condition = group.conditions.find(c => c.session === side && (c.plan === undefined || c.plan === plan))
  const attached = side === 'none' ? 'none' : group.apns[side]
  const { id, means, next } = condition ?? {
    id: 'unnamed',
    means: `the hub is attached at ${attached} under plan ${plan}, which the Group file has no name for`,
    next: 'look at the trace',
  }
  return { installation: installation.id, id, means, next, attached, plan }
}

/** The same from what was seen last, when nobody can be asked any more. */
function lastSeen(context: StepContext, why: string): Condition {
  const { id, means, ...rest } = named(context)
  return { ...rest, id, means: `as last seen, for ${why}: ${means}`, next: 'see where the hub is attached, then go on' }
}
