/**
 * The real modem of a home's hub: a line, and the host of modems above it. It attaches the SIM; what the hub says and hears goes
 * beside it, over the packet gateway.
 */
import { UsageError } from '../../base/errors.ts'
import { AtModem } from '../../host/modem/at-modem.ts'
import { openLink } from '../../links/open-link.ts'
import type { Apn, CellularLink, ShortMessage, Standing, WanListener } from '../../ports/wan.ts'
import type { RigModem, RigSim } from '../../profiles/rig.ts'
import type { RunClock, Timeline } from '../clocks/run-clock.ts'
import { StickLine } from './stick-line.ts'

export interface BenchModemOptions {
  record: RigModem
  sim: Pick<RigSim, 'imsi' | 'pin'>
  clock: RunClock
  timeline: Timeline
  /** It went away, or is back. */
  onChange: () => void
}

/** Names its line in the record of a run; no stick can have this name. */
const PART = 'hub modem'

export class BenchModem implements CellularLink {
  private readonly record: RigModem
  private readonly sim: BenchModemOptions['sim']
  private readonly onChange: () => void
  private readonly line: StickLine
  private readonly modem: AtModem
  /** It was away, and the hub has not attached again since. */
  private isReturning = false

  constructor({ record, sim, clock, timeline, onChange }: BenchModemOptions) {
    this.record = record
    this.sim = sim
    this.onChange = onChange
    this.line = new StickLine({ part: PART, address: record.link, clock, timeline })
    this.modem = new AtModem({
      ...{ link: this.line, timers: timeline.kernel },
      ...(sim.pin !== undefined && { pin: sim.pin }),
      onState: () => this.changed(),
    })
  }

  /** Why it cannot be used, for people; undefined when it can. */
  get absent(): string | undefined {
    const why = this.trouble
    return why && `modem: ${why}`
  }
  /** Why what needs the WAN cannot be had now: it is absent, or has just come back. */
  get away(): string | undefined {
    return this.absent ?? (this.isReturning ? 'modem: the hub has not attached again yet' : undefined)
  }

  /** Rejects with a UsageError when the line cannot be opened on this machine. */
  async open(): Promise<void> {
    const { line } = this
    if (line.isReplayed) return
    try {
      line.attach(await openLink(this.record.link, { onTrouble: reason => line.wentDown(reason) }))
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(`modem: ${error.message}`)
      throw error
    }
  }
  close(): void {
    this.line.close()
  }

  get standing(): Standing {
    return this.absent === undefined ? this.modem.standing : 'no-coverage'
  }
  get signalDbm(): number | undefined {
    return this.modem.signalDbm
  }
  watchStanding(changed: () => void): void {
    this.modem.watchStanding(changed)
  }
  listen(listener: WanListener): void {
    this.modem.listen({
      ...listener,
      onAttached: session => {
        this.settled()
        listener.onAttached(session)
      },
      onAttachRefused: (apn, reason) => {
        this.settled()
        listener.onAttachRefused(apn, reason)
      },
    })
  }
  /** Short messages that arrive at its SIM. */
  listenForMessages(take: (message: ShortMessage) => boolean): void {
    this.modem.messages.listen(take)
  }
  attach(apn: Apn): void {
    this.modem.attach(apn)
  }
  detach(): void {
    this.modem.detach()
  }
  send(): boolean {
    return this.modem.send()
  }

  private changed(): void {
    // It is told of before the session is.
    if (this.modem.state.is !== 'ready' && this.modem.session) this.isReturning = true
    this.onChange()
  }
  /** The network has answered. */
  private settled(): void {
    if (!this.isReturning || this.modem.state.is !== 'ready') return
    this.isReturning = false
    this.onChange()
  }

  private get trouble(): string | undefined {
    const { line, modem } = this
    if (!line.up) return `line ${line.name} is down: ${line.why || 'the other side has not opened it yet'}`
    const { state } = modem
    switch (state.is) {
      case 'absent':
      case 'starting':
        return `line ${line.name} is up, and no modem answers`
      case 'locked':
        return `its SIM cannot be used: ${state.why}`
      case 'ready': {
        const { imsi } = modem.identity
        const other = imsi !== undefined && imsi !== this.sim.imsi
        return other ? `its SIM has IMSI ${imsi}, that of the rig ${this.sim.imsi}` : undefined
      }
      default:
        return state satisfies never
    }
  }
}
