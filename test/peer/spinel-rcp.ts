/**
 * A radio co-processor of the test bench: Spinel over HDLC-lite in front of any Radio, as far as a ZigBee host asks.
 * @source OpenThread, draft-rquattle-spinel-unified; what a host really sends: zigbee-on-host 0.2.4
 */
import { ByteReader, ByteWriter, toHex } from '../../src/base/bytes.ts'
import { InvariantError, WireError } from '../../src/base/errors.ts'
import { milliseconds } from '../../src/base/time.ts'
import type { Radio, ReceiveInfo, TransmitOutcome } from '../../src/ports/radio.ts'
import type { Timers } from '../../src/ports/time.ts'
import { withFcs } from '../../src/radio/fcs.ts'
import { LONGEST_FRAME } from '../../src/radio/mac-frame.ts'
import { encodeHdlc, HdlcReader } from './spinel-hdlc.ts'

const COMMAND = { reset: 1, get: 2, set: 3, is: 6 } as const

const PROPERTY = {
  lastStatus: 0,
  protocolVersion: 1,
  ncpVersion: 2,
  interfaceType: 3,
  phyEnabled: 32,
  phyChannel: 33,
  phyCcaThreshold: 36,
  phyTxPower: 37,
  phyRssi: 38,
  phyRxSensitivity: 39,
  macExtendedAddress: 52,
  macShortAddress: 53,
  macPanId: 54,
  macRawStreamEnabled: 55,
  macRxOnWhenIdle: 59,
  streamRaw: 113,
  rcpApiVersion: 176,
  rcpMinHostApiVersion: 177,
} as const

const STATUS = {
  ok: 0,
  invalidArgument: 3,
  busy: 12,
  propertyNotFound: 13,
  noAck: 17,
  ccaFailure: 18,
  reset: 114,
} as const

/** One way over the serial line. An answer is never there before the question has been sent off. @source assumed */
const LINE_US = milliseconds(1)
const NOISE_DBM = -100
const FCS_LENGTH = 2

export interface SpinelRcpOptions {
  radio: Radio
  timers: Timers
  /** Octets for the host, a whole frame each time. */
  toHost: (octets: Uint8Array) => void
}

export class SpinelRcp {
  /** Frames of the host that made no sense, and properties it asked for in vain. */
  readonly refused: string[] = []
  private readonly options: SpinelRcpOptions
  private readonly line = new HdlcReader(body => this.obey(body))
  private enabled = false
  private streaming = false

  constructor(options: SpinelRcpOptions) {
    this.options = options
    options.radio.listen({ onReceive: (psdu, info) => this.received(psdu, info) })
    this.powerOn()
  }

  /** Octets of the host, in pieces of any size. */
  fromHost(octets: Uint8Array): void {
    this.line.push(octets)
  }

  private obey(body: Uint8Array): void {
    const reader = new ByteReader(body)
    try {
      const transaction = reader.uint(1) & 0x0f
      const command = packed(reader)
      if (command === COMMAND.reset) return this.reset()
      const property = packed(reader)
      if (command === COMMAND.get) this.get(transaction, property)
      else if (command !== COMMAND.set) this.refuse(transaction, `command ${command}`, STATUS.invalidArgument)
      else if (property === PROPERTY.streamRaw) this.transmit(transaction, reader)
      else this.set(transaction, property, reader.rest())
    } catch (error) {
      // A value no radio takes is the host's mistake here, not ours.
      if (!(error instanceof WireError || error instanceof InvariantError)) throw error
      this.refused.push(`${error.message} in ${toHex(body)}`)
    }
  }

  private reset(): void {
    this.powerOn()
    this.tell(0, PROPERTY.lastStatus, packedOctets(STATUS.reset))
  }
  /** Source match stays unset, as a host for ZigBee leaves it: every poll is answered with frame pending. */
  private powerOn(): void {
    this.enabled = false
    this.streaming = false
    this.options.radio.reset()
    this.options.radio.configure({ sourceMatch: false })
  }

  private get(transaction: number, property: number): void {
    const value = this.valueOf(property)
    if (value) this.tell(transaction, property, value)
    else this.refuse(transaction, `property ${property}`, STATUS.propertyNotFound)
  }
  private valueOf(property: number): Uint8Array | undefined {
    switch (property) {
      case PROPERTY.protocolVersion:
        return Uint8Array.of(4, 3)
      case PROPERTY.ncpVersion:
        return new TextEncoder().encode('s1rig test RCP\0')
      case PROPERTY.interfaceType:
        return Uint8Array.of(3)
      case PROPERTY.rcpApiVersion:
        return Uint8Array.of(11)
      case PROPERTY.rcpMinHostApiVersion:
        return Uint8Array.of(4)
      case PROPERTY.phyTxPower:
        return Uint8Array.of(5)
      case PROPERTY.phyRssi:
      case PROPERTY.phyRxSensitivity:
        return dBm(NOISE_DBM)
      case PROPERTY.phyCcaThreshold:
        return dBm(-75)
      default:
        return undefined
    }
  }

  private set(transaction: number, property: number, value: Uint8Array): void {
    const { radio } = this.options
    const reader = new ByteReader(value)
    switch (property) {
      case PROPERTY.phyEnabled:
        this.enabled = reader.uint(1) !== 0
        break
      case PROPERTY.phyChannel:
        radio.configure({ channel: reader.uint(1) })
        break
      case PROPERTY.phyTxPower:
        break
      case PROPERTY.macExtendedAddress:
        // Most significant octet first, unlike everything else.
        radio.configure({ extendedAddress: toHex(reader.bytes(8)) })
        break
      case PROPERTY.macShortAddress:
        radio.configure({ shortAddress: reader.uint(2) })
        break
      case PROPERTY.macPanId:
        radio.configure({ panId: reader.uint(2) })
        break
      case PROPERTY.macRxOnWhenIdle:
        radio.configure({ rxOnWhenIdle: reader.uint(1) !== 0 })
        break
      case PROPERTY.macRawStreamEnabled:
        this.streaming = reader.uint(1) !== 0
        break
      default:
        return this.refuse(transaction, `property ${property}`, STATUS.propertyNotFound)
    }
    this.tell(transaction, property, value)
  }

  /** The host's frame brings its FCS, and how it is to be sent behind it; the outcome is told when it is known. */
  private transmit(transaction: number, reader: ByteReader): void {
    const length = reader.uint(2)
    const frame = reader.bytes(length)
    const channel = reader.uint(1)
    reader.uint(1) // backoffs: the chip has its own bound
    const retries = reader.uint(1)
    const csma = reader.uint(1) !== 0
    const psdu = frame.subarray(0, Math.max(0, length - FCS_LENGTH))
    if (!this.enabled || psdu.length < 3 || psdu.length > LONGEST_FRAME) {
      return this.refuse(transaction, `frame of ${length} octets`, STATUS.invalidArgument)
    }
    const attempts = Math.min(retries + 1, 16)
    this.options.radio.transmit(psdu, { channel, csma, attempts }, outcome =>
      this.status(transaction, statusOf(outcome)),
    )
  }

  private received(psdu: Uint8Array, { rssiDbm, lqi, channel, timestampUs }: ReceiveInfo): void {
    if (!this.enabled || !this.streaming) return
    const frame = withFcs(psdu)
    const value = new ByteWriter()
      .uint(2, frame.length)
      .bytes(frame)
      .int(1, Math.round(rssiDbm))
      .int(1, NOISE_DBM)
      .uint(2, 0) // flags
      .uint(2, 10)
      .uint(1, channel)
      .uint(1, lqi)
      .uint64(BigInt(timestampUs))
      .uint(2, 1)
      .uint(1, 0) // no error
      .uint(2, 0)
    this.tell(0, PROPERTY.streamRaw, value.finish())
  }

  private refuse(transaction: number, what: string, status: number): void {
    this.refused.push(what)
    this.status(transaction, status)
  }
  private status(transaction: number, status: number): void {
    this.tell(transaction, PROPERTY.lastStatus, packedOctets(status))
  }
  private tell(transaction: number, property: number, value: Uint8Array): void {
    const body = Uint8Array.of(0x80 | transaction, COMMAND.is, ...packedOctets(property), ...value)
    this.options.timers.after(LINE_US, 'spinel line', () => this.options.toHost(encodeHdlc(body)))
  }
}

function statusOf(outcome: TransmitOutcome): number {
  switch (outcome.is) {
    case 'acked':
    case 'sent':
      return STATUS.ok
    case 'no-ack':
      return STATUS.noAck
    case 'channel-busy':
      return STATUS.ccaFailure
    case 'queue-full':
      return STATUS.busy
    default:
      return outcome satisfies never
  }
}

const dBm = (value: number): Uint8Array => new ByteWriter().int(1, value).finish()

/** A number in groups of seven bits, the lowest first; the top bit says that more follow. */
function packed(reader: ByteReader): number {
  let value = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const octet = reader.uint(1)
    value |= (octet & 0x7f) << shift
    if (octet < 0x80) break
  }
  return value
}
const packedOctets = (value: number): Uint8Array =>
  value < 0x80 ? Uint8Array.of(value) : Uint8Array.of((value & 0x7f) | 0x80, value >> 7)
