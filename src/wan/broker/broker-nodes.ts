/** The nodes of one broker as a client sees them: it stays with one while that serves, and else goes to the next. */
import { BrokerError } from '../../ports/broker.ts'
import { type BrokerAddress, type Connection, type ConnectionOptions, openConnection } from './mqtt-connection.ts'

export class BrokerNodes {
  private readonly addresses: readonly BrokerAddress[]
  private at: number

  /** `first`: which one is asked first, counted on past the last. */
  constructor(addresses: readonly BrokerAddress[], first: number) {
    this.addresses = addresses
    this.at = first % addresses.length
  }

  get url(): string {
    return urlOf(this.addresses)
  }

  /** A connection to the node that served last, else to the next that does. Rejects with what is wrong with each of them. */
  async open(options: ConnectionOptions): Promise<Connection> {
    const errors: unknown[] = []
    for (let tried = 0; tried < this.addresses.length; tried++) {
      try {
        return await openConnection(this.addresses[this.at] as BrokerAddress, options)
      } catch (error) {
        errors.push(error)
        this.at = (this.at + 1) % this.addresses.length
      }
    }
    if (errors.length === 1) throw errors[0]
    const reasons = errors.map(error => (error instanceof Error ? error.message : String(error)))
    throw new BrokerError(`none of ${errors.length} nodes: ${reasons.join('; ')}`, { cause: errors[0] })
  }
}

/** For people; without passwords. */
export const urlOf = (addresses: readonly BrokerAddress[]): string => addresses.map(({ url }) => url).join(',')
