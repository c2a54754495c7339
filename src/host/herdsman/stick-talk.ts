/** What is said with a coordinator stick that is open: orders become calls of zigbee-herdsman's adapter, its events reports. */
import { toHex } from '../../base/bytes.ts'
import type { Eui64 } from '../../base/ids.ts'
import type { DeliveryOutcome, SimpleDescriptor } from '../../ports/han.ts'
import { type Delivery, deliveryOf } from './delivery.ts'
import type { HerdsmanDriver } from './drivers.ts'
import type { Adapter, HerdsmanLibrary, ZclPayload } from './library.ts'
import type { StickFrame, StickOrder, StickReport } from './stick-messages.ts'

export interface StickTalkOptions {
  /** Started; it may go away at any moment. */
  adapter: Adapter
  driver: HerdsmanDriver
  library: HerdsmanLibrary
  report: (report: StickReport) => void
}

/** How long the stick may take to say what became of a frame. */
const OUTCOME_MS = 20_000

export class StickTalk {
  private readonly options: StickTalkOptions
  private readonly delivery: Delivery

  constructor(options: StickTalkOptions) {
    this.options = options
    this.delivery = deliveryOf(options.driver, options.adapter)
    this.attend(options)
  }

  /** Never rejects; what could not be done is reported, where there is a report for it. */
  async carryOut(order: Exclude<StickOrder, { do: 'form' }>): Promise<void> {
    const { adapter, library, report } = this.options
    const { ClusterId, Buffalo } = library.Zdo
    const { BLANK_EUI64, BroadcastAddress } = library.ZSpec
    const awake = BroadcastAddress.RX_ON_WHEN_IDLE
    const overhead = adapter.hasZdoMessageOverhead
    try {
      switch (order.do) {
        case 'permit':
          return await adapter.permitJoin(order.forS)
        case 'list':
          return await adapter.addInstallCode(named(order.device), Buffer.from(order.key, 'hex'), true)
        case 'send': {
          const { id, frame } = order
          return report({ is: 'sent', id, outcome: await this.send(frame) })
        }
        case 'locate': {
          const request = ClusterId.NETWORK_ADDRESS_REQUEST
          const octets = Buffalo.buildRequest(overhead, request, named(order.device), false, 0)
          return void (await adapter.sendZdo(BLANK_EUI64, awake, request, octets, true))
        }
        case 'identify': {
          const request = ClusterId.IEEE_ADDRESS_REQUEST
          const octets = Buffalo.buildRequest(overhead, request, order.address, false, 0)
          return void (await adapter.sendZdo(BLANK_EUI64, order.address, request, octets, true))
        }
        case 'match': {
          const request = ClusterId.MATCH_DESCRIPTORS_REQUEST
          const octets = Buffalo.buildRequest(overhead, request, awake, order.profileId, [order.clusterId], [])
          return void (await adapter.sendZdo(BLANK_EUI64, awake, request, octets, true))
        }
        case 'describe':
          return report(await this.describe(order))
        case 'remove': {
          const request = ClusterId.LEAVE_REQUEST
          const octets = Buffalo.buildRequest(overhead, request, named(order.device), 0)
          return void (await adapter.sendZdo(named(order.device), order.address, request, octets, true))
        }
        default:
          return order satisfies never
      }
    } catch {
      // Who waits for an answer gives up by himself; the line's own troubles come as `disconnected`.
      if (order.do === 'describe') report({ is: 'described', id: order.id })
    }
  }

  /** A frame with nothing in it that the adapter would wait for: what comes back is data like any other. */
  private send(frame: StickFrame): Promise<DeliveryOutcome> {
    const { device, address, destinationEndpoint, sourceEndpoint, profileId, clusterId, asdu } = frame
    const octets = Buffer.from(asdu, 'hex')
    const zcl = {
      header: { frameControl: { disableDefaultResponse: true }, transactionSequenceNumber: 0 },
      cluster: { ID: clusterId },
      command: {},
      toBuffer: () => octets,
    } as unknown as Parameters<Adapter['sendZclFrameToEndpoint']>[3]
    return this.delivery.of(octets, () =>
      this.options.adapter.sendZclFrameToEndpoint(
        ...([named(device), address, destinationEndpoint, zcl, OUTCOME_MS] as const),
        ...([true, true, sourceEndpoint, profileId] as const),
      ),
    )
  }

  private async describe({ id, address, endpoint }: StickOrder & { do: 'describe' }) {
    const { adapter, library } = this.options
    const { ClusterId, Buffalo } = library.Zdo
    const request = ClusterId.SIMPLE_DESCRIPTOR_REQUEST
    const octets = Buffalo.buildRequest(adapter.hasZdoMessageOverhead, request, address, endpoint)
    const response = await adapter.sendZdo(library.ZSpec.BLANK_EUI64, address, request, octets, false)
    const is = 'described'
    if (!Buffalo.checkStatus<typeof ClusterId.SIMPLE_DESCRIPTOR_RESPONSE>(response)) return { is, id } as const
    const { profileId, deviceId, inClusterList, outClusterList } = response[1]
    const descriptor: SimpleDescriptor = {
      ...{ endpoint: response[1].endpoint, profileId, deviceId },
      ...{ inputClusters: inClusterList, outputClusters: outClusterList },
    }
    return { is, id, descriptor } as const
  }

  private attend({ adapter, library, report }: StickTalkOptions): void {
    const { ClusterId, Buffalo } = library.Zdo
    adapter.on('deviceJoined', ({ ieeeAddr, networkAddress }) =>
      report({ is: 'arrived', device: euiOf(ieeeAddr), address: networkAddress }),
    )
    adapter.on('deviceLeave', ({ ieeeAddr, networkAddress }) =>
      report({
        is: 'left',
        ...(ieeeAddr !== undefined && { device: euiOf(ieeeAddr) }),
        ...(networkAddress !== undefined && { address: networkAddress }),
      }),
    )
    adapter.on('zclPayload', payload => this.onData(payload))
    adapter.on('zdoResponse', (clusterId, response) => {
      switch (clusterId) {
        case ClusterId.END_DEVICE_ANNOUNCE:
        case ClusterId.NETWORK_ADDRESS_RESPONSE:
        case ClusterId.IEEE_ADDRESS_RESPONSE: {
          if (!Buffalo.checkStatus<typeof clusterId>(response)) return
          const { eui64, nwkAddress } = response[1]
          const is = clusterId === ClusterId.END_DEVICE_ANNOUNCE ? 'announced' : 'located'
          return report({ is, device: euiOf(eui64), address: nwkAddress })
        }
        case ClusterId.MATCH_DESCRIPTORS_RESPONSE: {
          if (!Buffalo.checkStatus<typeof clusterId>(response)) return
          const { nwkAddress, endpointList } = response[1]
          return report({ is: 'matched', address: nwkAddress, endpoints: endpointList })
        }
        default:
      }
    })
  }

  private onData({ address, clusterID, endpoint, destinationEndpoint, data }: ZclPayload): void {
    if (typeof address !== 'number') return
    this.options.report({
      is: 'data',
      address,
      clusterId: clusterID,
      sourceEndpoint: endpoint,
      endpoint: destinationEndpoint,
      asdu: toHex(data),
    })
  }
}

/** An EUI-64 as the package writes it, and back. */
const named = (device: Eui64) => `0x${device}` as const
/** An EUI-64 as we write it. */
export const euiOf = (text: string): Eui64 => text.replace(/^0x/, '').toLowerCase().padStart(16, '0')
