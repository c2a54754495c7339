import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { InvariantError, WireError } from '../../src/base/errors.ts'
import {
  decodeMessage,
  encodeMessage,
  MAX_MESSAGE_OCTETS,
  type Message,
  type UnknownRequestError,
  verifyCountersignature,
  verifyMessage,
} from '../../src/wan/messages/codec.ts'
import { requestOf, resultOf } from '../../src/wan/messages/requests.ts'

const key = new Uint8Array(32).fill(0x0b)
const otherKey = new Uint8Array(32).fill(0x0c)
const trailer = `7a20${'00'.repeat(32)}`
const message: Message = {
  id: 'r-1',
  correlationId: '',
  originator: 'smso',
  targetDevice: '00db1234567890a1',
  counter: 7,
  sentAtMs: 1_700_000_000_000,
  request: requestOf('setApn', { apn: 'elster' }),
}

function failure(octets: Uint8Array): WireError {
  try {
    decodeMessage(octets)
  } catch (error) {
    if (error instanceof WireError) return error
    throw error
  }
  throw new Error('decoded')
}

describe('octets that are not a message are refused with a stable code', () => {
  // Field 5 (counter) is tag 28, 7 (request) 3a, 9 (alert) 4a; in a request 1 (variant) is 0a, 10 (read_identity) 52.
  test.each([
    ['wan.no-authentication', 'nothing at all', ''],
    ['wan.no-authentication', 'a message without a trailer', '0a01783a00'],
    ['wan.no-authentication', 'a code of 31 octets', `0a0178${'7a1f'}${'00'.repeat(31)}`],
    ['wan.truncated', 'half a tag and length', '0a'],
    ['wan.truncated', 'a string longer than what is left', '0a057878'],
    ['wan.truncated', 'a string that reaches into the trailer', `0a0478${trailer}`],
    ['wan.malformed', 'two codes', `0a0178${trailer}${trailer}`],
    ['wan.malformed', 'a string that is not UTF-8', `0a01ff${trailer}`],
    ['wan.malformed', 'field number 0', `0201${trailer}`],
    ['wan.malformed', 'another variant than the parameters have', `3a090a05382e312e315200${trailer}`],
    ['wan.malformed', 'a log that does not exist', `3a0d0a04362e31339201040807100a${trailer}`],
    ['wan.counter-range', 'a counter of 2^53', `2880808080808080104a00${trailer}`],
    ['wan.counter-range', 'a counter of 2^64 - 1', `28ffffffffffffffffff014a00${trailer}`],
    ['wan.unknown-type', 'no body', `0a0178${trailer}`],
    ['wan.unknown-type', 'a request without parameters', `3a050a03372e37${trailer}`],
    ['wan.unknown-type', 'a request with parameters of a later contract', `3a080a03372e37a21f00${trailer}`],
  ])('%s: %s', (code, _, hex) => {
    expect(failure(fromHex(hex)).code).toBe(code)
  })

  test('the size is looked at first', () => {
    expect(failure(new Uint8Array(MAX_MESSAGE_OCTETS + 1)).code).toBe('wan.oversized')
    expect(failure(new Uint8Array(MAX_MESSAGE_OCTETS)).code).not.toBe('wan.oversized')
  })

  test('the error names the field', () => {
    const error = failure(fromHex(`3a0d0a04362e31339201040807100a${trailer}`))
    expect(error.message).toBe('wan.malformed at octet 0 (request.read_log.log): 7 is not a value of Log')
  })

  test('every cut of a message is refused', () => {
    const octets = encodeMessage(message, key)
    for (let length = 0; length < octets.length; length++) {
      expect(failure(octets.subarray(0, length)).code).toMatch(/^wan\.(truncated|malformed|no-authentication)$/)
    }
  })
})

describe('a message that the DCO has countersigned', () => {
  const octets = encodeMessage(message, key, otherKey)
  const field = octets.length - 68

  test('verifies under both keys, and is the same message', () => {
    const decoded = decodeMessage(octets)
    expect(decoded.message).toEqual(message)
    expect([verifyMessage(decoded, key), verifyCountersignature(decoded, otherKey)]).toEqual([true, true])
    expect([verifyMessage(decoded, otherKey), verifyCountersignature(decoded, key)]).toEqual([false, false])
  })
  test('is one that nobody has, where the field is not there', () => {
    expect(verifyCountersignature(decodeMessage(encodeMessage(message, key)), otherKey)).toBe(false)
  })
  test('with any one bit turned is refused or verifies under neither key', () => {
    for (let bit = 0; bit < octets.length * 8; bit++) {
      const turned = Uint8Array.from(octets)
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      try {
        const decoded = decodeMessage(turned)
        const inTrailer = bit >> 3 >= octets.length - 32
        expect([bit, verifyMessage(decoded, key)]).toEqual([bit, false])
        if (!inTrailer) expect([bit, verifyCountersignature(decoded, otherKey)]).toEqual([bit, false])
      } catch (error) {
        if (!(error instanceof WireError)) throw error
      }
    }
  })
  test.each([
    ['in front of another field', [...octets.slice(0, field), ...octets.slice(field, -34), 0x10, 0x00]],
    ['of 31 octets', [...octets.slice(0, field), 0x72, 31, ...octets.slice(field + 2, field + 33)]],
    ['twice', [...octets.slice(0, -34), ...octets.slice(field, -34)]],
  ])('with its field %s is refused', (_, body) => {
    const error = failure(Uint8Array.from([...body, ...fromHex(trailer)]))
    expect([error.code, error.message.includes('dco_authentication_code')]).toEqual(['wan.malformed', true])
  })
})

describe('whatever comes in', () => {
  test('of two bodies the last one counts, as with any protobuf reader', () => {
    const { message } = decodeMessage(fromHex(`3a090a05362e322e3452004a00${trailer}`))
    expect(message.request).toBeUndefined()
    expect(message.alert).toEqual({ code: '', description: '', atMs: 0, device: '' })
  })

  test('a message with any one bit turned is refused or does not verify', () => {
    const octets = encodeMessage(message, key)
    for (let bit = 0; bit < octets.length * 8; bit++) {
      const turned = Uint8Array.from(octets)
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      let verified = false
      try {
        verified = verifyMessage(decodeMessage(turned), key)
      } catch (error) {
        expect(error).toBeInstanceOf(WireError)
      }
      expect(verified, `bit ${bit}`).toBe(false)
    }
  })

  test('noise is refused with a WireError and nothing else', () => {
    // A fixed linear congruential sequence, so that a failure repeats.
    let state = 1
    const next = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state >>> 24
    }
    for (let i = 0; i < 5_000; i++) {
      const noise = Uint8Array.from({ length: next() }, next)
      const octets = i % 2 === 0 ? noise : Uint8Array.from([...noise, ...fromHex(trailer)])
      expect(failure(octets)).toBeInstanceOf(WireError)
    }
  })
})

describe('an unknown request', () => {
  const { decoded } = failure(fromHex(`0a03722d313a080a03372e37a21f00${trailer}`)) as UnknownRequestError

  test('hands its envelope over, so that it can be answered', () => {
    expect(decoded.message.id).toBe('r-1')
    expect(decoded.message.request).toEqual({ serviceReferenceVariant: '7.7' })
    expect(verifyMessage(decoded, key)).toBe(false)
  })
})

describe('a message of ours', () => {
  test('reads as it was written', () => {
    const decoded = decodeMessage(encodeMessage(message, key))
    expect(decoded.message).toEqual(message)
    expect(verifyMessage(decoded, key)).toBe(true)
    expect(verifyMessage(decoded, otherKey)).toBe(false)
  })

  test('is the same octets whatever the order of its members', () => {
    const reversed = Object.fromEntries(Object.entries(message).reverse()) as unknown as Message
    expect(toHex(encodeMessage(reversed, key))).toBe(toHex(encodeMessage(message, key)))
  })

  test('tells an absent time from one of 0', () => {
    const entries = [
      { deviceId: 'a', joined: false },
      { deviceId: 'b', joined: false, lastCommunicationMs: 0 },
    ]
    const { request: _, ...envelope } = message
    const response = resultOf('readDeviceLog', { entries })
    const read = decodeMessage(encodeMessage({ ...envelope, response }, key)).message.response?.readDeviceLog?.entries
    expect(read).toEqual(entries)
    expect(read?.map(entry => 'lastCommunicationMs' in entry)).toEqual([false, true])
  })

  test('of 1000 profile entries fits', () => {
    const { request: _, ...envelope } = message
    const entries = Array.from({ length: 1_000 }, (_, i) => ({ startMs: 4e12 + i * 1_800_000, value: 2 ** 28 }))
    const response = resultOf('readImportProfile', {
      intervalS: 1_800,
      entries,
      unit: 'WH',
      source: 'DEVICE',
      more: true,
    })
    expect(encodeMessage({ ...envelope, response }, key).length).toBeLessThanOrEqual(MAX_MESSAGE_OCTETS)
  })

  test('of 100 log entries fits', () => {
    const { request: _, ...envelope } = message
    const entries = Array.from({ length: 100 }, () => ({ atMs: 4e12, code: '8F12', text: 'x'.repeat(120) }))
    const response = resultOf('readLog', { log: 'EVENT', entries })
    expect(encodeMessage({ ...envelope, response }, key).length).toBeLessThanOrEqual(MAX_MESSAGE_OCTETS)
  })
})

describe('a message that does not fit the contract is not sent', () => {
  const broken = (change: object) => () => encodeMessage({ ...message, ...change } as Message, key)

  test.each([
    [{ counter: -1 }, 'counter: uint64 expected, found number -1'],
    [{ counter: 2 ** 53 }, 'counter: uint64 expected, found number 9007199254740992'],
    [{ counter: 1.5 }, 'counter: uint64 expected, found number 1.5'],
    [{ counter: '7' }, 'counter: uint64 expected, found string 7'],
    [{ id: undefined }, 'id: string expected, found undefined undefined'],
    [{ id: '\ud800' }, 'id: string expected'],
    [{ constructor: 'smso' }, 'constructor: WanMessage has no such field'],
    [{ orignator: 'smso' }, 'orignator: WanMessage has no such field, did you mean originator?'],
    [{ alert: { code: '', description: '', atMs: 0, device: '' } }, 'body: one expected, found request and alert'],
    [
      { request: { serviceReferenceVariant: '6.13', readLog: { log: 'AUDIT', maxEntries: 1 } } },
      'request.readLog.log: ',
    ],
    [{ request: { serviceReferenceVariant: '6.13', readLog: { log: 'EVENT', maxEntries: 2 ** 32 } } }, 'maxEntries: '],
  ])('%j: %s', (change, text) => {
    expect(broken(change)).toThrow(InvariantError)
    expect(broken(change)).toThrow(text)
  })

  test('because it is too long', () => {
    expect(broken({ id: 'x'.repeat(16_384) })).toThrow(/at most 16384 octets/)
  })

  test('nor under a key of another length', () => {
    expect(() => encodeMessage(message, new Uint8Array(16))).toThrow('key: 32 octets expected, found 16')
  })
})
