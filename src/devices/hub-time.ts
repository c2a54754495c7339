/** Asks the hub for the time once a day, and follows it as the rules say. @source ZigBee SE: clients keep within 60 s a day of the ESI */
import type { Micros } from '../base/ids.ts'
import { hours } from '../base/time.ts'
import type { Clock } from '../ports/time.ts'
import type { ZclEndpoint } from '../zcl/node.ts'
import type { Peer } from '../zcl/transactions.ts'
import type { ClockRules } from './clock-rules.ts'
import { unixMsOf } from './zigbee-time.ts'

export const TIME_READ_EVERY_US = hours(24)

export class HubTime {
  private readonly endpoint: ZclEndpoint
  private readonly esi: Peer
  private readonly clock: Clock
  private readonly rules: ClockRules
  private readAtUs: Micros | undefined

  constructor(options: { endpoint: ZclEndpoint; esi: Peer; clock: Clock; rules: ClockRules }) {
    const { endpoint, esi, clock, rules } = options
    this.endpoint = endpoint
    this.esi = esi
    this.clock = clock
    this.rules = rules
    endpoint.use('Time', {})
  }

  /** Asks when the last answer is a day old. */
  ask(): void {
    const nowUs = this.clock.nowUs()
    if (this.readAtUs !== undefined && nowUs - this.readAtUs < TIME_READ_EVERY_US) return
    this.endpoint.read(this.esi, 'Time', ['Time'], outcome => {
      const unixMs = outcome.ok && outcome.values.Time !== undefined ? unixMsOf(outcome.values.Time) : undefined
      if (unixMs === undefined) return
      this.readAtUs = nowUs
      this.rules.follow(unixMs)
    })
  }
}
