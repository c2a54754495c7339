/**
 * Carries out the equivalent steps of a request, one after the other: what it asks of a device of the HAN, or of what the hub has itself:
 * its own settings where hub or gas proxy is meant, or its gas mirror.
 */
import type { Operand, Step } from '../../../../profiles/step-facts.ts'
import type { ClusterName } from '../../../../zcl/clusters.ts'
import { type Asking, whenReachable } from '../asking.ts'
import { isGiven, isNamed, operandOf } from './operands.ts'
import { readStep } from './read-step.ts'
import { sendStep } from './send-step.ts'
import { writeStep } from './write-step.ts'

/** Fields of a request or of a result, by their names in the contract. */
export type Fields = Record<string, unknown>

/** What a step is carried out for. */
export interface StepCall extends Asking {
  parameters: object
  /**
   * What else steps may name, made of what those before have found: asked before the first step that names anything, so that nothing is
   * ordered before it was looked at. Undefined: it has failed the call.
   */
  prepare?: (found: Fields) => Fields | undefined
  /** Attributes that need not be asked of a device. */
  atHand?: (cluster: ClusterName, attribute: string) => unknown
}

/** One of the steps. */
export interface StepUnderWay extends StepCall {
  /** By the steps before it. */
  found: Fields
  prepared: Fields
  /** Of a list, for which the step is carried out. */
  entry: object
  /** Which entry it is, from 0. */
  at?: number
  /** `$next` of a command that is repeated. */
  next?: number
  /** `$event`: one number for each command. */
  eventId: () => number
  /** The step in words, for whom it is refused. */
  what: string
}

type Next = (found: Fields) => void

/** `done` is given what the steps have found, when all have succeeded; otherwise the call has failed. */
export function carryOutSteps(call: StepCall, steps: readonly Step[], done: Next): void {
  let prepared: Fields | undefined = call.prepare ? undefined : {}
  const from = (index: number, found: Fields): void => {
    const step = steps[index]
    // What is there and says nothing (an invalid value, an answer of another kind) is no result.
    const silent = Object.keys(found).find(name => found[name] === undefined)
    if (silent !== undefined) return call.fail('E21', `the device says nothing of ${silent}`)
    if (!step) return done(Object.fromEntries(Object.entries(found).filter(([name]) => !name.startsWith('_'))))
    if (!prepared && namesAnything(step)) {
      prepared = call.prepare?.(found)
      if (!prepared) return
    }
    const underWay = { ...call, found, prepared: prepared ?? {}, entry: {}, ...once(call), what: whatOf(step) }
    carryOut(underWay, step, more => from(index + 1, { ...found, ...more }))
  }
  if (call.target === 'CHF' || call.target === 'GPF' || call.atHand) from(0, {})
  else whenReachable(call, () => from(0, {}))
}

/** Once, or for each entry of its list. */
function carryOut(call: StepUnderWay, step: Step, next: Next): void {
  const list = 'each' in step && step.each !== undefined ? operandOf(call, step.each) : undefined
  if (!Array.isArray(list)) {
    // A list that nobody has given has no entries.
    if ('each' in step && step.each !== undefined) return next({})
    return carryOutOnce(call, step, next)
  }
  const from = (at: number, found: Fields): void => {
    if (at >= list.length) return next(found)
    const what = `${call.what} ${at + 1} of ${list.length}`
    const entry = typeof list[at] === 'object' && list[at] !== null ? list[at] : {}
    carryOutOnce({ ...call, ...once(call), entry, at, what }, step, more => from(at + 1, together(found, more)))
  }
  from(0, {})
}

/** Lists of several commands become one. */
function together(found: Fields, more: Fields): Fields {
  const lists = Object.entries(more).map(([name, value]) => {
    const before = found[name]
    return [name, Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value] as const
  })
  return { ...found, ...Object.fromEntries(lists) }
}

function carryOutOnce(call: StepUnderWay, step: Step, next: Next): void {
  if (step.when !== undefined && !isGiven(call, step.when)) next({})
  else if ('read' in step) readStep({ call, step, isLenient: step.optional === true }, next)
  else if ('write' in step) writeStep(call, step, next)
  else if ('send' in step) sendStep(call, step, next)
  else next(step.give)
}

/** One number, as often as it is asked for. */
function once({ hub }: StepCall): Pick<StepUnderWay, 'eventId'> {
  let id: number | undefined
  return {
    eventId: () => {
      id ??= hub.notices.nextEventId()
      return id
    },
  }
}

function namesAnything(step: Step): boolean {
  if (step.when !== undefined || ('each' in step && step.each !== undefined)) return true
  const operands: Readonly<Record<string, Operand>> =
    'send' in step ? step.with : 'write' in step ? step.attributes : {}
  return Object.values(operands).some(isNamed)
}

function whatOf(step: Step): string {
  if ('send' in step) return step.send
  if ('read' in step) return `reading ${step.read}`
  return 'write' in step ? `writing ${step.write}` : 'nothing'
}
