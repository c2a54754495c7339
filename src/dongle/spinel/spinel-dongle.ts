/**
 * Plays an OpenThread radio co-processor (RCP) in front of any Radio: Spinel over HDLC-lite, as a stick on a serial line
 * speaks it. One host at a time; a host may vanish and another begin at any moment.
 * @source draft-rquattle-spinel-unified; OpenThread, ncp_base.cpp and ncp_base_radio.cpp
 */
import { InvariantError, readable, WireError } from '../../base/errors.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { Radio, ReceiveInfo, TransmitOutcome } from '../../ports/radio.ts'
import type { Clock, RandomStream, Timers } from '../../ports/time.ts'
import { withFcs } from '../../radio/fcs.ts'
import { NOISE_FLOOR_DBM } from '../../radio/links.ts'
import { encodeHdlc, HdlcReader } from '../../wire/hdlc.ts'
import {
  COMMAND,
  decodeSpinel,
  encodeSpinel,
  RESET,
  RSSI_INVALID,
  type SpinelFrame,
  STATUS,
} from '../../wire/spinel/frame.ts'
import {
  lastStatus,
  PROPERTY,
  type PropertyName,
  type PropertyValue,
  read,
  type StreamRaw,
  streamRaw,
  streamRawRequest,
  write,
  writeProperty,
} from '../../wire/spinel/properties.ts'
import { noteRefusal } from '../refusals.ts'
import { type Access, accessTo } from './access.ts'
import { Chip } from './chip.ts'

export interface SpinelDongleOptions {
  link: ByteLink
  radio: Radio
  /** What RCP_TIMESTAMP shows. */
  clock: Clock
  timers: Timers
  /** A stream of its own. */
  random: RandomStream
  /** Shown to people as the firmware's version. */
  version?: string
  /** The host was told of a frame, or (without one) what became of one of its own. */
  onTold?: (psdu?: Uint8Array) => void
  /** How octets that tell of a frame of the air reach the host: over the link at once, unless given. False: they do not. */
  deliver?: (octets: Uint8Array) => boolean
}

/** What a host did that made no sense, and what did not reach it. */
export interface SpinelDongleCounts {
  /** Frames of good FCS that are no Spinel, or whose value cannot be read. */
  malformed: number
  /** Commands answered with anything but what was asked for; no acknowledgement and a busy channel not counted. */
  refused: number
  /** Frames for the host that the line did not take. */
  unsent: number
}

export class SpinelDongle {
  readonly counts: SpinelDongleCounts = { malformed: 0, refused: 0, unsent: 0 }
  /** The latest commands that were refused, and why. */
  readonly refusals: string[] = []
  private readonly link: ByteLink
  private readonly deliver: (octets: Uint8Array) => boolean
  private readonly chip: Chip
  private readonly onTold: (psdu?: Uint8Array) => void
  private readonly access: ReadonlyMap<number, Access>
  private readonly reader = new HdlcReader(body => this.obey(body))
  /** Counts resets and hosts: what was asked for in an earlier life is not answered in a later one. */
  private life = 0

  constructor({ link, clock, version = 's1rig RCP', onTold = () => {}, deliver, ...parts }: SpinelDongleOptions) {
    this.link = link
    this.deliver = deliver ?? (octets => link.write(octets))
    this.onTold = onTold
    this.chip = new Chip(parts)
    const scan = {
      onLevel: (channel: number, maxRssiDbm: number) =>
        this.tell(0, 'MAC_ENERGY_SCAN_RESULT', { channel, maxRssiDbm: dbm(maxRssiDbm) }),
      onEnd: () => this.tell(0, 'MAC_SCAN_STATE', 0),
    }
    this.access = accessTo(this.chip, { clock, version, scan })
    parts.radio.listen({ onReceive: (psdu, info) => this.received(psdu, info) })
    link.listen({
      onOctets: octets => this.reader.push(octets),
      onUp: () => this.newHost(),
      onDown: () => this.newHost(),
    })
  }

  /** What came over the line. */
  get line() {
    return this.reader.counts
  }

  /** Loses power for a moment: everything a host has set is gone. */
  powerCycle(): void {
    this.reader.restart()
    this.restart(STATUS.RESET_POWER_ON)
  }
  private restart(why: number): void {
    this.life++
    this.chip.reset()
    this.tell(0, 'LAST_STATUS', { status: why })
  }

  /** The radio goes on as it was set, as on a stick whose host has gone. */
  private newHost(): void {
    this.life++
    this.reader.restart()
  }

  private obey(body: Uint8Array): void {
    const frame = readable(() => decodeSpinel(body), this.counts)
    if (!frame) return
    if (frame.interfaceId !== 0) this.refuse(frame, STATUS.INVALID_INTERFACE)
    else if (frame.property === PROPERTY.STREAM_RAW.key && frame.command === COMMAND.PROP_VALUE_SET) this.send(frame)
    else if (frame.property !== undefined) this.handle(frame, this.access.get(frame.property))
    else this.command(frame)
  }

  private command(frame: SpinelFrame): void {
    const { command, transaction, value } = frame
    switch (command) {
      case COMMAND.NOOP:
        return this.status(transaction, STATUS.OK)
      case COMMAND.RESET:
        if (value[0] === RESET.bootloader) return this.refuse(frame, STATUS.NOT_CAPABLE)
        return this.restart(STATUS.RESET_SOFTWARE)
      default:
        return this.refuse(frame, STATUS.INVALID_COMMAND)
    }
  }

  private handle(frame: SpinelFrame, access: Access | undefined): void {
    const { command, property = 0, transaction, value } = frame
    if (!access) return this.refuse(frame, STATUS.PROP_NOT_FOUND)
    if (command === COMMAND.PROP_VALUE_GET) {
      if (!access.get) return this.refuse(frame, STATUS.INVALID_COMMAND_FOR_PROP)
      return this.answer(transaction, COMMAND.PROP_VALUE_IS, property, access.get())
    }
    const [act, answer] = ACTS.get(command) ?? []
    const does = act && access[act]
    if (!does || answer === undefined) return this.refuse(frame, STATUS.INVALID_COMMAND_FOR_PROP)
    const refused = this.attempt(() => does(value))
    if (refused !== undefined) return this.refuse(frame, refused)
    // What is told of a set property is what it now is.
    const told = act === 'set' ? (access.get?.() ?? value) : value
    this.answer(transaction, answer, property, told)
  }

  /** The host's frame brings its FCS, which the radio makes itself; the outcome is told when it is known. */
  private send(frame: SpinelFrame): void {
    const { transaction, value } = frame
    const { life } = this
    const refused = this.attempt(() => {
      const request = read(streamRawRequest, value)
      return this.chip.transmit(request, outcome => {
        if (life === this.life) this.sent(transaction, request.psdu, outcome)
      })
    })
    if (refused !== undefined) this.refuse(frame, refused)
  }

  private sent(transaction: number, psdu: Uint8Array, outcome: TransmitOutcome): void {
    const status = statusOf(outcome)
    const told: PropertyValue<'LAST_STATUS'> = { status, framePending: false, headerUpdated: true }
    if (status === STATUS.OK) {
      told.framePending = outcome.is === 'acked' && outcome.framePending
      const ack = outcome.is === 'acked' ? acknowledgementOf(psdu, outcome.framePending) : new Uint8Array()
      // How strong it was is not known.
      told.acknowledgement = write(streamRaw, heard(ack, { rssiDbm: RSSI_INVALID, lqi: 0, channel: 0, timestampUs: 0 }))
    }
    this.answer(transaction, COMMAND.PROP_VALUE_IS, PROPERTY.LAST_STATUS.key, write(lastStatus, told))
    this.onTold()
  }

  private received(psdu: Uint8Array, info: ReceiveInfo): void {
    if (!this.chip.hears) return
    this.tell(0, 'STREAM_RAW', heard(withFcs(psdu), info))
    this.onTold(psdu)
  }

  /** The status of a refusal. */
  private attempt(does: () => number | undefined): number | undefined {
    try {
      return does()
    } catch (error) {
      if (error instanceof WireError) {
        this.counts.malformed++
        return STATUS.PARSE_ERROR
      }
      // What no radio takes is the host's mistake here, not ours.
      if (error instanceof InvariantError) return STATUS.INVALID_ARGUMENT
      throw error
    }
  }

  private refuse({ transaction, command, property }: SpinelFrame, status: number): void {
    this.counts.refused++
    const of = property === undefined ? '' : ` of property ${property}`
    noteRefusal(this.refusals, `command ${command}${of}: status ${status}`)
    this.status(transaction, status)
  }

  private status(transaction: number, status: number): void {
    // Who gives no transaction wants no answer.
    if (transaction !== 0) this.tell(transaction, 'LAST_STATUS', { status })
  }
  private answer(transaction: number, command: number, property: number, value: Uint8Array): void {
    if (transaction !== 0) this.write({ interfaceId: 0, transaction, command, property, value })
  }
  private tell<N extends PropertyName>(transaction: number, name: N, value: PropertyValue<N>): void {
    const property = PROPERTY[name].key
    this.write({
      interfaceId: 0,
      transaction,
      command: COMMAND.PROP_VALUE_IS,
      property,
      value: writeProperty(name, value),
    })
  }
  private write(frame: SpinelFrame): void {
    const octets = encodeHdlc(encodeSpinel(frame))
    const isOfAir = frame.property === PROPERTY.STREAM_RAW.key && frame.transaction === 0
    if (!(isOfAir ? this.deliver(octets) : this.link.write(octets))) this.counts.unsent++
  }
}

/** What a command does to a property, and the command that tells it was done. */
const ACTS: ReadonlyMap<number, readonly ['set' | 'insert' | 'remove', number]> = new Map([
  [COMMAND.PROP_VALUE_SET, ['set', COMMAND.PROP_VALUE_IS]],
  [COMMAND.PROP_VALUE_INSERT, ['insert', COMMAND.PROP_VALUE_INSERTED]],
  [COMMAND.PROP_VALUE_REMOVE, ['remove', COMMAND.PROP_VALUE_REMOVED]],
])

function statusOf(outcome: TransmitOutcome): number {
  switch (outcome.is) {
    case 'acked':
    case 'sent':
      return STATUS.OK
    case 'no-ack':
      return STATUS.NO_ACK
    case 'channel-busy':
      return STATUS.CCA_FAILURE
    case 'queue-full':
      return STATUS.BUSY
    default:
      return outcome satisfies never
  }
}

/** A frame with its FCS as the host is told of it; the signal in whole dBm. */
const heard = (psdu: Uint8Array, { rssiDbm, channel, lqi, timestampUs }: ReceiveInfo): StreamRaw => ({
  psdu,
  rssiDbm: dbm(rssiDbm),
  noiseDbm: NOISE_FLOOR_DBM,
  flags: 0,
  phy: { channel, lqi, timestampUs: BigInt(timestampUs) },
  vendor: { receiveError: 0 },
  mac: new Uint8Array(),
})

const dbm = (level: number): number => Math.max(-128, Math.min(127, Math.round(level)))

/** The acknowledgement that the radio has taken for the host. @source IEEE 802.15.4-2006, 7.2.2.3 */
const acknowledgementOf = (psdu: Uint8Array, framePending: boolean): Uint8Array =>
  withFcs(Uint8Array.of(framePending ? 0x12 : 0x02, 0, psdu[2] ?? 0))
