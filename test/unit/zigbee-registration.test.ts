/** The way of a joiner to its link key: every cell of the table, and the series of attempts. */
import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import {
  type Registration,
  type RegistrationEvent,
  type RegistrationRules,
  type RegistrationStep,
  register,
  UNREGISTERED,
} from '../../src/zigbee/registration.ts'

const HUB = '00db1234567800a1'
const OTHER = '00db1234567800a9'
const both: RegistrationRules = { side: 'joiner', suites: [1, 2] }

const STATES = {
  idle: UNREGISTERED,
  looking: { is: 'looking', partner: HUB, attempt: 3 },
  exchanging: { is: 'exchanging', partner: HUB, attempt: 3 },
  waiting: { is: 'waiting', partner: HUB, attempt: 3 },
} as const satisfies Record<Registration['is'], Registration>
type StateName = keyof typeof STATES

const failed = (reason: Extract<RegistrationEvent, { on: 'failed' }>['reason'], waitS = 0) =>
  ({ on: 'failed', partner: HUB, reason, waitS }) as const
const EVENTS = {
  joined: { on: 'joined', partner: HUB },
  'joined another': { on: 'joined', partner: OTHER },
  stale: { on: 'stale', partner: HUB },
  found: { on: 'found', partner: HUB, endpoint: 7 },
  'found, of another': { on: 'found', partner: OTHER, endpoint: 7 },
  'not found': { on: 'not-found', partner: HUB },
  'not found, of another': { on: 'not-found', partner: OTHER },
  established: { on: 'established', partner: HUB },
  'established with another': { on: 'established', partner: OTHER },
  'no answer': failed('timeout'),
  'busy there': failed('NO_RESOURCES', 20),
  'unknown issuer': failed('UNKNOWN_ISSUER', 20),
  'failed with another': { ...failed('timeout'), partner: OTHER },
  due: { on: 'due' },
  abandon: { on: 'abandon' },
} satisfies Record<string, RegistrationEvent>
type EventName = keyof typeof EVENTS
const EVENT_NAMES = Object.keys(EVENTS) as EventName[]

/** What each event comes to; `=` where nothing is said. */
const TABLE: Record<StateName, { [E in EventName]?: string }> = {
  idle: {
    joined: 'looking a1 1, find a1',
    'joined another': 'looking a9 1, find a9',
    stale: 'looking a1 1, find a1',
  },
  looking: {
    joined: 'looking a1 1',
    'joined another': 'looking a9 1, find a9',
    found: 'exchanging a1 3, exchange a1 7',
    'not found': 'waiting a1 3, wait 10',
    established: 'idle',
    abandon: 'idle',
  },
  exchanging: {
    joined: 'exchanging a1 1',
    'joined another': 'looking a9 1, drop, find a9',
    established: 'idle',
    'no answer': 'waiting a1 3 suite 1, wait 10',
    'busy there': 'waiting a1 3, wait 20',
    'unknown issuer': 'idle, leave',
    abandon: 'idle, drop',
  },
  waiting: {
    joined: 'looking a1 1, stop-waiting, find a1',
    'joined another': 'looking a9 1, stop-waiting, find a9',
    established: 'idle, stop-waiting',
    due: 'looking a1 4, find a1',
    abandon: 'idle, stop-waiting',
  },
}

const words = (state: Registration): string =>
  state.is === 'idle'
    ? 'idle'
    : [state.is, state.partner.slice(-2), state.attempt, ...(state.suite ? ['suite', state.suite] : [])].join(' ')
function inWords(from: Registration, { state, effects }: RegistrationStep): string {
  const said = effects.map(effect => {
    if (effect.do === 'find') return `find ${effect.partner.slice(-2)}`
    if (effect.do === 'exchange')
      return ['exchange', effect.partner.slice(-2), effect.endpoint, ...(effect.suite ? [effect.suite] : [])].join(' ')
    return effect.do === 'wait' ? `wait ${effect.forUs / 1_000_000}` : effect.do
  })
  return state === from && said.length === 0 ? '=' : [words(state), ...said].join(', ')
}

describe('the table', () => {
  const cells = (Object.keys(STATES) as StateName[]).flatMap(state => EVENT_NAMES.map(event => ({ state, event })))
  it.each(cells)('$state, $event', ({ state, event }) => {
    const from = STATES[state]
    expect(inWords(from, register(from, EVENTS[event], both))).toBe(TABLE[state][event] ?? '=')
  })
})

/** Ends each attempt in the same way, and tells what is tried in each and how long is waited after it. */
function attempts(count: number, outcome: RegistrationEvent, rules: RegistrationRules) {
  let state = UNREGISTERED
  const series: { suite: number | undefined; waitUs: number | undefined }[] = []
  let event: RegistrationEvent = { on: 'joined', partner: HUB }
  for (let n = 0; n < count; n++) {
    const tried = register(register(state, event, rules).state, EVENTS.found, rules)
    const [begun] = tried.effects
    const over = register(tried.state, outcome, rules)
    const wait = over.effects.find(effect => effect.do === 'wait')
    series.push({ suite: begun?.do === 'exchange' ? begun.suite : undefined, waitUs: wait?.forUs })
    state = over.state
    event = { on: 'due' }
  }
  return series
}

describe('a trust centre', () => {
  const centre: RegistrationRules = { ...both, side: 'trust-centre' }

  it('does not leave its network for a device of another authority', () => {
    expect(register(STATES.exchanging, EVENTS['unknown issuer'], centre)).toEqual({ state: UNREGISTERED, effects: [] })
  })

  it.each(['no answer', 'not found'] as const)('gives up after ten attempts that end in %s', event => {
    const state = event === 'no answer' ? STATES.exchanging : STATES.looking
    expect(register({ ...state, attempt: 9 }, EVENTS[event], centre).state.is).toBe('waiting')
    expect(register({ ...state, attempt: 10 }, EVENTS[event], centre)).toEqual({ state: UNREGISTERED, effects: [] })
  })
})

describe('attempts', () => {
  it('are ten in a series, then comes a pause of 15 min, and the next series', () => {
    const waits = attempts(21, failed('BAD_KEY_CONFIRM'), both).map(({ waitUs }) => waitUs)
    const series = [...Array<number>(9).fill(seconds(10)), minutes(15)]
    expect(waits).toEqual([...series, ...series, seconds(10)])
  })

  it.each([
    { rules: both, reason: 'not-delivered', suites: [undefined, 1, undefined, 1] },
    { rules: both, reason: 'UNSUPPORTED_SUITE', suites: [undefined, 1, undefined, 1] },
    { rules: both, reason: 'BAD_KEY_CONFIRM', suites: [undefined, undefined, undefined, undefined] },
    {
      rules: { ...both, suites: [2] },
      reason: 'UNSUPPORTED_SUITE',
      suites: [undefined, undefined, undefined, undefined],
    },
    { rules: { ...both, forcedSuite: 2 }, reason: 'UNSUPPORTED_SUITE', suites: [2, 2, 2, 2] },
  ] as const)('of a joiner with $rules that meet $reason are in suites $suites', ({ rules, reason, suites }) => {
    expect(attempts(4, failed(reason), rules).map(({ suite }) => suite)).toEqual(suites)
  })
})
