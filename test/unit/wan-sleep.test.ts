/** A hub that sleeps on the WAN: when it lets its session go, and what wakes it. */
import { expect, test } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import type { ShortMessage } from '../../src/ports/wan.ts'
import { firmwareIs, from, session } from './wan-session-bench.ts'

const sleep = { wakeMessages: 2, windowUs: minutes(2), afterUs: minutes(5) }

/** A hub with a session, which two short messages wake. */
function sleeper() {
  let take: (message: ShortMessage) => boolean = () => false
  const sms = {
    listen(to: typeof take) {
      take = to
    },
    send: () => undefined,
    ready: () => {},
  }
  const bench = session({}, { sleep, sms })
  const wake = () => take({ from: '447700900001', text: 'wake up', atUnixMs: 0 })
  return { ...bench, wake }
}

test('it lets its session go when nothing has passed for so long', () => {
  const { run, link, events } = sleeper()
  run(minutes(5) - 1)
  expect(link.log).toEqual([])
  run(1)
  expect(link.log).toEqual(['detach'])
  expect(events).toContainEqual({ kind: 'device.state', name: 'wan', value: 'asleep' })
  run(minutes(60))
  expect(link.log).toEqual(['detach'])
})

test('what comes and what goes keeps it awake', () => {
  const { run, link, say, codes } = sleeper()
  run(minutes(4))
  say(from({}))
  run(minutes(4))
  expect([codes(), link.attached]).toEqual([['I0'], true])
  run(minutes(1))
  expect(link.log).toEqual(['send', 'detach'])
})

test('it does not sleep over a request that it works on', () => {
  const { run, link, say, later, service } = sleeper()
  service.answer = () => 'later'
  say(from({}))
  run(minutes(60))
  expect(link.log).toEqual([])
  later[0]?.(firmwareIs('2.1.0'))
  run(minutes(5))
  expect(link.log).toEqual(['send', 'detach'])
})

test('it takes as many short messages as its profile says to wake it', () => {
  const { run, link, wake } = sleeper()
  run(minutes(5))
  expect(wake()).toBe(true)
  expect(link.log).toEqual(['detach'])
  wake()
  expect(link.log).toEqual(['detach', 'attach newcastle'])
})

test('messages too far apart do not count together', () => {
  const { run, link, wake } = sleeper()
  run(minutes(5))
  wake()
  run(minutes(2))
  wake()
  expect(link.log).toEqual(['detach'])
  run(seconds(1))
  wake()
  expect(link.log).toEqual(['detach', 'attach newcastle'])
})

test('a message to a hub that is awake keeps it awake, and counts for no later sleep', () => {
  const { run, link, wake } = sleeper()
  run(minutes(4))
  wake()
  run(minutes(4))
  expect(link.log).toEqual([])
  run(minutes(1))
  wake()
  expect(link.log).toEqual(['detach'])
})

test('an alert wakes it: it attaches, tells, and sleeps again', () => {
  const { run, link, hub } = sleeper()
  run(minutes(5))
  hub.alert({ code: '8F12', device: '00db1234567890a1', description: 'device log changed', atMs: 0 })
  expect(link.log).toEqual(['detach', 'attach newcastle'])
  link.accept('newcastle')
  expect(link.log).toEqual(['detach', 'attach newcastle', 'send'])
  run(minutes(5))
  expect(link.log.at(-1)).toBe('detach')
})

test('a hub that no profile lets sleep is always there', () => {
  const { run, link } = session()
  run(minutes(24 * 60))
  expect(link.log).toEqual([])
})
