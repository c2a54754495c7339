/** A stick that is a bare radio, our own host above it: a line, and the radio at its other end. */
import { UsageError } from '../../base/errors.ts'
import { SpinelRadio } from '../../host/spinel/spinel-radio.ts'
import type { SpinelRadioState } from '../../host/spinel/startup.ts'
import { openLink } from '../../links/open-link.ts'
import type { RigStick } from '../../profiles/rig.ts'
import type { RunClock, Timeline } from '../clocks/run-clock.ts'
import { StickLine } from './stick-line.ts'

/** A stick of a bench, whoever drives it. */
export interface BenchStick {
  readonly record: RigStick
  /** Why it cannot be used now, for people; undefined when it can. */
  readonly away: string | undefined
  /**
   * Opens its line, which goes on looking for its other side by itself.
   * Rejects with a UsageError when the line cannot be opened on this machine.
   */
  open(): Promise<void>
  close(): Promise<void>
}

export interface RadioStickOptions {
  record: RigStick
  clock: RunClock
  timeline: Timeline
  /** It went away, or is back. */
  onChange?: () => void
}

export class RadioStick implements BenchStick {
  readonly record: RigStick
  readonly line: StickLine
  readonly radio: SpinelRadio

  constructor({ record, clock, timeline, onChange }: RadioStickOptions) {
    const { kernel } = timeline
    this.record = record
    this.line = new StickLine({ part: record.id, address: record.link, clock, timeline })
    this.radio = new SpinelRadio({
      link: this.line,
      clock: kernel,
      timers: kernel,
      ...(onChange && { onState: onChange }),
    })
  }

  /** What it is and which firmware it runs; undefined while it is away. */
  get identity() {
    const { state } = this.radio
    return state.is === 'ready' ? state.identity : undefined
  }
  get away(): string | undefined {
    const why = awayBecause(this.radio.state, this.line)
    return why && `stick ${this.record.id}: ${why}`
  }

  async open(): Promise<void> {
    const { line } = this
    if (line.isReplayed) return
    const onTrouble = (reason: string) => line.wentDown(reason)
    try {
      line.attach(await openLink(this.record.link, { onTrouble }))
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(`stick ${this.record.id}: ${error.message}`)
      throw error
    }
  }
  async close(): Promise<void> {
    this.line.close()
  }
}

function awayBecause(state: SpinelRadioState, line: StickLine): string | undefined {
  switch (state.is) {
    case 'down':
      return `line ${line.name} is down: ${line.why || 'the other side has not opened it yet'}`
    case 'starting':
      return `line ${line.name} is up, and no RCP answers`
    case 'unusable':
      return `what answers on line ${line.name} cannot be used: ${state.why}`
    case 'ready':
      return undefined
    default:
      return state satisfies never
  }
}
