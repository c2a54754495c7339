/** Civil time as the Time cluster says it: seconds since 2000, in 32 bits. */
import { fromZigbeeUtc, toZigbeeUtc } from '../base/time.ts'

const INVALID = 0xffff_ffff
/** In the place of a time at which something is to take effect: what is held is given up. @source ZigBee Smart Energy 1.2a */
export const CANCEL = INVALID
const FIRST_MS = fromZigbeeUtc(0)
const LAST_MS = fromZigbeeUtc(INVALID - 1)

/** Whether ZigBee UTC can say this instant: from 2000 to 2136. */
export const isSayable = (unixMs: number): boolean => unixMs >= FIRST_MS && unixMs <= LAST_MS
/** ZigBee UTC of an instant; of the nearest it can say for one it cannot. */
export const utcOf = (unixMs: number): number => toZigbeeUtc(Math.min(Math.max(unixMs, FIRST_MS), LAST_MS))
/** Unix ms of a ZigBee UTC from a peer; undefined when it means "invalid". */
export const unixMsOf = (utc: number): number | undefined => (utc === INVALID ? undefined : fromZigbeeUtc(utc))
