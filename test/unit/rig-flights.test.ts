import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MessageLostError } from '../../src/ports/rig-control.ts'
import { Flights } from '../../src/rig/clocks/flights.ts'

const octets = (text: string) => new TextEncoder().encode(text)
const PATIENCE = { deliveryMs: 1_000, outageMs: 5_000 }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function flights(away: () => boolean = () => false) {
  const onChange = vi.fn()
  return { onChange, flights: new Flights({ patience: PATIENCE, away, onChange }) }
}

/** What became of a promise, without waiting for it. */
async function fate(promise: Promise<unknown>): Promise<string> {
  return Promise.race([
    promise.then(
      () => 'resolved',
      error => error.message,
    ),
    vi.advanceTimersByTimeAsync(0).then(() => 'pending'),
  ])
}

test('with nothing under way there is nothing to wait for', async () => {
  expect(await fate(flights().flights.idle())).toBe('resolved')
})

test('a message is under way until the same octets arrive on the same topic', async () => {
  const { flights: f, onChange } = flights()
  f.sent('a', octets('1'))
  const idle = f.idle()
  f.arrived('b', octets('1'))
  f.arrived('a', octets('2'))
  expect([f.size, await fate(idle)]).toEqual([1, 'pending'])
  f.arrived('a', octets('1'))
  expect([f.size, await fate(idle)]).toEqual([0, 'resolved'])
  expect(onChange).toHaveBeenCalledTimes(3)
})

test('the same message sent twice has to arrive twice', async () => {
  const { flights: f } = flights()
  f.sent('a', octets('1'))
  f.sent('a', octets('1'))
  f.arrived('a', octets('1'))
  expect(f.size).toBe(1)
  f.arrived('a', octets('1'))
  expect(f.size).toBe(0)
})

test('an arrival nobody announced, or a second one, leaves no debt', () => {
  const { flights: f } = flights()
  f.arrived('a', octets('1'))
  f.sent('a', octets('1'))
  expect(f.size).toBe(1)
})

test('a broker that is there has its time to deliver, and not more', async () => {
  const { flights: f } = flights()
  f.sent('wan/a', octets('1'))
  const idle = f.idle()
  idle.catch(() => {})
  await vi.advanceTimersByTimeAsync(900)
  expect(await fate(idle)).toBe('pending')
  await vi.advanceTimersByTimeAsync(200)
  await expect(idle).rejects.toBeInstanceOf(MessageLostError)
  await expect(idle).rejects.toThrow('the broker did not deliver within 1 s: wan/a')
})

test('a broker that is away is waited for longer, and has its full time to deliver once it is back', async () => {
  let away = true
  const { flights: f } = flights(() => away)
  f.sent('wan/a', octets('1'))
  const idle = f.idle()
  idle.catch(() => {})
  await vi.advanceTimersByTimeAsync(4_500)
  away = false
  await vi.advanceTimersByTimeAsync(900)
  expect(await fate(idle)).toBe('pending')
  f.arrived('wan/a', octets('1'))
  expect(await fate(idle)).toBe('resolved')
})

test('a broker that stays away is given up, and what was under way is named once', async () => {
  const { flights: f } = flights(() => true)
  f.sent('wan/a', octets('1'))
  f.sent('wan/a', octets('2'))
  f.sent('wan/b', octets('1'))
  const idle = f.idle()
  idle.catch(() => {})
  await vi.advanceTimersByTimeAsync(5_100)
  await expect(idle).rejects.toThrow('the broker was out of reach for 5 s; under way: wan/a, wan/b')
})

test('forgetting lets everybody go on', async () => {
  const { flights: f } = flights()
  f.sent('a', octets('1'))
  const both = Promise.all([f.idle(), f.idle()])
  f.forget()
  expect([f.size, await fate(both)]).toEqual([0, 'resolved'])
  expect(vi.getTimerCount()).toBe(0)
})
