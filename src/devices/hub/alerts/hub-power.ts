/**
 * What a hub says of its own power: where it has a backup, a last gasp as power goes; when it is back, for how long it was away.
 * @source hubs of the field send a last gasp if they have the optional backup, which several outages within 10 minutes may defeat
 * [public]; the codes: assumed
 */
import type { Micros } from '../../../base/ids.ts'
import { seconds } from '../../../base/time.ts'
import type { Clock } from '../../../ports/time.ts'

/** An outage as long as this has a code of its own. @source GBCS alert codes 8F35, 8F36 */
const LONG_OUTAGE_MS = 180_000

/** What survives the outage. */
export interface HubPowerMemory {
  /** When the backup last carried it. */
  gaspedAtUs?: Micros
  /** When power went, by the hub's clock; absent: it has power. */
  wentAtMs?: number
}

export interface HubPowerOptions {
  /** The hub's. */
  clock: Clock
  /** It has a backup, which recovers within so long. */
  lastGasp: boolean
  recoversS: number
  raise: (code: '8F57' | '8F35' | '8F36', text: string) => void
  memory?: HubPowerMemory | undefined
}

export class HubPower {
  private readonly options: HubPowerOptions
  private state: HubPowerMemory

  constructor(options: HubPowerOptions) {
    this.options = options
    this.state = options.memory ?? {}
  }

  memory(): HubPowerMemory {
    return this.state
  }

  /** Power goes, if it has any; what is raised now leaves at once or not before it is back. */
  fails(): void {
    const { clock, lastGasp, recoversS, raise } = this.options
    const nowUs = clock.nowUs()
    const { gaspedAtUs, wentAtMs } = this.state
    if (wentAtMs !== undefined) return
    const isCharged = gaspedAtUs === undefined || nowUs - gaspedAtUs >= seconds(recoversS)
    this.state = { ...this.state, wentAtMs: clock.unixMs() }
    if (!lastGasp || !isCharged) return
    this.state = { ...this.state, gaspedAtUs: nowUs }
    raise('8F57', 'power is going')
  }

  returns(): void {
    const { clock, raise } = this.options
    const { wentAtMs, ...rest } = this.state
    if (wentAtMs === undefined) return
    this.state = rest
    const awayMs = clock.unixMs() - wentAtMs
    raise(awayMs >= LONG_OUTAGE_MS ? '8F36' : '8F35', `power was away for ${Math.round(awayMs / 1_000)} s`)
  }
}
