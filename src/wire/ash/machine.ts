/**
 * The NCP's end of ASH as a machine: state and event in, state and effects out. No clock of its own, no dice.
 *
 * | state | data in order | data out of order | bad | ack | nak | overdue | rst |
 * |---|---|---|---|---|---|---|---|
 * | connected | deliver, owe an ack; when full: reject | reject; again sent: owe an ack | reject | free what it acknowledges | free, send the rest again | send again; at the fourth: failed | restart |
 * | failed | error | error | – | error | error | – | restart |
 *
 * To reject is to say NAK once, and nothing more until the frame that is missed has come.
 * @source Silicon Labs UG101, data frame flow control, retransmission, and the NCP's states
 */
import type { Micros } from '../../base/ids.ts'
import { milliseconds } from '../../base/time.ts'
import { ASH_CODE, ASH_VERSION, type AshFrame } from './frame.ts'

export interface AshConnected {
  is: 'connected'
  /** Number of the next new data frame. */
  next: number
  /** Sent and not acknowledged, the oldest first; their numbers end before `next`. */
  unacknowledged: readonly Uint8Array[]
  /** Number of the data frame that is expected. */
  expected: number
  /** The other side was told of every data frame before this one. */
  told: number
  /** An acknowledgement is owed whatever was told. */
  owes: boolean
  /** A frame was missed, and NAK was said. */
  rejecting: boolean
  /** The host takes no callbacks until it says otherwise, or that time is over. */
  heldBack: boolean
  /** Consecutive waits for an acknowledgement that were in vain. */
  timeouts: number
  patienceUs: Micros
  /** Since when the present wait lasts; undefined when nothing is waited for, or a time would say nothing. */
  sentAtUs: Micros | undefined
}
export type AshState = AshConnected | { is: 'failed'; code: number }

export type AshEvent =
  /** The NCP has started. */
  | { on: 'start'; code: number }
  /** `full`: there is no room for another command. */
  | { on: 'frame'; frame: AshFrame; atUs: Micros; full: boolean }
  /** Something came that is no frame, and may have been meant as data. */
  | { on: 'bad' }
  /** The wait for an acknowledgement is over. */
  | { on: 'overdue' }
  /** The host has held back callbacks for as long as it may without saying so again. */
  | { on: 'held-long' }
  /** Data to send; only where `mayBegin`. */
  | { on: 'send'; body: Uint8Array; atUs: Micros }
  /** Nothing is left to send that could carry the acknowledgement. */
  | { on: 'settled' }

export type AshEffect =
  | { do: 'write'; frame: AshFrame }
  | { do: 'deliver'; body: Uint8Array }
  /** In place of the wait before. */
  | { do: 'wait'; forUs: Micros }
  | { do: 'stop-waiting' }
  /** In place of the time before. */
  | { do: 'hold-back'; forUs: Micros }
  /** The host asks the NCP to start anew; `start` follows. */
  | { do: 'restart' }
  /** No acknowledgement came: the connection is lost until the host resets it. */
  | { do: 'fail'; unacknowledged: number }
  | { do: 'count'; what: AshTrouble }

/** What goes wrong on a line, and is mended. */
export type AshTrouble = 'rejected' | 'duplicate' | 'retransmitted' | 'bad-acknowledgement' | 'unexpected'

export interface AshStep {
  state: AshState
  effects: readonly AshEffect[]
}

/** Data frames that may be under way at once. @source UG101, tx_k of the NCP: 5 */
export const WINDOW = 5
/** @source UG101, t_rx_ack_init, _min and _max */
export const PATIENCE_US = { first: milliseconds(1_600), least: milliseconds(400), most: milliseconds(3_200) } as const
/** @source UG101, ACK_TIMEOUTS */
export const MOST_TIMEOUTS = 4
/** @source UG101, t_remote_notrdy */
export const HELD_BACK_US = milliseconds(1_000)

/** A fresh connection. */
const fresh = (): AshConnected => ({
  is: 'connected',
  next: 0,
  unacknowledged: [],
  expected: 0,
  told: 0,
  owes: false,
  rejecting: false,
  heldBack: false,
  timeouts: 0,
  patienceUs: PATIENCE_US.first,
  sentAtUs: undefined,
})
/** Before the NCP has started. */
export const ASH_OFF: AshState = Object.freeze({ is: 'failed', code: 0 })

/** Whether data may be sent now; callbacks wait until the host has room for them. */
export const mayBegin = (state: AshState, what: 'response' | 'callback'): state is AshConnected =>
  state.is === 'connected' && state.unacknowledged.length < WINDOW && !(what === 'callback' && state.heldBack)

/** What comes of an event. */
export function ashStep(state: AshState, event: AshEvent): AshStep {
  if (event.on === 'start') return started(event.code)
  if (event.on === 'frame' && event.frame.type === 'rst') return { state, effects: [{ do: 'restart' }] }
  if (state.is === 'failed') {
    const effects = event.on === 'frame' ? [write({ type: 'error', version: ASH_VERSION, code: state.code })] : []
    return { state, effects }
  }
  switch (event.on) {
    case 'frame':
      return received(state, event)
    case 'bad':
      return rejected(state, [])
    case 'overdue':
      return overdue(state)
    case 'held-long':
      return { state: { ...state, heldBack: false }, effects: [] }
    case 'send':
      return sent(state, event.body, event.atUs)
    case 'settled':
      return settled(state)
    default:
      return event satisfies never
  }
}

const started = (code: number): AshStep => ({
  state: fresh(),
  effects: [{ do: 'stop-waiting' }, write({ type: 'rstack', version: ASH_VERSION, code })],
})

function received(state: AshConnected, { frame, atUs, full }: Extract<AshEvent, { on: 'frame' }>): AshStep {
  switch (frame.type) {
    case 'data':
    case 'ack':
    case 'nak': {
      const taken = acknowledged(state, frame.ack, atUs)
      // What acknowledges a frame that was not sent is no frame of this connection.
      if (!taken) {
        const count: AshEffect = { do: 'count', what: 'bad-acknowledgement' }
        return frame.type === 'data' ? rejected(state, [count]) : { state, effects: [count] }
      }
      if (frame.type === 'data') return data(taken, frame, full)
      const held = heldBack(taken, frame.notReady)
      return frame.type === 'nak' ? again(held) : held
    }
    // Only an NCP says these.
    case 'rst':
    case 'rstack':
    case 'error':
      return { state, effects: [{ do: 'count', what: 'unexpected' }] }
    default:
      return frame satisfies never
  }
}

/** Undefined when it acknowledges what was not sent. */
function acknowledged(state: AshConnected, ack: number, atUs: Micros): (AshStep & { state: AshConnected }) | undefined {
  const { unacknowledged, next, sentAtUs } = state
  const left = (next - ack) & 7
  if (left > unacknowledged.length) return undefined
  if (left === unacknowledged.length) return { state, effects: [] }
  const after: AshConnected = {
    ...state,
    unacknowledged: unacknowledged.slice(unacknowledged.length - left),
    timeouts: 0,
    patienceUs: sentAtUs === undefined ? state.patienceUs : adapted(state.patienceUs, atUs - sentAtUs),
    sentAtUs: left > 0 ? atUs : undefined,
  }
  const effect: AshEffect = left > 0 ? { do: 'wait', forUs: after.patienceUs } : { do: 'stop-waiting' }
  return { state: after, effects: [effect] }
}

/** @source UG101: seven eighths of what it was, and half of what was measured */
const adapted = (patienceUs: Micros, measuredUs: Micros): Micros =>
  bounded(Math.round((7 * patienceUs + 4 * measuredUs) / 8))
const bounded = (us: Micros): Micros => Math.min(Math.max(us, PATIENCE_US.least), PATIENCE_US.most)

function data(
  { state, effects }: AshStep & { state: AshConnected },
  frame: Extract<AshFrame, { type: 'data' }>,
  full: boolean,
): AshStep {
  if (frame.frame === state.expected) {
    if (full) return rejected(state, effects)
    const expected = (state.expected + 1) & 7
    const owes = state.owes || frame.retransmitted
    return {
      state: { ...state, expected, owes, rejecting: false },
      effects: [...effects, { do: 'deliver', body: frame.body }],
    }
  }
  // Sent again although it was here: our acknowledgement was lost.
  if (frame.retransmitted) {
    return { state: { ...state, owes: true }, effects: [...effects, { do: 'count', what: 'duplicate' }] }
  }
  return rejected(state, effects)
}

function rejected(state: AshConnected, before: readonly AshEffect[]): AshStep {
  if (state.rejecting) return { state, effects: before }
  const effects: AshEffect[] = [
    ...before,
    { do: 'count', what: 'rejected' },
    write({ type: 'nak', ack: state.expected, notReady: false }),
  ]
  return { state: { ...state, rejecting: true, told: state.expected, owes: false }, effects }
}

function heldBack(step: AshStep & { state: AshConnected }, notReady: boolean): AshStep & { state: AshConnected } {
  const state = { ...step.state, heldBack: notReady }
  return { state, effects: notReady ? [...step.effects, { do: 'hold-back', forUs: HELD_BACK_US }] : step.effects }
}

function overdue(state: AshConnected): AshStep {
  const { unacknowledged, timeouts } = state
  if (unacknowledged.length === 0) return { state, effects: [] }
  if (timeouts + 1 < MOST_TIMEOUTS) {
    const patienceUs = bounded(2 * state.patienceUs)
    return again({ state: { ...state, timeouts: timeouts + 1, patienceUs }, effects: [] })
  }
  const code = ASH_CODE.timeouts
  return {
    state: { is: 'failed', code },
    effects: [
      { do: 'fail', unacknowledged: unacknowledged.length },
      write({ type: 'error', version: ASH_VERSION, code }),
    ],
  }
}

/** Everything that is not acknowledged goes out again. */
function again({ state, effects }: AshStep & { state: AshConnected }): AshStep {
  const { unacknowledged, next, expected, patienceUs } = state
  if (unacknowledged.length === 0) return { state, effects }
  const first = next - unacknowledged.length
  const frames = unacknowledged.flatMap((body, at): AshEffect[] => [
    { do: 'count', what: 'retransmitted' },
    write({ type: 'data', frame: (first + at) & 7, ack: expected, retransmitted: true, body }),
  ])
  return {
    // Which of the two an acknowledgement is for cannot be told, so its time says nothing.
    state: { ...state, told: expected, owes: false, sentAtUs: undefined },
    effects: [...effects, ...frames, { do: 'wait', forUs: patienceUs }],
  }
}

function sent(state: AshConnected, body: Uint8Array, atUs: Micros): AshStep {
  const { next, expected, unacknowledged } = state
  const effects: AshEffect[] = [write({ type: 'data', frame: next, ack: expected, retransmitted: false, body })]
  const isFirst = unacknowledged.length === 0
  if (isFirst) effects.push({ do: 'wait', forUs: state.patienceUs })
  const after: AshConnected = {
    ...state,
    next: (next + 1) & 7,
    unacknowledged: [...unacknowledged, body],
    told: expected,
    owes: false,
    sentAtUs: isFirst ? atUs : state.sentAtUs,
  }
  return { state: after, effects }
}

function settled(state: AshConnected): AshStep {
  const { expected, told, owes } = state
  if (expected === told && !owes) return { state, effects: [] }
  return {
    state: { ...state, told: expected, owes: false },
    effects: [write({ type: 'ack', ack: expected, notReady: false })],
  }
}

const write = (frame: AshFrame): AshEffect => ({ do: 'write', frame })
