/** Who serves a cluster: a question to all that listen, then the descriptor of each endpoint that answered. */
import type { Eui64 } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { DiscoveredEndpoint } from '../../ports/han.ts'
import { ZdoStatus } from '../frames/zdo.ts'
import { NWK_BROADCAST } from '../nwk-service.ts'
import type { ZdoRequests } from './zdo-requests.ts'

/** How long answers to one Match_Desc_req are collected. Assumed. */
const COLLECTED_US = seconds(2)
/** Endpoints looked at. */
const MOST_FOUND = 32

export interface Discovery {
  requests: ZdoRequests
  query: { profileId: number; clusterId: number }
  /** The node behind a short address; undefined when it does not say. */
  eui64Of: (address: number, onKnown: (device: Eui64 | undefined) => void) => void
}

/** `onFound` is called once, with every endpoint whose node answered all questions. */
export function discover(
  { requests, query, eui64Of }: Discovery,
  onFound: (found: DiscoveredEndpoint[]) => void,
): void {
  const { profileId, clusterId } = query
  const found = new Map<string, { address: number; endpoint: number }>()
  requests.askAll(
    NWK_BROADCAST.rxOnWhenIdle,
    {
      name: 'MatchDescriptorRequest',
      address: NWK_BROADCAST.rxOnWhenIdle,
      profileId,
      inputClusters: [clusterId],
      outputClusters: [],
    },
    {
      forUs: COLLECTED_US,
      onAnswer: ({ status, endpoints = [] }, address) => {
        for (const endpoint of status === ZdoStatus.SUCCESS ? endpoints : []) {
          if (found.size < MOST_FOUND) found.set(`${address} ${endpoint}`, { address, endpoint })
        }
        return false
      },
      onEnd: () => describe([...found.values()]),
    },
  )

  function describe(endpoints: readonly { address: number; endpoint: number }[]): void {
    const described: DiscoveredEndpoint[] = []
    let left = endpoints.length
    const settled = () => {
      if (--left === 0) onFound(described.sort(byDevice))
    }
    if (left === 0) onFound([])
    for (const { address, endpoint } of endpoints) {
      requests.ask(address, { name: 'SimpleDescriptorRequest', address, endpoint }, answer => {
        const descriptor = answer?.status === ZdoStatus.SUCCESS ? answer.descriptor : undefined
        if (!descriptor || descriptor.endpoint !== endpoint || !descriptor.inputClusters.includes(clusterId)) {
          return settled()
        }
        eui64Of(address, device => {
          const { deviceVersion: _, ...rest } = descriptor
          if (device !== undefined) described.push({ device, ...rest })
          settled()
        })
      })
    }
  }
}

const byDevice = (a: DiscoveredEndpoint, b: DiscoveredEndpoint): number =>
  a.device < b.device ? -1 : a.device > b.device ? 1 : a.endpoint - b.endpoint
