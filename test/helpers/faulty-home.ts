/** Faults on a home without a rig around it. */
import { parseFault } from '../../src/rig/faults/faults.ts'
import type { Home } from '../unit/device-home.ts'

const CONTEXT = { phases: ['device-checks'], plans: [], apns: ['newcastle', 'elster'] } as const

/** Makes a fault hold from now on, inside simulated time; what is returned lifts it. */
export function begin(one: Home, text: string): () => void {
  let lift: (() => void) | undefined
  one.kernel.after(0, 'fault', () => {
    lift = inject(one, text)
  })
  one.run(0)
  return () => {
    one.kernel.after(0, 'fault lifts', () => lift?.())
    one.run(0)
  }
}

/** The same between two events. */
export const inject = (one: Home, text: string): (() => void) | undefined =>
  parseFault(text, CONTEXT).inject(one.installation, {} as never)
