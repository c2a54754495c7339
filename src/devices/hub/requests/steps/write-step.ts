/** Writes the attributes of a step, of a device or of the hub's own settings. */
import type { WriteStep } from '../../../../profiles/step-facts.ts'
import type { ClusterName } from '../../../../zcl/clusters.ts'
import { peerOf } from '../asking.ts'
import type { Fields, StepUnderWay } from './carry-out.ts'
import { wireValues } from './operands.ts'
import { blamed, refused } from './refused.ts'
import { attributeType } from './values.ts'

export function writeStep(call: StepUnderWay, step: WriteStep, next: (found: Fields) => void): void {
  const cluster = step.write as ClusterName
  const params = Object.keys(step.attributes).map(name => ({ name, ...attributeType(cluster, name) }))
  const { hub, target } = call
  if (target === 'CHF' || target === 'GPF') {
    const { writes } = hub.settings.own[target].side(cluster)
    const values = wireValues(call, step.attributes, params)
    if (!values) return
    for (const [name, value] of Object.entries(values)) {
      const status = (writes as Record<string, (value: unknown) => number>)[name]?.(value)
      if (status !== 0) return call.fail('S1RIG_REFUSED', `${cluster}.${name} is not taken`)
    }
    return next({})
  }
  // What is written when a sleeper wakes must be true then.
  const ask = (): void => {
    const values = wireValues(call, step.attributes, params)
    if (!values) return
    call.hub.esi.write(peerOf(call), cluster, values as never, outcome => {
      if (outcome.ok) next({})
      else refused(call, { what: call.what, blames: blamed(call, step.blames) }, outcome, ask)
    })
  }
  ask()
}
