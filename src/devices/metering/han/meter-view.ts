/** A meter as those who serve it on the HAN see it. */

import type { Peer } from '../../../zcl/transactions.ts'
import type { DeviceClock } from '../../device-clock.ts'
import type { TariffLimits } from '../../tariff/tariff.ts'
import type { Channel } from '../flow.ts'
import type { Measurement } from '../measurement.ts'

export interface MeterView {
  measurement: Measurement
  clock: DeviceClock
  /** Units (Wh, dm3) as they stand on its registers. */
  toRegister: (units: number) => number
  intervalMin: number
  /** What Get Profile gives, by number of the channel. */
  channels: readonly Channel[]
  limits: TariffLimits
  /** What a peer may see begins here, ZigBee UTC; 0: from the first day on. */
  notBefore: (from: Peer) => number
}
