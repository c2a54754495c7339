/** The ZCL frame header. @source ZigBee Cluster Library, 2.4.1 general ZCL frame format */
import type { ByteReader, ByteWriter } from '../base/bytes.ts'
import { WireError } from '../base/errors.ts'

/** Which side of a cluster a frame is for. */
export type Direction = 'toServer' | 'toClient'

/** Octets of a header without a manufacturer code. */
export const HEADER_OCTETS = 3

/** The header of a frame. */
export interface ZclHeader {
  /** A global command means the same in every cluster; a cluster command is the cluster's own. */
  frameType: 'global' | 'cluster'
  manufacturerCode?: number
  direction: Direction
  /** No Default Response is wanted unless something is wrong. */
  disableDefaultResponse: boolean
  /** Transaction sequence number, 0..255. */
  sequence: number
  commandId: number
}

/** The direction an answer takes. */
export const opposite = (direction: Direction): Direction => (direction === 'toServer' ? 'toClient' : 'toServer')

/** Reads a header. @throws WireError `wire.truncated`, `zcl.reserved-frame-type` */
export function readHeader(reader: ByteReader): ZclHeader {
  reader.field = 'frame control'
  const control = reader.uint(1)
  const frameType = control & 0b11
  if (frameType > 1) {
    const message = `frame type ${frameType} found, 0 (global) or 1 (cluster) expected`
    throw new WireError('zcl.reserved-frame-type', { offset: 0, field: reader.field, message })
  }
  reader.field = 'manufacturer code'
  const manufacturer = control & 0x04 ? { manufacturerCode: reader.uint(2) } : {}
  reader.field = 'sequence number'
  const sequence = reader.uint(1)
  reader.field = 'command'
  const commandId = reader.uint(1)
  return {
    frameType: frameType === 0 ? 'global' : 'cluster',
    ...manufacturer,
    direction: control & 0x08 ? 'toClient' : 'toServer',
    disableDefaultResponse: (control & 0x10) !== 0,
    sequence,
    commandId,
  }
}

/** Writes a header. */
export function writeHeader(writer: ByteWriter, header: ZclHeader): void {
  const { frameType, manufacturerCode, direction, disableDefaultResponse, sequence, commandId } = header
  writer.uint(
    1,
    (frameType === 'cluster' ? 1 : 0) |
      (manufacturerCode === undefined ? 0 : 0x04) |
      (direction === 'toClient' ? 0x08 : 0) |
      (disableDefaultResponse ? 0x10 : 0),
  )
  if (manufacturerCode !== undefined) writer.uint(2, manufacturerCode)
  writer.uint(1, sequence).uint(1, commandId)
}
