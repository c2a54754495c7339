/**
 * Where a node stands with its network, as pure transitions: what comes of what happens to it. What a standing has no row for
 * changes nothing there: the outcome of something that is not under way any more, or a request for what goes on already.
 *
 * A node that knows a network and its keys comes back under the network key; where that key is not good any more (it slept
 * through a change of it), it asks for the new one under the link key it shares with the trust centre. So it does where the
 * routers near it take it back, but the trust centre is silent: it may have been replaced.
 *
 * @source ZigBee PRO, 4.6.3 joining and rejoining a secured network; ZigBee Smart Energy: registration
 */
import type { JoinFailure } from '../ports/han.ts'

export const STANDINGS = [
  /** On no network, and knows none. */
  'out',
  /** Looks for a network that takes it. */
  'associating',
  /** Has an address; the network key is to come. */
  'awaiting-key',
  /** Has the network key; the link key that may carry data is to come. */
  'proving',
  'member',
  /** Asks a parent to take it back, under the network key. */
  'rejoining',
  /** Was taken back under the network key; whether the trust centre still uses it is to be seen. */
  'seeking-centre',
  /** Asks a parent to take it back without it, for it may be the wrong one. */
  'returning',
  /** Was taken back; the network key is to come. */
  'awaiting-key-again',
  /** Knows its network, and did not find back to it. */
  'lost',
  /** Says that it leaves. */
  'leaving',
  /** Leaves because it can never be trusted here. */
  'giving-up',
] as const
export type Standing = (typeof STANDINGS)[number]

export const STANDING_EVENTS = [
  /** Coordinator: the network is there, made or resumed. */
  'formed',
  /** The owner wants to be on the network. */
  'asked',
  'associated',
  'no-network',
  'refused',
  /** A parent took it back. */
  'taken-back',
  'not-taken-back',
  /** The trust centre sent the network key. */
  'key',
  /** It did not, in time. */
  'no-key',
  /** There is a link key that may carry data, or none is needed. */
  'proven',
  /** The trust centre's certificates are of another authority. */
  'hopeless',
  /** The owner wants to leave. */
  'told-to-leave',
  /** It has said so. */
  'left',
  /** The network wants it to go: it says so too. @source ZigBee PRO, 3.6.1.10.3 */
  'removed',
  /** Its parent does not know it, or does not answer: it has to find a parent anew. */
  'parent-lost',
  /** The trust centre is in earshot. */
  'centre-heard',
  /** The trust centre answered a question, or sent something under the link key. */
  'centre-answered',
  /** It did not: it is gone, or another has taken its place. */
  'centre-silent',
] as const
export type StandingEvent = (typeof STANDING_EVENTS)[number]

export type StandingEffect =
  /** Looks for a network and a parent. */
  | 'associate'
  /** Gives the trust centre a while to send the network key. */
  | 'await-key'
  | 'stop-waiting'
  | 'rejoin'
  | 'return'
  /** Tells everybody its address. */
  | 'announce'
  /** Asks the trust centre for a sign of life. */
  | 'seek-centre'
  /** Makes sure of a link key that may carry data. */
  | 'prove'
  | 'say-farewell'
  /** Forgets the network. */
  | 'forget'
  | 'tell-joined'
  | { readonly tellFailed: JoinFailure }
  /** Tells the owner that it is off the network; that it failed to get there, where it was never told that it is on it. */
  | { readonly tellGone: JoinFailure }

export interface StandingStep {
  standing: Standing
  effects: readonly StandingEffect[]
}

type Row = readonly [Standing, ...StandingEffect[]]

const OUT: Row = ['out', 'forget', { tellGone: 'removed' }]
const FAREWELL: Row = ['leaving', 'say-farewell']
const BACK: Row = ['rejoining', 'rejoin']

const TABLE: Readonly<Record<Standing, { readonly [E in StandingEvent]?: Row }>> = {
  out: {
    formed: ['member', 'announce', 'tell-joined'],
    asked: ['associating', 'associate'],
  },
  associating: {
    associated: ['awaiting-key', 'await-key'],
    'no-network': ['out', { tellFailed: 'no-network' }],
    refused: ['out', { tellFailed: 'no-key' }],
  },
  'awaiting-key': {
    key: ['proving', 'stop-waiting', 'announce', 'prove'],
    'no-key': ['out', 'forget', { tellFailed: 'no-key' }],
    removed: ['out', 'stop-waiting', 'forget', { tellFailed: 'removed' }],
  },
  proving: {
    proven: ['member', 'tell-joined'],
    hopeless: ['giving-up', 'say-farewell'],
    removed: FAREWELL,
    'parent-lost': BACK,
  },
  member: {
    asked: BACK,
    'parent-lost': BACK,
    hopeless: ['giving-up', 'say-farewell'],
    'told-to-leave': FAREWELL,
    removed: FAREWELL,
  },
  rejoining: {
    'taken-back': ['seeking-centre', 'seek-centre'],
    'not-taken-back': ['returning', 'return'],
    'told-to-leave': FAREWELL,
    removed: OUT,
  },
  'seeking-centre': {
    'centre-answered': ['proving', 'announce', 'prove'],
    'centre-silent': ['returning', 'return'],
    'parent-lost': BACK,
    'told-to-leave': FAREWELL,
    removed: FAREWELL,
  },
  returning: {
    'taken-back': ['awaiting-key-again', 'await-key'],
    'not-taken-back': ['lost', { tellFailed: 'no-network' }],
    'told-to-leave': FAREWELL,
    removed: OUT,
  },
  'awaiting-key-again': {
    key: ['proving', 'stop-waiting', 'announce', 'prove'],
    'no-key': ['lost', { tellFailed: 'no-key' }],
    'told-to-leave': ['leaving', 'stop-waiting', 'say-farewell'],
    removed: ['out', 'stop-waiting', 'forget', { tellGone: 'removed' }],
  },
  lost: {
    formed: ['member', 'announce', 'tell-joined'],
    asked: BACK,
    'centre-heard': BACK,
    'told-to-leave': FAREWELL,
    removed: OUT,
  },
  leaving: {
    left: OUT,
    removed: OUT,
  },
  'giving-up': {
    left: ['out', 'forget', { tellGone: 'unknown-issuer' }],
    removed: ['out', 'forget', { tellGone: 'unknown-issuer' }],
  },
}

/** What comes of an event. */
export function stand(standing: Standing, event: StandingEvent): StandingStep {
  const [next, ...effects] = TABLE[standing][event] ?? [standing]
  return { standing: next, effects }
}
