/** The NCP's end of ASH, cell by cell. */
import { describe, expect, it } from 'vitest'
import { milliseconds } from '../../src/base/time.ts'
import type { AshFrame } from '../../src/wire/ash/frame.ts'
import {
  ASH_OFF,
  type AshConnected,
  type AshEffect,
  type AshEvent,
  type AshState,
  ashStep,
  mayBegin,
} from '../../src/wire/ash/machine.ts'

const BODY = Uint8Array.of(1, 2, 3)
const AT_US = milliseconds(5_000)

const started = ashStep(ASH_OFF, { on: 'start', code: 2 }).state as AshConnected
/** Frames 6, 7 and 0 are not acknowledged, and 3 is expected. */
const busy: AshConnected = {
  ...{ ...started, next: 1, expected: 3, told: 3, sentAtUs: AT_US - milliseconds(800) },
  unacknowledged: [BODY, BODY, BODY],
}
const STATES = {
  fresh: started,
  busy,
  'busy, rejecting': { ...busy, rejecting: true },
  'busy, at its last wait': { ...busy, timeouts: 3 },
  failed: { is: 'failed', code: 0x51 },
} satisfies Record<string, AshState>
type StateName = keyof typeof STATES

const frame = (frame: AshFrame, full = false): AshEvent => ({ on: 'frame', frame, atUs: AT_US, full })
const data = (number: number, ack: number, retransmitted = false): AshEvent =>
  frame({ type: 'data', frame: number, ack, retransmitted, body: BODY })
const EVENTS = {
  'start by power': { on: 'start', code: 2 },
  rst: frame({ type: 'rst' }),
  'data 3, ack 6': data(3, 6),
  'data 0, ack 0': data(0, 0),
  'data 2 again': data(2, 6, true),
  'data 3, ack 5': data(3, 5),
  'data 3, full': frame({ type: 'data', frame: 3, ack: 7, retransmitted: true, body: BODY }, true),
  'ack 7': frame({ type: 'ack', ack: 7, notReady: false }),
  'ack 1': frame({ type: 'ack', ack: 1, notReady: false }),
  'ack 2': frame({ type: 'ack', ack: 2, notReady: false }),
  'ack 6, not ready': frame({ type: 'ack', ack: 6, notReady: true }),
  'nak 7': frame({ type: 'nak', ack: 7, notReady: false }),
  rstack: frame({ type: 'rstack', version: 2, code: 0x0b }),
  bad: { on: 'bad' },
  overdue: { on: 'overdue' },
  send: { on: 'send', body: BODY, atUs: AT_US },
  settled: { on: 'settled' },
} satisfies Record<string, AshEvent>
type EventName = keyof typeof EVENTS

const CELLS: Record<StateName, Partial<Record<EventName, string>>> = {
  fresh: {
    'start by power': 'stop-waiting, rstack 2',
    rst: 'restart',
    'data 3, ack 6': 'count bad-acknowledgement, count rejected, nak 0',
    'data 0, ack 0': 'deliver',
    'data 3, ack 5': 'count bad-acknowledgement, count rejected, nak 0',
    'ack 1': 'count bad-acknowledgement',
    rstack: 'count unexpected',
    bad: 'count rejected, nak 0',
    overdue: '',
    send: 'data 0 ack 0, wait 1600',
    settled: '',
  },
  busy: {
    'start by power': 'stop-waiting, rstack 2',
    rst: 'restart',
    'data 3, ack 6': 'deliver',
    'data 3, full': 'wait 1800, count rejected, nak 3',
    // It acknowledges 6 and 7, and is itself not what was expected.
    'data 0, ack 0': 'wait 1800, count rejected, nak 3',
    'data 2 again': 'count duplicate',
    'data 3, ack 5': 'count bad-acknowledgement, count rejected, nak 3',
    'ack 7': 'wait 1800',
    'ack 1': 'stop-waiting',
    'ack 2': 'count bad-acknowledgement',
    'ack 6, not ready': 'hold-back 1000',
    'nak 7': 'wait 1800, count retransmitted, data 7 ack 3 again, count retransmitted, data 0 ack 3 again, wait 1800',
    rstack: 'count unexpected',
    bad: 'count rejected, nak 3',
    overdue:
      'count retransmitted, data 6 ack 3 again, count retransmitted, data 7 ack 3 again, count retransmitted, data 0 ack 3 again, wait 3200',
    send: 'data 1 ack 3',
    settled: '',
  },
  'busy, rejecting': {
    'data 3, ack 6': 'deliver',
    'data 0, ack 0': 'wait 1800',
    'data 2 again': 'count duplicate',
    'data 3, ack 5': 'count bad-acknowledgement',
    'ack 7': 'wait 1800',
    bad: '',
  },
  'busy, at its last wait': {
    'ack 7': 'wait 1800',
    overdue: 'fail 3, error 81',
  },
  failed: {
    'start by power': 'stop-waiting, rstack 2',
    rst: 'restart',
    'data 0, ack 0': 'error 81',
    'ack 7': 'error 81',
    bad: '',
    overdue: '',
    send: '',
    settled: '',
  },
}

function words(effect: AshEffect): string {
  switch (effect.do) {
    case 'write': {
      const { frame } = effect
      if (frame.type === 'data') return `data ${frame.frame} ack ${frame.ack}${frame.retransmitted ? ' again' : ''}`
      return 'ack' in frame
        ? `${frame.type} ${frame.ack}`
        : 'code' in frame
          ? `${frame.type} ${frame.code}`
          : frame.type
    }
    case 'wait':
    case 'hold-back':
      return `${effect.do} ${effect.forUs / 1_000}`
    case 'count':
      return `count ${effect.what}`
    case 'fail':
      return `fail ${effect.unacknowledged}`
    default:
      return effect.do
  }
}
const after = (state: AshState, event: AshEvent) => {
  const step = ashStep(state, event)
  return { said: step.effects.map(words).join(', '), state: step.state as AshConnected }
}

describe.each(Object.entries(CELLS))('an NCP that is %s', (name, cells) => {
  it.each(Object.entries(cells))('at %s: %s', (event, expected) => {
    expect(after(STATES[name as StateName], EVENTS[event as EventName]).said).toBe(expected)
  })
})

describe('the connection', () => {
  it('owes an acknowledgement until data or an ACK has carried it', () => {
    const { state } = after(busy, EVENTS['data 3, ack 6'])
    expect(after(state, EVENTS.settled).said).toBe('ack 4')
    const carried = after(state, EVENTS.send)
    expect(carried.said).toBe('data 1 ack 4')
    expect(after(carried.state, EVENTS.settled).said).toBe('')
    expect(after(after(busy, EVENTS['data 2 again']).state, EVENTS.settled).said).toBe('ack 3')
  })
  it('rejects once, until the frame that was missed has come', () => {
    const rejecting = after(busy, EVENTS.bad).state
    expect(rejecting.rejecting).toBe(true)
    expect(after(rejecting, EVENTS['data 3, ack 6']).state.rejecting).toBe(false)
  })
  it('sends five frames ahead, and no callback while the host is not ready', () => {
    expect([mayBegin(busy, 'response'), mayBegin(busy, 'callback')]).toEqual([true, true])
    const held = after(busy, EVENTS['ack 6, not ready']).state
    expect([mayBegin(held, 'response'), mayBegin(held, 'callback')]).toEqual([true, false])
    for (const event of [EVENTS['ack 7'], { on: 'held-long' } as const])
      expect(mayBegin(after(held, event).state, 'callback')).toBe(true)
    const full: AshConnected = { ...busy, unacknowledged: [BODY, BODY, BODY, BODY, BODY] }
    expect(mayBegin(full, 'response')).toBe(false)
    expect(mayBegin(STATES.failed, 'response')).toBe(false)
  })
  it('waits shorter for a host that is quick, and longer for one that is not', () => {
    let state: AshState = busy
    for (let n = 0; n < 20; n++) {
      state = after({ ...busy, patienceUs: (state as AshConnected).patienceUs, sentAtUs: AT_US }, EVENTS['ack 1']).state
    }
    expect(state.patienceUs).toBe(milliseconds(400))
    expect(after(busy, EVENTS.overdue).state).toMatchObject({ timeouts: 1, patienceUs: milliseconds(3_200) })
    expect(after({ ...busy, timeouts: 2 }, EVENTS['ack 7']).state.timeouts).toBe(0)
  })
})
