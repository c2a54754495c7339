/** Which messages a hub looks into: those that can be read, are authentic and make sense. The rest is refused, and counted. */
import { WireError } from '../base/errors.ts'
import type { Trace } from '../ports/trace.ts'
import {
  type DecodedMessage,
  decodeMessage,
  type Message,
  UnknownRequestError,
  verifyMessage,
} from './messages/codec.ts'
import type { Request } from './messages/wan-types.generated.ts'
import type { Originators } from './originators.ts'

/** What an answer echoes has an end, so that every answer fits a message. Assumed. */
const LONGEST_ID = 64
const LONGEST_VARIANT = 32

/** Told of a message whose author is not who it says: the name holds no key here, or the code is not of its key. */
export type StrangerListener = (message: Message, why: 'no-key' | 'wrong-code') => void

export class Admission {
  /** Messages refused, by reason. */
  readonly refused = new Map<string, number>()
  private readonly originators: Originators
  private readonly trace: Trace
  private readonly onStranger: StrangerListener | undefined

  constructor(options: { originators: Originators; trace: Trace; onStranger?: StrangerListener | undefined }) {
    this.originators = options.originators
    this.trace = options.trace
    this.onStranger = options.onStranger
  }

  /** Undefined for what cannot be read. */
  decode(octets: Uint8Array): DecodedMessage | UnknownRequestError | undefined {
    try {
      return decodeMessage(octets)
    } catch (error) {
      if (error instanceof UnknownRequestError) return error
      if (!(error instanceof WireError)) throw error
      this.refuse(error.code, error.message)
      return undefined
    }
  }

  /** The request in a message that is authentic and well-formed; undefined for a stranger's, or no request. */
  requestIn(decoded: DecodedMessage): Request | undefined {
    const { message } = decoded
    const { originator, request } = message
    if (!this.isAuthentic(decoded)) return undefined
    const flaw = flawOf(message)
    if (flaw) this.refuse('wan.malformed', flaw, originator)
    else if (!request) this.refuse('wan.unexpected', 'a hub takes requests only', originator)
    else return request
    return undefined
  }

  refuse(reason: string, detail: string, originator?: string): void {
    this.count(reason)
    this.trace.emit({ kind: 'wan.refused', reason, detail, ...(originator && { originator }) })
  }
  count(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }

  /** A stranger gets no answer: only the holder of a key learns why it was refused. */
  private isAuthentic(decoded: DecodedMessage): boolean {
    const { originator } = decoded.message
    const key = this.originators.keyOf(originator)
    if (key && verifyMessage(decoded, key)) return true
    const detail = key ? 'the authentication code does not match' : 'no key for this originator'
    this.refuse('wan.not-authentic', detail, originator)
    this.onStranger?.(decoded.message, key ? 'wrong-code' : 'no-key')
    return false
  }
}

/** What is wrong with the envelope of an authentic message, for people. */
function flawOf({ id, targetDevice, request }: Message): string | undefined {
  if (id.length < 1 || id.length > LONGEST_ID) return `id: 1 to ${LONGEST_ID} characters expected, found ${id.length}`
  if (!/^[0-9a-f]{16}$/.test(targetDevice)) return 'target_device: 16 lower-case hex digits expected'
  const variant = request?.serviceReferenceVariant.length ?? 0
  if (variant > LONGEST_VARIANT) {
    return `request.service_reference_variant: at most ${LONGEST_VARIANT} characters expected, found ${variant}`
  }
  return undefined
}
