/**
 * How a joiner comes to a link key with its trust centre, or a trust centre to a new one with a device, as a machine: state and
 * event in, state and effects out. It looks for the endpoint that serves key establishment, runs an exchange, and tries again
 * when either fails.
 *
 * | state | goes on at | to |
 * |---|---|---|
 * | idle | joined, stale | looking |
 * | looking | found | exchanging |
 * | looking | not-found | waiting |
 * | exchanging | established | idle |
 * | exchanging | failed | waiting; at UNKNOWN_ISSUER idle, and a joiner off the network |
 * | waiting | due, joined | looking |
 *
 * The outcome of what is not under way any more changes nothing. A key that came about the other way round, by the partner's
 * own doing, ends the search. Ten attempts are eager; after them a joiner pauses, and a trust centre gives up.
 *
 * @source ZigBee Smart Energy profile: registration; retries as published by EmberZNet: 10, then a pause of 15 min
 */
import type { Eui64, Micros } from '../base/ids.ts'
import { minutes, seconds } from '../base/time.ts'
import type { CryptoSuite } from '../crypto/koblitz-curve.ts'
import type { FailureReason } from '../zcl/key-establishment/states.ts'

/** A search for a key. */
interface Search {
  /** The trust centre; for a trust centre, a device. */
  partner: Eui64
  /** 1 for the first of a series of eager ones. */
  attempt: number
  /** The suite of this attempt; the highest that both sides have when absent. */
  suite?: CryptoSuite
}

export type Registration =
  | { is: 'idle' }
  /** Asks the partner for its endpoint. */
  | (Search & { is: 'looking' })
  | (Search & { is: 'exchanging' })
  /** For the next attempt. */
  | (Search & { is: 'waiting' })

export type RegistrationEvent =
  /** On the network, without a key that may carry data. */
  | { on: 'joined'; partner: Eui64 }
  /** The partner uses a key that is retired here. */
  | { on: 'stale'; partner: Eui64 }
  | { on: 'found'; partner: Eui64; endpoint: number }
  | { on: 'not-found'; partner: Eui64 }
  | { on: 'established'; partner: Eui64 }
  /** `waitS`: seconds the partner asks for; 0 when it does not say. */
  | { on: 'failed'; partner: Eui64; reason: FailureReason; waitS: number }
  /** The wait is over. */
  | { on: 'due' }
  /** Off the network. */
  | { on: 'abandon' }

export type RegistrationEffect =
  | { do: 'find'; partner: Eui64 }
  | { do: 'exchange'; partner: Eui64; endpoint: number; suite?: CryptoSuite }
  /** Ends an exchange under way without a word. */
  | { do: 'drop' }
  | { do: 'wait'; forUs: Micros }
  | { do: 'stop-waiting' }
  /** There is no trust between the two sides: off the network. */
  | { do: 'leave' }

export interface RegistrationStep {
  state: Registration
  effects: RegistrationEffect[]
}

/** Which side this is, and what it has to choose from. */
export interface RegistrationRules {
  side: 'joiner' | 'trust-centre'
  /** Suites it has, at least one. */
  suites: readonly CryptoSuite[]
  /** Always this one, whatever the partner says it has. */
  forcedSuite?: CryptoSuite
}

/** Before the network. */
export const UNREGISTERED: Registration = Object.freeze({ is: 'idle' })

const EAGER_ATTEMPTS = 10
const PAUSE_US = minutes(15)
/** Between attempts, when the other side asks for nothing else. @source EmberZNet: 10 s */
const BACK_OFF_US = seconds(10)
/** Failures after which the other suite may do better: the blocks of the long messages got lost, or are not understood. */
const OF_THE_SUITE: ReadonlySet<FailureReason> = new Set(['UNSUPPORTED_SUITE', 'not-delivered', 'timeout'])

/** What comes of an event. */
export function register(state: Registration, event: RegistrationEvent, rules: RegistrationRules): RegistrationStep {
  switch (event.on) {
    case 'joined':
      return joined(state, event.partner, rules)
    case 'stale':
      return state.is === 'idle' ? look({ partner: event.partner, attempt: 1 }, rules) : same(state)
    case 'found': {
      if (state.is !== 'looking' || !isWith(state, event.partner)) return same(state)
      const { partner, suite } = state
      const exchange = { partner, endpoint: event.endpoint, ...(suite && { suite }) }
      return { state: { ...state, is: 'exchanging' }, effects: [{ do: 'exchange', ...exchange }] }
    }
    case 'not-found':
      return state.is === 'looking' && isWith(state, event.partner) ? wait(state, BACK_OFF_US, rules) : same(state)
    case 'established':
      if (!isWith(state, event.partner)) return same(state)
      return { state: UNREGISTERED, effects: state.is === 'waiting' ? [{ do: 'stop-waiting' }] : [] }
    case 'failed':
      return state.is === 'exchanging' && isWith(state, event.partner) ? failed(state, event, rules) : same(state)
    case 'due':
      return state.is === 'waiting' ? look({ ...state, attempt: state.attempt + 1 }, rules) : same(state)
    case 'abandon':
      return { state: UNREGISTERED, effects: ended(state) }
    default:
      return event satisfies never
  }
}

/** Eager again. What is under way with the same trust centre goes on. */
function joined(state: Registration, partner: Eui64, rules: RegistrationRules): RegistrationStep {
  if ((state.is === 'looking' || state.is === 'exchanging') && isWith(state, partner)) {
    return { state: { ...state, attempt: 1 }, effects: [] }
  }
  const next = look({ partner, attempt: 1 }, rules)
  return { state: next.state, effects: [...ended(state), ...next.effects] }
}

function look({ partner, attempt, suite }: Search, { forcedSuite }: RegistrationRules): RegistrationStep {
  const tried = forcedSuite ?? suite
  const state: Registration = { is: 'looking', partner, attempt, ...(tried && { suite: tried }) }
  return { state, effects: [{ do: 'find', partner }] }
}

function failed(
  state: Search,
  { reason, waitS }: Extract<RegistrationEvent, { on: 'failed' }>,
  rules: RegistrationRules,
): RegistrationStep {
  const { suites, forcedSuite, side } = rules
  if (reason === 'UNKNOWN_ISSUER') {
    return { state: UNREGISTERED, effects: side === 'joiner' ? [{ do: 'leave' }] : [] }
  }
  const { suite, ...search } = state
  // The highest suite and the lowest take turns while the choice may be at fault.
  const fallBack = !forcedSuite && !suite && suites.length > 1 && OF_THE_SUITE.has(reason)
  return wait({ ...search, ...(fallBack && { suite: 1 }) }, waitS > 0 ? seconds(waitS) : BACK_OFF_US, rules)
}

function wait({ partner, attempt, suite }: Search, forUs: Micros, { side }: RegistrationRules): RegistrationStep {
  const last = attempt >= EAGER_ATTEMPTS
  if (last && side === 'trust-centre') return { state: UNREGISTERED, effects: [] }
  const state: Registration = { is: 'waiting', partner, attempt: last ? 0 : attempt, ...(suite && { suite }) }
  return { state, effects: [{ do: 'wait', forUs: last ? PAUSE_US : forUs }] }
}

/** What must not come any more. */
function ended({ is }: Registration): RegistrationEffect[] {
  if (is === 'exchanging') return [{ do: 'drop' }]
  return is === 'waiting' ? [{ do: 'stop-waiting' }] : []
}

const same = (state: Registration): RegistrationStep => ({ state, effects: [] })
const isWith = (state: Registration, partner: Eui64): boolean => state.is !== 'idle' && state.partner === partner
