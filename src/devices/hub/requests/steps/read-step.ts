/** Reads the attributes of a step, of a device or of what the hub has itself. */
import type { ReadStep } from '../../../../profiles/step-facts.ts'
import type { ClusterName } from '../../../../zcl/clusters.ts'
import { type Asking, otherwise, peerOf } from '../asking.ts'
import type { Fields, StepCall } from './carry-out.ts'
import { refused } from './refused.ts'
import { attributeType, fromHan } from './values.ts'

/** `isLenient`: what the device does not have, or has no value for, is left out. */
export interface Reading {
  call: Asking & Pick<StepCall, 'atHand'>
  step: ReadStep
  isLenient: boolean
}

export function readStep({ call, step, isLenient }: Reading, next: (found: Fields) => void): void {
  const cluster = step.read as ClusterName
  const found: Fields = {}
  const take = (name: string, value: unknown) => {
    const field = step.attributes[name]
    const said = fromHan(name, attributeType(cluster, name), value)
    if (field !== undefined && (said !== undefined || !isLenient)) found[field] = said
  }
  const atHand = call.atHand ?? ownSettings(call)
  if (atHand) {
    for (const name of Object.keys(step.attributes)) take(name, atHand(cluster, name))
    return next(found)
  }
  // What does not fit into one answer is asked for again.
  const ask = (names: readonly string[]): void =>
    call.hub.esi.read(peerOf(call), cluster, names as never, outcome => {
      if (!outcome.ok) {
        // It has not even the cluster.
        if (isLenient && outcome.reason === 'default-response') return next(found)
        if (isLenient) return otherwise(call, outcome, () => ask(names))
        return refused(call, { what: `reading ${cluster}` }, outcome, () => ask(names))
      }
      const values = outcome.values as Fields
      for (const name of names) if (values[name] !== undefined) take(name, values[name])
      const missing = [...outcome.unsupported, ...Object.keys(outcome.failed)]
      if (missing.length > 0 && !isLenient) return call.fail('E21', `the device gives no ${missing.join(', ')}`)
      if (outcome.unanswered.length === 0) return next(found)
      if (outcome.unanswered.length === names.length) return call.fail('E21', `the device gives no ${names.join(', ')}`)
      ask(outcome.unanswered)
    })
  ask(Object.keys(step.attributes))
}

/** What hub and gas proxy say of themselves. */
function ownSettings({ hub, target }: Asking): StepCall['atHand'] | undefined {
  if (target !== 'CHF' && target !== 'GPF') return undefined
  const own = hub.settings.own[target]
  return (cluster, name) => (own.side(cluster).attributes as Record<string, () => unknown>)[name]?.()
}
