import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage, MAX_MESSAGE_OCTETS } from '../../src/wan/messages/codec.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { firmwareIs, from, HUB, readFirmware, S1SP_KEY, SMSO_KEY, session } from './wan-session-bench.ts'

/** A request whose parameters no contract of ours has: field 99 in place of them. */
function unknownRequest(counter: number): Uint8Array {
  const known = encodeMessage(
    {
      id: `u-${counter}`,
      correlationId: '',
      originator: 'smso',
      targetDevice: HUB,
      counter,
      sentAtMs: 0,
      request: { serviceReferenceVariant: '99.9' },
    },
    SMSO_KEY,
  )
  return known
}

describe('what the hub lets through', () => {
  it('a sound request is carried out and answered under its id', () => {
    const { say, answers, taken } = session()
    say(from({ id: 'a', counter: 7 }))
    expect(taken).toEqual([
      {
        id: 'a',
        countersigned: 'absent',
        originator: 'smso',
        targetDevice: HUB,
        request: readFirmware,
        taken: { atUs: 0, atMs: 1_634_104_800_000 },
        orderNumber: expect.any(Number),
      },
    ])
    expect(answers()).toMatchObject([
      { correlationId: 'a', originator: HUB, targetDevice: HUB, counter: 1, response: firmwareIs('2.1.0') },
    ])
  })

  it.each([
    ['nothing at all', new Uint8Array(), 'wan.no-authentication'],
    ['a message cut short', from({}).slice(0, 20), 'wan.truncated'],
    ['a message without its code', from({}).slice(0, -34), 'wan.no-authentication'],
    ['more than a message may hold', new Uint8Array(MAX_MESSAGE_OCTETS + 1), 'wan.oversized'],
    ['another code', from({}, S1SP_KEY), 'wan.not-authentic'],
    ['an originator without a key', from({ originator: 's1sp' }, S1SP_KEY), 'wan.not-authentic'],
    ['an originator named like a member of every object', from({ originator: '__proto__' }), 'wan.not-authentic'],
    ["the hub's own name", from({ originator: HUB }), 'wan.not-authentic'],
  ])('%s gets no answer, is counted and traced, and the session lives on', (_, octets, reason) => {
    const { say, codes, refusals, events, taken } = session()
    say(octets)
    expect(codes()).toEqual([])
    expect(refusals()).toEqual({ [reason]: 1 })
    expect(events).toMatchObject([{ kind: 'wan.refused', reason }])
    expect(taken).toEqual([])
    say(from({ counter: 1 }))
    expect(codes()).toEqual(['I0'])
  })

  it('one octet changed anywhere makes a message that is not carried out', () => {
    const sound = from({ id: 'abc', counter: 3 })
    for (let at = 0; at < sound.length; at++) {
      const { say, taken, codes } = session()
      const changed = sound.slice()
      changed[at] = (changed[at] ?? 0) ^ 0x01
      say(changed)
      expect([taken.length, codes()], `octet ${at}`).toEqual([0, []])
    }
  })

  it.each([
    ['a response', from({ response: firmwareIs('1') })],
    ['an alert', from({ alert: { code: '8F12', description: '', atMs: 0, device: HUB } })],
  ])('%s is refused though authentic, and uses up no counter', (_, octets) => {
    const { say, refusals, codes } = session()
    say(octets)
    expect(refusals()).toEqual({ 'wan.unexpected': 1 })
    say(from({ counter: 1 }))
    expect(codes()).toEqual(['I0'])
  })

  it.each([
    ['an empty id', { id: '' }],
    ['an id too long to echo', { id: 'x'.repeat(65) }],
    ['a target that is no EUI-64', { targetDevice: '00-DB-12-34-56-78-90-A1' }],
    ['a target of ten thousand characters', { targetDevice: 'a'.repeat(10_000) }],
    [
      'a service reference variant of ten thousand characters',
      { request: { serviceReferenceVariant: '9'.repeat(1e4) } },
    ],
  ])('%s is malformed, whoever sends it', (_, over) => {
    const { say, refusals, codes, taken } = session()
    say(from(over))
    expect(refusals()).toEqual({ 'wan.malformed': 1 })
    expect([codes(), taken]).toEqual([[], []])
  })

  it('a request of an unknown type is answered E11, and again when it is sent again', () => {
    const { say, codes, refusals, taken, answers } = session()
    say(unknownRequest(4))
    say(unknownRequest(4))
    expect(codes()).toEqual(['E11', 'E11'])
    expect(answers()[0]?.response?.serviceReferenceVariant).toBe('99.9')
    expect(refusals()).toEqual({ 'wan.unknown-type': 1 })
    expect(taken).toEqual([])
    say(unknownRequest(3))
    expect(codes().at(-1)).toBe('S1RIG_REPLAY')
  })
})

describe('order and repetition', () => {
  it('a counter that is not above the last is answered S1RIG_REPLAY and changes nothing', () => {
    const { say, codes, answers, taken } = session()
    say(from({ id: 'new', counter: 10 }))
    for (const counter of [0, 1, 9, 10]) say(from({ id: `old-${counter}`, counter }))
    expect(codes()).toEqual(['I0', ...Array(4).fill('S1RIG_REPLAY')])
    expect(answers().at(-1)?.response?.detail).toBe('counter 10 is not above 10')
    expect(taken).toHaveLength(1)
    say(from({ counter: 11 }))
    expect(codes().at(-1)).toBe('I0')
  })

  it('a counter of 0 is never accepted', () => {
    const { say, codes } = session()
    say(from({ counter: 0 }))
    expect(codes()).toEqual(['S1RIG_REPLAY'])
  })

  it('counters are counted for each originator', () => {
    const { say, hub, codes, answers } = session()
    hub.setKey('s1sp', S1SP_KEY)
    say(from({ counter: 1_000 }))
    say(from({ counter: 1, originator: 's1sp' }, S1SP_KEY))
    expect(codes()).toEqual(['I0', 'I0'])
    expect(answers(S1SP_KEY)[1]?.correlationId).toBe('m-1')
  })

  it('a request sent again is answered as before and carried out once', () => {
    const { say, answers, taken, service } = session()
    say(from({ counter: 1 }))
    say(from({ counter: 2 }))
    service.answer = () => firmwareIs('9.9.9')
    say(from({ counter: 1 }))
    expect(taken).toHaveLength(2)
    const [first, , again] = answers()
    expect(again?.response).toEqual(first?.response)
    expect(again?.correlationId).toBe('m-1')
    expect(again?.counter).toBe(3)
  })

  it('a request sent again while it is in work is answered once, when it is done', () => {
    const { say, codes, taken, later, service } = session()
    service.answer = () => 'later'
    for (let i = 0; i < 3; i++) say(from({ counter: 1 }))
    expect([taken.length, codes()]).toEqual([1, []])
    later[0]?.(firmwareIs('1'))
    expect(codes()).toEqual(['I0'])
    say(from({ counter: 1 }))
    expect(codes()).toEqual(['I0', 'I0'])
  })

  it('a service that answers twice is heard once', () => {
    const { say, codes, later, service } = session()
    service.answer = () => 'later'
    say(from({ counter: 1 }))
    later[0]?.(firmwareIs('1'))
    later[0]?.(firmwareIs('2'))
    expect(codes()).toEqual(['I0'])
  })

  it.each(['answered', 'in work'])('another message under the id of one %s does not get its answer', state => {
    const { say, codes, answers, taken, refusals, service } = session()
    if (state === 'in work') service.answer = () => 'later'
    say(from({ id: 'same', counter: 1 }))
    say(from({ id: 'same', counter: 2, targetDevice: '00db1234567890a3' }))
    expect(taken).toHaveLength(1)
    expect(codes().at(-1)).toBe('S1RIG_REFUSED')
    expect(answers().at(-1)?.response?.detail).toBe('id "same" names another message already')
    expect(refusals()).toEqual({ 'wan.id-reused': 1 })
  })

  it('the same content under the same id with a new counter is another message', () => {
    const { say, codes } = session()
    say(from({ id: 'same', counter: 1 }))
    say(from({ id: 'same', counter: 2 }))
    expect(codes()).toEqual(['I0', 'S1RIG_REFUSED'])
    say(from({ id: 'same', counter: 1 }))
    expect(codes().at(-1)).toBe('I0')
  })

  it('two originators may use one id', () => {
    const { say, hub, codes, taken } = session()
    hub.setKey('s1sp', S1SP_KEY)
    say(from({ id: 'same', counter: 1 }))
    say(from({ id: 'same', counter: 1, originator: 's1sp' }, S1SP_KEY))
    expect(codes()).toEqual(['I0', 'I0'])
    expect(taken).toHaveLength(2)
  })

  it('of 1,000 answers the last 32 are remembered; what came before is a replay', () => {
    const { say, codes, link } = session()
    for (let counter = 1; counter <= 1_000; counter++) say(from({ counter }))
    link.sent.length = 0
    say(from({ counter: 969 }))
    say(from({ counter: 968 }))
    expect(codes()).toEqual(['I0', 'S1RIG_REPLAY'])
  })

  it('32 requests may be in work; one more is refused at once, and there is room again when one is done', () => {
    const { say, codes, later, service, taken } = session()
    service.answer = () => 'later'
    for (let counter = 1; counter <= 33; counter++) say(from({ counter }))
    expect([taken.length, codes()]).toEqual([32, ['S1RIG_REFUSED']])
    say(from({ counter: 33 }))
    expect(codes()).toEqual(['S1RIG_REFUSED', 'S1RIG_REFUSED'])
    later[5]?.(firmwareIs('1'))
    say(from({ counter: 34 }))
    expect(taken).toHaveLength(33)
  })
})

describe('keys', () => {
  it('an originator whose key was removed gets silence, for what it sends and for what is in work', () => {
    const { say, hub, codes, later, service, refusals } = session()
    service.answer = () => 'later'
    say(from({ counter: 1 }))
    expect(hub.removeKey('smso')).toBe(true)
    later[0]?.(firmwareIs('1'))
    say(from({ counter: 1 }))
    say(from({ counter: 2 }))
    expect(codes()).toEqual([])
    expect(refusals()).toEqual({ 'wan.not-authentic': 2 })
    expect(hub.removeKey('smso')).toBe(false)
  })

  it('an originator given a key anew starts its counter anew, and sees nothing of the one before', () => {
    const { say, hub, codes, answers, later, service, taken } = session()
    service.answer = () => 'later'
    say(from({ id: 'x', counter: 500 }))
    hub.removeKey('smso')
    hub.setKey('smso', S1SP_KEY)
    later[0]?.(firmwareIs("the other's"))
    expect(codes()).toEqual([])
    service.answer = () => firmwareIs('mine')
    say(from({ id: 'x', counter: 1 }, S1SP_KEY))
    expect(taken).toHaveLength(2)
    expect(answers(S1SP_KEY).map(message => message?.response)).toEqual([firmwareIs('mine')])
  })

  it('a renewed key answers at once, and old messages stay refused', () => {
    const { say, hub, answers, codes, refusals } = session()
    say(from({ counter: 5 }))
    hub.setKey('smso', S1SP_KEY)
    say(from({ counter: 6 }, S1SP_KEY))
    expect(answers(S1SP_KEY)[1]?.correlationId).toBe('m-6')
    say(from({ counter: 3 }, S1SP_KEY))
    expect(codes().at(-1)).toBe('S1RIG_REPLAY')
    say(from({ counter: 7 }))
    expect(refusals()).toEqual({ 'wan.replay': 1, 'wan.not-authentic': 1 })
  })

  it('a rotation sent again, under the old key, is answered as before under the new one', () => {
    const { say, hub, answers, taken, service } = session()
    const rotation = from({
      counter: 1,
      request: requestOf('rotateCredentials', { originator: 'smso', wrappedKey: new Uint8Array(40) }),
    })
    service.answer = () => {
      hub.setKey('smso', S1SP_KEY)
      return firmwareIs('rotated')
    }
    say(rotation)
    say(rotation)
    expect(taken).toHaveLength(1)
    expect(answers(S1SP_KEY).map(message => message?.response)).toEqual(Array(2).fill(firmwareIs('rotated')))
    expect(answers()).toEqual([undefined, undefined])
  })

  it('the hub holds eight keys at most, and names who holds them in alphabetical order', () => {
    const { hub } = session()
    for (let i = 1; i <= 7; i++) expect(hub.setKey(`p-${i}`, S1SP_KEY)).toBe('set')
    expect(hub.setKey('p-8', S1SP_KEY)).toBe('full')
    expect(hub.setKey('p-7', SMSO_KEY)).toBe('set')
    expect(hub.originators.names).toEqual(['p-1', 'p-2', 'p-3', 'p-4', 'p-5', 'p-6', 'p-7', 'smso'])
  })
})

describe('what the hub says', () => {
  it('its own counter grows by one with every message, whoever it is for', () => {
    const { say, hub, link } = session()
    hub.setKey('s1sp', S1SP_KEY)
    say(from({ counter: 1 }))
    say(from({ counter: 1, originator: 's1sp' }, S1SP_KEY))
    hub.alert({ code: '8F12', description: '', atMs: 0, device: HUB })
    const messages = link.sent.map(octets => decodeMessage(octets).message)
    expect(messages.map(message => message.counter)).toEqual([1, 2, 3])
    expect(new Set(messages.map(message => message.id)).size).toBe(3)
  })
})
