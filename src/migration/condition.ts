/** The condition an installation is left in, by the name its Group gives it. */
import { attachedSide } from './actions/network-steps.ts'
import type { StepContext } from './step-context.ts'

/** What the installation was left in. */
export interface Condition {
  installation: string
  id: string
  means: string
  next: string
  /** Access point at which the hub is attached, `none`, or `astray` at an address that no file has. */
  attached: string
  /** Plan as the operator states it. */
  plan: string
}

/** What was observed at the end, by the name the Group gives it. Nothing is left half-done without saying so. */
export function named(context: StepContext): Condition {
  const { group, installation, found } = context
  const side = attachedSide(context)
  const plan = found.plan ?? 'unknown'
  const condition = group.conditions.find(
    ({ session, ...c }) =>
      session === side && (c.plan ?? plan) === plan && (c.stage === undefined || c.stage === found.stage),
  )
  const attached = side === 'before' || side === 'after' ? group.apns[side] : side
  const { id, means, next } = condition ?? {
    id: 'unnamed',
    means: `the hub is attached at ${attached} under plan ${plan}, which the Group file has no name for`,
    next: 'look at the trace',
  }
  return { installation: installation.id, id, means, next, attached, plan }
}

/** The same from what was seen last, when nobody can be asked any more. */
export function lastSeen(context: StepContext, why: string): Condition {
  const { id, means, ...rest } = named(context)
  return { ...rest, id, means: `as last seen, for ${why}: ${means}`, next: 'see where the hub is attached, then go on' }
}
