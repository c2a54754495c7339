/** How an exchange goes on: what is due in each state, and what follows when it comes. */
import { InvariantError } from '../../base/errors.ts'
import { seconds } from '../../base/time.ts'
import type { CryptoSuite } from '../../crypto/koblitz-curve.ts'
import { equalOctets } from '../../crypto/octets.ts'
import type { Peer } from '../transactions.ts'
import type { Message, MessageBody } from './messages.ts'
import { idleAfter, objected, outgoing } from './outcomes.ts'
import { type Objection, type Partner, partnerOf, pointObjection, type Rules, suiteOf } from './rules.ts'
import type { AgreedKeys, Busy, Effect, Event, Exchange, Seen, State, Step, Work } from './states.ts'
import { suiteBit } from './suite-bits.ts'

type Initiate = Message & { command: 'initiate' }

type Calculated = Extract<Event, { on: 'ephemeral' | 'keys' | 'no-keys' }>

/** The initiator's first step. @throws InvariantError when there is no certificate for the suite */
export function begin(peer: Peer, suite: CryptoSuite, rules: Rules): Step {
  const state: Busy = { is: 'awaits-initiate-response', role: 'initiator', peer, suite, seen: [] }
  return { state, effects: [armed(0, rules), sent(state, initiate(suite, rules))] }
}

/** The responder's first step, or what is wrong with the request. */
export function accept(peer: Peer, seen: readonly Seen[], message: Initiate, rules: Rules): Step | Objection {
  const suite = suiteOf(message, rules)
  if (typeof suite === 'object') return suite
  const partner = partnerOf(message, suite, peer.device, rules)
  if ('status' in partner) return partner
  const state: Busy = { is: 'awaits-ephemeral-request', role: 'responder', peer, suite, seen, partner }
  return { state, effects: [armed(partner.ephemeralDataGenerateTimeS, rules), sent(state, initiate(suite, rules))] }
}

/** What follows the message that is due; undefined when another one is. */
export function goesOn(state: Busy, message: Message, rules: Rules): Step | undefined {
  switch (state.is) {
    case 'awaits-initiate-response': {
      if (message.command !== 'initiate') return
      const partner = responderOf(state, message, rules)
      if ('status' in partner) return objected(state, 'unsuitable', partner, rules)
      return calculating({ ...state, is: 'generates-ephemeral-request', partner }, ephemeralOf(state))
    }
    case 'awaits-ephemeral-response': {
      if (message.command !== 'ephemeral-data') return
      const { ephemeralData: peerEphemeral } = message
      const objection = pointObjection(state.suite, peerEphemeral)
      if (objection) return objected(state, 'unsuitable', objection, rules)
      const exchange = { ...state, peerEphemeral }
      return calculating({ ...exchange, is: 'generates-confirm-request' }, { make: 'keys', exchange })
    }
    case 'awaits-confirm-response': {
      if (message.command !== 'confirm-key') return
      const objection = macObjection('MACV', message.mac, state.keys.macV)
      if (objection) return objected(state, 'unsuitable', objection, rules)
      return established(state, state.keys)
    }
    case 'awaits-ephemeral-request': {
      if (message.command !== 'ephemeral-data') return
      const { ephemeralData: peerEphemeral } = message
      const objection = pointObjection(state.suite, peerEphemeral)
      if (objection) return objected(state, 'unsuitable', objection, rules)
      return calculating({ ...state, is: 'generates-ephemeral-response', peerEphemeral }, ephemeralOf(state))
    }
    case 'awaits-confirm-request': {
      if (message.command !== 'confirm-key') return
      const next = { ...state, is: 'generates-confirm-response', macU: message.mac } as const
      return calculating(next, { make: 'keys', exchange: state })
    }
    case 'generates-ephemeral-request':
    case 'generates-confirm-request':
    case 'generates-ephemeral-response':
    case 'generates-confirm-response':
      return
    default:
      return state satisfies never
  }
}

/** What follows the result of a calculation; undefined when none is under way that has such a result. */
export function calculated(state: State, event: Calculated, rules: Rules): Step | undefined {
  switch (state.is) {
    case 'generates-ephemeral-request':
    case 'generates-ephemeral-response': {
      if (event.on !== 'ephemeral') return
      const { ephemeral } = event
      const next: Busy =
        state.is === 'generates-ephemeral-request'
          ? { ...state, is: 'awaits-ephemeral-response', ephemeral }
          : { ...state, is: 'awaits-confirm-request', ephemeral }
      const { ephemeralDataGenerateTimeS, confirmKeyGenerateTimeS } = state.partner
      const dueS = next.role === 'initiator' ? ephemeralDataGenerateTimeS : confirmKeyGenerateTimeS
      const body: MessageBody = { command: 'ephemeral-data', ephemeralData: ephemeral.publicKey }
      return { state: next, effects: [armed(dueS, rules), sent(next, body)] }
    }
    case 'generates-confirm-request': {
      if (event.on === 'no-keys') return withoutKeys(state, event.detail, rules)
      if (event.on !== 'keys') return
      const { keys } = event
      const next: Busy = { ...state, is: 'awaits-confirm-response', keys }
      const forUs = armed(state.partner.confirmKeyGenerateTimeS, rules)
      return { state: next, effects: [forUs, sent(next, { command: 'confirm-key', mac: keys.macU })] }
    }
    case 'generates-confirm-response': {
      if (event.on === 'no-keys') return withoutKeys(state, event.detail, rules)
      if (event.on !== 'keys') return
      const { keys } = event
      const objection = macObjection('MACU', state.macU, keys.macU)
      if (objection) return objected(state, 'unsuitable', objection, rules)
      const over = established(state, keys)
      return { ...over, effects: [sent(state, { command: 'confirm-key', mac: keys.macV }), ...over.effects] }
    }
    default:
      return
  }
}

/** The partner whose Initiate Response this is. */
function responderOf({ suite, peer }: Busy, message: Initiate, rules: Rules): Partner | Objection {
  const answered = suiteOf(message, rules)
  if (typeof answered === 'object') return answered
  if (answered === suite) return partnerOf(message, suite, peer.device, rules)
  return { status: 'BAD_MESSAGE', detail: `suite ${answered} found, ${suite} asked for` }
}

function initiate(suite: CryptoSuite, rules: Rules): MessageBody {
  const { certificates, ephemeralDataGenerateTimeS, confirmKeyGenerateTimeS } = rules
  const identity = certificates.get(suite)
  if (!identity) throw new InvariantError(`key establishment in suite ${suite}, for which there is no certificate here`)
  return {
    command: 'initiate',
    suites: suiteBit(suite),
    ephemeralDataGenerateTimeS,
    confirmKeyGenerateTimeS,
    identity,
  }
}

function established(state: Busy, { keyData }: AgreedKeys): Step {
  const { peer, role, suite, seen } = state
  return { state: idleAfter(seen), effects: [{ do: 'cancel' }, { do: 'install-key', peer, role, suite, keyData }] }
}

/** Unlike a point that is none, what leads to no secret shows only in the arithmetic. */
const withoutKeys = (state: Busy, detail: string, rules: Rules): Step =>
  objected(state, 'unsuitable', { status: 'BAD_MESSAGE', detail }, rules)

function macObjection(which: 'MACU' | 'MACV', found: Uint8Array, expected: Uint8Array): Objection | undefined {
  if (found.length !== expected.length) {
    const detail = `${which} of ${found.length} octets found, ${expected.length} expected`
    return { status: 'BAD_MESSAGE', detail }
  }
  if (!equalOctets(found, expected)) return { status: 'BAD_KEY_CONFIRM', detail: `${which} is another than expected` }
  return
}

const calculating = (state: Busy, work: Work): Step => ({ state, effects: [{ do: 'calculate', work }] })
const ephemeralOf = ({ suite }: Busy): Work => ({ make: 'ephemeral', suite })

/** A timer for what the peer needs `generateTimeS` to make. */
const armed = (generateTimeS: number, { transportUs }: Rules): Effect => ({
  do: 'arm-timer',
  forUs: seconds(generateTimeS) + transportUs,
})

/** A message to the partner: the initiator's are new, the responder's answer the latest it has seen. */
function sent({ role, peer, seen }: Exchange, body: MessageBody): Effect {
  const message: Message = { ...body, direction: outgoing(role) }
  const latest = seen.at(-1)
  const answers = role === 'responder' && latest
  return { do: 'send', to: peer, message, ...(answers && { sequence: latest.sequence }) }
}
