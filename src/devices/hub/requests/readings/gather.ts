/** What the steps of a reading find at a device, and what its registers mean. */
import type { Step } from '../../../../profiles/step-facts.ts'
import { fromRegister, type Scale } from '../../../meter-registers.ts'
import type { Asking } from '../asking.ts'
import { readStep } from '../steps/read-step.ts'

/** Numbers by the names their steps give them. */
export type Found = ReadonlyMap<string, number>

/** Reads what the steps read, in order; commands are for whoever knows the log. What the device does not have is left out. */
export function gather(asking: Asking, steps: readonly Step[], use: (found: Found) => void): void {
  const found = new Map<string, number>()
  const from = (index: number): void => {
    const step = steps[index]
    if (!step) return use(found)
    if (!('read' in step)) return from(index + 1)
    readStep({ call: asking, step, isLenient: true }, read => {
      for (const [name, value] of Object.entries(read)) if (typeof value === 'number') found.set(name, value)
      from(index + 1)
    })
  }
  from(0)
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
