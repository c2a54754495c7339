/** What the `$names` of a step stand for while it is carried out, and the values that go out for them. */
import { ByteWriter } from '../../../../base/bytes.ts'
import { InvariantError } from '../../../../base/errors.ts'
import type { Operand } from '../../../../profiles/step-facts.ts'
import { type ParamSpec, type Payload, writePayload } from '../../../../zcl/payload.ts'
import { utcOf } from '../../../zigbee-time.ts'
import type { StepUnderWay } from './carry-out.ts'
import { toHan } from './values.ts'

/** What a step says by `$name`; undefined where nobody has given it. */
export function operandOf({ next, entry, prepared, parameters, found }: StepUnderWay, operand: string): unknown {
  const name = operand.slice(1)
  for (const source of [{ next }, entry, prepared, parameters, found]) {
    const value = Object.hasOwn(source, name) ? (source as Readonly<Record<string, unknown>>)[name] : undefined
    if (value !== undefined) return value
  }
  return undefined
}

/** Absent, false and a list without entries are not given. */
export function isGiven(call: StepUnderWay, operand: string): boolean {
  const value = operandOf(call, operand)
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0
  return value !== undefined && value !== false
}

const OWN = ['$now', '$event', '$next']
/** Whether an operand stands for something that the request or a step before gives. */
export const isNamed = (operand: Operand): boolean => typeof operand === 'string' && !OWN.includes(operand)

/**
 * Fields of a command, or attributes, as the HAN says them; undefined when the call has failed: for a name nobody has given, or a value
 * that the type has no room for, which is the profile's fault.
 */
export function wireValues(
  call: StepUnderWay,
  operands: Readonly<Record<string, Operand>>,
  params: readonly ParamSpec[],
): Payload | undefined {
  const values: Record<string, unknown> = {}
  for (const [name, operand] of Object.entries(operands)) {
    const param = params.find(one => one.name === name)
    values[name] = param && wireValue(call, param, operand)
    if (values[name] === undefined) {
      call.fail('S1RIG_REFUSED', `${call.what}: ${name} is not known, ${operand} stands for nothing`)
      return undefined
    }
  }
  try {
    writePayload(new ByteWriter(), params, values as Payload, call.what)
    return values as Payload
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error
    call.fail('S1RIG_REFUSED', error.message)
    return undefined
  }
}

function wireValue(call: StepUnderWay, param: ParamSpec, operand: Operand): unknown {
  if (typeof operand !== 'string') return operand
  // What is numbered by its time: no two orders of one second are told apart. @source assumed
  if (operand === '$now') return utcOf(call.hub.clock.unixMs())
  if (operand === '$event') return call.eventId()
  return toHan(param.name, param, operandOf(call, operand))
}
