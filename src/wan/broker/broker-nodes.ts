/** The nodes of one broker as a client sees them: it stays with one while that serves, and else goes to the next. */
import { setTimeout as pause } from 'node:timers/promises'
import { ErrorWithReasonCode } from 'mqtt'
import { BrokerError } from '../../ports/broker.ts'
import { type BrokerAddress, type Connection, type ConnectionOptions, openConnection } from './mqtt-connection.ts'

/**
 * A cluster serves nobody from the death of a node until the others have agreed who takes its place; for so long it is asked
 * again, milliseconds. @source assumed: nats-server 2.10 takes up to 10 s
 */
const AGREEMENT_MS = 20_000
const ASK_AGAIN_MS = 250

/** The cluster is there, but does not do now what is asked of it. */
export class NotNowError extends BrokerError {}

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
    const Kind = errors.some(isThere) ? NotNowError : BrokerError
    throw new Kind(`none of ${errors.length} nodes: ${reasons.join('; ')}`, { cause: errors[0] })
  }

  /** A refusal may not be the last word: several nodes may have to agree first. */
  refusal(message: string): BrokerError {
    return this.addresses.length > 1 ? new NotNowError(message) : new BrokerError(message)
  }

  /** Does something at the broker, again for a while as long as that rejects with a NotNowError. */
  async insist<T>(act: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + AGREEMENT_MS
    for (;;) {
      try {
        return await act()
      } catch (error) {
        if (!(error instanceof NotNowError) || performance.now() > deadline) throw error
        await pause(ASK_AGAIN_MS)
      }
    }
  }
}

/** Somebody answers and hangs up, or says that it cannot serve. @source MQTT 3.1.1, 3.2.2.3: 3 is server unavailable */
function isThere(error: unknown): boolean {
  const reason = error instanceof BrokerError ? error.cause : error
  if (reason instanceof ErrorWithReasonCode) return reason.code === 3
  return reason === undefined || (reason instanceof Error && 'code' in reason && reason.code === 'ECONNRESET')
}

/** For people; without passwords. */
export const urlOf = (addresses: readonly BrokerAddress[]): string => addresses.map(({ url }) => url).join(',')
