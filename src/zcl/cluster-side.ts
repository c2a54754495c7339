/** One end of a cluster on an endpoint: its attributes, who may write them, and who handles its commands. */
import { ByteWriter } from '../base/bytes.ts'
import { InvariantError } from '../base/errors.ts'
import {
  attributeIdsOf,
  attributeNameOf,
  attributeSpec,
  type ClusterName,
  clusterSpec,
  commandSpec,
  type Side,
} from './clusters.ts'
import { type DataType, sameShape, type WireValue } from './data-types.ts'
import { type AttributeRecord, type ReadRecord, writeReadRecord } from './foundation.ts'
import type { Direction } from './header.ts'
import type { Payload } from './payload.ts'
import { Status } from './status.ts'
import type { Peer } from './transactions.ts'

/** What a handler may answer with besides `reply`: a status for the Default Response, or `later`. */
export type Answer = number | 'later' | undefined
/** Sends a command the other way. */
export type RawReply = (command: string, payload: Payload) => void

/** The owner's side of a cluster, with the names still to be checked. */
export interface SideConfig {
  attributes?: { readonly [name: string]: unknown }
  others?: unknown
  writes?: { readonly [name: string]: unknown }
  commands?: { readonly [name: string]: unknown }
  onReport?: (from: Peer, values: { [name: string]: WireValue }, records: readonly AttributeRecord[]) => void
}

type Source = WireValue | undefined | (() => WireValue | undefined)
type Writer = (value: WireValue, from: Peer) => number | undefined
type Handler = (payload: Payload, from: Peer, reply: RawReply) => Answer

interface Slot {
  name: string
  type: DataType
  source: Source
}

/** Answers reads and writes of one side, and knows its handlers. */
export class ClusterSide {
  readonly cluster: ClusterName
  readonly clusterId: number
  readonly side: Side
  private readonly slots = new Map<number, Slot>()
  private readonly writers = new Map<number, Writer>()
  private readonly handlers = new Map<string, Handler>()
  private readonly others: ((name: string) => WireValue | undefined) | undefined
  private readonly onReport: SideConfig['onReport']

  /** @throws InvariantError for a name that is not in the tables, or belongs to the other side */
  constructor(cluster: ClusterName, side: Side, config: SideConfig) {
    this.cluster = cluster
    this.clusterId = clusterSpec(cluster).id
    this.side = side
    this.onReport = config.onReport
    this.others = config.others as typeof this.others
    for (const [name, source] of entries<Source>(config.attributes)) {
      const { id, type } = this.owned(name)
      if (source !== undefined) this.slots.set(id, { name, type, source })
    }
    for (const [name, writer] of entries<Writer>(config.writes)) {
      const { id } = this.owned(name)
      if (!this.slots.has(id))
        throw new InvariantError(`${cluster}.${name} has a writer, but is not among the attributes`)
      this.writers.set(id, writer)
    }
    const direction: Direction = side === 'server' ? 'toServer' : 'toClient'
    for (const [name, handler] of entries<Handler>(config.commands)) {
      commandSpec(cluster, direction, name)
      this.handlers.set(name, handler)
    }
  }

  handler(command: string): Handler | undefined {
    return this.handlers.get(command)
  }

  /** Type and present value of an attribute; undefined when there is none. */
  sample(id: number): { type: DataType; value: WireValue } | undefined {
    const slot = this.slots.get(id)
    if (!slot) return this.other(id)
    const value = typeof slot.source === 'function' ? slot.source() : slot.source
    return value !== undefined ? { type: slot.type, value } : undefined
  }

  /** As many of the attributes, in order, as fit into `room` octets. */
  readAttributes(ids: readonly number[], room: number): ReadRecord[] {
    const records: ReadRecord[] = []
    let used = 0
    for (const id of ids) {
      let record = this.readRecord(id)
      if (used === 0 && this.sizeOf(record) > room) record = { id, status: Status.INSUFFICIENT_SPACE }
      used += this.sizeOf(record)
      if (used > room) break
      records.push(record)
    }
    return records
  }

  /**
   * Writes what may be written; the answer lists what was refused. Undivided: nothing is written when one attribute
   * is missing, read-only or of another type (a writer that refuses its value cannot undo the ones before it).
   */
  writeAttributes(
    records: readonly AttributeRecord[],
    from: Peer,
    undivided: boolean,
  ): { status: number; id: number }[] {
    const checked = records.map(record => ({ record, status: this.refusal(record) }))
    const refused = checked.some(({ status }) => status !== undefined)
    return checked.flatMap(({ record: { id, value }, status }) => {
      if (status === undefined && !(undivided && refused)) status = this.writers.get(id)?.(value, from)
      return status ? [{ status, id }] : []
    })
  }

  /** Attributes from `startId` on, at most `maximum`, in the order of their ids. */
  discover(startId: number, maximum: number): { complete: boolean; attributes: { id: number; type: DataType }[] } {
    const others = this.others ? attributeIdsOf(this.clusterId, this.side) : []
    const known = [...new Set([...this.slots.keys(), ...others])].filter(id => id >= startId).sort((a, b) => a - b)
    const found: { id: number; type: DataType }[] = []
    for (const id of known) {
      const type = this.slots.get(id)?.type ?? this.other(id)?.type
      if (type === undefined) continue
      if (found.length === maximum) return { complete: false, attributes: found }
      found.push({ id, type })
    }
    return { complete: true, attributes: found }
  }

  /** Hands a report of the other side to the owner; false when the owner does not listen. */
  report(records: readonly AttributeRecord[], from: Peer): boolean {
    if (!this.onReport) return false
    const other: Side = this.side === 'server' ? 'client' : 'server'
    this.onReport(from, valuesByName(this.cluster, other, records), records)
    return true
  }

  private other(id: number): { type: DataType; value: WireValue } | undefined {
    const name = this.others && attributeNameOf(this.clusterId, this.side, id)
    const value = name === undefined ? undefined : this.others?.(name)
    return name !== undefined && value !== undefined
      ? { type: attributeSpec(this.cluster, name).type, value }
      : undefined
  }

  private owned(name: string): { id: number; type: DataType } {
    const spec = attributeSpec(this.cluster, name)
    if (spec.side !== this.side && spec.side !== 'both') {
      throw new InvariantError(`${this.cluster}.${name} belongs to the ${spec.side}, not to the ${this.side}`)
    }
    return spec
  }

  private readRecord(id: number): ReadRecord {
    const sample = this.sample(id)
    return sample ? { id, status: 0, ...sample } : { id, status: Status.UNSUPPORTED_ATTRIBUTE }
  }

  private sizeOf(record: ReadRecord): number {
    const writer = new ByteWriter()
    writeReadRecord(writer, record, this.cluster)
    return writer.length
  }

  private refusal({ id, type }: AttributeRecord): number | undefined {
    const slot = this.slots.get(id)
    if (!slot) return Status.UNSUPPORTED_ATTRIBUTE
    if (!this.writers.has(id)) return Status.READ_ONLY
    return slot.type === type ? undefined : Status.INVALID_DATA_TYPE
  }
}

/** Attributes of a side by name; those not in the tables, or of another kind of type, are left out. */
export function valuesByName(
  cluster: ClusterName,
  side: Side,
  records: readonly AttributeRecord[],
): { [name: string]: WireValue } {
  const { id: clusterId, attributes } = clusterSpec(cluster)
  const values: { [name: string]: WireValue } = {}
  for (const { id, type, value } of records) {
    const name = attributeNameOf(clusterId, side, id)
    const spec = name === undefined ? undefined : attributes[name]
    if (name && spec && sameShape(type, spec.type)) values[name] = value
  }
  return values
}

function entries<T>(table: { readonly [name: string]: unknown } | undefined): [string, T][] {
  return Object.entries(table ?? {}) as [string, T][]
}
