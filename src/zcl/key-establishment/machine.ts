/**
 * Certificate based key establishment as a machine: state and event in, state and effects out. No arithmetic, no clock,
 * no dice; nothing a peer sends makes it throw.
 *
 * | state | goes on at | to |
 * |---|---|---|
 * | idle | start | awaits-initiate-response |
 * | awaits-initiate-response | Initiate Response | generates-ephemeral-request |
 * | generates-ephemeral-request | ephemeral | awaits-ephemeral-response |
 * | awaits-ephemeral-response | Ephemeral Data Response | generates-confirm-request |
 * | generates-confirm-request | keys | awaits-confirm-response |
 * | awaits-confirm-response | Confirm Key Data Response | idle, key installed |
 * | idle | Initiate Request | awaits-ephemeral-request |
 * | awaits-ephemeral-request | Ephemeral Data Request | generates-ephemeral-response |
 * | generates-ephemeral-response | ephemeral | awaits-confirm-request |
 * | awaits-confirm-request | Confirm Key Data Request | generates-confirm-response |
 * | generates-confirm-response | keys | idle, key installed |
 *
 * In every state but idle the partner's Terminate, a message of ours not acknowledged or not understood, and where
 * something is awaited a timeout, end the exchange without a word. Any other message of the partner, or one that does
 * not serve, ends it with Terminate. Further copies of its messages are ignored; a responder follows a partner that begins
 * anew. Other devices are answered with Terminate, NO_RESOURCES when they want to begin, and change nothing.
 *
 * @source ZigBee Smart Energy profile 07-5356, annex C.3.1.2.3, C.3.1.3.3, C.4.2
 */
import { InvariantError } from '../../base/errors.ts'
import type { CryptoSuite } from '../../crypto/koblitz-curve.ts'
import type { Direction } from '../header.ts'
import type { Peer } from '../transactions.ts'
import { accept, begin, calculated, goesOn } from './exchange.ts'
import type { Message } from './messages.ts'
import { ended, idleAfter, ignored, incoming, objected, turnedAway } from './outcomes.ts'
import type { Rules } from './rules.ts'
import type { Busy, Effect, Event, Failure, Received, Seen, State, Step } from './states.ts'
import { statusNameOf } from './terminate-status.ts'

/** Before the first exchange. */
export const IDLE: State = Object.freeze({ is: 'idle', seen: [] })

/** What comes of an event. @throws InvariantError for an event of our own that nothing here waits for */
export function step(state: State, event: Event, rules: Rules): Step {
  switch (event.on) {
    case 'start':
      return started(state, event.peer, event.suite, rules)
    case 'message':
      return received(state, event, rules)
    case 'unreadable':
      return unreadable(state, event, rules)
    case 'not-understood': {
      const detail = `Default Response with status ${event.status}`
      if (state.is === 'idle' || !isWith(state, event.peer)) return ignored(state, 'stranger', event.peer, detail)
      return ended(state, { reason: 'not-understood', by: 'peer', waitS: 0, detail })
    }
    case 'undelivered':
      if (state.is === 'idle') throw unawaited(state, event)
      return ended(state, { reason: 'not-delivered', by: 'us', waitS: 0, detail: 'no acknowledgement' })
    case 'timeout': {
      const awaited = /^awaits-(.*)$/.exec(state.is)?.[1]
      if (state.is === 'idle' || !awaited) throw unawaited(state, event)
      return ended(state, { reason: 'timeout', by: 'us', waitS: 0, detail: `no ${awaited} in time` })
    }
    case 'abandon':
      return { state: IDLE, effects: [{ do: 'cancel' }] }
    case 'ephemeral':
    case 'keys':
    case 'no-keys': {
      const next = calculated(state, event, rules)
      if (!next) throw unawaited(state, event)
      return next
    }
    default:
      return event satisfies never
  }
}

function started(state: State, peer: Peer, suite: CryptoSuite, rules: Rules): Step {
  if (state.is === 'idle') return begin(peer, suite, rules)
  const detail = `an exchange with ${state.peer.device} is under way: it ${state.is}`
  const failure: Failure = { role: 'initiator', reason: 'busy', by: 'us', waitS: 0, detail }
  return { state, effects: [{ do: 'report-failure', peer, failure }] }
}

function received(state: State, event: Received, rules: Rules): Step {
  const { peer, sequence, message } = event
  const { command, direction } = message
  const seen: Seen = { device: peer.device, direction, command, sequence }
  const name = `${command} ${direction === 'toServer' ? 'request' : 'response'}`
  const isBeginning = command === 'initiate' && direction === 'toServer'
  if (isCopy(state, seen, isBeginning)) return ignored(state, 'duplicate', peer, `${name} ${sequence} again`)
  if (isBeginning) return asked(state, peer, seen, message, rules)
  if (!isPartner(state, peer, direction)) {
    const detail = `${name}, but no such exchange is under way`
    if (command === 'terminate') return ignored(state, 'stranger', peer, detail)
    return turnedAway(state, 'stranger', { status: 'BAD_MESSAGE', detail }, { peer, direction, sequence }, rules)
  }
  const now: Busy = { ...state, seen: [...state.seen, seen] }
  if (command === 'terminate') return terminated(now, message)
  const next = goesOn(now, message, rules)
  if (next) return next
  const detail = `${name} found, but this side ${state.is}`
  return objected(now, 'out-of-order', { status: 'BAD_MESSAGE', detail }, rules)
}

/** Somebody wants to begin. */
function asked(state: State, peer: Peer, seen: Seen, message: Message & { command: 'initiate' }, rules: Rules): Step {
  const again = state.is !== 'idle' && state.role === 'responder' && isWith(state, peer)
  const from = { peer, ...seen }
  if (!rules.admits(peer.device)) {
    const detail = `${peer.device} may not begin an exchange here`
    return turnedAway(state, 'unwelcome', { status: 'NO_RESOURCES', detail }, from, rules)
  }
  if (state.is !== 'idle' && !again) {
    const detail = `an exchange with ${state.peer.device} is under way: it ${state.is}`
    return turnedAway(state, 'busy', { status: 'NO_RESOURCES', detail }, from, rules)
  }
  const dropped: Effect[] = again
    ? [{ do: 'count', refusal: 'restarted', peer, detail: `begins anew while this side ${state.is}` }]
    : []
  const next = accept(peer, [seen], message, rules)
  if ('state' in next) return { ...next, effects: [...dropped, ...next.effects] }
  const { status: reason, detail } = next
  const failure: Failure = { role: 'responder', reason, by: 'us', waitS: 0, detail }
  const said = turnedAway(idleAfter([seen]), 'unsuitable', next, from, rules)
  const over: Effect[] = [{ do: 'cancel' }, { do: 'report-failure', peer, failure }]
  return { state: said.state, effects: [...dropped, ...said.effects, ...over] }
}

function terminated(state: Busy, { status, waitTimeS: waitS, suites }: Message & { command: 'terminate' }): Step {
  const reason = statusNameOf(status) ?? 'unknown-status'
  const detail = `Terminate with status ${status} while this side ${state.is}`
  return ended(state, { reason, by: 'peer', waitS, suites, detail })
}

function unreadable(state: State, event: Event & { on: 'unreadable' }, rules: Rules): Step {
  const { peer, direction, sequence, detail } = event
  const objection = { status: 'BAD_MESSAGE', detail } as const
  if (!isPartner(state, peer, direction)) return turnedAway(state, 'unreadable', objection, event, rules)
  return objected(state, 'unreadable', objection, rules, sequence)
}

/** Whether the peer is the one of the exchange under way. */
const isWith = (state: Busy, { device }: Peer): boolean => state.peer.device === device

/** Whether this comes from the partner, in its role. */
const isPartner = (state: State, peer: Peer, direction: Direction): state is Busy =>
  state.is !== 'idle' && isWith(state, peer) && direction === incoming(state.role)

/** Another copy of a message seen before. After an exchange, whoever begins may well use its numbers again. */
function isCopy(state: State, { device, direction, command, sequence }: Seen, isBeginning: boolean): boolean {
  if (isBeginning && state.is === 'idle') return false
  return state.seen.some(
    known =>
      known.device === device &&
      known.direction === direction &&
      known.command === command &&
      known.sequence === sequence,
  )
}

const unawaited = (state: State, event: Event): InvariantError =>
  new InvariantError(`key establishment: ${event.on} came, but this side ${state.is}`)
