/** Which steps a request becomes for the device it is asked of. */
import type { Step } from '../../../../profiles/step-facts.ts'
import type { Asking } from '../asking.ts'
import { USUAL_STEPS } from './usual-steps.ts'

/**
 * Those its model has for the variant; else the usual ones, for its type of device or for any. `further`: which of several, where a
 * variant has more than one way.
 */
export function stepsFor(
  call: Pick<Asking, 'hub' | 'device' | 'target'> & { variant: string },
  further?: string,
): readonly Step[] {
  const { hub, device, target, variant } = call
  const usual = USUAL_STEPS[`${variant} ${further ?? target}`] ?? USUAL_STEPS[variant] ?? []
  return hub.models.get(device)?.equivalentSteps[variant] ?? usual
}
