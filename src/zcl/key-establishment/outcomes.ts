/** How exchanges end and messages are turned away: the effects that go with it. */
import { type Direction, opposite } from '../header.ts'
import type { Peer } from '../transactions.ts'
import type { Message } from './messages.ts'
import { type Objection, type Rules, suiteBits } from './rules.ts'
import type { Busy, Effect, Failure, Idle, RefusalCode, Role, Seen, State, Step } from './states.ts'
import { TerminateStatus, type TerminateStatusName } from './terminate-status.ts'

/** The direction of what a role receives. */
export const incoming = (role: Role): Direction => (role === 'initiator' ? 'toClient' : 'toServer')
/** The direction of what a role sends. */
export const outgoing = (role: Role): Direction => opposite(incoming(role))

/** Idle again, what was heard in the exchange still known. */
export const idleAfter = (seen: readonly Seen[]): Idle => ({ is: 'idle', seen })

/** The exchange is over without a word to the peer. */
export function ended(state: Busy, failure: Omit<Failure, 'role'>): Step {
  const { role, peer, seen } = state
  return {
    state: idleAfter(seen),
    effects: [{ do: 'cancel' }, { do: 'report-failure', peer, failure: { role, ...failure } }],
  }
}

/** The exchange is over, and the peer is told why. `sequence`: of the message objected to; of the latest when absent. */
export function objected(
  state: Busy,
  refusal: RefusalCode,
  { status, detail }: Objection,
  rules: Rules,
  sequence = state.seen.at(-1)?.sequence,
): Step {
  const { peer, role } = state
  const over = ended(state, { reason: status, by: 'us', waitS: 0, detail })
  const said: Effect[] = [
    { do: 'count', refusal, peer, detail },
    terminate(peer, outgoing(role), sequence, status, rules),
  ]
  return { state: over.state, effects: [...said, ...over.effects] }
}

/** Something received changes nothing, and the sender is told why. */
export function turnedAway<S extends State>(
  state: S,
  refusal: RefusalCode,
  { status, detail }: Objection,
  from: { peer: Peer; direction: Direction; sequence: number },
  rules: Rules,
): Step & { state: S } {
  const { peer, direction, sequence } = from
  const effects: Effect[] = [
    { do: 'count', refusal, peer, detail },
    terminate(peer, opposite(direction), sequence, status, rules),
  ]
  return { state, effects }
}

/** Something received changes nothing, and nothing is said. */
export const ignored = (state: State, refusal: RefusalCode, peer: Peer, detail: string): Step => ({
  state,
  effects: [{ do: 'count', refusal, peer, detail }],
})

function terminate(
  to: Peer,
  direction: Direction,
  sequence: number | undefined,
  status: TerminateStatusName,
  rules: Rules,
): Effect {
  const { waitTimeS } = rules
  const message: Message = {
    command: 'terminate',
    direction,
    status: TerminateStatus[status],
    waitTimeS,
    suites: suiteBits(rules),
  }
  return { do: 'send', to, message, ...(sequence !== undefined && { sequence }) }
}
