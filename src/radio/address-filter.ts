/** What a chip decides on the octets alone, before anything is decoded: for whom is this frame, and what does it ask for? */
import { fromHex, toHex } from '../base/bytes.ts'
import type { Eui64 } from '../base/ids.ts'
import { DATA_REQUEST } from './mac-commands.ts'
import { BROADCAST_ADDRESS, BROADCAST_PAN, FCF } from './mac-frame.ts'

/** Codes of the frame types. */
export const FRAME_TYPE = { beacon: 0, data: 1, ack: 2, command: 3 } as const

/** `unicast`: for this node alone; only such frames are acknowledged. */
export type Addressed = 'unicast' | 'broadcast' | 'other'

/** The node that filters. */
export interface FilterSettings {
  panId: number
  shortAddress: number
  panCoordinator: boolean
  extendedAddress: Eui64
}

/** Octets of an extended address as they are on the air. */
export const onAir = (address: Eui64): Uint8Array => fromHex(address).reverse()

export const frameType = (octets: Uint8Array): number => (octets[0] ?? 0) & FCF.type
export const asksForAck = (octets: Uint8Array): boolean => ((octets[0] ?? 0) & FCF.ackRequest) !== 0
export const sequenceOf = (octets: Uint8Array): number => octets[2] ?? 0

/** What filters look at, read once for all who hear the frame. Acknowledgements are addressed to nobody. */
export type Destination =
  | { to: 'nobody' }
  /** A beacon of this PAN. */
  | { to: 'listeners'; panId: number }
  /** It names its source only. */
  | { to: 'coordinator'; panId: number }
  | { to: 'short'; panId: number; short: number }
  /** The extended address, as on the air, begins at this octet. */
  | { to: 'extended'; panId: number; at: number }

const NOBODY: Destination = { to: 'nobody' }

/** For whom a frame with FCS is. @source IEEE 802.15.4-2006, 7.5.6.2 */
export function destinationOf(octets: Uint8Array): Destination {
  const end = octets.length - 2
  const type = frameType(octets)
  const { destinationMode, sourceMode, version, compressed, headerLength } = layoutOf(octets)
  if (headerLength > end || type === FRAME_TYPE.ack || type > FRAME_TYPE.command || version > 1) return NOBODY
  const panId = u16(octets, 3)
  if (destinationMode === 0) {
    if (sourceMode === 0) return NOBODY
    if (type === FRAME_TYPE.beacon) return { to: 'listeners', panId }
    return compressed ? NOBODY : { to: 'coordinator', panId }
  }
  if (type === FRAME_TYPE.beacon) return NOBODY
  return destinationMode === 3 ? { to: 'extended', panId, at: 5 } : { to: 'short', panId, short: u16(octets, 5) }
}

/**
 * Third-level filtering of a frame with FCS, whose destination was read.
 * @param ownExtended the node's extended address as on the air
 * @source IEEE 802.15.4-2006, 7.5.6.2
 */
export function addressedTo(
  octets: Uint8Array,
  destination: Destination,
  node: FilterSettings,
  ownExtended: Uint8Array,
): Addressed {
  if (destination.to === 'nobody') return 'other'
  const { panId } = destination
  const isOwnPan = panId === node.panId
  switch (destination.to) {
    case 'listeners':
      return isOwnPan || node.panId === BROADCAST_PAN ? 'broadcast' : 'other'
    case 'coordinator':
      return isOwnPan && node.panCoordinator ? 'unicast' : 'other'
    case 'short':
      if (!isOwnPan && panId !== BROADCAST_PAN) return 'other'
      if (destination.short === BROADCAST_ADDRESS) return 'broadcast'
      return destination.short === node.shortAddress ? 'unicast' : 'other'
    case 'extended':
      if (!isOwnPan && panId !== BROADCAST_PAN) return 'other'
      return same(octets, destination.at, ownExtended) ? 'unicast' : 'other'
    default:
      return destination satisfies never
  }
}

/** Who polls with this frame (short or extended address); undefined when it is not a data request. */
export function pollingChild(octets: Uint8Array): number | Eui64 | undefined {
  if (frameType(octets) !== FRAME_TYPE.command) return undefined
  const { sourceMode, headerLength } = layoutOf(octets)
  if (octets[headerLength] !== DATA_REQUEST || headerLength >= octets.length - 2) return undefined
  if (sourceMode === 2) return u16(octets, headerLength - 2)
  return sourceMode === 3 ? toHex(octets.slice(headerLength - 8, headerLength).reverse()) : undefined
}

function layoutOf(octets: Uint8Array) {
  const low = octets[0] ?? 0
  const high = octets[1] ?? 0
  const destinationMode = (high >> 2) & 3
  const sourceMode = high >> 6
  const compressed = (low & FCF.panIdCompression) !== 0
  const sourcePan = sourceMode === 0 || compressed ? 0 : 2
  const headerLength = 3 + (destinationMode === 0 ? 0 : 2) + widthOf(destinationMode) + sourcePan + widthOf(sourceMode)
  return { destinationMode, sourceMode, compressed, version: (high >> 4) & 3, headerLength }
}

/** Octets of an address in this mode; the reserved mode makes the header longer than any frame. */
const widthOf = (mode: number): number => (mode === 0 ? 0 : mode === 2 ? 2 : mode === 3 ? 8 : 1_000)

const u16 = (octets: Uint8Array, at: number): number => (octets[at] ?? 0) | ((octets[at + 1] ?? 0) << 8)

function same(octets: Uint8Array, at: number, address: Uint8Array): boolean {
  for (let i = 0; i < 8; i++) if (octets[at + i] !== address[i]) return false
  return true
}
