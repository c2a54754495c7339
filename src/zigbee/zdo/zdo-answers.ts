/** How a device object answers what others ask it. @source ZigBee PRO, 2.4.4 device profile, server services */

import type { Eui64 } from '../../base/ids.ts'
import { isBroadcast } from '../frames/addresses.ts'
import { type ZdoCommand, ZdoStatus } from '../frames/zdo.ts'
import type { NwkService } from '../nwk-service.ts'
import type { BindingTable } from './binding-table.ts'
import { type EndpointTable, HIGHEST_ENDPOINT } from './endpoint-table.ts'
import { manage, window } from './management-answers.ts'
import type { ZdoAsker, ZdoHost } from './zdo-host.ts'
import { EXTENDED, SINGLE_DEVICE, type Unnumbered, type ZdoRequest } from './zdo-names.ts'

const { SUCCESS, DEVICE_NOT_FOUND, INVALID_ENDPOINT, INVALID_REQUEST_TYPE, NO_MATCH, NOT_ACTIVE, NOT_SUPPORTED } =
  ZdoStatus
/** So that an answer fits one frame. */
const ADDRESSES_AT_ONCE = 24
/** For ever is not for Smart Energy. @source ZigBee Smart Energy, as read in published stacks */
const LONGEST_PERMIT_S = 254
const NO_DEVICE = '0000000000000000'

type Answer = Unnumbered<ZdoCommand>

export class ZdoAnswers {
  private readonly nwk: NwkService
  private readonly endpoints: EndpointTable
  private readonly bindings: BindingTable
  private readonly host: ZdoHost

  constructor(options: { nwk: NwkService; endpoints: EndpointTable; bindings: BindingTable; host: ZdoHost }) {
    this.nwk = options.nwk
    this.endpoints = options.endpoints
    this.bindings = options.bindings
    this.host = options.host
  }

  /** Undefined when silence is the answer: a broadcast that is not about this node. */
  to(request: ZdoRequest, from: ZdoAsker): Answer | undefined {
    const { broadcast } = from
    switch (request.name) {
      case 'NwkAddressRequest': {
        const address = this.addressOf(request.device)
        return this.address('NwkAddressResponse', broadcast, request, { device: request.device, address })
      }
      case 'IeeeAddressRequest': {
        const device = this.eui64Of(request.address)
        return this.address('IeeeAddressResponse', broadcast, request, { device, address: request.address })
      }
      case 'MatchDescriptorRequest':
        return this.match(request, broadcast)
      case 'ManagementPermitJoiningRequest': {
        const status = this.host.permitJoining?.(Math.min(request.durationS, LONGEST_PERMIT_S)) ?? NOT_SUPPORTED
        return broadcast ? undefined : { name: 'ManagementPermitJoiningResponse', status }
      }
      default:
        return broadcast ? undefined : this.toUnicast(request, from)
    }
  }

  private toUnicast(
    request: Exclude<
      ZdoRequest,
      {
        name: 'NwkAddressRequest' | 'IeeeAddressRequest' | 'MatchDescriptorRequest' | 'ManagementPermitJoiningRequest'
      }
    >,
    from: ZdoAsker,
  ): Answer {
    switch (request.name) {
      case 'NodeDescriptorRequest': {
        const name = 'NodeDescriptorResponse'
        const { address } = request
        if (!this.isOwn(address)) return { name, status: this.notFound(), address }
        return { name, status: SUCCESS, address, descriptor: this.host.nodeDescriptor() }
      }
      case 'SimpleDescriptorRequest':
        return this.simpleDescriptor(request.address, request.endpoint)
      case 'ActiveEndpointsRequest': {
        const name = 'ActiveEndpointsResponse'
        const { address } = request
        if (!this.isOwn(address)) return { name, status: this.notFound(), address, endpoints: [] }
        return { name, status: SUCCESS, address, endpoints: this.endpoints.numbers }
      }
      case 'ManagementLqiRequest':
      case 'ManagementRoutingRequest':
      case 'ManagementBindRequest':
      case 'ManagementLeaveRequest':
      case 'BindRequest':
      case 'UnbindRequest': {
        const { nwk, host, endpoints, bindings } = this
        return manage(request, from, { eui64: nwk.eui64, host, endpoints, bindings })
      }
      default:
        return request satisfies never
    }
  }

  private address(
    name: 'NwkAddressResponse' | 'IeeeAddressResponse',
    broadcast: boolean,
    { requestType, startIndex }: { requestType: number; startIndex: number },
    { device, address }: { device: Eui64 | undefined; address: number | undefined },
  ): Answer | undefined {
    if (device === undefined || address === undefined) {
      if (broadcast) return undefined
      return { name, status: DEVICE_NOT_FOUND, device: device ?? NO_DEVICE, address: address ?? 0xffff }
    }
    if (requestType === SINGLE_DEVICE) return { name, status: SUCCESS, device, address }
    if (requestType !== EXTENDED) {
      return broadcast ? undefined : { name, status: INVALID_REQUEST_TYPE, device, address }
    }
    const all = (this.host.children?.() ?? []).map(child => child.address)
    const addresses = window(all, { startIndex }, ADDRESSES_AT_ONCE)
    const associated = { startIndex: addresses.length > 0 ? startIndex : 0, addresses }
    return { name, status: SUCCESS, device, address, associated }
  }

  private match(request: Extract<ZdoRequest, { name: 'MatchDescriptorRequest' }>, broadcast: boolean) {
    const name = 'MatchDescriptorResponse'
    const { address } = request
    if (!isBroadcast(address) && !this.isOwn(address)) {
      return broadcast ? undefined : ({ name, status: this.notFound(), address, endpoints: [] } as const)
    }
    const endpoints = this.endpoints.matching(request)
    if (endpoints.length > 0) return { name, status: SUCCESS, address: this.nwk.address, endpoints } as const
    return broadcast ? undefined : ({ name, status: NO_MATCH, address: this.nwk.address, endpoints } as const)
  }

  private simpleDescriptor(address: number, endpoint: number): Answer {
    const name = 'SimpleDescriptorResponse'
    if (!this.isOwn(address)) return { name, status: this.notFound(), address, descriptor: null }
    if (endpoint < 1 || endpoint > HIGHEST_ENDPOINT)
      return { name, status: INVALID_ENDPOINT, address, descriptor: null }
    const descriptor = this.endpoints.get(endpoint)
    if (!descriptor) return { name, status: NOT_ACTIVE, address, descriptor: null }
    return { name, status: SUCCESS, address, descriptor: { ...descriptor, deviceVersion: 0 } }
  }

  private isOwn(address: number): boolean {
    return address === this.nwk.address
  }
  /** An end device speaks for nobody else; a router might have known. */
  private notFound(): number {
    return this.host.nodeDescriptor().logicalType === 'end device' ? INVALID_REQUEST_TYPE : DEVICE_NOT_FOUND
  }
  private addressOf(device: Eui64): number | undefined {
    if (device === this.nwk.eui64) return this.nwk.address
    return this.host.children?.().find(child => child.device === device)?.address
  }
  private eui64Of(address: number): Eui64 | undefined {
    if (this.isOwn(address)) return this.nwk.eui64
    return this.host.children?.().find(child => child.address === address)?.device
  }
}
