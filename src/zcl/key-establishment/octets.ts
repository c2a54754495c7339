/** Key establishment commands as octets of cluster 0x0800, and back. */
import { ByteReader } from '../../base/bytes.ts'
import { WireError } from '../../base/errors.ts'
import { clusterSpec } from '../clusters.ts'
import { decodeBody, encodeCommand, type ZclFrame } from '../frame.ts'
import { readHeader, type ZclHeader } from '../header.ts'
import type { WireCommand } from './messages.ts'

/** A frame of the cluster. `malformed`: what follows the header makes no sense. */
export type KeyEstablishmentFrame = ZclFrame | { kind: 'malformed'; header: ZclHeader; error: WireError }

/** The frame of a command under a sequence number. @throws InvariantError when a field does not fit */
export function encode({ direction, name, payload }: WireCommand, sequence: number): Uint8Array {
  return encodeCommand({ direction, disableDefaultResponse: true, sequence }, 'KeyEstablishment', name, payload)
}

/** What a frame of the cluster says. @throws WireError when not even its header can be read */
export function decode(asdu: Uint8Array): KeyEstablishmentFrame {
  const reader = new ByteReader(asdu)
  const header = readHeader(reader)
  try {
    return decodeBody(clusterSpec('KeyEstablishment').id, header, reader)
  } catch (error) {
    if (error instanceof WireError) return { kind: 'malformed', header, error }
    throw error
  }
}
