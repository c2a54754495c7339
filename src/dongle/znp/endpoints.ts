/** The endpoints a host has registered with a ZNP, and which of them a message is for. @source Z-Stack, AF.c, afIncomingData */
import type { NetworkProcessor, ReceivedMessage } from '../../ports/network-processor.ts'
import { STATUS } from '../../wire/znp/status.ts'
import type { Groups } from './groups.ts'
import type { Handlers } from './handlers.ts'

const [FIRST_ENDPOINT, EVERY_ENDPOINT] = [1, 0xff]
const ANY_PROFILE = 0xffff

export class Endpoints {
  readonly handlers: Handlers
  private readonly network: NetworkProcessor
  private readonly groups: Groups
  /** Profiles by endpoint. */
  private readonly profiles = new Map<number, number>()

  constructor(network: NetworkProcessor, groups: Groups) {
    this.network = network
    this.groups = groups
    this.handlers = {
      AF_REGISTER: ({ endpoint, profileId, deviceId, inputClusters, outputClusters }) => {
        if (endpoint < FIRST_ENDPOINT || endpoint === EVERY_ENDPOINT) return { status: STATUS.INVALID_PARAMETER }
        if (this.profiles.has(endpoint)) return { status: STATUS.APS_DUPLICATE_ENTRY }
        this.profiles.set(endpoint, profileId)
        network.addEndpoint({ endpoint, profileId, deviceId, inputClusters, outputClusters })
        return { status: STATUS.SUCCESS }
      },
      AF_DELETE: ({ endpoint }) => ({ status: this.remove(endpoint) ? STATUS.SUCCESS : STATUS.INVALID_PARAMETER }),
    }
  }

  /** The profile of an endpoint; undefined when it is not registered. */
  profileOf(endpoint: number): number | undefined {
    return this.profiles.get(endpoint)
  }
  clear(): void {
    for (const endpoint of [...this.profiles.keys()]) this.remove(endpoint)
  }

  /** Those that a message is for: addressed, and of its profile. */
  addressedBy({ delivery, destinationEndpoint, profileId }: ReceivedMessage): number[] {
    return this.candidates(delivery, destinationEndpoint).filter(endpoint => {
      const own = this.profiles.get(endpoint)
      return own !== undefined && (own === profileId || profileId === ANY_PROFILE)
    })
  }
  private candidates(delivery: ReceivedMessage['delivery'], destinationEndpoint: number): number[] {
    if (typeof delivery === 'object') return this.groups.endpointsIn(delivery.group)
    return destinationEndpoint === EVERY_ENDPOINT ? [...this.profiles.keys()] : [destinationEndpoint]
  }

  private remove(endpoint: number): boolean {
    if (!this.profiles.delete(endpoint)) return false
    this.network.removeEndpoint(endpoint)
    return true
  }
}
