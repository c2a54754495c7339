/**
 * Carries out the equivalent steps of a request, one after the other: what it asks of a device of the HAN, or of the hub's own
 * settings where hub or gas proxy is meant.
 */
import type { Operand, Step } from '../../../../profiles/step-facts.ts'
import type { ClusterName } from '../../../../zcl/clusters.ts'
import { statusName } from '../../../../zcl/status.ts'
import type { Failure } from '../../../../zcl/transactions.ts'
import { utcOf } from '../../../zigbee-time.ts'
import { type Asking, otherwise, peerOf, whenReachable } from '../asking.ts'
import { attributeType, fieldSpec, fromHan, toHan, type WireType } from './values.ts'

/** Fields of a request or of a result, by their names in the contract. */
export type Fields = Record<string, unknown>

/** What a step is carried out for. */
export interface StepCall extends Asking {
  parameters: object
}

/** One of the steps; `found`: by those before it. */
interface StepUnderWay extends StepCall {
  found: Fields
}

type Next = (found: Fields) => void
/** Answers that are no answer yet: refused, or nobody heard it. */
type Refusal = { ok: false; reason: 'refused'; failed: object } | Failure

/** `done` is given what the steps have found, when all have succeeded; otherwise the call has failed. */
export function carryOutSteps(call: StepCall, steps: readonly Step[], done: Next): void {
  const from = (index: number, found: Fields): void => {
    const step = steps[index]
    // What is there and says nothing (an invalid value, an answer of another kind) is no result.
    const silent = Object.keys(found).find(name => found[name] === undefined)
    if (silent !== undefined) return call.fail('E21', `the device says nothing of ${silent}`)
    if (!step) return done(Object.fromEntries(Object.entries(found).filter(([name]) => !name.startsWith('_'))))
    carryOut({ ...call, found }, step, more => from(index + 1, { ...found, ...more }))
  }
  if (call.target === 'CHF' || call.target === 'GPF') from(0, {})
  else whenReachable(call, () => from(0, {}))
}

function carryOut(call: StepUnderWay, step: Step, next: Next): void {
  if ('read' in step) read(call, step, next)
  else if ('write' in step) write(call, step, next)
  else if ('send' in step) send(call, step, next)
  else next(step.give)
}

function read(call: StepUnderWay, step: Extract<Step, { read: string }>, next: Next): void {
  const cluster = step.read as ClusterName
  const found: Fields = {}
  const take = (name: string, value: unknown) => {
    const field = step.attributes[name]
    if (field) found[field] = fromHan(name, attributeType(cluster, name), value)
  }
  const own = ownSettings(call)
  if (own) {
    const { attributes } = own.side(cluster)
    for (const name of Object.keys(step.attributes)) take(name, (attributes as Record<string, () => unknown>)[name]?.())
    return next(found)
  }
  // What does not fit into one answer is asked for again.
  const ask = (names: readonly string[]): void =>
    call.hub.esi.read(peerOf(call), cluster, names as never, outcome => {
      if (!outcome.ok) return notYet(call, `reading ${cluster}`, outcome, () => ask(names))
      const values = outcome.values as Fields
      for (const name of names) if (values[name] !== undefined) take(name, values[name])
      const missing = [...outcome.unsupported, ...Object.keys(outcome.failed)]
      if (missing.length > 0) return call.fail('E21', `the device gives no ${missing.join(', ')}`)
      if (outcome.unanswered.length === 0) return next(found)
      if (outcome.unanswered.length === names.length) return call.fail('E21', `the device gives no ${names.join(', ')}`)
      ask(outcome.unanswered)
    })
  ask(Object.keys(step.attributes))
}

function write(call: StepUnderWay, step: Extract<Step, { write: string }>, next: Next): void {
  const cluster = step.write as ClusterName
  const values = () =>
    Object.fromEntries(
      Object.entries(step.attributes).map(([name, operand]) => [
        name,
        wireValue(call, name, attributeType(cluster, name), operand),
      ]),
    )
  const own = ownSettings(call)
  if (own) {
    const { writes } = own.side(cluster)
    for (const [name, value] of Object.entries(values())) {
      const status = (writes as Record<string, (value: unknown) => number>)[name]?.(value)
      if (status !== 0) return call.fail('S1RIG_REFUSED', `${cluster}.${name} is not taken`)
    }
    return next({})
  }
  const ask = (): void =>
    call.hub.esi.write(peerOf(call), cluster, values() as never, outcome => {
      if (outcome.ok) next({})
      else notYet(call, `writing ${cluster}`, outcome, ask)
    })
  ask()
}

function send(call: StepUnderWay, step: Extract<Step, { send: string }>, next: Next): void {
  const [cluster = '', command = ''] = step.send.split('.')
  const payload = () =>
    Object.fromEntries(
      Object.entries(step.with).map(([field, operand]) => [
        field,
        wireValue(call, field, fieldSpec(cluster, command, field)?.type ?? 'raw', operand),
      ]),
    )
  const ask = (): void =>
    call.hub.esi.request(peerOf(call), cluster as ClusterName, command as never, payload() as never, outcome => {
      if (!outcome.ok) return notYet(call, step.send, outcome, ask)
      const answered = outcome.response as { command: string; payload: Fields } | undefined
      const found = Object.entries(step.answer).map(([field, as]) => [
        as,
        fromHan(field, fieldSpec(cluster, answered?.command ?? '', field)?.type ?? 'raw', answered?.payload[field]),
      ])
      next(Object.fromEntries(found))
    })
  ask()
}

/** A device that refuses has answered; one that was not heard is asked again when it wakes. */
function notYet(call: StepCall, what: string, failure: Refusal, again: () => void): void {
  if (failure.reason === 'refused') {
    const [name, status] = Object.entries(failure.failed)[0] ?? []
    call.fail('S1RIG_REFUSED', `the device refused ${what}: ${name} ${statusName(Number(status))}`)
  } else if (failure.reason === 'default-response') {
    call.fail('S1RIG_REFUSED', `the device refused ${what}: ${statusName(failure.status)}`)
  } else otherwise(call, failure, again)
}

function wireValue({ hub, parameters, found }: StepUnderWay, name: string, type: WireType, operand: Operand): unknown {
  if (typeof operand !== 'string') return operand
  // Events are numbered by their time: no two orders of one second are told apart. @source assumed
  if (operand === '$now') return utcOf(hub.clock.unixMs())
  const from = operand.slice(1)
  return toHan(name, type, (parameters as Fields)[from] ?? found[from])
}

const ownSettings = ({ hub, target }: StepCall) =>
  target === 'CHF' || target === 'GPF' ? hub.settings.own[target] : undefined
