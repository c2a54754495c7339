/**
 * The simulated air of one installation: carries copies of octets from radio to radio, with airtime, range, loss,
 * collisions and faults. A function of its dice and of what is sent.
 */
import { InvariantError } from '../base/errors.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import type { ReceiveInfo } from '../ports/radio.ts'
import type { Clock, Random, RandomStream, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import { type Destination, destinationOf } from './address-filter.ts'
import type { AirFault } from './air-fault.ts'
import { AirFaults, type InjectedFault, type Passage } from './air-faults.ts'
import { hasGoodFcs } from './fcs.ts'
import { CCA_THRESHOLD_DBM, type Link, Links, lqiOf, NOISE_FLOOR_DBM, SENSITIVITY_DBM } from './links.ts'
import { airtimeUs, CCA_US, SFD_US } from './phy.ts'
import { Replayer } from './replayer.ts'
import { SimulatedRadio } from './simulated-radio.ts'

export interface AirOptions {
  clock: Clock
  timers: Timers
  random: Random
  trace: Trace
  /** Of two frames that overlap, the one stronger by this many dB survives; 6 when absent. @source assumed */
  captureDb?: number
}

/** A frame as a sniffer records it. */
export interface CapturedFrame {
  /** Name of the radio that sent it. */
  from: string
  channel: number
  /** With FCS. Must not be kept; copy it. */
  octets: Uint8Array
  /** First and last moment of the frame on the air, preamble included. */
  startUs: Micros
  endUs: Micros
  rssiDbm: number
  lqi: number
}

/** A frame on the air. */
export interface Transmission {
  readonly from: SimulatedRadio
  readonly channel: number
  readonly octets: Uint8Array
  readonly destination: Destination
  readonly startUs: Micros
  endUs: Micros
  readonly arrivals: Arrival[]
}

/** Another radio, and how it hears a transmitter. */
interface Receiver {
  readonly at: SimulatedRadio
  readonly link: Readonly<Link>
  readonly lqi: number
}

/** A frame as it comes in at one radio. */
interface Arrival extends Receiver {
  /** Why it will not be heard. */
  missed: string | undefined
}

/** Name of the foreign transmitter among the radios and in the link table. */
const REPLAYER = 'replayer'

export class Air {
  readonly links = new Links()
  readonly clock: Clock
  readonly timers: Timers
  private readonly random: Random
  private readonly trace: Trace
  private readonly captureDb: number
  private readonly faults: AirFaults
  private readonly radios = new Map<string, SimulatedRadio>()
  private readonly taps = new Set<(frame: CapturedFrame) => void>()
  private readonly dice = new Map<string, RandomStream>()
  /** Of each transmitter, as the link table stood when it was last asked. */
  private readonly receivers = new Map<SimulatedRadio, { revision: number; all: readonly Receiver[] }>()
  /** There once a fault has called for it. */
  private replayer: Replayer | undefined
  /** On the air now, or until a moment ago. */
  private transmissions: Transmission[] = []

  constructor({ clock, timers, random, trace, captureDb = 6 }: AirOptions) {
    this.clock = clock
    this.timers = timers
    this.random = random
    this.trace = trace
    this.captureDb = captureDb
    this.faults = new AirFaults({ clock, random, trace, captureDb, radios: () => [...this.radios.keys()] })
  }

  /** A new radio on this air. @throws InvariantError when the name is taken */
  radio(name: string, extendedAddress: Eui64): SimulatedRadio {
    if (this.radios.has(name)) throw new InvariantError(`air: there is a radio "${name}" already`)
    const radio = new SimulatedRadio(
      name,
      { air: this, dice: this.random.stream(`air/backoff/${name}`) },
      extendedAddress,
    )
    this.radios.set(name, radio)
    this.receivers.clear()
    return radio
  }

  /** Makes something go wrong until it is lifted. @throws InvariantError when a value is out of range or names no radio */
  inject(fault: AirFault): InjectedFault {
    const injected = this.faults.inject(fault)
    if (fault.kind === 'replay') {
      const { timers, trace, faults } = this
      this.replayer ??= new Replayer({ radio: this.radio(REPLAYER, 'ffffffffffffffff'), timers, trace, faults })
    }
    return injected
  }

  /**
   * Records every frame as it begins, as sent, where `at` would hear it (a name of the link table).
   * Returns what ends it.
   */
  tap(listener: (frame: CapturedFrame) => void, at = 'sniffer'): () => void {
    const tap = (frame: CapturedFrame) => {
      const link = this.links.between(frame.from, at)
      if (link.rssiDbm >= SENSITIVITY_DBM) listener({ ...frame, rssiDbm: link.rssiDbm, lqi: lqiOf(link) })
    }
    this.taps.add(tap)
    return () => void this.taps.delete(tap)
  }

  /** Puts a frame (with FCS) on the air; `from.transmitted()` follows when it is over. */
  begin(from: SimulatedRadio, octets: Uint8Array, channel: number): Transmission {
    const startUs = this.clock.nowUs()
    const endUs = startUs + airtimeUs(octets.length)
    const destination = destinationOf(octets)
    const transmission: Transmission = { from, channel, octets, destination, startUs, endUs, arrivals: [] }
    this.forgetBefore(startUs - CCA_US)
    if (!this.faults.isOff(from.name)) {
      this.arrive(transmission)
      this.transmissions.push(transmission)
      if (this.replayer && this.links.between(from.name, REPLAYER).rssiDbm >= SENSITIVITY_DBM) {
        this.replayer.hear({ from: from.name, octets, channel })
      }
      for (const tap of this.taps) tap({ from: from.name, channel, octets, startUs, endUs, rssiDbm: 0, lqi: 0 })
    }
    this.timers.after(endUs - startUs, 'frame over', () => this.finish(transmission))
    return transmission
  }

  /** The transmitter stopped: nobody hears the rest. */
  cut(transmission: Transmission): void {
    transmission.endUs = this.clock.nowUs()
    for (const arrival of transmission.arrivals) arrival.missed ??= 'cut short'
  }

  /** The radio stops listening, or listens elsewhere: what it was hearing is lost to it. */
  deafen(radio: SimulatedRadio, reason: string): void {
    const nowUs = this.clock.nowUs()
    for (const { arrivals, endUs } of this.transmissions) {
      if (endUs <= nowUs) continue
      for (const arrival of arrivals) if (arrival.at === radio) arrival.missed ??= reason
    }
  }

  /** Strongest signal a radio could measure on a channel during the last `windowUs`, up to now, dBm. */
  energyDbm(radio: SimulatedRadio, channel: number, windowUs: Micros): number {
    const nowUs = this.clock.nowUs()
    const startUs = nowUs - windowUs
    let strongest = this.faults.none ? NOISE_FLOOR_DBM : this.faults.interferenceDbm(channel, { startUs, endUs: nowUs })
    for (const { from, channel: other, endUs } of this.transmissions) {
      if (other !== channel || endUs <= startUs || from === radio) continue
      strongest = Math.max(strongest, this.links.between(from.name, radio.name).rssiDbm)
    }
    return Math.max(strongest, NOISE_FLOOR_DBM)
  }

  /** Whether a radio finds a channel busy: energy during the assessment, or a frame coming in. */
  isBusy(radio: SimulatedRadio, channel: number): boolean {
    if (this.energyDbm(radio, channel, CCA_US) >= CCA_THRESHOLD_DBM) return true
    const nowUs = this.clock.nowUs()
    return this.transmissions.some(
      ({ arrivals, endUs }) => endUs > nowUs && arrivals.some(({ at, missed }) => at === radio && missed === undefined),
    )
  }

  /** Notes the start of a frame at every radio in range, and what it spoils. */
  private arrive(transmission: Transmission): void {
    const { from, channel, arrivals, startUs } = transmission
    for (const { at, link, lqi } of this.receiversOf(from)) {
      if (at.tunedTo !== channel) continue
      at.sense(link.rssiDbm)
      if (link.rssiDbm < SENSITIVITY_DBM) continue
      const arrival: Arrival = { at, link, lqi, missed: at.whyNotListening }
      for (const other of this.transmissions) {
        if (other.channel === channel && other.endUs > startUs) this.collide(arrival, other)
      }
      arrivals.push(arrival)
    }
  }

  /** Two frames at one radio: the stronger survives if it is stronger by enough. */
  private collide(arrival: Arrival, other: Transmission): void {
    const otherDbm = this.links.between(other.from.name, arrival.at.name).rssiDbm
    if (otherDbm < SENSITIVITY_DBM) return
    const ahead = arrival.link.rssiDbm - otherDbm
    if (ahead < this.captureDb) arrival.missed ??= 'collision'
    if (-ahead >= this.captureDb) return
    for (const earlier of other.arrivals) if (earlier.at === arrival.at) earlier.missed ??= 'collision'
  }

  private finish(transmission: Transmission): void {
    for (const arrival of transmission.arrivals) this.deliver(transmission, arrival)
    transmission.from.transmitted(transmission)
  }

  private deliver(transmission: Transmission, { at, link, lqi, missed }: Arrival): void {
    const { from, channel, octets, destination, startUs, endUs } = transmission
    const info = { rssiDbm: link.rssiDbm, lqi, channel, timestampUs: startUs + SFD_US }
    if (missed === undefined && !link.loss && this.faults.none) {
      // Nothing can become of it on the way: who does not take it need not have a copy.
      if (at.takes(octets, destination)) at.hear(octets.slice(), destination, info)
      return
    }
    const passage = { from: from.name, to: at.name, channel, rssiDbm: link.rssiDbm, startUs, endUs }
    const reason = missed ?? (this.isLost(link, passage) ? 'loss' : this.faults.swallows(passage))
    if (reason !== undefined) {
      const addressed = at.addressed(octets, destination)
      // That sleepers miss broadcasts is their nature.
      if (addressed === 'unicast' || (addressed === 'broadcast' && reason !== 'asleep')) this.lose(passage, reason)
      return
    }
    this.disturb(at, passage, octets.slice(), info)
  }

  /** What faults leave of a frame, to the radio that hears it. */
  private disturb(at: SimulatedRadio, passage: Passage, octets: Uint8Array, info: ReceiveInfo): void {
    const { from, to, channel } = passage
    const disturbance = this.faults.disturbs(passage, octets)
    for (const fault of disturbance?.faults ?? []) {
      this.trace.emit({ kind: 'radio.frame-disturbed', from, to, channel, fault })
    }
    if (hasGoodFcs(octets)) at.hear(octets, destinationOf(octets), info, disturbance)
    else this.lose(passage, 'bad-fcs')
  }

  private receiversOf(from: SimulatedRadio): readonly Receiver[] {
    const { links } = this
    const known = this.receivers.get(from)
    if (known?.revision === links.revision) return known.all
    const others = [...this.radios.values()].filter(at => at !== from)
    const all = others.map(at => {
      const link = links.between(from.name, at.name)
      return { at, link, lqi: lqiOf(link) }
    })
    this.receivers.set(from, { revision: links.revision, all })
    return all
  }

  private lose({ from, to, channel }: { from: string; to: string; channel: number }, reason: string): void {
    this.trace.emit({ kind: 'radio.frame-lost', from, to, channel, reason })
  }

  private isLost({ loss = 0 }: Readonly<Link>, { from, to }: { from: string; to: string }): boolean {
    if (loss === 0) return false
    const pair = `${from}>${to}`
    const dice = this.dice.get(pair) ?? this.random.stream(`air/loss/${pair}`)
    this.dice.set(pair, dice)
    return dice.next() < loss
  }

  private forgetBefore(us: Micros): void {
    if (this.transmissions.length === 0) return
    if (this.transmissions.some(({ endUs }) => endUs <= us)) {
      this.transmissions = this.transmissions.filter(({ endUs }) => endUs > us)
    }
  }
}
