/** Sends the command of a step, once or until there are no more answers, and keeps what the answers say. */
import type { SendStep } from '../../../../profiles/step-facts.ts'
import type { ClusterName } from '../../../../zcl/clusters.ts'
import type { ParamSpec, Payload } from '../../../../zcl/payload.ts'
import { Status } from '../../../../zcl/status.ts'
import { peerOf } from '../asking.ts'
import type { Fields, StepUnderWay } from './carry-out.ts'
import { wireValues } from './operands.ts'
import { blamed, refused } from './refused.ts'
import { fromHan, paramsOf } from './values.ts'

/** Answers to one command that is repeated: more than any log or table of a meter has. */
const MOST_ANSWERS = 128

type Answer = { command: string; payload: Payload } | undefined

export function sendStep(call: StepUnderWay, step: SendStep, next: (found: Fields) => void): void {
  const [cluster = '', command = ''] = step.send.split('.')
  const { repeat } = step
  const mayHaveNone = repeat !== undefined || (step.optional !== undefined && step.optional !== false)
  if (call.atHand) return call.fail('E21', `what is mirrored does not answer ${step.send}`)
  const found: Fields = {}
  const ask = (answers: number, at: number): void => {
    const payload = wireValues({ ...call, next: at }, step.with, paramsOf(cluster, command))
    if (!payload) return
    call.hub.esi.request(peerOf(call), cluster as ClusterName, command as never, payload as never, outcome => {
      if (!outcome.ok) {
        const isNone = outcome.reason === 'default-response' && outcome.status === Status.NOT_FOUND
        if (isNone && mayHaveNone) return next({ ...found, ...doneAs(step, false) })
        return refused(call, { what: call.what, blames: blamed(call, step.blames) }, outcome, () => ask(answers, at))
      }
      const answer = outcome.response as Answer
      take(found, step, answer, paramsOf(cluster, answer?.command ?? ''))
      const numberIn = (field = '') => {
        const value = answer?.payload[field]
        return typeof value === 'number' ? value : undefined
      }
      const most = Math.min(numberIn(repeat?.of) ?? MOST_ANSWERS, MOST_ANSWERS)
      if (!repeat || answers + 1 >= most) return next({ ...found, ...doneAs(step, true) })
      ask(answers + 1, (numberIn(repeat.after) ?? at) + 1)
    })
  }
  ask(0, repeat?.from ?? 0)
}

const doneAs = ({ optional }: SendStep, isDone: boolean): Fields =>
  typeof optional === 'string' ? { [optional]: isDone } : {}

/** Puts into `found` what is asked of an answer: `a.b` is a field of each entry of a list, `x.y` a field of each entry of what is found. */
function take(
  found: Fields,
  { answer: asked, optional }: SendStep,
  answer: Answer,
  params: readonly ParamSpec[],
): void {
  const lists = new Map<string, Fields[]>()
  for (const [from, as] of Object.entries(asked)) {
    const [list = '', name] = as.split('.')
    const values = valuesOf(from, answer, params)
    if (name === undefined) {
      const value = from.includes('.') ? values : values[0]
      if (value !== undefined || !optional) found[as] = value
      continue
    }
    const entries = lists.get(list) ?? values.map((): Fields => ({}))
    lists.set(list, entries)
    for (const [at, entry] of entries.entries()) entry[name] = values[at]
  }
  for (const [list, entries] of lists) found[list] = [...((found[list] as Fields[] | undefined) ?? []), ...entries]
}

/** What a field of an answer says, or that field of each entry of a list. */
function valuesOf(from: string, answer: Answer, params: readonly ParamSpec[]): unknown[] {
  const [field = '', part] = from.split('.')
  const param = params.find(one => one.name === field)
  const value = answer?.payload[field]
  if (part === undefined) return [said(param, value)]
  const ofEntry = param?.fields?.find(({ name }) => name === part)
  return ((value ?? []) as readonly Payload[]).map(entry => said(ofEntry, entry[part]))
}

const said = (param: ParamSpec | undefined, value: unknown): unknown =>
  fromHan(param?.name ?? '', param ?? { type: 'raw' }, value)
