/** Whether there is what equivalent steps name: clusters, attributes, commands and their fields, each told where it stands. */
import type { z } from 'zod'
import { type ClusterSpec, type CommandSpec, clusterNames, clusterSpec } from '../zcl/clusters.ts'
import type { ParamSpec } from '../zcl/payload.ts'

type Context = Pick<z.RefinementCtx, 'addIssue'>
interface Sent {
  send: string
  with: Readonly<Record<string, unknown>>
}
interface Question extends Sent {
  answer: Readonly<Record<string, unknown>>
  repeat?: { after?: string | undefined; of?: string | undefined } | undefined
}

/** `key`: of the step, that names the cluster. */
export function checkAttributes(context: Context, key: 'read' | 'write', cluster: string, names: string[]): void {
  const spec = specOf(cluster)
  if (!spec) return unknown(context, [key], { found: cluster, expected: 'a cluster there is', known: clusterNames() })
  if (names.length === 0) context.addIssue({ code: 'custom', path: ['attributes'], message: 'at least one attribute' })
  const known = Object.keys(spec.attributes).filter(name => spec.attributes[name]?.side !== 'client')
  checkKeys(context, 'attributes', names, known)
}

/** The command, what is sent with it, and what is taken of the answer. */
export function checkCommand(context: Context, { send, with: fields, answer, repeat }: Question): void {
  const command = commandOf(send)
  if (!command) {
    const known = clusterNames().flatMap(commandsOf)
    return unknown(context, ['send'], { found: send, expected: 'a command of a cluster there is', known })
  }
  checkKeys(context, 'with', Object.keys(fields), names(command.params))
  const [cluster = ''] = send.split('.')
  const answers = command.responses.flatMap(response => commandOf(`${cluster}.${response}`)?.params ?? [])
  checkKeys(context, 'answer', Object.keys(answer), answers.flatMap(namesIn))
  for (const key of ['after', 'of'] as const) {
    const [found, known] = [repeat?.[key], names(answers)]
    if (found === undefined || known.includes(found)) continue
    unknown(context, ['repeat', key], { found, expected: `a field of the answer to ${send}`, known })
  }
}

/** Questions about logs, of which the hub adds span and place itself: readings by interval and by sample. */
const COMPLETED: readonly string[] = ['4.8.1', '4.8.2', '4.8.3', '4.10', '4.17']

/** Whether the commands of each variant are given all the fields they must have. */
export function checkComplete(context: Context, variants: Readonly<Record<string, readonly (object | Sent)[]>>): void {
  for (const [variant, steps] of Object.entries(variants)) {
    if (COMPLETED.includes(variant)) continue
    for (const [at, step] of steps.entries()) {
      const missing = 'send' in step ? missingIn(step) : []
      if (missing.length === 0) continue
      context.addIssue({ code: 'custom', path: [variant, at, 'with'], message: `values for ${missing.join(', ')}` })
    }
  }
}

/** None where a field is misspelt: that is told already. */
function missingIn({ send, with: fields }: Sent): string[] {
  const params = commandOf(send)?.params ?? []
  const given = Object.keys(fields)
  if (given.some(name => !names(params).includes(name))) return []
  return names(params.filter(({ optional, when }) => !optional && !when)).filter(name => !given.includes(name))
}

const specOf = (cluster: string): ClusterSpec | undefined =>
  clusterNames().some(known => known === cluster) ? clusterSpec(cluster) : undefined

function commandOf(send: string): CommandSpec | undefined {
  const [cluster = '', name = ''] = send.split('.')
  const { toServer = {}, toClient = {} } = specOf(cluster) ?? {}
  if (Object.hasOwn(toServer, name)) return toServer[name]
  return Object.hasOwn(toClient, name) ? toClient[name] : undefined
}

function commandsOf(cluster: string): string[] {
  const { toServer, toClient } = clusterSpec(cluster)
  return [...Object.keys(toServer), ...Object.keys(toClient)].map(name => `${cluster}.${name}`)
}

const names = (params: readonly ParamSpec[]): string[] => params.map(({ name }) => name)
/** A field, and the fields of the entries of a list. */
const namesIn = ({ name, fields = [] }: ParamSpec): string[] => [name, ...names(fields).map(one => `${name}.${one}`)]

function checkKeys(context: Context, of: string, keys: readonly string[], known: readonly string[]): void {
  const strange = keys.filter(name => !known.includes(name))
  if (strange.length === 0) return
  context.addIssue({ code: 'unrecognized_keys', keys: strange, path: [of], message: known.join(', ') })
}

function unknown(
  context: Context,
  path: string[],
  { found, expected, known }: { found: string; expected: string; known: string[] },
): void {
  context.addIssue({ code: 'invalid_value', values: known, path, input: found, message: expected })
}
