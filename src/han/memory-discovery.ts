/** Who on the in-memory HAN serves a cluster. */
import { milliseconds } from '../base/time.ts'
import type { DiscoveredEndpoint } from '../ports/han.ts'
import type { MemoryAir } from './memory-air.ts'
import type { MemoryHanNode } from './memory-han-node.ts'

/** How long answers to one Match_Desc request are collected. Assumed. */
const DISCOVERY_US = milliseconds(500)

/** Asks the other awake nodes; sleepers do not hear the question. A node off the network finds nothing. */
export function discover(
  air: MemoryAir,
  from: MemoryHanNode,
  query: { profileId: number; clusterId: number },
  onFound: (found: DiscoveredEndpoint[]) => void,
): void {
  const { profileId, clusterId } = query
  air.timers.after(DISCOVERY_US, 'han discovery', () => {
    air.turnAwayStranger(from)
    const others = air.nodes().filter(node => node !== from && node.role !== 'sleepy-end-device')
    const answering = others.filter(node => air.connects(from, node))
    for (const node of [from, ...answering]) if (air.admits(node.eui64)) air.heard(node)
    onFound(
      answering.flatMap(node =>
        node.descriptors
          .filter(endpoint => endpoint.profileId === profileId && endpoint.inputClusters.includes(clusterId))
          .map(endpoint => ({ device: node.eui64, ...endpoint })),
      ),
    )
  })
}
