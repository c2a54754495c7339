/** Device objects over APS layers over a network cranked by hand. */
import { fromHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import type { Timers } from '../../src/ports/time.ts'
import type { NodeDescriptor } from '../../src/zigbee/frames/zdo-fields.ts'
import { NWK_BROADCAST } from '../../src/zigbee/nwk-service.ts'
import { Zdo, type ZdoHost } from '../../src/zigbee/zdo/zdo.ts'
import { DISPLAY, HUB, Node, pair } from './zigbee-aps-bench.ts'

export const router = {
  alternatePanCoordinator: false,
  fullFunctionDevice: true,
  mainsPowered: true,
  rxOnWhenIdle: true,
  security: false,
  allocateAddress: true,
}

export function nodeDescriptor(logicalType: NodeDescriptor['logicalType']): NodeDescriptor {
  return {
    logicalType,
    complexDescriptor: false,
    userDescriptor: false,
    apsFlags: 0,
    frequencyBand: 8,
    capability: router,
    manufacturerCode: 0x1234,
    maximumBufferSize: 82,
    maximumIncomingTransferSize: 128,
    serverMask: 0,
    maximumOutgoingTransferSize: 128,
    descriptorCapability: 0,
  }
}

export const descriptor = (endpoint: number, over: { inputClusters?: number[]; outputClusters?: number[] } = {}) => ({
  endpoint,
  profileId: 0x0109,
  deviceId: 0x0501,
  inputClusters: [0x0000, 0x0702],
  outputClusters: [0x0800],
  ...over,
})

/** A hub, a meter and a display, each with its device object. */
export function home(hosts: { hub?: Partial<ZdoHost>; meter?: Partial<ZdoHost> } = {}) {
  const bench = pair()
  const display = new Node(bench.network, { eui64: DISPLAY, address: 0x5678 })
  display.nwk.learn(HUB, 0x0000)
  const zdo = (node: Node, host: Partial<ZdoHost>, timers: Timers = bench.kernel) =>
    new Zdo({
      aps: node.aps,
      nwk: node.nwk,
      timers,
      host: { nodeDescriptor: () => nodeDescriptor(node.nwk.address === 0 ? 'coordinator' : 'router'), ...host },
    })
  const hubZdo = zdo(bench.hub, hosts.hub ?? {})
  const meterZdo = zdo(bench.meter, hosts.meter ?? {})
  const displayZdo = zdo(display, {})
  return { ...bench, display, hubZdo, meterZdo, displayZdo }
}

/** A ZDO frame as another stack would send it: unacknowledged, from a short address, to a node or to all. */
export function say(
  node: Node,
  clusterId: number,
  asdu: string,
  { source = 0x1234, broadcast = false, eui64 }: { source?: number; broadcast?: boolean; eui64?: Eui64 } = {},
): void {
  const cluster = [clusterId & 0xff, clusterId >> 8].map(octet => octet.toString(16).padStart(2, '0')).join('')
  const apdu = fromHex(`${broadcast ? '08' : '00'}00${cluster}00000077${asdu}`)
  node.nwk.hear(apdu, { source, broadcast, ...(eui64 ? { eui64 } : {}) })
}

export const ALL = NWK_BROADCAST.rxOnWhenIdle
