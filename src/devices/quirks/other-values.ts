/** Attributes that a node says otherwise than it has them, in answers and in reports alike. */
import { attributeSpec, type ClusterName } from '../../zcl/clusters.ts'
import type { WireValue } from '../../zcl/data-types.ts'
import type { NodeQuirk } from '../../zcl/node-quirk.ts'

/** `instead`: what is said of each attribute of the cluster, by name. @throws InvariantError for an attribute not in the tables */
export function otherValues(
  of: ClusterName,
  instead: Readonly<Record<string, (value: WireValue) => WireValue>>,
): NodeQuirk {
  const byId = new Map(Object.entries(instead).map(([name, say]) => [attributeSpec(of, name).id, say]))
  const other = <R extends { id: number; value?: WireValue }>(record: R): R => {
    const say = record.value === undefined ? undefined : byId.get(record.id)
    return say && record.value !== undefined ? { ...record, value: say(record.value) } : record
  }
  return {
    said(command, cluster) {
      if (cluster !== of) return command
      switch (command.name) {
        case 'ReadAttributesResponse':
          return { ...command, records: command.records.map(other) }
        case 'ReportAttributes':
          return { ...command, records: command.records.map(other) }
        default:
          return command
      }
    },
  }
}
