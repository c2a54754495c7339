/** Attribute names to records of a frame, and the records of an answer back to names. */
import { InvariantError } from '../base/errors.ts'
import { valuesByName } from './cluster-side.ts'
import {
  type AttributeName,
  type AttributeValue,
  type AttributeValues,
  attributeNameOf,
  attributeSpec,
  type ClusterName,
  clusterSpec,
  type Side,
} from './clusters.ts'
import type { ReadOutcome, WriteOutcome } from './endpoint-types.ts'
import type { AttributeRecord, ReadRecord } from './foundation.ts'
import { Status } from './status.ts'

/** The side that owns all of the attributes; the server for those that both have. */
export function sideOf(cluster: ClusterName, names: readonly string[]): Side {
  if (names.length === 0) throw new InvariantError(`${cluster}: no attributes named`)
  const owners = new Set(names.map(name => attributeSpec(cluster, name).side))
  if (owners.has('server') && owners.has('client')) {
    throw new InvariantError(`${cluster}: attributes of server and client cannot go in one frame: ${names.join(', ')}`)
  }
  return owners.has('client') ? 'client' : 'server'
}

/** Values by name as records of a frame. */
export function recordsOf<C extends ClusterName>(cluster: C, values: AttributeValues<C>): AttributeRecord[] {
  const table = Object.entries(values) as [string, AttributeRecord['value'] | undefined][]
  return table.flatMap(([name, value]) => {
    const { id, type } = attributeSpec(cluster, name)
    return value === undefined ? [] : [{ id, type, value }]
  })
}

/** What an answer to a read says about each attribute asked for. */
export function readOutcome<C extends ClusterName, A extends AttributeName<C>>(
  cluster: C,
  side: Side,
  names: readonly A[],
  records: readonly ReadRecord[],
): ReadOutcome<C, A> {
  const present = records.flatMap(record => ('type' in record ? [record] : []))
  const values = valuesByName(cluster, side, present)
  const statuses = new Map(records.map(({ id, status }) => [id, status]))
  const unsupported: A[] = []
  const unanswered: A[] = []
  const failed: { [N in A]?: number } = {}
  const asked: { [name: string]: unknown } = {}
  for (const name of names) {
    const status = statuses.get(attributeSpec(cluster, name).id)
    if (status === undefined) unanswered.push(name)
    else if (status === Status.UNSUPPORTED_ATTRIBUTE) unsupported.push(name)
    else if (status !== Status.SUCCESS) failed[name] = status
    else if (name in values) asked[name] = values[name]
    else failed[name] = Status.INVALID_DATA_TYPE
  }
  return { ok: true, values: asked as { [N in A]?: AttributeValue<C, N> }, unsupported, failed, unanswered }
}

/** What an answer to a write or a reporting configuration says. */
export function refusals<C extends ClusterName>(
  cluster: C,
  side: Side,
  failures: readonly { id: number; status: number }[],
): WriteOutcome<C> {
  if (failures.length === 0) return { ok: true }
  const failed: { [name: string]: number } = {}
  for (const { id, status } of failures) {
    failed[attributeNameOf(clusterSpec(cluster).id, side, id) ?? `0x${id.toString(16)}`] = status
  }
  return { ok: false, reason: 'refused', failed: failed as { [A in AttributeName<C>]?: number } }
}
