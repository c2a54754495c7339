/** How each thing that a disaster file expects is judged, from what was seen of one home while it lasted and after. */

import type { Micros } from '../../base/ids.ts'
import { formatSpan } from '../../base/time.ts'
import type { Party } from '../../ports/rig-control.ts'
import type { StepVerdict, Verdict } from '../../ports/verdict.ts'
import type { After, During } from './disaster.ts'

/** A home at one moment. What is not ours to see is absent. */
export interface Sight {
  atUs: Micros
  electricityWh?: number
  /** When the hub last heard the gas meter, Unix ms by the hub's clock. */
  gasHeardMs?: number | undefined
  /** Access point and address; absent where the hub is real. */
  session?: string
  /** Endpoint of the S1SP that the hub holds on to. */
  endpoint: string
  alertsKept?: number
}

/** What was seen of one home. */
export interface Seen {
  begin: Sight
  end: Sight
  /** While it lasted. */
  detached: number
  attached: number
  passed: number
  refused: number
  /** Most alerts that waited in the hub at one time. */
  mostKept: number
  /** Steps begun while it lasted: the parties they needed that were out just then, and those they waited for. */
  steps: readonly { step: string; lacked: readonly Party[]; waitedFor: readonly Party[] }[]
  /** Of the whole migration of this home. */
  verdicts: readonly StepVerdict[]
  /** The same of the homes that the disaster does not concern. */
  others: readonly StepVerdict[]
  /** The parties that each step of the Group needs. */
  needsOf: (step: string) => readonly Party[]
}

export interface Judgement {
  verdict: Verdict
  expected: string
  observed: string
  reason?: string
}

const judged = (holds: boolean, expected: string, observed: string): Judgement => ({
  verdict: holds ? 'PASS' : 'FAIL',
  expected,
  observed,
})
const skipped = (expected: string, reason: string): Judgement => ({
  verdict: 'SKIPPED',
  expected,
  observed: 'nothing',
  reason,
})

const isBad = ({ verdict }: StepVerdict): boolean => verdict === 'FAIL' || verdict === 'BLOCKED'
const named = (steps: readonly { step: string }[]): string => [...new Set(steps.map(({ step }) => step))].join(', ')
const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

/** What was expected while it lasted. */
export function judgeDuring(expectation: During, seen: Seen): Judgement {
  const { begin, end, steps, verdicts } = seen
  switch (expectation.expect) {
    case 'metering-goes-on': {
      const expected = "the electricity meter's import register grows"
      const [before, now] = [begin.electricityWh, end.electricityWh]
      if (before === undefined || now === undefined) return skipped(expected, 'the electricity meter is not emulated')
      return judged(now > before, expected, `${before} Wh, then ${now} Wh`)
    }
    case 'gas-is-heard': {
      const expected = 'the hub hears the gas meter'
      if (!('gasHeardMs' in end)) return skipped(expected, 'no gas meter of ours before a hub of ours')
      const heard = end.gasHeardMs !== undefined && end.gasHeardMs > (begin.gasHeardMs ?? 0)
      return judged(heard, expected, heard ? 'heard' : 'not heard')
    }
    case 'session-holds': {
      const expected = 'the hub stays attached where it was'
      if (begin.session === undefined) return skipped(expected, 'the hub is not emulated')
      const held = seen.detached === 0 && end.session === begin.session && begin.session !== 'none'
      return judged(held, expected, `${begin.session}, then ${end.session}; ${count(seen.detached, 'session')} lost`)
    }
    case 'session-is-lost': {
      const expected = 'the hub is attached nowhere'
      if (begin.session === undefined) return skipped(expected, 'the hub is not emulated')
      const lost = seen.attached === 0 && end.session === 'none'
      return judged(lost, expected, `attached at ${end.session}; ${count(seen.attached, 'new session')}`)
    }
    case 'nothing-passes': {
      const expected = 'messages are sent, and none passes'
      const { passed, refused } = seen
      if (passed + refused === 0) return skipped(expected, 'nobody sent any')
      return judged(passed === 0, expected, `${passed} passed, ${refused} did not`)
    }
    case 'hub-moves': {
      const expected = 'the hub holds on to the alternate endpoint'
      return judged(end.endpoint === 'alternate', expected, `${begin.endpoint}, then ${end.endpoint}`)
    }
    case 'steps-wait': {
      const { party } = expectation
      const expected = `steps that need the ${party.toUpperCase()} wait for it`
      const concerned = steps.filter(({ lacked }) => lacked.includes(party))
      if (concerned.length === 0) return skipped(expected, 'no such step came up')
      const hasty = concerned.filter(({ waitedFor }) => !waitedFor.includes(party))
      const observed = hasty.length > 0 ? `did not wait: ${named(hasty)}` : `waited: ${named(concerned)}`
      return judged(hasty.length === 0, expected, observed)
    }
    case 'other-steps-go-on': {
      const { party } = expectation
      const expected = `steps that do not need the ${party.toUpperCase()} pass meanwhile`
      const within = verdicts.filter(
        ({ step, startedUs, endedUs, verdict }) =>
          verdict !== 'SKIPPED' &&
          startedUs >= begin.atUs &&
          endedUs <= end.atUs &&
          !seen.needsOf(step).includes(party),
      )
      if (within.length === 0) return skipped(expected, 'no other step came up')
      return judged(!within.some(isBad), expected, tally(within))
    }
    case 'migration-passes': {
      const expected = 'every step of the migration passes'
      return judged(!verdicts.some(isBad), expected, tally(verdicts))
    }
    case 'others-unaffected': {
      const expected = 'homes that it does not concern are migrated'
      if (seen.others.length === 0) return skipped(expected, 'it concerns every home of this rig')
      return judged(!seen.others.some(isBad), expected, tally(seen.others))
    }
    default:
      return expectation satisfies never
  }
}

/** What was expected after; `afterUs`: how long it took, undefined when it did not come about. */
export function judgeAfter(
  { expect, within }: After,
  { end, mostKept }: Pick<Seen, 'end' | 'mostKept'>,
  afterUs: Micros | undefined,
): Judgement {
  const observed = afterUs === undefined ? `not within ${within}` : `after ${formatSpan(afterUs)}`
  switch (expect) {
    case 'service-returns': {
      const expected = `the hub is attached and heard within ${within}`
      if (end.session === undefined) return skipped(expected, 'the hub is not emulated')
      return judged(afterUs !== undefined, expected, observed)
    }
    case 'alerts-arrive': {
      const expected = `alerts that waited have gone within ${within}`
      if (mostKept === 0) return skipped(expected, 'no alert waited')
      return judged(afterUs !== undefined, expected, `${count(mostKept, 'alert')} waited; gone ${observed}`)
    }
    default:
      return expect satisfies never
  }
}

function tally(verdicts: readonly StepVerdict[]): string {
  const bad = verdicts.filter(isBad)
  const passed = verdicts.filter(({ verdict }) => verdict === 'PASS' || verdict === 'TOLERATED').length
  return `${passed} passed${bad.length > 0 ? `; not ${named(bad)}` : ''}`
}
