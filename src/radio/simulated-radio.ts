/** A radio chip on the simulated air: one frame at a time, CSMA-CA, address filter, acknowledgements and retries. */
import { InvariantError } from '../base/errors.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import type {
  Radio,
  RadioListener,
  RadioSettings,
  ReceiveInfo,
  TransmitOptions,
  TransmitOutcome,
} from '../ports/radio.ts'
import type { RandomStream, Timer } from '../ports/time.ts'
import {
  type Addressed,
  addressedTo,
  asksForAck,
  type Destination,
  FRAME_TYPE,
  frameType,
  onAir,
  pollingChild,
  sequenceOf,
} from './address-filter.ts'
import type { Air, Transmission } from './air.ts'
import type { Disturbance } from './air-faults.ts'
import { FCS_LENGTH, withFcs } from './fcs.ts'
import { NOISE_FLOOR_DBM } from './links.ts'
import { FCF } from './mac-frame.ts'
import {
  ACK_LENGTH,
  ACK_WAIT_US,
  airtimeUs,
  CCA_US,
  interframeSpaceUs,
  MAX_BE,
  MAX_CSMA_BACKOFFS,
  MIN_BE,
  TURNAROUND_US,
  UNIT_BACKOFF_US,
} from './phy.ts'
import { OUTCOME, QUEUE_LENGTH, type Scan, type Send } from './radio-jobs.ts'
import {
  checkChild,
  checkExtended,
  checkScan,
  checkSettings,
  checkTransmission,
  powerOnSettings,
} from './radio-settings.ts'

/** An acknowledgement that is due, or on the air, until `untilUs`. */
interface Ack {
  readonly octets: Uint8Array
  readonly channel: number
  readonly untilUs: Micros
  readonly timer: Timer
}

export class SimulatedRadio implements Radio {
  readonly name: string
  private readonly air: Air
  private readonly dice: RandomStream
  private readonly makersAddress: Eui64
  private current: RadioSettings
  private ownExtended: Uint8Array
  private listener: RadioListener | undefined
  private readonly pending = new Set<number | Eui64>()
  private readonly queue: (Send | Scan)[] = []
  private job: Send | Scan | undefined
  private timer: Timer | undefined
  private sending: Transmission | undefined
  private awaitedAck: number | undefined
  private ack: Ack | undefined
  /** Earliest moment of the next attempt: the gap behind our last frame. */
  private readyUs: Micros = 0
  /** Counts resets, so that nothing from before one happens after it. */
  private life = 0

  /** Made by `Air.radio`. */
  constructor(name: string, world: { air: Air; dice: RandomStream }, extendedAddress: Eui64) {
    checkExtended(name, extendedAddress)
    this.name = name
    this.air = world.air
    this.dice = world.dice
    this.makersAddress = extendedAddress
    this.current = powerOnSettings(extendedAddress)
    this.ownExtended = onAir(extendedAddress)
  }

  get settings(): Readonly<RadioSettings> {
    return this.current
  }

  configure(changes: Partial<RadioSettings>): void {
    checkSettings(this.name, changes)
    const before = this.tunedTo
    this.current = { ...this.current, ...changes }
    this.ownExtended = onAir(this.current.extendedAddress)
    this.retuned(before)
    this.fallAsleep()
  }

  listen(listener: RadioListener): void {
    this.listener = listener
  }

  transmit(psdu: Uint8Array, options: TransmitOptions = {}, onDone?: (outcome: TransmitOutcome) => void): void {
    checkTransmission(this.name, psdu, options)
    const { channel = this.current.channel, csma = true, attempts = 4 } = options
    if (this.queue.length >= QUEUE_LENGTH) {
      this.later(0, 'queue full', () => onDone?.(OUTCOME.queueFull))
      return
    }
    this.enqueue({ do: 'send', octets: withFcs(psdu), channel, csma, onDone, attemptsLeft: attempts, backoffs: 0 })
  }

  energyScan(channel: number, forUs: Micros, onDone: (maxRssiDbm: number) => void): void {
    checkScan(this.name, channel, forUs)
    if (this.queue.length >= QUEUE_LENGTH) {
      throw new InvariantError(`radio ${this.name}: ${QUEUE_LENGTH} frames and scans wait already`)
    }
    this.enqueue({ do: 'scan', channel, forUs, onDone, strongestDbm: NOISE_FLOOR_DBM })
  }

  setFramePending(child: number | Eui64, pending: boolean): void {
    checkChild(this.name, child)
    if (pending) this.pending.add(child)
    else this.pending.delete(child)
  }

  reset(): void {
    this.life++
    this.timer?.cancel()
    this.ack?.timer.cancel()
    if (this.sending) this.air.cut(this.sending)
    this.air.deafen(this, 'reset')
    this.job = this.sending = this.awaitedAck = this.ack = undefined
    this.queue.length = 0
    this.pending.clear()
    this.current = powerOnSettings(this.makersAddress)
    this.ownExtended = onAir(this.makersAddress)
  }

  // What the air asks and tells.

  get tunedTo(): number {
    return this.job?.channel ?? this.current.channel
  }
  /** Undefined when it is listening. */
  get whyNotListening(): string | undefined {
    if (this.sending) return 'sending'
    if (this.job?.do === 'scan') return 'scanning'
    return this.current.rxOnWhenIdle || this.awaitedAck !== undefined ? undefined : 'asleep'
  }
  /** For whom a frame (with FCS) is, seen from here. */
  addressed(octets: Uint8Array, destination: Destination): Addressed {
    if (this.isAwaited(octets)) return 'unicast'
    return addressedTo(octets, destination, this.current, this.ownExtended)
  }
  /** It does something with this frame (with FCS): otherwise nobody behind it learns that it was there. */
  takes(octets: Uint8Array, destination: Destination): boolean {
    return this.current.promiscuous || this.addressed(octets, destination) !== 'other'
  }
  /** A frame begins that is this strong here. */
  sense(rssiDbm: number): void {
    if (this.job?.do === 'scan' && rssiDbm > this.job.strongestDbm) this.job.strongestDbm = rssiDbm
  }
  /** A frame (with FCS, which is right), now our own, has been heard to its end. */
  hear(octets: Uint8Array, destination: Destination, info: ReceiveInfo, disturbance?: Disturbance): void {
    const awaited = this.isAwaited(octets)
    const addressed = awaited ? 'other' : addressedTo(octets, destination, this.current, this.ownExtended)
    if (addressed === 'unicast' && asksForAck(octets)) this.acknowledge(octets, info.channel)
    if (addressed !== 'other' || this.current.promiscuous) this.handUp(octets, info, disturbance)
    if (awaited) {
      this.timer?.cancel()
      this.finish((octets[0] ?? 0) & FCF.framePending ? OUTCOME.ackedMore : OUTCOME.acked)
    }
  }
  /** What we were sending is over. */
  transmitted(transmission: Transmission): void {
    if (this.sending !== transmission) return
    this.sending = undefined
    if (transmission.octets === this.ack?.octets) {
      this.ack = undefined
      return
    }
    if (!asksForAck(transmission.octets)) return this.finish(OUTCOME.sent)
    this.awaitedAck = sequenceOf(transmission.octets)
    this.timer = this.air.timers.after(ACK_WAIT_US, 'acknowledgement missed', this.ackMissed)
  }

  // One job after another.

  private enqueue(job: Send | Scan): void {
    this.queue.push(job)
    if (!this.job) this.next()
  }

  private next(): void {
    const before = this.tunedTo
    this.job = this.queue.shift()
    this.retuned(before)
    if (this.job?.do === 'send') this.accessChannel(this.job)
    else if (this.job) this.scan(this.job)
  }

  private scan(job: Scan): void {
    this.air.deafen(this, 'scanning')
    this.sense(this.air.energyDbm(this, job.channel, 0))
    this.timer = this.air.timers.after(job.forUs, 'energy scan', () => {
      this.sense(this.air.energyDbm(this, job.channel, job.forUs))
      this.next()
      job.onDone(job.strongestDbm)
    })
  }

  /** Unslotted CSMA-CA. @source IEEE 802.15.4-2006, 7.5.1.4 */
  private accessChannel(job: Send): void {
    const nowUs = this.air.clock.nowUs()
    const readyUs = Math.max(nowUs, this.readyUs, this.ack?.untilUs ?? 0)
    const exponent = Math.min(MIN_BE + job.backoffs, MAX_BE)
    const accessUs = job.csma ? this.dice.int(2 ** exponent) * UNIT_BACKOFF_US + CCA_US : 0
    this.timer = this.air.timers.after(readyUs - nowUs + accessUs, 'channel access', this.channelAssessed)
  }

  private readonly channelAssessed = (): void => {
    const job = this.job as Send
    if (job.csma && (this.ack || this.air.isBusy(this, job.channel))) {
      if (++job.backoffs > MAX_CSMA_BACKOFFS) this.finish(OUTCOME.channelBusy)
      else this.accessChannel(job)
    } else {
      this.timer = this.air.timers.after(TURNAROUND_US, 'send', this.send)
    }
  }

  private readonly send = (): void => {
    const job = this.job as Send
    if (this.ack) return this.accessChannel(job)
    job.attemptsLeft--
    this.air.deafen(this, 'sending')
    this.sending = this.air.begin(this, job.octets, job.channel)
  }

  private readonly ackMissed = (): void => {
    const job = this.job as Send
    if (job.attemptsLeft === 0) return this.finish(OUTCOME.noAck)
    this.awaitedAck = undefined
    this.fallAsleep()
    job.backoffs = 0
    this.accessChannel(job)
  }

  private finish(outcome: TransmitOutcome): void {
    const job = this.job as Send
    this.awaitedAck = undefined
    this.readyUs = this.air.clock.nowUs() + interframeSpaceUs(job.octets.length)
    this.next()
    job.onDone?.(outcome)
    // Only now: the host may have chosen to go on listening.
    this.fallAsleep()
  }

  // Acknowledging and handing up.

  private acknowledge(octets: Uint8Array, channel: number): void {
    const child = pollingChild(octets)
    const pending = child !== undefined && (!this.current.sourceMatch || this.pending.has(child))
    const control = FRAME_TYPE.ack | (pending ? FCF.framePending : 0)
    const { clock, timers } = this.air
    this.ack = {
      octets: withFcs(Uint8Array.of(control, 0, sequenceOf(octets))),
      channel,
      untilUs: clock.nowUs() + TURNAROUND_US + airtimeUs(ACK_LENGTH),
      timer: timers.after(TURNAROUND_US, 'acknowledge', this.sendAck),
    }
  }

  private readonly sendAck = (): void => {
    const { octets, channel } = this.ack as Ack
    this.air.deafen(this, 'sending')
    this.sending = this.air.begin(this, octets, channel)
  }

  private isAwaited(octets: Uint8Array): boolean {
    return (
      this.awaitedAck !== undefined &&
      octets.length === ACK_LENGTH &&
      frameType(octets) === FRAME_TYPE.ack &&
      sequenceOf(octets) === this.awaitedAck
    )
  }

  private handUp(octets: Uint8Array, info: ReceiveInfo, disturbance: Disturbance | undefined): void {
    const psdu = octets.subarray(0, octets.length - FCS_LENGTH)
    if (!disturbance) return this.listener?.onReceive(psdu, info)
    const { delayUs, againUs } = disturbance
    if (againUs !== undefined) {
      const again = psdu.slice()
      this.later(delayUs + againUs, 'frame again', () => this.listener?.onReceive(again, info))
    }
    if (delayUs === 0) this.listener?.onReceive(psdu, info)
    else this.later(delayUs, 'frame delayed', () => this.listener?.onReceive(psdu, info))
  }

  private later(delayUs: Micros, name: string, call: () => void): void {
    const { life } = this
    this.air.timers.after(delayUs, name, () => {
      if (life === this.life) call()
    })
  }

  private retuned(before: number): void {
    if (this.tunedTo !== before) this.air.deafen(this, 'retuned')
  }
  private fallAsleep(): void {
    if (this.whyNotListening === 'asleep') this.air.deafen(this, 'asleep')
  }
}
