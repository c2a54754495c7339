/**
 * Drives an OpenThread radio co-processor (RCP) and offers it as a Radio. The line may go down and come up again, and the
 * RCP may restart: it is then brought to the settings wanted and to the children listed, and goes on.
 *
 * What Spinel has no words for: `panCoordinator` is kept here but not told. When nothing is known of a frame because the RCP
 * has gone, its outcome is `no-ack`, or `channel-busy` when it was not sent; a channel not measured has 127 dBm.
 * @source draft-rquattle-spinel-unified; OpenThread, radio_spinel.cpp
 */
import { InvariantError, readable } from '../../base/errors.ts'
import type { Eui64, Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { Radio, RadioListener, RadioSettings, TransmitOptions, TransmitOutcome } from '../../ports/radio.ts'
import type { Clock, Timer, Timers } from '../../ports/time.ts'
import { FCS_LENGTH } from '../../radio/fcs.ts'
import { OUTCOME, QUEUE_LENGTH } from '../../radio/radio-jobs.ts'
import { checkChild, checkScan, checkSettings, checkTransmission, powerOnSettings } from '../../radio/radio-settings.ts'
import { encodeHdlc, HdlcReader } from '../../wire/hdlc.ts'
import { COMMAND, decodeSpinel, encodeSpinel, isResetStatus, RESET, type SpinelFrame } from '../../wire/spinel/frame.ts'
import { PROPERTY, type PropertyName, readProperty, type StreamRaw } from '../../wire/spinel/properties.ts'
import { type Identity, identify } from './identify.ts'
import { ANSWER_WAIT_US, Jobs } from './jobs.ts'
import { SettingsSync } from './settings-sync.ts'
import { answerOf, Transactions } from './transactions.ts'

/** For the notice that a reset has been done. @source OpenThread, RadioSpinel; zigbee-on-host waits as long */
const RESET_WAIT_US = seconds(5)
/** Before one that cannot be driven is asked again. */
const UNUSABLE_WAIT_US = seconds(10)
/** Answers lost, one after the other, before the RCP is reset. */
const LOST_BEFORE_RESET = 3
/** Before the RCP has told its own. */
const NO_ADDRESS: Eui64 = 'ffffffffffffffff'
/** The longest scan Spinel has words for. */
const LONGEST_SCAN_MS = 0xffff

export type SpinelRadioState =
  /** The line is down. */
  | { readonly is: 'down'; readonly why: string }
  /** Being reset and asked what it is. */
  | { readonly is: 'starting' }
  | { readonly is: 'ready'; readonly identity: Identity }
  /** No RCP that can be driven; asked again after a while, in case it was misheard. */
  | { readonly is: 'unusable'; readonly why: string }

export interface SpinelRadioOptions {
  link: ByteLink
  clock: Clock
  timers: Timers
  /** Told at each change. */
  onState?: (state: SpinelRadioState) => void
}

export interface SpinelRadioCounts {
  /** Frames of good FCS that cannot be read. */
  malformed: number
  /** Answers to nothing that was asked. */
  unasked: number
  /** Answers that did not come in time. */
  lost: number
  /** Settings, children and jobs that the RCP refused. */
  refused: number
  /** Times the RCP was reset from here, or restarted by itself. */
  restarts: number
}

export class SpinelRadio implements Radio {
  readonly counts: SpinelRadioCounts = { malformed: 0, unasked: 0, lost: 0, refused: 0, restarts: 0 }
  private readonly options: SpinelRadioOptions
  private readonly reader = new HdlcReader(body => this.read(body))
  private readonly transactions: Transactions
  private readonly jobs: Jobs
  private readonly sync = new SettingsSync()
  private current = powerOnSettings(NO_ADDRESS)
  private makersAddress = NO_ADDRESS
  private listener: RadioListener | undefined
  private now: SpinelRadioState
  private resetTimer: Timer | undefined
  private lostInRow = 0
  /** Counts resets, so that nothing from before one is told after it. */
  private life = 0

  constructor(options: SpinelRadioOptions) {
    this.options = options
    const { timers, link } = options
    this.now = link.up ? { is: 'starting' } : { is: 'down', why: 'not up yet' }
    this.transactions = new Transactions(timers, frame => this.write(frame))
    this.jobs = new Jobs({
      timers,
      ask: (question, waitUs, onAnswer) => this.transactions.ask(question, waitUs, onAnswer),
      onLost: () => this.start(),
      onRefused: () => void this.counts.refused++,
    })
    link.listen({
      onOctets: octets => this.reader.push(octets),
      onUp: () => this.start(),
      onDown: why => this.gone({ is: 'down', why }),
    })
  }

  get settings(): Readonly<RadioSettings> {
    return this.current
  }
  get state(): SpinelRadioState {
    return this.now
  }
  /** What came over the line. */
  get line() {
    return this.reader.counts
  }
  /** Settings that the RCP would not take, by property. */
  get refusedSettings(): ReadonlySet<PropertyName> {
    return this.sync.refused
  }

  configure(changes: Partial<RadioSettings>): void {
    checkSettings(this.options.link.name, changes)
    this.current = { ...this.current, ...changes }
    this.pump()
  }
  listen(listener: RadioListener): void {
    this.listener = listener
  }
  setFramePending(child: number | Eui64, pending: boolean): void {
    checkChild(this.options.link.name, child)
    this.sync.setPending(child, pending)
    this.pump()
  }

  transmit(psdu: Uint8Array, options: TransmitOptions = {}, onDone?: (outcome: TransmitOutcome) => void): void {
    checkTransmission(this.options.link.name, psdu, options)
    if (this.absent) return this.later(() => onDone?.(OUTCOME.channelBusy))
    if (this.jobs.full) return this.later(() => onDone?.(OUTCOME.queueFull))
    this.jobs.send(psdu, options, onDone)
    this.pump()
  }
  energyScan(channel: number, forUs: Micros, onDone: (maxRssiDbm: number) => void): void {
    const { name } = this.options.link
    checkScan(name, channel, forUs)
    const periodMs = Math.ceil(forUs / 1_000)
    if (periodMs > LONGEST_SCAN_MS) throw new InvariantError(`radio ${name}: a scan of at most 65.535 s expected`)
    if (this.jobs.full) throw new InvariantError(`radio ${name}: ${QUEUE_LENGTH} frames and scans wait already`)
    this.jobs.scan(channel, periodMs, onDone)
    if (this.absent) this.later(() => this.jobs.refuse())
    else this.pump()
  }

  reset(): void {
    this.life++
    this.jobs.forget()
    this.sync.pending.clear()
    this.current = powerOnSettings(this.makersAddress)
    if (this.options.link.up) this.start()
  }

  // From line up to ready, and back.

  private get absent(): boolean {
    return this.now.is === 'down' || this.now.is === 'unusable'
  }

  /** Resets the RCP, until it tells that it has been. */
  private start(): void {
    this.restarted()
    this.write({
      interfaceId: 0,
      transaction: 0,
      command: COMMAND.RESET,
      property: undefined,
      value: Uint8Array.of(RESET.stack),
    })
    this.resetTimer = this.options.timers.after(RESET_WAIT_US, 'spinel reset', () => {
      this.counts.lost++
      // Nobody may be there for long: what waits is not kept.
      this.jobs.refuse()
      this.start()
    })
  }
  /** The RCP knows nothing any more. */
  private restarted(): void {
    this.resetTimer?.cancel()
    this.transactions.forget()
    this.sync.restart()
    this.lostInRow = 0
    if (this.now.is === 'ready') this.counts.restarts++
    this.become({ is: 'starting' })
    this.jobs.abandon()
  }
  private identify(): void {
    this.restarted()
    identify(this.transactions, found => {
      if (found.is === 'lost') {
        this.counts.lost++
        this.start()
      } else if (found.is === 'unusable') {
        this.gone(found)
        this.resetTimer = this.options.timers.after(UNUSABLE_WAIT_US, 'spinel again', () => this.start())
      } else this.ready(found.identity)
    })
  }
  private ready(identity: Identity): void {
    if (this.current.extendedAddress === this.makersAddress) {
      this.current = { ...this.current, extendedAddress: identity.eui64 }
    }
    this.makersAddress = identity.eui64
    this.become({ is: 'ready', identity })
    this.pump()
  }
  private gone(state: SpinelRadioState): void {
    this.resetTimer?.cancel()
    this.transactions.forget()
    this.reader.restart()
    this.become(state)
    this.jobs.abandon()
    this.jobs.refuse()
  }
  private become(state: SpinelRadioState): void {
    if (this.now.is === state.is) return
    this.now = state
    this.options.onState?.(state)
  }

  /** Tells what is to be told; then, and only then, the next job. */
  private pump(): void {
    while (this.now.is === 'ready' && this.transactions.room > 0) {
      const telling = this.sync.next(this.current)
      if (telling) {
        this.transactions.ask(telling.question, ANSWER_WAIT_US, answer => {
          if (!telling.answered(answer)) this.counts.refused++
          if (answer.is === 'lost') this.answerLost()
          this.pump()
        })
      } else {
        // A scan asks three questions.
        if (this.jobs.idle && this.transactions.room >= 3) this.jobs.next(this.current)
        return
      }
    }
  }
  private answerLost(): void {
    this.counts.lost++
    if (++this.lostInRow >= LOST_BEFORE_RESET) this.start()
  }

  // What the RCP says.

  private read(body: Uint8Array): void {
    const frame = readable(() => decodeSpinel(body), this.counts)
    if (frame?.interfaceId !== 0 || this.absent) return
    if (frame.transaction === 0) this.hear(frame)
    else this.answered(frame)
  }
  private answered(frame: SpinelFrame): void {
    const answer = readable(() => answerOf(frame), this.counts)
    if (!answer || !this.transactions.take(frame.transaction, answer)) this.counts.unasked++
    this.pump()
  }
  /** What it says unasked. */
  private hear({ command, property, value }: SpinelFrame): void {
    if (command !== COMMAND.PROP_VALUE_IS) return
    switch (property) {
      case PROPERTY.LAST_STATUS.key: {
        const told = readable(() => readProperty('LAST_STATUS', value), this.counts)
        if (told && isResetStatus(told.status)) this.identify()
        return
      }
      case PROPERTY.STREAM_RAW.key: {
        const told = readable(() => readProperty('STREAM_RAW', value), this.counts)
        if (told && this.now.is === 'ready') this.received(told)
        return
      }
      case PROPERTY.MAC_ENERGY_SCAN_RESULT.key: {
        const told = readable(() => readProperty('MAC_ENERGY_SCAN_RESULT', value), this.counts)
        if (told) this.jobs.measured(told.channel, told.maxRssiDbm)
        return this.pump()
      }
      default:
        return
    }
  }

  /** An RCP's clock is not ours: a frame has been heard when it is here. */
  private received({ psdu, rssiDbm = -128, flags = 0, phy, vendor }: StreamRaw): void {
    const SENT_FROM_HERE = 1
    if (flags & SENT_FROM_HERE || vendor?.receiveError || psdu.length < 3 + FCS_LENGTH) return
    const { channel = this.current.channel, lqi = 0 } = phy ?? {}
    const timestampUs = this.options.clock.nowUs()
    this.listener?.onReceive(psdu.subarray(0, psdu.length - FCS_LENGTH), { rssiDbm, lqi, channel, timestampUs })
  }

  private write(frame: SpinelFrame): void {
    // What the line does not take is missed like any answer.
    this.options.link.write(encodeHdlc(encodeSpinel(frame)))
  }
  private later(call: () => void): void {
    const { life } = this
    this.options.timers.after(0, 'spinel refused', () => {
      if (life === this.life) call()
    })
  }
}
