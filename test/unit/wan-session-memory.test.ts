/** What a hub's session keeps over a loss of power, and what it makes of it. */
import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { REMEMBERED_ANSWERS, REQUESTS_IN_WORK } from '../../src/wan/exchanges.ts'
import type { HubWanMemory } from '../../src/wan/hub-session.ts'
import { firmwareIs, from, HUB, S1SP_KEY, type SessionWishes, session } from './wan-session-bench.ts'

type Session = ReturnType<typeof session>

const restarted = ({ hub }: Session, wishes: SessionWishes = {}, memory: HubWanMemory = hub.memory()) =>
  session({}, { ...wishes, memory: JSON.parse(JSON.stringify(memory)) })
const later = () => 'later' as const
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe('after a restart', () => {
  it('an answer is given again for the same octets, and the request is not carried out', () => {
    const before = session()
    before.say(from({ id: 'a', counter: 7 }))
    const after = restarted(before)
    after.service.answer = () => firmwareIs('another')
    after.say(from({ id: 'a', counter: 7 }))
    expect(after.taken).toEqual([])
    expect(after.answers()).toMatchObject([{ correlationId: 'a', response: firmwareIs('2.1.0') }])
  })

  it('the latest answers are known, as many as before, and the oldest of them go first', () => {
    const before = session()
    for (const counter of numbers(REMEMBERED_ANSWERS + 3)) before.say(from({ counter }))
    const after = restarted(before)
    expect(after.hub.memory().exchanges?.answered.map(({ id }) => id)).toEqual(
      numbers(REMEMBERED_ANSWERS).map(counter => `m-${counter + 3}`),
    )
    after.say(from({ counter: 1_000 }))
    expect(after.hub.memory().exchanges?.answered[0]?.id).toBe('m-5')
  })

  it('no counter is taken again, and none of its own is given again', () => {
    const before = session()
    before.say(from({ counter: 7 }))
    const after = restarted(before)
    after.say(from({ id: 'old', counter: 7 }))
    after.say(from({ id: 'new', counter: 8 }))
    expect(after.codes()).toEqual(['S1RIG_REPLAY', 'I0'])
    expect(after.answers().map(message => message?.counter)).toEqual([2, 3])
  })

  it('requests in work are carried out in the order in which they came, as of when they came, once attached', () => {
    const before = session()
    before.service.answer = later
    for (const counter of [1, 2, 3]) {
      before.say(from({ counter }))
      before.run(seconds(10))
    }
    const taken = before.taken.map(request => request.taken)
    const after = restarted(before)
    expect(after.taken.map(({ id }) => id)).toEqual(['m-1', 'm-2', 'm-3'])
    expect(after.taken.map(request => request.taken)).toEqual(taken)
    expect(after.taken.map(({ request }) => request)).toEqual(before.taken.map(({ request }) => request))
    after.link.drop()
    after.run(minutes(2))
    after.link.accept('newcastle')
    expect(after.taken).toHaveLength(3)
  })

  it('a request in work is not taken twice when it comes again', () => {
    const before = session()
    before.service.answer = later
    before.say(from({ id: 'a', counter: 1 }))
    const after = restarted(before, { answer: later })
    after.say(from({ id: 'a', counter: 1 }))
    expect(after.taken).toHaveLength(1)
    expect(after.answers()).toEqual([])
  })

  it('as many requests as may be in work are in work', () => {
    const before = session()
    before.service.answer = later
    for (const counter of numbers(REQUESTS_IN_WORK)) before.say(from({ counter }))
    const after = restarted(before, { answer: later })
    after.say(from({ counter: 500 }))
    expect(after.refusals()).toEqual({ 'wan.busy': 1 })
  })

  it('nothing of an originator whose key was removed is left', () => {
    const before = session()
    before.hub.setKey('s1sp', S1SP_KEY)
    before.service.answer = later
    before.say(from({ id: 'a', counter: 1, originator: 's1sp' }, S1SP_KEY))
    before.service.answer = () => firmwareIs('2.1.0')
    before.say(from({ id: 'b', counter: 2, originator: 's1sp' }, S1SP_KEY))
    before.hub.removeKey('s1sp')
    const memory = before.hub.memory()
    expect(memory.exchanges).toEqual({ inWork: [], answered: [] })
    expect(JSON.stringify(memory)).not.toContain('s1sp')
    const after = restarted(before)
    after.say(from({ id: 'b', counter: 2, originator: 's1sp' }, S1SP_KEY))
    expect(after.answers()).toEqual([])
  })

  it('names that mean something to JavaScript are names like any other', () => {
    const before = session()
    for (const name of ['__proto__', 'constructor', 'toString']) before.hub.setKey(name, S1SP_KEY)
    before.say(from({ id: '__proto__', counter: 3, originator: '__proto__' }, S1SP_KEY))
    const after = restarted(before)
    expect(after.hub.originators.names).toEqual(['__proto__', 'constructor', 'smso', 'toString'])
    after.say(from({ id: 'x', counter: 3, originator: '__proto__' }, S1SP_KEY))
    after.say(from({ id: 'y', counter: 4, originator: '__proto__' }, S1SP_KEY))
    expect(after.codes()).toEqual(['S1RIG_REPLAY', 'I0'])
  })

  it('a request in work that cannot be read any more is dropped', () => {
    const before = session()
    before.service.answer = later
    before.say(from({ id: 'a', counter: 1 }))
    const exchanges = { inWork: [{ atUs: 0, atMs: 0, octets: 'ff' }], answered: [] }
    const after = restarted(before, {}, { ...before.hub.memory(), exchanges })
    expect(after.taken).toEqual([])
    expect(after.hub.memory().exchanges?.inWork).toEqual([])
  })

  it('alerts that waited leave when it is attached, under new counters', () => {
    const before = session()
    before.link.drop()
    for (const atMs of [1, 2]) before.hub.alert({ code: '8F12', description: '', atMs, device: HUB })
    const after = restarted(before)
    expect(after.answers().map(message => [message?.counter, message?.alert?.atMs])).toEqual([
      [1, 1],
      [2, 2],
    ])
    expect(after.hub.memory()).toMatchObject({ ownCounter: 2, alerts: [] })
  })
})

it('what is kept does not change with the hub', () => {
  const before = session()
  before.say(from({ id: 'a', counter: 1 }))
  const memory = before.hub.memory()
  const text = JSON.stringify(memory)
  before.say(from({ id: 'b', counter: 2 }))
  before.hub.setKey('s1sp', S1SP_KEY)
  before.hub.switchApn('elster')
  expect(JSON.stringify(memory)).toBe(text)
})
