/** Whole ZCL frames, octets to words and back. */
import { ByteReader, ByteWriter } from '../base/bytes.ts'
import { clusterNameOf, commandNameOf, commandSpec } from './clusters.ts'
import { type GlobalCommand, globalId, globalName, readGlobal, writeGlobal } from './foundation.ts'
import { readHeader, writeHeader, type ZclHeader } from './header.ts'
import { type Payload, readPayload, writePayload } from './payload.ts'

/** A decoded frame. `unknown`: the command is not in the tables, or is a manufacturer's own. */
export type ZclFrame =
  | { kind: 'global'; header: ZclHeader; command: GlobalCommand }
  | {
      kind: 'cluster'
      header: ZclHeader
      cluster: string
      command: string
      payload: Payload
      /** Octets after the last field known to us. */
      extra: number
    }
  | { kind: 'unknown'; header: ZclHeader; octets: Uint8Array }

/** Header fields the sender chooses; the rest follows from the command. */
export type Addressing = Omit<ZclHeader, 'frameType' | 'commandId'>

/**
 * Decodes a frame of a cluster.
 * @throws WireError where the octets stop making sense
 */
export function decodeFrame(clusterId: number, asdu: Uint8Array): ZclFrame {
  const reader = new ByteReader(asdu)
  return decodeBody(clusterId, readHeader(reader), reader)
}

/** Decodes what follows a header. @throws WireError */
export function decodeBody(clusterId: number, header: ZclHeader, reader: ByteReader): ZclFrame {
  const unknown = (): ZclFrame => ({ kind: 'unknown', header, octets: reader.rest().slice() })
  if (header.manufacturerCode !== undefined) return unknown()
  if (header.frameType === 'global') {
    const name = globalName(header.commandId)
    return name ? { kind: 'global', header, command: readGlobal(name, reader) } : unknown()
  }
  const cluster = clusterNameOf(clusterId)
  const command = commandNameOf(clusterId, header.direction, header.commandId)
  if (!cluster || !command) return unknown()
  const payload = readPayload(reader, commandSpec(cluster, header.direction, command).params)
  return { kind: 'cluster', header, cluster, command, payload, extra: reader.remaining }
}

/** Encodes a global command; `where` names the cluster for errors. @throws InvariantError when a value does not fit */
export function encodeGlobal(addressing: Addressing, command: GlobalCommand, where = ''): Uint8Array {
  const writer = new ByteWriter()
  writeHeader(writer, { ...addressing, frameType: 'global', commandId: globalId(command.name) })
  writeGlobal(writer, command, `${where} ${command.name}`.trim())
  return writer.finish()
}

/** Encodes a cluster command. @throws InvariantError when the command is not in the tables or a field does not fit */
export function encodeCommand(addressing: Addressing, cluster: string, command: string, payload: Payload): Uint8Array {
  const { id, params } = commandSpec(cluster, addressing.direction, command)
  const writer = new ByteWriter()
  writeHeader(writer, { ...addressing, frameType: 'cluster', commandId: id })
  writePayload(writer, params, payload, `${cluster}.${command}`)
  return writer.finish()
}
