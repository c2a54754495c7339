/** What all of the MAC layer shares: the radio and how it is tuned, sequence numbers, counts. */
import type { Eui64 } from '../../base/ids.ts'
import type { Radio, RadioSettings, TransmitOptions, TransmitOutcome } from '../../ports/radio.ts'
import type { RandomStream, Timers } from '../../ports/time.ts'
import {
  BROADCAST_ADDRESS,
  BROADCAST_PAN,
  encodeMacFrame,
  type MacAddress,
  type MacFrame,
} from '../../radio/mac-frame.ts'
import type { MacOutcome } from '../mac-service.ts'
import { Outbox } from './outbox.ts'

/** What the layer above asked for. */
export interface Place {
  channel: number
  panId: number
  /** Own short address; 0xffff none. */
  address: number
  rxOnWhenIdle: boolean
}

/** Frames that came to nothing. */
export interface MacCounters {
  /** Did not decode. */
  malformed: number
  /** For or from elsewhere. */
  foreign: number
  /** For this node, but not asked for and not understood. */
  unexpected: number
  /** Retransmissions of a frame heard already. */
  duplicates: number
  /** Association requests beyond the bound. */
  turnedAway: number
}

/** Addresses that one node can have. @source ZigBee PRO, 3.6.1.7 */
export const isNodeAddress = (address: number): boolean => address < 0xfff8

export class MacLink {
  readonly eui64: Eui64
  readonly timers: Timers
  readonly dice: RandomStream
  readonly counters: MacCounters = { malformed: 0, foreign: 0, unexpected: 0, duplicates: 0, turnedAway: 0 }
  private readonly radio: Radio
  private readonly outbox: Outbox
  private sequence: number
  private asked: Place
  /** What a scan or an association needs meanwhile. */
  private borrowed: Partial<Place> = {}
  /** Where the radio is now. */
  private current: Readonly<Place>

  constructor(parts: { radio: Radio; timers: Timers; random: RandomStream; eui64: Eui64 }) {
    this.radio = parts.radio
    this.outbox = new Outbox(parts)
    this.timers = parts.timers
    this.dice = parts.random
    this.eui64 = parts.eui64
    this.sequence = this.dice.int(256)
    this.radio.reset()
    const { channel } = this.radio.settings
    this.asked = { channel, panId: BROADCAST_PAN, address: BROADCAST_ADDRESS, rxOnWhenIdle: true }
    this.current = this.asked
    this.radio.configure({ extendedAddress: this.eui64, sourceMatch: true })
    this.tune()
  }

  /** Where the radio is now. */
  get place(): Readonly<Place> {
    return this.current
  }
  /** Whether frames can be sent to and from short addresses. */
  get isOnNetwork(): boolean {
    return this.place.panId !== BROADCAST_PAN && isNodeAddress(this.place.address)
  }
  /** The address this node is known by: its short one as soon as it has one. */
  get source(): MacAddress {
    const { panId, address } = this.place
    return isNodeAddress(address) ? { panId, short: address } : { panId, extended: this.eui64 }
  }

  /** From now on. */
  settle(changes: Partial<Place>): void {
    const { channel, panId, address, rxOnWhenIdle } = this.asked
    this.asked = {
      channel: changes.channel ?? channel,
      panId: changes.panId ?? panId,
      address: changes.address ?? address,
      rxOnWhenIdle: changes.rxOnWhenIdle ?? rxOnWhenIdle,
    }
    this.tune()
  }
  /** On top of what is settled, until `giveBack`. */
  borrow(changes: Partial<Place>): void {
    this.borrowed = { ...this.borrowed, ...changes }
    this.tune()
  }
  giveBack(...names: readonly (keyof Place)[]): void {
    for (const name of names) delete this.borrowed[name]
    this.tune()
  }

  nextSequence(): number {
    this.sequence = (this.sequence + 1) & 0xff
    return this.sequence
  }

  /**
   * Sends on the channel of this moment, whatever is tuned to before its turn comes. `urgent`: to somebody who listens
   * only for a moment. @throws InvariantError when the frame does not fit
   */
  transmit(
    frame: MacFrame,
    options: TransmitOptions & { urgent?: boolean } = {},
    onDone?: (outcome: TransmitOutcome) => void,
  ): void {
    this.outbox.send(encodeMacFrame(frame), { channel: this.place.channel, ...options }, onDone)
  }
  setFramePending(child: number | Eui64, pending: boolean): void {
    this.radio.setFramePending(child, pending)
  }

  /** Tells an outcome that is known already, but not inside the call. */
  later(name: string, tell: (() => void) | undefined): void {
    if (tell) this.timers.after(0, name, tell)
  }

  private tune(): void {
    this.current = { ...this.asked, ...this.borrowed }
    const { channel, panId, address, rxOnWhenIdle } = this.current
    const wanted: Partial<RadioSettings> = { channel, panId, shortAddress: address, rxOnWhenIdle }
    this.radio.configure(wanted)
  }
}

/** What the layer above hears of a transmission. */
export function outcomeOf(outcome: TransmitOutcome): MacOutcome {
  switch (outcome.is) {
    case 'acked':
    case 'sent':
      return 'sent'
    case 'queue-full':
      return 'refused'
    case 'no-ack':
    case 'channel-busy':
      return outcome.is
    default:
      return outcome satisfies never
  }
}
