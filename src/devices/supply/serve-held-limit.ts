/** How the hub gives a meter a load limit for later, and takes it back. @source assumed: Smart Energy has no command for it */
import type { Eui64 } from '../../base/ids.ts'
import { Status } from '../../zcl/status.ts'
import { fits } from '../configuration/meter-settings.ts'
import type { SettingsCommands } from '../configuration/serve-management.ts'
import { ELECTRICITY_SETTINGS } from '../configuration/settings.ts'
import type { MeterEvents } from '../events/meter-events.ts'
import { CANCEL, unixMsOf } from '../zigbee-time.ts'
import type { DatedLimit, HeldLoadLimit } from './held-load-limit.ts'
import { SUPPLY_POLICIES } from './supply-policies.ts'

export interface ServedHeldLimit {
  held: () => HeldLoadLimit
  events: () => MeterEvents
  /** Nobody else orders. @source assumed */
  hub: () => Eui64
}

export const heldLimitCommands = ({ held, events, hub }: ServedHeldLimit): SettingsCommands => ({
  HoldLoadLimit: (order, from) => {
    if (from.device !== hub()) return Status.NOT_AUTHORIZED
    if (order.implementationDateTime === CANCEL) {
      if (!held().forget()) return Status.NOT_FOUND
      events().raise('8154', 'cancel HoldLoadLimit')
      return Status.SUCCESS
    }
    const policy = SUPPLY_POLICIES[order.loadLimitSupplyState]
    const limit: DatedLimit | undefined = policy && {
      thresholdW: order.loadLimitThreshold,
      periodS: order.loadLimitPeriod,
      restorationS: order.loadLimitRestorationPeriod,
      policy,
      atMs: unixMsOf(order.implementationDateTime) ?? 0,
    }
    const isSound = limit !== undefined && isLimit(limit)
    if (isSound) held().hold(limit)
    events().raise(isSound ? '8154' : '8155', isSound ? 'HoldLoadLimit' : 'HoldLoadLimit: out of range')
    return isSound ? Status.SUCCESS : Status.INVALID_VALUE
  },
})

const isLimit = ({ thresholdW, periodS, restorationS }: DatedLimit): boolean =>
  fits(ELECTRICITY_SETTINGS.loadLimitW, thresholdW) &&
  fits(ELECTRICITY_SETTINGS.loadLimitPeriodS, periodS) &&
  fits(ELECTRICITY_SETTINGS.loadLimitRestorationS, restorationS)
