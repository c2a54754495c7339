/** What a node says of itself when it associates, rejoins and announces itself. */
import { controlled, type ValueOf } from '../../base/frame.ts'
import { flag } from '../../base/frame-control.ts'

/** Capability information, one octet. @source IEEE 802.15.4-2011, 5.3.1.2 capability information field */
export const capability = controlled(
  'capability information',
  1,
  {
    alternatePanCoordinator: flag(0),
    fullFunctionDevice: flag(1),
    mainsPowered: flag(2),
    rxOnWhenIdle: flag(3),
    security: flag(6),
    allocateAddress: flag(7),
  },
  {},
)
export type Capability = ValueOf<typeof capability>
