/** Watches over the hardware of one installation while it runs: is it there, who counts on it, who has to be told. */
import { UsageError } from '../../base/errors.ts'
import type { Eui64, Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import { HardwareAwayError, type Reliance } from '../../ports/rig-control.ts'
import type { RunClock, Timeline } from '../clocks/run-clock.ts'
import type { Installation } from '../installation.ts'
import type { Bench } from './bench.ts'

/** How long sticks may take to answer before anything begins: bare radios, and those with a stack that forms its network. */
const RADIO_READY_US = seconds(10)
const COORDINATOR_READY_US = seconds(90)

export interface BenchWatchOptions {
  bench: Bench
  installation: Installation
  clock: RunClock
  timeline: Timeline
  onProblem: (text: string) => void
}

export class BenchWatch {
  readonly bench: Bench
  private readonly options: BenchWatchOptions
  /** What the step in flight counts on. */
  private reliance: { readonly devices: readonly Eui64[]; lapse: string | undefined } | undefined
  private hasBegun = false

  constructor(options: BenchWatchOptions) {
    this.options = options
    this.bench = options.bench
  }

  /** Opens every line, and waits until the radios answer. @throws HardwareAwayError */
  async open(): Promise<void> {
    try {
      await this.bench.open()
    } catch (error) {
      // A package, a program, a free path is missing.
      throw error instanceof UsageError ? new HardwareAwayError(error.message) : error
    }
    await this.ready({ coordinators: false }, RADIO_READY_US)
    this.hasBegun = true
  }
  /** Waits until sticks with a stack of their own run their networks, which begins at power-on. @throws HardwareAwayError */
  async coordinatorsReady(): Promise<void> {
    if (this.bench.isSlow) await this.ready({ coordinators: true }, COORDINATOR_READY_US)
  }

  /** Hardware went away, or is back. */
  changed(): void {
    const { bench, reliance } = this
    const { installation, onProblem } = this.options
    const absent = bench.absent({ coordinators: true }).join('; ')
    installation.tracer.part('bench').emit({ kind: 'device.state', name: 'away', value: absent })
    if (reliance) reliance.lapse ??= bench.away(reliance.devices)
    if (this.hasBegun) onProblem(`${installation.id}: ${absent || 'every stick and modem is there again'}`)
  }

  relyOn(devices: readonly Eui64[]): Reliance {
    const reliance = { devices, lapse: this.bench.away(devices) }
    this.reliance = reliance
    return {
      get lapse() {
        return reliance.lapse
      },
      end: () => {
        this.reliance = undefined
      },
    }
  }

  /** As the clock waits. @throws HardwareAwayError once what is counted on is away */
  async waitFor(until: () => boolean, withinUs: Micros): Promise<boolean> {
    const { reliance } = this
    const { clock, timeline } = this.options
    if (!reliance) return clock.waitFor(timeline, until, withinUs)
    const held = await clock.waitFor(timeline, () => reliance.lapse !== undefined || until(), withinUs)
    if (reliance.lapse !== undefined) throw new HardwareAwayError(reliance.lapse)
    return held
  }

  private async ready(which: { coordinators: boolean }, withinUs: Micros): Promise<void> {
    const { bench } = this
    await this.waitFor(() => bench.absent(which).length === 0, withinUs)
    const absent = bench.absent(which)
    if (absent.length > 0) throw new HardwareAwayError(`${this.options.installation.id}: ${absent.join('; ')}`)
  }
}
