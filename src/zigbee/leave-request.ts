/** A node is asked by Mgmt_Leave_req to leave, or to send a child away. */
import type { Eui64 } from '../base/ids.ts'
import { seconds } from '../base/time.ts'
import type { Timers } from '../ports/time.ts'
import { ZdoStatus } from './frames/zdo.ts'
import type { Nwk } from './nwk/nwk.ts'
import type { ZdoAsker } from './zdo/zdo-host.ts'

export interface LeaveRequestContext {
  from: ZdoAsker
  nwk: Nwk
  trustCentre: Eui64 | undefined
  timers: Timers
  /** This node leaves; with `rejoin`, to come back at once. */
  leave: (rejoin: boolean) => void
}

/** By then the answer has arrived. @source assumed */
const ANSWERED_US = seconds(2)

/**
 * The status to answer with; what is asked happens after that. Only the trust centre is obeyed, and it obeys nobody.
 * @source assumed: ZigBee PRO leaves it to the node; that foreign trust centres ask under the network key alone is measured
 */
export function obeyLeaveRequest(
  { device, rejoin }: { device: Eui64; rejoin: boolean },
  { from, nwk, trustCentre, timers, leave }: LeaveRequestContext,
): number {
  if (from.eui64 !== trustCentre || device === trustCentre) return ZdoStatus.NOT_AUTHORIZED
  const isOwn = device === nwk.eui64
  if (!isOwn && !nwk.children.of(device)) return ZdoStatus.DEVICE_NOT_FOUND
  timers.after(ANSWERED_US, 'zigbee asked to leave', () => {
    if (isOwn) leave(rejoin)
    else if (rejoin) nwk.sendRound(device)
    else nwk.dismiss(device)
  })
  return ZdoStatus.SUCCESS
}
