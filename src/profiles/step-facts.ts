/**
 * Equivalent steps: which operations on the HAN a request becomes for a model. Attributes and commands go by their names in the
 * cluster tables; `$name` stands for a parameter of the request
 * or what a step before has found, `$now` for the hub's time. What is found under a name that begins with `_` is no part of the result.
 * @source that a request is one or more device operations, by model: S1SR Annex A, whose matrix is not public
 */
import { z } from 'zod'
import { attributeSpec, clusterNames, clusterSpec } from '../zcl/clusters.ts'
import { text } from './scalars.ts'

const name = text('a name of letters and digits', /^_?[A-Za-z][A-Za-z0-9]{0,63}$/)
/** A parameter of the request or what a step before has found, a number, a switch, or no value. */
const operand = z.union(
  [text('a parameter such as $thresholdW', /^\$_?[a-z][A-Za-z0-9]{0,63}$/), z.int(), z.boolean(), z.null()],
  {
    error: 'a parameter such as $thresholdW, a whole number, true, false or null',
  },
)

/** Reads attributes; each becomes the field of the result that it names. */
const read = z
  .strictObject({ read: name, attributes: z.record(name, name) })
  .refine(step => hasAttributes(step.read, Object.keys(step.attributes)), { error: 'attributes of a cluster there is' })
/** Writes attributes. */
const write = z
  .strictObject({ write: name, attributes: z.record(name, operand) })
  .refine(step => hasAttributes(step.write, Object.keys(step.attributes)), {
    error: 'attributes of a cluster there is',
  })
/** Sends a command; fields of its answer become fields of the result. */
const send = z
  .strictObject({
    send: text('a command such as Metering.ChangeSupply', /^[A-Za-z0-9]+\.[A-Za-z0-9]+$/),
    with: z.record(name, operand).default({}),
    answer: z.record(name, name).default({}),
  })
  .refine(step => hasFields(step.send, Object.keys(step.with)), { error: 'a command there is, and its fields' })
/** Fields of the result that the model has nothing to say to. */
const give = z.strictObject({ give: z.record(name, z.union([z.string().max(64), z.int(), z.boolean()])) })

export const step = z.union([read, write, send, give], { error: 'a step: read, write, send or give' })
export type Step = z.infer<typeof step>
export type Operand = z.infer<typeof operand>

/** By service reference variant; what a model does not state is done as usual. */
export const equivalentSteps = z.record(
  text('a service reference variant, in quotes', /^\d{1,2}(?:\.\d{1,2}){0,2}$/),
  z.array(step).min(1).max(16),
)

function hasAttributes(cluster: string, names: readonly string[]): boolean {
  if (names.length === 0 || !clusterNames().some(known => known === cluster)) return false
  const known = clusterSpec(cluster).attributes
  return names.every(one => Object.hasOwn(known, one) && attributeSpec(cluster, one).side !== 'client')
}

function hasFields(command: string, fields: readonly string[]): boolean {
  const [cluster = '', name = ''] = command.split('.')
  if (!clusterNames().some(known => known === cluster)) return false
  const { toServer, toClient } = clusterSpec(cluster)
  const spec = Object.hasOwn(toServer, name)
    ? toServer[name]
    : Object.hasOwn(toClient, name)
      ? toClient[name]
      : undefined
  const known = spec?.params.map(param => param.name)
  return known !== undefined && fields.every(field => known.includes(field))
}
