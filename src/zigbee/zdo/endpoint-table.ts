/** The endpoints of one node, as its device object describes them. */
import { InvariantError } from '../../base/errors.ts'
import type { SimpleDescriptor } from '../../ports/han.ts'

/** @source ZigBee PRO R22, 2.1: 1 to 240 are for applications, 241 to 254 for such as Green Power (242) */
export const HIGHEST_ENDPOINT = 254
/** Matches every profile. @source ZigBee PRO, 2.4.3.1.7 Match_Desc_req */
const ANY_PROFILE = 0xffff

/** What somebody looks for: a profile, and any of these clusters on either side. */
export interface MatchCriteria {
  profileId: number
  inputClusters: readonly number[]
  outputClusters: readonly number[]
}

export class EndpointTable {
  private readonly byNumber = new Map<number, SimpleDescriptor>()

  /** Adds or replaces an endpoint. @throws InvariantError when its number is not 1..254 */
  set(descriptor: SimpleDescriptor): void {
    const { endpoint } = descriptor
    if (!Number.isInteger(endpoint) || endpoint < 1 || endpoint > HIGHEST_ENDPOINT) {
      throw new InvariantError(`endpoint ${endpoint} found, a whole number 1..${HIGHEST_ENDPOINT} expected`)
    }
    this.byNumber.set(endpoint, { ...descriptor })
  }
  remove(endpoint: number): void {
    this.byNumber.delete(endpoint)
  }
  get(endpoint: number): SimpleDescriptor | undefined {
    return this.byNumber.get(endpoint)
  }
  /** Numbers in use, ascending. */
  get numbers(): number[] {
    return [...this.byNumber.keys()].sort((a, b) => a - b)
  }

  /** Numbers of the endpoints that serve an input cluster or use an output cluster of those asked for. */
  matching({ profileId, inputClusters, outputClusters }: MatchCriteria): number[] {
    return this.numbers.filter(number => {
      const endpoint = this.byNumber.get(number)
      if (!endpoint || (profileId !== ANY_PROFILE && profileId !== endpoint.profileId)) return false
      return (
        inputClusters.some(cluster => endpoint.inputClusters.includes(cluster)) ||
        outputClusters.some(cluster => endpoint.outputClusters.includes(cluster))
      )
    })
  }
}
