/** What an endpoint is told to do and what it tells back, typed by the cluster tables. */
import type { Micros } from '../base/ids.ts'
import type {
  AttributeName,
  AttributeValue,
  AttributeValues,
  ClusterName,
  CommandName,
  CommandPayload,
  ResponseTo,
  Side,
} from './clusters.ts'
import type { AttributeRecord } from './foundation.ts'
import type { Direction } from './header.ts'
import type { Failure, Peer } from './transactions.ts'

/** What an endpoint is. */
export interface EndpointOptions {
  endpoint: number
  profileId: number
  deviceId: number
}

/** A value, or a function that gives the present one; undefined means the attribute is not there. */
export type Source<T> = T | (() => T | undefined)

/** Sends commands the other way, as the answer to the one being handled. May be called later, and more than once. */
export type Reply<C extends ClusterName, D extends Direction> = <N extends CommandName<C, D>>(
  command: N,
  payload: CommandPayload<C, N, D>,
) => void

/**
 * Handles one command. Without a reply, a Default Response SUCCESS tells the peer that it was done; returning a status
 * sends that status instead; returning `later` sends nothing.
 */
export type CommandHandler<P, R> =
  | ((payload: P, from: Peer, reply: R) => void)
  | ((payload: P, from: Peer, reply: R) => number | 'later')

/** What an endpoint does for one side of a cluster. */
export interface SideOptions<C extends ClusterName, S extends Side, D extends Direction> {
  /** Attributes not listed are UNSUPPORTED_ATTRIBUTE. */
  attributes?: { readonly [A in AttributeName<C, S>]?: Source<AttributeValue<C, A>> }
  /** Attributes not listed, for long families of them: the value by name, undefined for one that is not there. */
  others?: (name: AttributeName<C, S>) => AttributeValue<C, AttributeName<C, S>> | undefined
  /** Attributes without a writer are READ_ONLY. A returned status other than SUCCESS refuses the value. */
  writes?: {
    readonly [A in AttributeName<C, S>]?:
      | ((value: AttributeValue<C, A>, from: Peer) => void)
      | ((value: AttributeValue<C, A>, from: Peer) => number)
  }
  commands?: {
    readonly [N in CommandName<C, D>]?: CommandHandler<CommandPayload<C, N, D>, Reply<C, Exclude<Direction, D>>>
  }
  /** Attributes the other side reports. `records` also has those the tables do not know. */
  onReport?: (from: Peer, values: AttributeValues<C, Exclude<Side, S>>, records: readonly AttributeRecord[]) => void
}

/** The answer to a read. An attribute is in `values`, or in one of the three lists of what is missing. */
export type ReadOutcome<C extends ClusterName, A extends AttributeName<C>> =
  | {
      ok: true
      values: { [N in A]?: AttributeValue<C, N> }
      /** The peer does not have them. */
      unsupported: A[]
      /** The peer refused with another status; INVALID_DATA_TYPE also when its type is not the one in the tables. */
      failed: { [N in A]?: number }
      /** They did not fit into the answer: ask again. */
      unanswered: A[]
    }
  | Failure

/** The answer to a write or a reporting configuration. */
export type WriteOutcome<C extends ClusterName> =
  | { ok: true }
  | { ok: false; reason: 'refused'; failed: { [A in AttributeName<C>]?: number } }
  | Failure

/** The answer to a command: its response, or undefined when the peer accepted it with a Default Response. */
export type RequestOutcome<C extends ClusterName, N extends string> = { ok: true; response: ResponseTo<C, N> } | Failure

/** How to ask. */
export interface AskOptions {
  timeoutUs?: Micros
  /** The peer has it; its answer has not come yet. */
  onDelivered?: () => void
  /** Which side sends, for a command that exists both ways on an endpoint that has both sides. */
  as?: Side
}

/** One attribute to have reported. Intervals in seconds. */
export interface ReportingRequest<C extends ClusterName, A extends AttributeName<C> = AttributeName<C>> {
  attribute: A
  minimumS: number
  maximumS: number
  change?: AttributeValue<C, A>
}
