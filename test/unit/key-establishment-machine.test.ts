import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../src/base/errors.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { TestAuthority } from '../../src/crypto/test-authority.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import { IDLE, step } from '../../src/zcl/key-establishment/machine.ts'
import type { Message, MessageBody } from '../../src/zcl/key-establishment/messages.ts'
import type { Rules } from '../../src/zcl/key-establishment/rules.ts'
import type { Effect, Event, Received, State, StateName, Step } from '../../src/zcl/key-establishment/states.ts'
import { HUB, METER } from './key-establishment-bench.ts'

const dice = new SeededRandom('machine')
const authority = new TestAuthority({ curve: curveOf(1), random: dice.stream('authority') })
const [own, other] = [METER, HUB].map(subject => authority.issue({ subject }))
const rules: Rules = {
  certificates: new Map([[1, own!.certificate]]),
  authorities: [{ suite: 1, issuer: authority.issuer, publicKey: authority.publicKey }],
  admits: () => true,
  ephemeralDataGenerateTimeS: 3,
  confirmKeyGenerateTimeS: 6,
  waitTimeS: 30,
  transportUs: 2_000_000,
}
const peer = { device: HUB, endpoint: 10 }
const [ephemeral, peerEphemeral] = [own!, other!.publicKey]
const keys = {
  keyData: new Uint8Array(16).fill(1),
  macU: new Uint8Array(16).fill(2),
  macV: new Uint8Array(16).fill(3),
}

const initiate: MessageBody = {
  command: 'initiate',
  suites: 1,
  ephemeralDataGenerateTimeS: 4,
  confirmKeyGenerateTimeS: 8,
  identity: other!.certificate,
}
const ephemeralData: MessageBody = { command: 'ephemeral-data', ephemeralData: peerEphemeral }
const mac = (octets: Uint8Array): MessageBody => ({ command: 'confirm-key', mac: octets })
const terminate: MessageBody = { command: 'terminate', status: 4, waitTimeS: 20, suites: 1 }

let sequence = 100
const message = (direction: Message['direction'], body: MessageBody): Received => ({
  on: 'message',
  peer,
  sequence: sequence++,
  message: { ...body, direction },
})

/** One event of each kind; the MACs are those expected. */
const EVENTS = {
  start: { on: 'start', peer, suite: 1 },
  'Initiate Request': message('toServer', initiate),
  'Ephemeral Data Request': message('toServer', ephemeralData),
  'Confirm Key Data Request': message('toServer', mac(keys.macU)),
  'Terminate of the initiator': message('toServer', terminate),
  'Initiate Response': message('toClient', initiate),
  'Ephemeral Data Response': message('toClient', ephemeralData),
  'Confirm Key Data Response': message('toClient', mac(keys.macV)),
  'Terminate of the responder': message('toClient', terminate),
  'unreadable request': { on: 'unreadable', peer, sequence: 99, direction: 'toServer', detail: 'short' },
  'unreadable response': { on: 'unreadable', peer, sequence: 99, direction: 'toClient', detail: 'short' },
  'not understood': { on: 'not-understood', peer, status: 0xc3 },
  undelivered: { on: 'undelivered' },
  ephemeral: { on: 'ephemeral', ephemeral },
  keys: { on: 'keys', keys },
  'no keys': { on: 'no-keys', detail: 'infinity' },
  timeout: { on: 'timeout' },
  abandon: { on: 'abandon' },
} satisfies Record<string, Event>
type EventName = keyof typeof EVENTS
const EVENT_NAMES = Object.keys(EVENTS) as EventName[]

/** The way through each role. */
const PATHS: Record<'initiator' | 'responder', EventName[]> = {
  initiator: [
    'start',
    'Initiate Response',
    'ephemeral',
    'Ephemeral Data Response',
    'keys',
    'Confirm Key Data Response',
  ],
  responder: ['Initiate Request', 'Ephemeral Data Request', 'ephemeral', 'Confirm Key Data Request', 'keys'],
}

/** Every state as it is met on the way, from fresh messages so that none is a copy. */
function statesByName(): Map<StateName, State> {
  const states = new Map<StateName, State>([['idle', IDLE]])
  for (const path of Object.values(PATHS)) {
    let state: State = IDLE
    for (const name of path) {
      const event: Event = EVENTS[name]
      state = step(state, event.on === 'message' ? { ...event, sequence: sequence++ } : event, rules).state
      if (state.is !== 'idle') states.set(state.is, state)
    }
  }
  return states
}
const STATES = statesByName()

/** A step in a few words: where to, what is said, what comes of it. */
function inWords(from: State, { state, effects }: Step): string {
  const words = effects.flatMap(effect => wordOf(effect))
  return [state === from ? '=' : state.is, ...words].join(' ')
}
function wordOf(effect: Effect): string[] {
  switch (effect.do) {
    case 'send':
      return [`send ${effect.message.command}${effect.message.command === 'terminate' ? effect.message.status : ''}`]
    case 'arm-timer':
      return [`wait ${effect.forUs / 1_000_000}`]
    case 'calculate':
      return [`make ${effect.work.make}`]
    case 'install-key':
      return ['key']
    case 'report-failure':
      return [`failed ${effect.failure.reason}`]
    case 'count':
      return [`#${effect.refusal}`]
    case 'cancel':
      return []
    default:
      return effect satisfies never
  }
}
function outcome(stateName: StateName, eventName: EventName): string {
  const state = STATES.get(stateName)!
  try {
    return inWords(state, step(state, EVENTS[eventName], rules))
  } catch (error) {
    if (error instanceof InvariantError) return 'impossible'
    throw error
  }
}

const OWN: EventName[] = ['undelivered', 'ephemeral', 'keys', 'no keys', 'timeout']
const STRAY = '= #stranger send terminate3'
const WRONG = 'idle #out-of-order send terminate3 failed BAD_MESSAGE'
const UNREADABLE = 'idle #unreadable send terminate3 failed BAD_MESSAGE'

/** What goes on; everything else is told by role below. */
const ONWARDS: Record<StateName, { [E in EventName]?: string }> = {
  idle: {
    start: 'awaits-initiate-response wait 2 send initiate',
    'Initiate Request': 'awaits-ephemeral-request wait 6 send initiate',
    'not understood': '= #stranger',
    abandon: '=',
  },
  'awaits-initiate-response': {
    'Initiate Response': 'generates-ephemeral-request make ephemeral',
    timeout: 'idle failed timeout',
  },
  'generates-ephemeral-request': { ephemeral: 'awaits-ephemeral-response wait 6 send ephemeral-data' },
  'awaits-ephemeral-response': {
    'Ephemeral Data Response': 'generates-confirm-request make keys',
    timeout: 'idle failed timeout',
  },
  'generates-confirm-request': {
    keys: 'awaits-confirm-response wait 10 send confirm-key',
    'no keys': 'idle #unsuitable send terminate3 failed BAD_MESSAGE',
  },
  'awaits-confirm-response': { 'Confirm Key Data Response': 'idle key', timeout: 'idle failed timeout' },
  'awaits-ephemeral-request': {
    'Ephemeral Data Request': 'generates-ephemeral-response make ephemeral',
    timeout: 'idle failed timeout',
  },
  'generates-ephemeral-response': { ephemeral: 'awaits-confirm-request wait 10 send ephemeral-data' },
  'awaits-confirm-request': {
    'Confirm Key Data Request': 'generates-confirm-response make keys',
    timeout: 'idle failed timeout',
  },
  'generates-confirm-response': {
    keys: 'idle send confirm-key key',
    'no keys': 'idle #unsuitable send terminate3 failed BAD_MESSAGE',
  },
}
const EVERY: Record<'idle' | 'initiator' | 'responder', (event: EventName) => string> = {
  idle: event => {
    if (event.startsWith('Terminate')) return '= #stranger'
    return event.startsWith('unreadable') ? '= #unreadable send terminate3' : STRAY
  },
  initiator: event => {
    if (event === 'Initiate Request') return '= #busy send terminate4'
    if (event === 'Terminate of the initiator') return '= #stranger'
    if (event === 'unreadable request') return '= #unreadable send terminate3'
    return event.endsWith('Request') ? STRAY : both(event)
  },
  responder: event => {
    if (event === 'Initiate Request') return 'awaits-ephemeral-request #restarted wait 6 send initiate'
    if (event === 'Terminate of the responder') return '= #stranger'
    if (event === 'unreadable response') return '= #unreadable send terminate3'
    return event.endsWith('Response') ? STRAY : both(event)
  },
}
function both(event: EventName): string {
  if (event.startsWith('Terminate')) return 'idle failed NO_RESOURCES'
  if (event.startsWith('unreadable')) return UNREADABLE
  if (event === 'start') return '= failed busy'
  if (event === 'not understood') return 'idle failed not-understood'
  if (event === 'undelivered') return 'idle failed not-delivered'
  return event === 'abandon' ? 'idle' : WRONG
}

describe('the transition table', () => {
  it('has ten states, all of them met on the way', () => {
    expect([...STATES.keys()].sort()).toEqual(Object.keys(ONWARDS).sort())
  })

  const cells = Object.keys(ONWARDS).flatMap(name => EVENT_NAMES.map(event => ({ state: name as StateName, event })))
  it.each(cells)('$state, $event', ({ state: name, event }) => {
    const state = STATES.get(name)!
    const row = state.is === 'idle' ? 'idle' : state.role
    const unawaited = OWN.includes(event) && !(event === 'undelivered' && row !== 'idle')
    const expected = ONWARDS[name][event] ?? (unawaited ? 'impossible' : EVERY[row](event))
    expect(outcome(name, event)).toBe(expected)
  })
})

describe('the machine', () => {
  it('changes no state it is given: the same step twice comes to the same', () => {
    for (const state of STATES.values()) {
      for (const event of Object.values(EVENTS)) {
        const before = structuredClone(state)
        const twice = [0, 1].map(() => {
          try {
            return step(state, event, rules)
          } catch (error) {
            return String(error)
          }
        })
        expect(twice[0]).toEqual(twice[1])
        expect(state).toEqual(before)
      }
    }
  })

  it('sends every answer under the number of its request, and whatever it asks under a new one', () => {
    const sent = ({ effects }: Step) => effects.flatMap(effect => (effect.do === 'send' ? [effect.sequence] : []))
    const asking = step(IDLE, EVENTS.start, rules)
    expect(sent(asking)).toEqual([undefined])
    const request = { ...EVENTS['Initiate Request'], sequence: 42 }
    const answering = step(IDLE, request, rules)
    expect(sent(answering)).toEqual([42])
    const next = step(answering.state, { ...EVENTS['Ephemeral Data Request'], sequence: 200 }, rules)
    expect(sent(step(next.state, EVENTS.ephemeral, rules))).toEqual([200])
    const stray = step(IDLE, { ...EVENTS['Confirm Key Data Request'], sequence: 7 }, rules)
    expect(stray.effects).toMatchObject([
      { do: 'count' },
      { do: 'send', sequence: 7, message: { command: 'terminate', direction: 'toClient' } },
    ])
  })

  it('always ends what it has armed: no step into idle leaves a timer', () => {
    for (const [name, state] of STATES) {
      if (name === 'idle') continue
      for (const event of Object.values(EVENTS)) {
        let result: Step
        try {
          result = step(state, event, rules)
        } catch {
          continue
        }
        const kinds = result.effects.map(effect => effect.do)
        if (result.state.is === 'idle') expect(kinds).toContain('cancel')
        else if (result.state !== state) expect(kinds.filter(kind => /arm-timer|calculate/.test(kind))).toHaveLength(1)
        else expect(kinds.filter(kind => /arm-timer|calculate|cancel/.test(kind))).toEqual([])
      }
    }
  })
})
