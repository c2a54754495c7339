/**
 * EZSP, by which a host and an EmberZNet network co-processor (NCP) talk: sequence, frame control, command, parameters.
 * @source Silicon Labs UG100, EZSP Reference Guide, 3: the legacy frame format, and the extended one of version 8 and later
 */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { WireError } from '../../base/errors.ts'

/** Longest frame. @source EmberZNet, EZSP_MAX_FRAME_LENGTH */
export const LONGEST_FRAME = 220

export interface EzspFrame {
  /** Of the command; a response repeats it, and a callback has that of the last response. */
  sequence: number
  direction: 'command' | 'response'
  /** `legacy`: only of the first `version`, before the two ends have agreed. */
  format: 'legacy' | 'extended'
  /** 0..3, one for each network of an NCP that has several. */
  networkIndex: number
  /** The NCP speaks unasked. */
  asynchronous: boolean
  /** Callbacks were lost since the last response: there was no room for them. */
  overflow: boolean
  /** More callbacks wait. */
  pending: boolean
  id: number
  parameters: Uint8Array
}

const LOW = { overflow: 0x01, pending: 0x04, asynchronous: 0x10, networkIndex: 5, response: 0x80 } as const
/** Frame format version 1 in the two lowest bits; security, padding and the reserved bits are not used. */
const EXTENDED = 0x01
const FORMAT = 0x03

/** `parameters` is a view, to be copied before it is kept. @throws WireError */
export function decodeEzsp(octets: Uint8Array): EzspFrame {
  const reader = new ByteReader(octets)
  reader.field = 'sequence'
  const sequence = reader.uint(1)
  reader.field = 'frame control'
  const control = reader.uint(1)
  const said = {
    sequence,
    direction: control & LOW.response ? ('response' as const) : ('command' as const),
    networkIndex: (control >> LOW.networkIndex) & 3,
    asynchronous: (control & LOW.asynchronous) !== 0,
    overflow: (control & LOW.overflow) !== 0,
    pending: (control & LOW.pending) !== 0,
  }
  const third = reader.uint(1)
  if ((third & FORMAT) !== EXTENDED || octets.length < 5) {
    return { ...said, format: 'legacy', id: third, parameters: reader.rest() }
  }
  if (third !== EXTENDED) {
    const message = `0x${third.toString(16)} found, a frame without security and padding expected`
    throw new WireError('wire.reserved-value', { offset: 2, field: 'frame control', message })
  }
  return { ...said, format: 'extended', id: reader.uint(2), parameters: reader.rest() }
}

export function encodeEzsp(frame: EzspFrame): Uint8Array {
  const { direction, asynchronous, overflow, pending, networkIndex, parameters } = frame
  const control =
    (networkIndex << LOW.networkIndex) |
    (direction === 'response' ? LOW.response : 0) |
    (asynchronous ? LOW.asynchronous : 0) |
    (overflow ? LOW.overflow : 0) |
    (pending ? LOW.pending : 0)
  const writer = new ByteWriter(parameters.length + 5).uint(1, frame.sequence).uint(1, control)
  if (frame.format === 'legacy') writer.uint(1, frame.id)
  else writer.uint(1, EXTENDED).uint(2, frame.id)
  return writer.bytes(parameters).finish()
}
