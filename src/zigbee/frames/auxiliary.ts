/** The auxiliary header of a secured frame. @source ZigBee PRO, 4.5.1 auxiliary frame header format */
import { controlled, flagged, oneOf, type ValueOf } from '../../base/frame.ts'
import { choice } from '../../base/frame-control.ts'
import { eui64, u8, u32 } from '../../base/frame-fields.ts'

const CONTROL = 'security control'
const EXTENDED_NONCE = 5

/**
 * The three bits of the security level are 0 on the air, whatever is used; `security.ts` knows the level.
 * `source`: the sender's EUI-64, when the frame carries it (extended nonce).
 * Key ids: `data` is the link key itself; `key-transport` and `key-load` are derived from it.
 */
export const auxiliary = oneOf(
  controlled(
    CONTROL,
    1,
    { keyId: choice(3, 2, { network: 1 }) },
    { frameCounter: u32, source: flagged(EXTENDED_NONCE, eui64), keySequence: u8 },
  ),
  controlled(
    CONTROL,
    1,
    { keyId: choice(3, 2, { data: 0, 'key-transport': 2, 'key-load': 3 }) },
    { frameCounter: u32, source: flagged(EXTENDED_NONCE, eui64) },
  ),
)
export type Auxiliary = ValueOf<typeof auxiliary>
export type KeyId = Auxiliary['keyId']
