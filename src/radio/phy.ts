/**
 * Times and limits of the 2.4 GHz O-QPSK PHY and of the MAC that rests on it; all times in microseconds.
 * @source IEEE 802.15.4-2006, 6.5 (PHY), tables 22, 85 and 86 (constants and attributes)
 */
import type { Micros } from '../base/ids.ts'

/** A symbol is 4 bits, 62,500 of them a second. */
export const SYMBOL_US = 16
/** 250 kbit/s. */
export const OCTET_US = 2 * SYMBOL_US
/** Preamble (4 octets), start-of-frame delimiter, length. */
export const PHY_HEADER_OCTETS = 6
/** From the start of a transmission to the end of its start-of-frame delimiter. */
export const SFD_US = 5 * OCTET_US
/** aTurnaroundTime: from receiving to sending or back. */
export const TURNAROUND_US = 12 * SYMBOL_US
/** Clear channel assessment. */
export const CCA_US = 8 * SYMBOL_US
/** aUnitBackoffPeriod */
export const UNIT_BACKOFF_US = 20 * SYMBOL_US
/** macAckWaitDuration: one backoff period, a turnaround, and the acknowledgement's header and first octet. */
export const ACK_WAIT_US = 54 * SYMBOL_US
/** Gap that a sender leaves behind a frame of up to SIFS_LONGEST octets (with FCS). */
export const SIFS_US = 12 * SYMBOL_US
/** aMaxSIFSFrameSize */
export const SIFS_LONGEST = 18
/** Gap behind a longer frame. */
export const LIFS_US = 40 * SYMBOL_US

/** aMaxPHYPacketSize: octets of a PSDU with its FCS. */
export const MAX_PSDU = 127
/** Octets of an acknowledgement with its FCS: the shortest frame there is. */
export const ACK_LENGTH = 5

export const MIN_BE = 3
export const MAX_BE = 5
export const MAX_CSMA_BACKOFFS = 4

export const FIRST_CHANNEL = 11
export const LAST_CHANNEL = 26

/** How long a PSDU of so many octets, FCS included, is on the air. */
export const airtimeUs = (psduLength: number): Micros => (PHY_HEADER_OCTETS + psduLength) * OCTET_US

export const interframeSpaceUs = (psduLength: number): Micros => (psduLength <= SIFS_LONGEST ? SIFS_US : LIFS_US)
