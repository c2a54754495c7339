/** Times and bounds of the MAC layer; times in microseconds. */
import type { Micros } from '../../base/ids.ts'
import { milliseconds } from '../../base/time.ts'
import { airtimeUs, MAX_BE, MAX_CSMA_BACKOFFS, MAX_PSDU, MIN_BE, SYMBOL_US, UNIT_BACKOFF_US } from '../../radio/phy.ts'

const BASE_SUPERFRAME_US: Micros = 960 * SYMBOL_US

/** How long a parent holds a frame for a child. @source IEEE 802.15.4-2006, macTransactionPersistenceTime of ZigBee: 500 superframes, 7.68 s */
export const PERSISTENCE_US: Micros = 500 * BASE_SUPERFRAME_US
/** From an association request to the first poll for its answer. @source IEEE 802.15.4-2006, macResponseWaitTime: 32 superframes, 491.52 ms */
export const RESPONSE_WAIT_US: Micros = 32 * BASE_SUPERFRAME_US
/** Listening on one channel of a scan: scan duration 3, 138.24 ms. @source IEEE 802.15.4-2006, 7.1.11.1 */
export const SCAN_CHANNEL_US: Micros = (2 ** 3 + 1) * BASE_SUPERFRAME_US

const backoffs = Array.from({ length: MAX_CSMA_BACKOFFS }, (_, k) =>
  MIN_BE + k < MAX_BE ? 2 ** (MIN_BE + k) : 2 ** MAX_BE - 1,
)
/**
 * How long a child listens for the frame that an acknowledgement promised: 31.776 ms.
 * @source IEEE 802.15.4-2006, macMaxFrameTotalWaitTime
 */
export const FRAME_WAIT_US: Micros =
  backoffs.reduce((sum, units) => sum + units, 0) * UNIT_BACKOFF_US + airtimeUs(MAX_PSDU)

/** Between two polls for an association response: a trust centre may need a while to decide. @source assumed */
export const ASSOCIATION_POLL_US = { from: milliseconds(50), to: milliseconds(100) } as const
/** Beacons are sent this long after a request at most, so that those of many routers do not collide. @source assumed */
export const BEACON_JITTER_US: Micros = milliseconds(40)
/** A frame that comes again within this time is a retransmission; a parent repeats what it holds as long as it holds it. */
export const DUPLICATE_US: Micros = PERSISTENCE_US

/** Frames that wait for the chip, urgent or not. @source assumed */
export const FRAMES_WAITING = 128
/** Frames held for one child. @source assumed */
export const HELD_PER_CHILD = 16
/** Frames held for all children. @source assumed */
export const HELD_IN_ALL = 128
/** Association responses held. @source assumed */
export const HELD_RESPONSES = 8
/** Frames collected by one poll, against a parent that always says there is more. @source assumed */
export const COLLECTED_PER_POLL = 64
/** Networks that one scan reports: those heard best. @source assumed */
export const NETWORKS_PER_SCAN = 64
/** Neighbours whose last frame is remembered. @source assumed */
export const NEIGHBOURS_REMEMBERED = 64
/** Scans, associations and polls that wait for the one under way. @source assumed */
export const PROCEDURES_WAITING = 8

/** Longest NPDU between short addresses: what a frame holds without header and FCS. */
export const MAX_NPDU = MAX_PSDU - 2 - 9

/** Promised frames that did not come, after which a poll is given up. @source assumed */
export const MISSED_PER_POLL = 3
