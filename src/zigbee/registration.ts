/**
 * How a joiner comes to a link key with its trust centre, as a machine: state and event in, state and effects out. It looks
 * for the endpoint that serves key establishment, runs an exchange, and tries again when either fails.
 *
 * | state | goes on at | to |
 * |---|---|---|
 * | idle | joined, stale | looking |
 * | looking | found | exchanging |
 * | looking | not-found | waiting |
 * | exchanging | established | idle |
 * | exchanging | failed | waiting, but idle and off the network at UNKNOWN_ISSUER |
 * | waiting | due, joined | looking |
 *
 * The outcome of what is not under way any more changes nothing. A key that came about the other way round, by the trust
 * centre's own doing, ends the search. Ten attempts are eager, then comes a pause.
 *
 * @source ZigBee Smart Energy profile: registration; retries as published by EmberZNet: 10, then a pause of 15 min
 */
import type { Eui64, Micros } from '../base/ids.ts'
import { minutes, seconds } from '../base/time.ts'
import type { CryptoSuite } from '../crypto/koblitz-curve.ts'
import type { FailureReason } from '../zcl/key-establishment/states.ts'

/** A search for a key. */
interface Search {
  trustCentre: Eui64
  /** 1 for the first of a series of eager ones. */
  attempt: number
  /** The suite of this attempt; the highest that both sides have when absent. */
  suite?: CryptoSuite
}

export type Registration =
  | { is: 'idle' }
  /** Asks the trust centre for its endpoint. */
  | (Search & { is: 'looking' })
  | (Search & { is: 'exchanging' })
  /** For the next attempt. */
  | (Search & { is: 'waiting' })

export type RegistrationEvent =
  /** On the network, without a key that may carry data. */
  | { on: 'joined'; trustCentre: Eui64 }
  /** The trust centre uses a key that is retired here. */
  | { on: 'stale'; trustCentre: Eui64 }
  | { on: 'found'; trustCentre: Eui64; endpoint: number }
  | { on: 'not-found'; trustCentre: Eui64 }
  | { on: 'established'; trustCentre: Eui64 }
  /** `waitS`: seconds the trust centre asks for; 0 when it does not say. */
  | { on: 'failed'; trustCentre: Eui64; reason: FailureReason; waitS: number }
  /** The wait is over. */
  | { on: 'due' }
  /** Off the network. */
  | { on: 'abandon' }

export type RegistrationEffect =
  | { do: 'find'; trustCentre: Eui64 }
  | { do: 'exchange'; trustCentre: Eui64; endpoint: number; suite?: CryptoSuite }
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

/** What a joiner has to choose from. */
export interface RegistrationRules {
  /** Suites it has, at least one. */
  suites: readonly CryptoSuite[]
  /** Always this one, whatever the trust centre says it has. */
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
      return joined(state, event.trustCentre, rules)
    case 'stale':
      return state.is === 'idle' ? look({ trustCentre: event.trustCentre, attempt: 1 }, rules) : same(state)
    case 'found': {
      if (state.is !== 'looking' || !isWith(state, event.trustCentre)) return same(state)
      const { trustCentre, suite } = state
      const exchange = { trustCentre, endpoint: event.endpoint, ...(suite && { suite }) }
      return { state: { ...state, is: 'exchanging' }, effects: [{ do: 'exchange', ...exchange }] }
    }
    case 'not-found':
      return state.is === 'looking' && isWith(state, event.trustCentre) ? wait(state, BACK_OFF_US) : same(state)
    case 'established':
      if (!isWith(state, event.trustCentre)) return same(state)
      return { state: UNREGISTERED, effects: state.is === 'waiting' ? [{ do: 'stop-waiting' }] : [] }
    case 'failed':
      return state.is === 'exchanging' && isWith(state, event.trustCentre) ? failed(state, event, rules) : same(state)
    case 'due':
      return state.is === 'waiting' ? look({ ...state, attempt: state.attempt + 1 }, rules) : same(state)
    case 'abandon':
      return { state: UNREGISTERED, effects: ended(state) }
    default:
      return event satisfies never
  }
}

/** Eager again. What is under way with the same trust centre goes on. */
function joined(state: Registration, trustCentre: Eui64, rules: RegistrationRules): RegistrationStep {
  if ((state.is === 'looking' || state.is === 'exchanging') && isWith(state, trustCentre)) {
    return { state: { ...state, attempt: 1 }, effects: [] }
  }
  const next = look({ trustCentre, attempt: 1 }, rules)
  return { state: next.state, effects: [...ended(state), ...next.effects] }
}

function look({ trustCentre, attempt, suite }: Search, { forcedSuite }: RegistrationRules): RegistrationStep {
  const tried = forcedSuite ?? suite
  const state: Registration = { is: 'looking', trustCentre, attempt, ...(tried && { suite: tried }) }
  return { state, effects: [{ do: 'find', trustCentre }] }
}

function failed(
  state: Search,
  { reason, waitS }: Extract<RegistrationEvent, { on: 'failed' }>,
  { suites, forcedSuite }: RegistrationRules,
): RegistrationStep {
  if (reason === 'UNKNOWN_ISSUER') return { state: UNREGISTERED, effects: [{ do: 'leave' }] }
  const { suite, ...search } = state
  // The highest suite and the lowest take turns while the choice may be at fault.
  const fallBack = !forcedSuite && !suite && suites.length > 1 && OF_THE_SUITE.has(reason)
  return wait({ ...search, ...(fallBack && { suite: 1 }) }, waitS > 0 ? seconds(waitS) : BACK_OFF_US)
}

function wait({ trustCentre, attempt, suite }: Search, forUs: Micros): RegistrationStep {
  const last = attempt >= EAGER_ATTEMPTS
  const state: Registration = { is: 'waiting', trustCentre, attempt: last ? 0 : attempt, ...(suite && { suite }) }
  return { state, effects: [{ do: 'wait', forUs: last ? PAUSE_US : forUs }] }
}

/** What must not come any more. */
function ended({ is }: Registration): RegistrationEffect[] {
  if (is === 'exchanging') return [{ do: 'drop' }]
  return is === 'waiting' ? [{ do: 'stop-waiting' }] : []
}

const same = (state: Registration): RegistrationStep => ({ state, effects: [] })
const isWith = (state: Registration, trustCentre: Eui64): boolean =>
  state.is !== 'idle' && state.trustCentre === trustCentre
