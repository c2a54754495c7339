/**
 * ASH, the serial line between a host and an EmberZNet network co-processor (NCP): control octet, data, CRC, flag.
 * @source Silicon Labs UG101, UART Gateway Protocol Reference (frame formats, data randomisation, byte stuffing, CRC)
 */
import { crcCcitt } from './crc.ts'

export type AshFrame =
  /** `frame` 0..7 counts data frames; `ack` 0..7 is the one expected next from the other side. */
  | { type: 'data'; frame: number; ack: number; retransmitted: boolean; body: Uint8Array }
  /** `notReady`: the host cannot take callbacks for now. */
  | { type: 'ack' | 'nak'; ack: number; notReady: boolean }
  | { type: 'rst' }
  | { type: 'rstack' | 'error'; version: number; code: number }

/** The version of ASH. */
export const ASH_VERSION = 2
/** Why an NCP has restarted or failed. @source UG101, reset codes and error codes */
export const ASH_CODE = { powerOn: 0x02, software: 0x0b, timeouts: 0x51 } as const

/** Octets of a data field. @source UG101: 3..128; 220 since frames of EZSP are longer */
export const [SHORTEST_BODY, LONGEST_BODY] = [3, 220]
export const CRC_LENGTH = 2

/** Octets that mean something on the line, and are escaped in a frame. */
export const OCTET = { flag: 0x7e, escape: 0x7d, xon: 0x11, xoff: 0x13, substitute: 0x18, cancel: 0x1a } as const
export const FLIPPED = 0x20
const RESERVED: ReadonlySet<number> = new Set(Object.values(OCTET))

const CONTROL = { ack: 0x80, nak: 0xa0, rst: 0xc0, rstack: 0xc1, error: 0xc2 } as const
const BIT_3 = 0x08

/** A frame as it goes on the line, with its flag, and before a reset the octet that cancels what was under way. */
export function encodeAsh(frame: AshFrame): Uint8Array {
  const plain = plainOf(frame)
  const crc = crcCcitt(plain)
  const octets = new Uint8Array(2 * (plain.length + CRC_LENGTH) + 2)
  let length = 0
  if (frame.type === 'rst' || frame.type === 'rstack') octets[length++] = OCTET.cancel
  const put = (octet: number) => {
    const isReserved = RESERVED.has(octet)
    if (isReserved) octets[length++] = OCTET.escape
    octets[length++] = isReserved ? octet ^ FLIPPED : octet
  }
  for (const octet of plain) put(octet)
  put(crc >>> 8)
  put(crc & 0xff)
  octets[length++] = OCTET.flag
  return octets.subarray(0, length)
}

function plainOf(frame: AshFrame): Uint8Array {
  switch (frame.type) {
    case 'data': {
      const octets = new Uint8Array(1 + frame.body.length)
      octets[0] = (frame.frame << 4) | (frame.retransmitted ? BIT_3 : 0) | frame.ack
      octets.set(randomised(frame.body), 1)
      return octets
    }
    case 'ack':
    case 'nak':
      return Uint8Array.of(CONTROL[frame.type] | (frame.notReady ? BIT_3 : 0) | frame.ack)
    case 'rst':
      return Uint8Array.of(CONTROL.rst)
    case 'rstack':
    case 'error':
      return Uint8Array.of(CONTROL[frame.type], frame.version, frame.code)
    default:
      return frame satisfies never
  }
}

/** What is wrong with a frame of good CRC. */
export type AshFault = 'bad-control' | 'bad-length'

/** Reads what stands between control octet and CRC, both unescaped; `body` is a copy. */
export function decodeAsh(plain: Uint8Array): AshFrame | AshFault {
  const [control = 0, first = 0, second = 0] = plain
  const ack = control & 7
  const isSet = (control & BIT_3) !== 0
  if (control < CONTROL.ack) {
    const length = plain.length - 1
    if (length < SHORTEST_BODY || length > LONGEST_BODY) return 'bad-length'
    return { type: 'data', frame: control >> 4, ack, retransmitted: isSet, body: randomised(plain.subarray(1)) }
  }
  // Bit 4 is reserved in both.
  if (control < CONTROL.rst) {
    if (plain.length !== 1) return 'bad-length'
    return { type: control < CONTROL.nak ? 'ack' : 'nak', ack, notReady: isSet }
  }
  switch (control) {
    case CONTROL.rst:
      return plain.length === 1 ? { type: 'rst' } : 'bad-length'
    case CONTROL.rstack:
    case CONTROL.error:
      if (plain.length !== 3) return 'bad-length'
      return { type: control === CONTROL.error ? 'error' : 'rstack', version: first, code: second }
    default:
      return 'bad-control'
  }
}

/** What data fields are mixed with, so that a run of one octet is not a run of escapes. @source UG101: LFSR, 0x42 and 0xb8 */
const SEQUENCE = (() => {
  const octets = new Uint8Array(LONGEST_BODY)
  let register = 0x42
  for (let at = 0; at < octets.length; at++) {
    octets[at] = register
    register = register & 1 ? (register >> 1) ^ 0xb8 : register >> 1
  }
  return octets
})()

/** A copy, mixed or made plain again: its own inverse. */
function randomised(body: Uint8Array): Uint8Array {
  const mixed = new Uint8Array(body)
  for (let at = 0; at < mixed.length; at++) mixed[at]! ^= SEQUENCE[at % LONGEST_BODY]!
  return mixed
}
