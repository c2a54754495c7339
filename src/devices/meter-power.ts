/**
 * A meter that loses its power, the mains or a battery: what it notes, what becomes of what it keeps meanwhile, and what it tells when
 * power is back.
 */
import { minutes } from '../base/time.ts'
import type { Clock } from '../ports/time.ts'
import type { DeviceMemory } from './device.ts'
import type { AlertCode } from './events/alert-codes.ts'
import type { MeterEvents } from './events/meter-events.ts'
import type { MeterMemory } from './meter.ts'

/** An outage as long as this has a code of its own. @source GBCS alert code 8F36 */
const LONG_OUTAGE_MS = minutes(3) / 1_000

/** What survives the outage. */
export interface MeterPowerMemory {
  /** When power went, true civil time, Unix ms; absent: it has power. */
  wentAtMs?: number
  /** So long its clock stood still for want of power, ms. */
  stoodStillMs?: number
}

export interface MeterPowerOptions {
  /** True time. */
  truth: Clock
  events: Pick<MeterEvents, 'raise'>
  /** It has no mains, but a battery. */
  onBattery: boolean
  memory?: MeterPowerMemory | undefined
}

export class MeterPower {
  private readonly options: MeterPowerOptions
  private state: MeterPowerMemory

  constructor(options: MeterPowerOptions) {
    this.options = options
    this.state = options.memory ?? {}
  }

  memory(): MeterPowerMemory {
    return this.state
  }

  /** Power goes, if it has any. */
  fails(): void {
    const { truth } = this.options
    this.state = { wentAtMs: this.state.wentAtMs ?? truth.unixMs() }
  }

  /** Power is back, if it was away: for as long as its clock has seen. @source GBCS alert codes 8F35, 8F36, 8F1D */
  returns(): void {
    const { truth, events, onBattery } = this.options
    const { wentAtMs, stoodStillMs = 0 } = this.state
    if (wentAtMs === undefined) return
    this.state = {}
    const awayMs = truth.unixMs() - wentAtMs - stoodStillMs
    const ofMains: AlertCode = awayMs >= LONG_OUTAGE_MS ? '8F36' : '8F35'
    events.raise(onBattery ? '8F1D' : ofMains, `${Math.round(awayMs / 1_000)} s`)
  }
}

/**
 * What an outage that is over has made of what a meter kept: its clock went on for `backupS` and then stood still, and a load that was
 * too high is none any more. Nothing, where there was none.
 */
export function afterOutage(
  memory: MeterMemory | DeviceMemory,
  { nowMs, backupS }: { nowMs: number; backupS: number },
): MeterMemory | DeviceMemory {
  if (!isMeters(memory)) return memory
  const { keeping, clock, loadLimit } = memory
  const { wentAtMs } = keeping.power ?? {}
  if (wentAtMs === undefined) return memory
  const stoodStillMs = Math.max(0, nowMs - wentAtMs - backupS * 1_000)
  const { overSinceUs: _, ...limit } = loadLimit ?? { counter: 0 }
  return {
    ...memory,
    ...(stoodStillMs > 0 && { clock: { aheadMs: clock.aheadMs - stoodStillMs, isLost: true } }),
    keeping: { ...keeping, power: { wentAtMs, stoodStillMs } },
    ...(loadLimit && { loadLimit: limit }),
  }
}

const isMeters = (memory: MeterMemory | DeviceMemory): memory is MeterMemory => 'measurement' in memory
