/** How a device object answers who manages the network: tables by windows, bindings, leaving. @source ZigBee PRO, 2.4.4.3, 2.4.4.4 */
import type { Eui64 } from '../../base/ids.ts'
import { type ZdoCommand, ZdoStatus } from '../frames/zdo.ts'
import type { Binding, BindingTable } from './binding-table.ts'
import type { EndpointTable } from './endpoint-table.ts'
import type { ZdoAsker, ZdoHost } from './zdo-host.ts'
import type { Unnumbered, ZdoRequest } from './zdo-names.ts'

export type ManagementRequest = Extract<
  ZdoRequest,
  {
    name:
      | 'ManagementLqiRequest'
      | 'ManagementRoutingRequest'
      | 'ManagementBindRequest'
      | 'ManagementLeaveRequest'
      | 'BindRequest'
      | 'UnbindRequest'
  }
>

const { SUCCESS, INVALID_ENDPOINT, NO_ENTRY, NOT_SUPPORTED, TABLE_FULL } = ZdoStatus
/** So that an answer fits one frame. */
const NEIGHBOURS_AT_ONCE = 3
const ROUTES_AT_ONCE = 10
const BINDINGS_AT_ONCE = 3
/** Mgmt_Leave_req: the receiver itself. */
const SELF = '0000000000000000'

export interface Managed {
  eui64: Eui64
  host: ZdoHost
  endpoints: EndpointTable
  bindings: BindingTable
}

/** The answer to a request that came to this node alone. */
export function manage(request: ManagementRequest, from: ZdoAsker, node: Managed): Unnumbered<ZdoCommand> {
  const { host, bindings } = node
  switch (request.name) {
    case 'ManagementLqiRequest': {
      const name = 'ManagementLqiResponse'
      const all = host.neighbours?.()
      if (!all) return { name, status: NOT_SUPPORTED }
      return { name, status: SUCCESS, ...part(all, request), neighbours: window(all, request, NEIGHBOURS_AT_ONCE) }
    }
    case 'ManagementRoutingRequest': {
      const name = 'ManagementRoutingResponse'
      const all = host.routes?.()
      if (!all) return { name, status: NOT_SUPPORTED }
      return { name, status: SUCCESS, ...part(all, request), routes: window(all, request, ROUTES_AT_ONCE) }
    }
    case 'ManagementBindRequest': {
      const all = bindings.list()
      const shown = { ...part(all, request), bindings: window(all, request, BINDINGS_AT_ONCE) }
      return { name: 'ManagementBindResponse', status: SUCCESS, ...shown }
    }
    case 'ManagementLeaveRequest': {
      const { rejoin, removeChildren } = request
      const device = request.device === SELF ? node.eui64 : request.device
      const status = host.leave?.({ device, rejoin, removeChildren }, from) ?? NOT_SUPPORTED
      return { name: 'ManagementLeaveResponse', status }
    }
    case 'BindRequest':
      return {
        name: 'BindResponse',
        status: bound(request, node, binding => (bindings.add(binding) ? SUCCESS : TABLE_FULL)),
      }
    case 'UnbindRequest':
      return {
        name: 'UnbindResponse',
        status: bound(request, node, binding => (bindings.remove(binding) ? SUCCESS : NO_ENTRY)),
      }
    default:
      return request satisfies never
  }
}

/** Status of a change to the table: this node keeps its own bindings only, of endpoints that it has. */
function bound(
  { source, sourceEndpoint, clusterId, destination }: Binding,
  { eui64, endpoints }: Managed,
  change: (binding: Binding) => number,
): number {
  if (source !== eui64) return NOT_SUPPORTED
  if (!endpoints.get(sourceEndpoint)) return INVALID_ENDPOINT
  return change({ source, sourceEndpoint, clusterId, destination })
}

const part = (all: readonly unknown[], { startIndex }: { startIndex: number }) => ({
  entries: Math.min(all.length, 0xff),
  startIndex,
})

/** What of a table stands in one answer. */
export const window = <T>(all: readonly T[], { startIndex }: { startIndex: number }, length: number): readonly T[] =>
  all.slice(startIndex, startIndex + length)
