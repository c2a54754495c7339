/** What a meter tells of what energy costs: all that prepayment needs to know of registers and tariffs. */

import type { Tariff } from './tariff.ts'
import type { PendingTariff } from './tariff-desk.ts'

export interface Charging {
  /** Thousandths of a penny since the meter was made, standing charge included; only grows. Worked out up to now. */
  readonly cost: number
  /** Of which standing charge. */
  readonly standingCharges: number
  /** What a kWh costs now, thousandths of a penny. */
  readonly price: number
  /** Register and block, from 1, that the next unit falls into. */
  readonly register: number
  readonly block: number
  readonly tariff: Tariff
  readonly pending: PendingTariff | undefined
  /**
   * Takes a tariff that holds from `fromMs` by the meter's clock (now or earlier: at once). Returns what is wrong with it, beginning
   * with the field: then nothing has changed.
   */
  hold(tariff: Tariff, fromMs: number): string | undefined
  /** Gives up the tariff that waits for its time; false: none does. */
  forget(): boolean
}
