/** 6.11 and 8.1.1: the clock of a device. */
import type { CommissionDevice, SynchroniseClock } from '../../wan/messages/wan-types.generated.ts'
import type { Fields } from '../fields.ts'

/** Longest tolerance, seconds. @source assumed */
const LONGEST_TOLERANCE_S = 86_400

/** The device takes the time that the user states; the tolerance is checked for its form, for a hub has no use for it. */
export function synchroniseClock(fields: Fields): SynchroniseClock {
  fields.whole('TolerancePeriod', 0, LONGEST_TOLERANCE_S)
  return { setToMs: fields.instant('CurrentDateTime') }
}

/** A device that is commissioned takes the hub's time, whatever the user states. */
export function commissionDevice(fields: Fields): CommissionDevice {
  synchroniseClock(fields)
  return {}
}
