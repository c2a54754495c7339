/** `WanMessage` to octets and back, with the authentication code that ends every message. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import protobuf from 'protobufjs'
import { InvariantError, WireError } from '../../base/errors.ts'
import { fromPlain, toPlain } from './plain.ts'
import { kindOf, variantsOf } from './requests.ts'
import { loadSchema, PACKAGE } from './schema.ts'
import type { Request, Response, WanMessage } from './wan-types.generated.ts'

/** Octets of the longest message, trailer included. */
export const MAX_MESSAGE_OCTETS = 16_384
/** Octets of a shared key and of the authentication code. */
export const KEY_OCTETS = 32

/** Tag of field 15 (length-delimited) and the length of the code. */
const TRAILER = Uint8Array.of(0x7a, KEY_OCTETS)
const TRAILER_OCTETS = TRAILER.length + KEY_OCTETS

const wanMessage = loadSchema().lookupType(`${PACKAGE}.WanMessage`)

/** Tag of field 14, the DCO's code, and its length. */
const COUNTERSIGNATURE = Uint8Array.of(0x72, KEY_OCTETS)

/** A message without its authentication codes, which belong to its octets. */
export type Message = Omit<WanMessage, 'authenticationCode' | 'dcoAuthenticationCode'>

export interface DecodedMessage {
  message: Message
  /** The octets the code is computed over: all that precede the trailer. */
  authenticated: Uint8Array
  /** 32 octets, not yet verified. */
  code: Uint8Array
  /** The DCO's, and the octets it is computed over; absent: it has not countersigned. */
  countersigned?: { authenticated: Uint8Array; code: Uint8Array }
}

/** `wan.unknown-type` for a request whose envelope is sound, so that it can be verified and answered E11. */
export class UnknownRequestError extends WireError {
  readonly decoded: DecodedMessage

  constructor(decoded: DecodedMessage, variant: string) {
    super('wan.unknown-type', {
      offset: 0,
      field: 'request.parameters',
      message: `none that this contract knows, service reference variant ${JSON.stringify(variant)}`,
    })
    this.decoded = decoded
  }
}

/**
 * The message in field order with its trailer: HMAC-SHA-256 under `key` (32 octets). The same message gives the same
 * octets. Under `dcoKey` the DCO countersigns it. Throws InvariantError, naming the field, when the message does not fit the contract
 * or the size.
 */
export function encodeMessage(message: Message, key: Uint8Array, dcoKey?: Uint8Array): Uint8Array {
  const fields = fromPlain(wanMessage, { ...message, authenticationCode: new Uint8Array() })
  const body = wanMessage.encode(fields).finish()
  const authenticated = dcoKey ? Buffer.concat([body, COUNTERSIGNATURE, authenticationCode(body, dcoKey)]) : body
  const length = authenticated.length + TRAILER_OCTETS
  if (length > MAX_MESSAGE_OCTETS)
    throw new InvariantError(`message: at most ${MAX_MESSAGE_OCTETS} octets, is ${length}`)
  const octets = new Uint8Array(length)
  octets.set(authenticated)
  octets.set(TRAILER, authenticated.length)
  octets.set(authenticationCode(authenticated, key), authenticated.length + TRAILER.length)
  return octets
}

/**
 * Reads octets from outside; says nothing about who sent them, see `verifyMessage`. Fields the contract does not have
 * are passed over. Throws WireError, in this order of checking: `wan.oversized`, `wan.truncated`, `wan.malformed`,
 * `wan.no-authentication`, `wan.counter-range`, `wan.unknown-type` (an `UnknownRequestError` for a request).
 */
export function decodeMessage(octets: Uint8Array): DecodedMessage {
  if (octets.length > MAX_MESSAGE_OCTETS) {
    fail('wan.oversized', MAX_MESSAGE_OCTETS, 'message', `at most ${MAX_MESSAGE_OCTETS} octets, found ${octets.length}`)
  }
  const end = octets.length - TRAILER_OCTETS
  if (end < 0 || octets[end] !== TRAILER[0] || octets[end + 1] !== TRAILER[1]) {
    parse(octets)
    fail('wan.no-authentication', Math.max(end, 0), 'authentication_code', 'last 34 octets 7a 20 and the code expected')
  }
  const authenticated = octets.slice(0, end)
  const parsed = parse(authenticated)
  if (Object.hasOwn(parsed, 'authenticationCode')) {
    fail('wan.malformed', 0, 'authentication_code', 'expected once, at the end, found before it')
  }
  const {
    authenticationCode: _,
    dcoAuthenticationCode,
    ...message
  } = toPlain(wanMessage, parsed) as unknown as WanMessage
  const countersigned = dcoAuthenticationCode && countersignature(authenticated, dcoAuthenticationCode)
  const code = octets.slice(end + TRAILER.length)
  const decoded = { message, authenticated, code, ...(countersigned && { countersigned }) }
  checkBody(decoded)
  return decoded
}

/** True when the message was authenticated with `key`; takes the same time whatever the difference. */
export function verifyMessage(decoded: DecodedMessage, key: Uint8Array): boolean {
  return timingSafeEqual(authenticationCode(decoded.authenticated, key), decoded.code)
}

/** True when the DCO has countersigned the message under its key. */
export function verifyCountersignature({ countersigned }: DecodedMessage, dcoKey: Uint8Array): boolean {
  if (!countersigned) return false
  return timingSafeEqual(authenticationCode(countersigned.authenticated, dcoKey), countersigned.code)
}

/** HMAC-SHA-256 of `octets` under `key` (32 octets). @source RFC 2104, FIPS 180-4 */
export function authenticationCode(octets: Uint8Array, key: Uint8Array): Uint8Array {
  if (key.length !== KEY_OCTETS) throw new RangeError(`key: ${KEY_OCTETS} octets expected, found ${key.length}`)
  return createHmac('sha256', key).update(octets).digest()
}

/** Field 14 stands last before the trailer, once. */
function countersignature(octets: Uint8Array, code: Uint8Array): NonNullable<DecodedMessage['countersigned']> {
  const end = octets.length - COUNTERSIGNATURE.length - KEY_OCTETS
  const field = octets.subarray(Math.max(0, end))
  const isLast = code.length === KEY_OCTETS && Buffer.concat([COUNTERSIGNATURE, code]).equals(field)
  const authenticated = octets.slice(0, Math.max(0, end))
  if (!isLast || Object.hasOwn(parse(authenticated), 'dcoAuthenticationCode')) {
    fail('wan.malformed', 0, 'dco_authentication_code', '32 octets expected once, right before the end')
  }
  return { authenticated, code }
}

function parse(octets: Uint8Array): object {
  const reader = protobuf.Reader.create(octets)
  reader.discardUnknown = true
  try {
    return wanMessage.decode(reader)
  } catch (error) {
    const code = error instanceof RangeError ? 'wan.truncated' : 'wan.malformed'
    return fail(
      code,
      Math.min(reader.pos, octets.length),
      'message',
      error instanceof Error ? error.message : `${error}`,
    )
  }
}

function checkBody(decoded: DecodedMessage): void {
  const { request, response, alert } = decoded.message
  if (request) {
    if (kindOf(request) === undefined) throw new UnknownRequestError(decoded, request.serviceReferenceVariant)
    checkVariant('request', request)
  } else if (response) checkVariant('response', response)
  else if (!alert) fail('wan.unknown-type', 0, 'body', 'request, response or alert expected, found none of them')
}

function checkVariant(name: string, body: Request | Response): void {
  const kind = kindOf(body)
  if (!kind) return
  const expected = variantsOf(kind)
  if (expected.includes(body.serviceReferenceVariant)) return
  const found = JSON.stringify(body.serviceReferenceVariant)
  const named = expected.map(variant => `"${variant}"`).join(' or ')
  fail('wan.malformed', 0, `${name}.service_reference_variant`, `${named} expected with ${kind}, found ${found}`)
}

function fail(code: string, offset: number, field: string, message: string): never {
  throw new WireError(code, { offset, field, message })
}
