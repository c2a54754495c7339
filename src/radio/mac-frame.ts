/**
 * IEEE 802.15.4-2006 MAC frames, without FCS. MAC security and guaranteed time slots, which ZigBee does not use, are refused.
 * @source IEEE 802.15.4-2006, 7.2
 */
import { ByteReader, ByteWriter } from '../base/bytes.ts'
import { InvariantError, WireError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import { type SuperframeSpecification, superframeSpecification } from './beacon.ts'
import { FCS_LENGTH } from './fcs.ts'
import { type MacCommand, macCommands } from './mac-commands.ts'
import { MAX_PSDU } from './phy.ts'

export const BROADCAST_PAN = 0xffff
export const BROADCAST_ADDRESS = 0xffff

/** An address in a PAN: short (16 bits) or extended. */
export type MacAddress =
  | { panId: number; short: number; extended?: undefined }
  | { panId: number; extended: Eui64; short?: undefined }

/** What every frame has; what is absent when writing is false, 0 or not addressed. */
export interface MacHeader {
  /** 0 (2003) or 1 (2006). ZigBee sends 0. */
  frameVersion?: 0 | 1
  /** The sender holds more for the receiver. */
  framePending?: boolean
  ackRequest?: boolean
  sequence: number
  destination?: MacAddress | undefined
  source?: MacAddress | undefined
}

export type MacFrame =
  | (MacHeader & {
      type: 'beacon'
      superframe: SuperframeSpecification
      /** Bit 7 of the GTS specification. */
      gtsPermit?: boolean
      /** Devices with frames waiting, short addresses (at most 7 in all). */
      pendingShort?: readonly number[]
      pendingExtended?: readonly Eui64[]
      payload: Uint8Array
    })
  | (MacHeader & { type: 'data'; payload: Uint8Array })
  | (MacHeader & { type: 'ack' })
  | (MacHeader & { type: 'command'; command: MacCommand })

/** Octets of a frame without FCS, at most. */
export const LONGEST_FRAME = MAX_PSDU - FCS_LENGTH

/** Addresses a beacon may list. */
const MOST_PENDING = 7

/** Frame types by code. */
const TYPES = ['beacon', 'data', 'ack', 'command'] as const

/** Bits of the frame control field. @source IEEE 802.15.4-2006, 7.2.1.1 */
export const FCF = {
  type: 0x0007,
  security: 0x0008,
  framePending: 0x0010,
  ackRequest: 0x0020,
  panIdCompression: 0x0040,
} as const
const DESTINATION_MODE = 10
const VERSION = 12
const SOURCE_MODE = 14

/** Addressing modes. */
const MODE = { none: 0, short: 2, extended: 3 } as const

/**
 * Reads a frame, octets without FCS. The payload may be kept.
 * @throws WireError `wire.truncated`, `mac.too-long`, `mac.frame-type`, `mac.security`, `mac.frame-version`, `mac.addressing-mode`,
 * `mac.pan-id-compression`, `mac.gts`, `mac.pending-addresses`, `mac.trailing-octets`, `mac.unknown-command`
 */
export function decodeMacFrame(psdu: Uint8Array): MacFrame {
  const reader = new ByteReader(psdu)
  if (psdu.length > LONGEST_FRAME) {
    const message = `${psdu.length} octets found, at most ${LONGEST_FRAME} expected`
    throw new WireError('mac.too-long', { offset: LONGEST_FRAME, field: 'payload', message })
  }
  reader.field = 'frameControl'
  const control = reader.uint(2)
  const type = TYPES[control & FCF.type]
  const version = (control >> VERSION) & 3
  if (!type) throw refusedControl('mac.frame-type', 0, `type ${control & FCF.type} found, 0..3 expected`)
  if (control & FCF.security) throw refusedControl('mac.security', 0, 'security enabled, which ZigBee does not use')
  if (version > 1) throw refusedControl('mac.frame-version', 1, `version ${version} found, 0 or 1 expected`)
  reader.field = 'sequenceNumber'
  const sequence = reader.uint(1)
  const { destination, source } = readAddresses(reader, control)
  const header = {
    frameVersion: version as 0 | 1,
    framePending: (control & FCF.framePending) !== 0,
    ackRequest: (control & FCF.ackRequest) !== 0,
    sequence,
    destination,
    source,
  }
  const frame = readBody(reader, type, header)
  if (reader.remaining > 0) {
    const message = `${reader.remaining} octets left behind the ${type} frame`
    throw new WireError('mac.trailing-octets', { offset: reader.offset, field: reader.field, message })
  }
  return frame
}

/**
 * Writes a frame, without FCS. Two addresses of one PAN name it once.
 * @throws InvariantError when a field does not fit
 */
export function encodeMacFrame(frame: MacFrame): Uint8Array {
  const { destination, source, sequence } = frame
  const compressed = destination !== undefined && source !== undefined && destination.panId === source.panId
  const writer = new ByteWriter(128)
  writer.uint(
    2,
    TYPES.indexOf(frame.type) |
      (frame.framePending ? FCF.framePending : 0) |
      (frame.ackRequest ? FCF.ackRequest : 0) |
      (compressed ? FCF.panIdCompression : 0) |
      (modeOf(destination) << DESTINATION_MODE) |
      (ranged('frameVersion', frame.frameVersion ?? 0, 1) << VERSION) |
      (modeOf(source) << SOURCE_MODE),
  )
  writer.uint(1, ranged('sequence', sequence, 0xff))
  if (destination) writeAddress(writer, 'destination', destination, true)
  if (source) writeAddress(writer, 'source', source, !compressed)
  writeBody(writer, frame)
  ranged('length', writer.length, LONGEST_FRAME)
  return writer.finish()
}

function readBody(reader: ByteReader, type: (typeof TYPES)[number], header: MacHeader): MacFrame {
  switch (type) {
    case 'data':
      return { type, ...header, payload: payloadOf(reader) }
    case 'ack':
      return { type, ...header }
    case 'command': {
      reader.field = 'commandFrameIdentifier'
      const id = reader.uint(1)
      if (macCommands.nameOf(id) === undefined)
        throw refused('mac.unknown-command', reader, `${id} found, 1..8 expected`)
      return { type, ...header, command: macCommands.read(id, reader) }
    }
    case 'beacon': {
      const superframe = superframeSpecification.read(reader)
      reader.field = 'gtsSpecification'
      const gts = reader.uint(1)
      if (gts & 7) throw refused('mac.gts', reader, `${gts & 7} guaranteed time slots found, none expected`)
      reader.field = 'pendingAddressSpecification'
      const pending = reader.uint(1)
      const short = pending & 7
      const extended = (pending >> 4) & 7
      if (short + extended > MOST_PENDING) {
        const message = `${short + extended} addresses found, at most ${MOST_PENDING} expected`
        throw refused('mac.pending-addresses', reader, message)
      }
      const pendingShort = Array.from({ length: short }, () => reader.uint(2))
      const pendingExtended = Array.from({ length: extended }, () => reader.eui64())
      const gtsPermit = (gts & 0x80) !== 0
      return { type, ...header, superframe, gtsPermit, pendingShort, pendingExtended, payload: payloadOf(reader) }
    }
    default:
      return type satisfies never
  }
}

function writeBody(writer: ByteWriter, frame: MacFrame): void {
  switch (frame.type) {
    case 'data':
      writer.bytes(frame.payload)
      return
    case 'ack':
      return
    case 'command':
      writer.uint(1, macCommands.idOf(frame.command.name))
      macCommands.write(writer, frame.command)
      return
    case 'beacon': {
      const { pendingShort = [], pendingExtended = [] } = frame
      const pending = ranged('number of pending addresses', pendingShort.length + pendingExtended.length, MOST_PENDING)
      superframeSpecification.write(writer, frame.superframe, 'superframe')
      writer.uint(1, frame.gtsPermit ? 0x80 : 0)
      writer.uint(1, pending === 0 ? 0 : pendingShort.length | (pendingExtended.length << 4))
      for (const address of pendingShort) writer.uint(2, ranged('pendingShort', address, 0xffff))
      for (const address of pendingExtended) writer.eui64(eui64('pendingExtended', address))
      writer.bytes(frame.payload)
      return
    }
    default:
      frame satisfies never
  }
}

function readAddresses(reader: ByteReader, control: number): Pick<MacHeader, 'destination' | 'source'> {
  const destinationMode = (control >> DESTINATION_MODE) & 3
  const sourceMode = (control >> SOURCE_MODE) & 3
  const compressed = (control & FCF.panIdCompression) !== 0
  if (destinationMode === 1 || sourceMode === 1) throw refusedControl('mac.addressing-mode', 1, 'mode 1 is reserved')
  if (compressed && (destinationMode === MODE.none || sourceMode === MODE.none)) {
    throw refusedControl('mac.pan-id-compression', 0, 'PAN id compression without both addresses')
  }
  const destination = readAddress(reader, 'destination', destinationMode)
  const source = readAddress(reader, 'source', sourceMode, compressed ? destination?.panId : undefined)
  return { destination, source }
}

function readAddress(
  reader: ByteReader,
  name: 'destination' | 'source',
  mode: number,
  knownPanId?: number,
): MacAddress | undefined {
  if (mode === MODE.none) return undefined
  reader.field = `${name}PanId`
  const panId = knownPanId ?? reader.uint(2)
  reader.field = `${name}Address`
  return mode === MODE.short ? { panId, short: reader.uint(2) } : { panId, extended: reader.eui64() }
}

function writeAddress(writer: ByteWriter, name: string, address: MacAddress, withPanId: boolean): void {
  if (withPanId) writer.uint(2, ranged(`${name}.panId`, address.panId, 0xffff))
  if (address.extended === undefined) writer.uint(2, ranged(`${name}.short`, address.short, 0xffff))
  else writer.eui64(eui64(`${name}.extended`, address.extended))
}

function modeOf(address: MacAddress | undefined): number {
  if (!address) return MODE.none
  return address.extended === undefined ? MODE.short : MODE.extended
}

function payloadOf(reader: ByteReader): Uint8Array {
  reader.field = 'payload'
  return reader.rest().slice()
}

function ranged(name: string, value: number, highest: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= highest) return value
  throw new InvariantError(`MAC frame: ${name} is ${value}, a whole number 0..${highest} expected`)
}

function eui64(name: string, value: string): Eui64 {
  if (/^[0-9a-f]{16}$/.test(value)) return value
  throw new InvariantError(`MAC frame: ${name} is "${value}", an EUI-64 as 16 lower-case hex digits expected`)
}

/** The octet read last is refused. */
const refused = (code: string, { offset, field }: ByteReader, message: string): WireError =>
  new WireError(code, { offset: offset - 1, field, message })
/** The frame control field is refused, for its octet `offset`. */
const refusedControl = (code: string, offset: 0 | 1, message: string): WireError =>
  new WireError(code, { offset, field: 'frameControl', message })
