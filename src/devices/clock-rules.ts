/**
 * What a meter does when it is told the time: by its hub, day by day, it follows within a tolerance and refuses beyond it; on an order
 * of its own (synchronise clock, commission) it takes whatever it is told, and so it does of its hub when its clock stood still for want
 * of power.
 * @source GBCS alert codes 8145, 81C6; when they are raised, and the least that is adjusted: assumed
 */
import type { DeviceClock } from './device-clock.ts'
import type { MeterEvents } from './events/meter-events.ts'

/** The Time cluster knows whole seconds, and an answer is under way for a moment: less than this is no difference. */
const LEAST_MS = 2_000

export interface ClockRulesOptions {
  clock: DeviceClock
  events: Pick<MeterEvents, 'raise'>
  toleranceS: number
}

export class ClockRules {
  private readonly options: ClockRulesOptions

  constructor(options: ClockRulesOptions) {
    this.options = options
  }

  /** The hub's time, which it asked for. */
  follow(unixMs: number): 'right' | 'adjusted' | 'refused' {
    const { clock, events, toleranceS } = this.options
    const offMs = unixMs - clock.unixMs()
    if (Math.abs(offMs) < LEAST_MS) return 'right'
    if (Math.abs(offMs) > toleranceS * 1_000 && !clock.isLost) {
      events.raise('81C6', by(offMs))
      return 'refused'
    }
    clock.set(unixMs)
    events.raise('8145', by(offMs))
    return 'adjusted'
  }

  /** An order: taken as it is. */
  obey(unixMs: number): void {
    const { clock, events } = this.options
    const offMs = unixMs - clock.unixMs()
    clock.set(unixMs)
    if (Math.abs(offMs) >= LEAST_MS) events.raise('8154', `clock set ${by(offMs)}`)
  }
}

const by = (offMs: number): string => `${offMs < 0 ? 'back' : 'on'} by ${Math.round(Math.abs(offMs) / 1_000)} s`
