/** What a node answers to a global command. @source ZigBee Cluster Library, 2.5 general command frames */
import type { ClusterSide } from './cluster-side.ts'
import type { GlobalCommand } from './foundation.ts'
import { HEADER_OCTETS } from './header.ts'
import type { Reporting } from './reporting.ts'
import { Status } from './status.ts'
import type { Peer } from './transactions.ts'

/** Where a command came to. */
export interface GlobalPlace {
  endpoint: number
  side: ClusterSide
  from: Peer
  reporting: Reporting
  /** Most octets of the frame that answers. */
  maxAsduOctets: number
}

/** The answer; a status for a Default Response; or undefined where nothing is to be said. */
export function globalAnswer(command: GlobalCommand, place: GlobalPlace): GlobalCommand | number | undefined {
  const { endpoint, side, from, reporting } = place
  const room = place.maxAsduOctets - HEADER_OCTETS
  switch (command.name) {
    case 'ReadAttributes':
      return { name: 'ReadAttributesResponse', records: side.readAttributes(command.attributeIds, room) }
    case 'WriteAttributes':
    case 'WriteAttributesUndivided': {
      const undivided = command.name === 'WriteAttributesUndivided'
      return { name: 'WriteAttributesResponse', failures: side.writeAttributes(command.records, from, undivided) }
    }
    case 'WriteAttributesNoResponse':
      side.writeAttributes(command.records, from, false)
      return
    case 'ConfigureReporting': {
      const failures = reporting.configure(endpoint, side, from, command.records)
      return { name: 'ConfigureReportingResponse', failures }
    }
    case 'ReadReportingConfiguration': {
      const records = command.records.map(({ role, id }) => reporting.read(endpoint, side, from, role, id))
      return { name: 'ReadReportingConfigurationResponse', records }
    }
    case 'ReportAttributes':
      return side.report(command.records, from) ? Status.SUCCESS : Status.UNSUP_GENERAL_COMMAND
    case 'DiscoverAttributes': {
      const maximum = Math.min(command.maximum, Math.floor((room - 1) / 3))
      return { name: 'DiscoverAttributesResponse', ...side.discover(command.startId, maximum) }
    }
    case 'ReadAttributesResponse':
    case 'WriteAttributesResponse':
    case 'ConfigureReportingResponse':
    case 'ReadReportingConfigurationResponse':
    case 'DefaultResponse':
    case 'DiscoverAttributesResponse':
      // An answer nobody waits for any more.
      return
    default:
      return command satisfies never
  }
}
