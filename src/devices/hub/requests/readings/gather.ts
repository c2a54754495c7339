/** What the steps of a reading find at a device, and what its registers mean. */
import type { Step } from '../../../../profiles/step-facts.ts'
import type { ClusterName } from '../../../../zcl/clusters.ts'
import { fromRegister, type Scale } from '../../../meter-registers.ts'
import { type Asking, otherwise, peerOf } from '../asking.ts'
import { attributeType, fromHan } from '../steps/values.ts'

/** Numbers by the names their steps give them. */
export type Found = ReadonlyMap<string, number>

/** Reads what the steps read, in order. Attributes that the device does not have are left out. */
export function gather(asking: Asking, steps: readonly Step[], use: (found: Found) => void): void {
  const found = new Map<string, number>()
  const from = (index: number): void => {
    const step = steps[index]
    if (!step) return use(found)
    if (!('read' in step)) return from(index + 1)
    readStep(asking, step, found, () => from(index + 1))
  }
  from(0)
}

/** What does not fit into one answer is asked for again. */
function readStep(
  asking: Asking,
  step: Extract<Step, { read: string }>,
  found: Map<string, number>,
  next: () => void,
): void {
  const cluster = step.read as ClusterName
  const ask = (names: readonly string[]): void =>
    asking.hub.esi.read(peerOf(asking), cluster, names as never, outcome => {
      if (!outcome.ok) {
        // It has not even the cluster.
        if (outcome.reason === 'default-response') return next()
        return otherwise(asking, outcome, () => ask(names))
      }
      for (const [name, value] of Object.entries(outcome.values)) {
        const number = fromHan(name, attributeType(cluster, name), value)
        const as = step.attributes[name]
        if (as !== undefined && typeof number === 'number') found.set(as, number)
      }
      const { unanswered } = outcome
      if (unanswered.length === 0) next()
      else if (unanswered.length === names.length) asking.fail('E21', `the device gives no ${names.join(', ')}`)
      else ask(unanswered)
    })
  ask(Object.keys(step.attributes))
}

/** How the device's registers are scaled. */
export const scaleOf = (found: Found): Partial<Scale> => {
  const [multiplier, divisor] = [found.get('_multiplier'), found.get('_divisor')]
  return { ...(multiplier !== undefined && { multiplier }), ...(divisor !== undefined && { divisor }) }
}

/** A register that was found, in thousandths of its unit (Wh, dm3, varh); undefined when there is none. */
export const reading = (found: Found, name: string): number | undefined => fromRegister(found.get(name), scaleOf(found))

/** The numbers that a step gives with a command; undefined when none of the steps sends it. */
export function fixedFields(steps: readonly Step[], command: string): Readonly<Record<string, number>> | undefined {
  const step = steps.find(one => 'send' in one && one.send === command)
  if (!step || !('send' in step)) return
  return Object.fromEntries(
    Object.entries(step.with).flatMap(([name, value]) => (typeof value === 'number' ? [[name, value]] : [])),
  )
}
