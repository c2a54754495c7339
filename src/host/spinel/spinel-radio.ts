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
import type { ByteLink } from '../../ports/byte-link.ts'
import type { Radio, RadioListener, RadioSettings, TransmitOptions, TransmitOutcome } from '../../ports/radio.ts'
import type { Clock, Timers } from '../../ports/time.ts'
import { FCS_LENGTH } from '../../radio/fcs.ts'
import { OUTCOME, QUEUE_LENGTH } from '../../radio/radio-jobs.ts'
import { checkChild, checkScan, checkSettings, checkTransmission, powerOnSettings } from '../../radio/radio-settings.ts'
import { encodeHdlc, HdlcReader } from '../../wire/hdlc.ts'
import { COMMAND, decodeSpinel, encodeSpinel, isResetStatus, type SpinelFrame } from '../../wire/spinel/frame.ts'
import { PROPERTY, type PropertyName, readProperty, type StreamRaw } from '../../wire/spinel/properties.ts'
import { ANSWER_WAIT_US, Jobs } from './jobs.ts'
import { SettingsSync } from './settings-sync.ts'
import { type SpinelRadioState, Startup } from './startup.ts'
import { answerOf, Transactions } from './transactions.ts'

/** Before the RCP has told its own. */
const NO_ADDRESS: Eui64 = 'ffffffffffffffff'
/** The longest scan Spinel has words for. */
const LONGEST_SCAN_MS = 0xffff

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
  private readonly startup: Startup
  private readonly sync = new SettingsSync()
  private current = powerOnSettings(NO_ADDRESS)
  private makersAddress = NO_ADDRESS
  private listener: RadioListener | undefined
  /** Counts resets, so that nothing from before one is told after it. */
  private life = 0

  constructor(options: SpinelRadioOptions) {
    this.options = options
    const { timers, link } = options
    this.transactions = new Transactions(timers, frame => this.write(frame))
    this.jobs = new Jobs({
      timers,
      ask: (question, waitUs, onAnswer) => this.transactions.ask(question, waitUs, onAnswer),
      onLost: () => this.startup.start(),
      onRefused: () => void this.counts.refused++,
    })
    this.startup = new Startup(
      {
        ...{ timers, transactions: this.transactions, counts: this.counts },
        write: frame => this.write(frame),
        onState: state => this.changed(state),
        onRestart: () => {
          this.sync.restart()
          this.jobs.abandon()
        },
        onSilent: () => this.jobs.refuse(),
        onGone: () => {
          this.reader.restart()
          this.jobs.abandon()
          this.jobs.refuse()
        },
      },
      link.up ? { is: 'starting' } : { is: 'down', why: 'not up yet' },
    )
    link.listen({
      onOctets: octets => this.reader.push(octets),
      onUp: () => this.startup.start(),
      onDown: why => this.startup.gone({ is: 'down', why }),
    })
  }

  get settings(): Readonly<RadioSettings> {
    return this.current
  }
  get state(): SpinelRadioState {
    return this.startup.state
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
    if (this.startup.absent) return this.later(() => onDone?.(OUTCOME.channelBusy))
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
    if (this.startup.absent) this.later(() => this.jobs.refuse())
    else this.pump()
  }

  reset(): void {
    this.life++
    this.jobs.forget()
    this.sync.pending.clear()
    this.current = powerOnSettings(this.makersAddress)
    if (this.options.link.up) this.startup.start()
  }

  private changed(state: SpinelRadioState): void {
    if (state.is === 'ready') {
      const { eui64 } = state.identity
      const { extendedAddress } = this.current
      if (extendedAddress === this.makersAddress) this.current = { ...this.current, extendedAddress: eui64 }
      this.makersAddress = eui64
    }
    this.options.onState?.(state)
    if (state.is === 'ready') this.pump()
  }

  /** Tells what is to be told; then, and only then, the next job. */
  private pump(): void {
    while (this.state.is === 'ready' && this.transactions.room > 0) {
      const telling = this.sync.next(this.current)
      if (telling) {
        this.transactions.ask(telling.question, ANSWER_WAIT_US, answer => {
          if (!telling.answered(answer)) this.counts.refused++
          if (answer.is === 'lost') this.startup.answerLost()
          this.pump()
        })
      } else {
        // A scan asks three questions.
        if (this.jobs.idle && this.transactions.room >= 3) this.jobs.next(this.current)
        return
      }
    }
  }

  // What the RCP says.

  private read(body: Uint8Array): void {
    const frame = readable(() => decodeSpinel(body), this.counts)
    if (frame?.interfaceId !== 0 || this.startup.absent) return
    if (frame.transaction === 0) this.hear(frame)
    else this.answered(frame)
  }
  private answered(frame: SpinelFrame): void {
    const answer = readable(() => answerOf(frame), this.counts)
    if (answer && this.transactions.take(frame.transaction, answer)) this.startup.answered()
    else this.counts.unasked++
    this.pump()
  }
  /** What it says unasked. */
  private hear({ command, property, value }: SpinelFrame): void {
    if (command !== COMMAND.PROP_VALUE_IS) return
    switch (property) {
      case PROPERTY.LAST_STATUS.key: {
        const told = readable(() => readProperty('LAST_STATUS', value), this.counts)
        if (told && isResetStatus(told.status)) this.startup.identify()
        return
      }
      case PROPERTY.STREAM_RAW.key: {
        const told = readable(() => readProperty('STREAM_RAW', value), this.counts)
        if (told && this.state.is === 'ready') this.received(told)
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
