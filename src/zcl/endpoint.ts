/** One ZCL endpoint: the clusters it serves and uses, and what it asks of others. Names and values typed by the tables. */
import { InvariantError } from '../base/errors.ts'
import type { Micros } from '../base/ids.ts'
import type { DeliveryOutcome, SimpleDescriptor } from '../ports/han.ts'
import { ClusterSide, type SideConfig, valuesByName } from './cluster-side.ts'
import {
  type AttributeName,
  type AttributeValue,
  type AttributeValues,
  attributeNameOf,
  attributeSpec,
  type ClusterName,
  type CommandName,
  type CommandPayload,
  clusterSpec,
  commandSpec,
  directionsOf,
  type ResponseTo,
  type Side,
} from './clusters.ts'
import { type AttributeRecord, type GlobalCommand, globalId, type ReadRecord, type SendReports } from './foundation.ts'
import { encodeCommand, encodeGlobal } from './frame.ts'
import type { Direction } from './header.ts'
import type { Payload } from './payload.ts'
import { Status } from './status.ts'
import type { Exchange, Failure, Peer } from './transactions.ts'

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

export type WriteOutcome<C extends ClusterName> =
  | { ok: true }
  | { ok: false; reason: 'refused'; failed: { [A in AttributeName<C>]?: number } }
  | Failure

export type RequestOutcome<C extends ClusterName, N extends string> = { ok: true; response: ResponseTo<C, N> } | Failure

export interface AskOptions {
  timeoutUs?: Micros
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

/** What an endpoint needs of its node. */
export interface EndpointHost {
  changed(endpoint: ZclEndpoint): void
  removed(endpoint: ZclEndpoint): void
  replaced(side: ClusterSide): void
  exchange(exchange: Exchange, encode: (sequence: number) => Uint8Array): void
  sequence(): number
  send(peer: Peer, clusterId: number, asdu: Uint8Array, onConfirm?: (outcome: DeliveryOutcome) => void): void
  timeoutUs: Micros
}

export class ZclEndpoint {
  readonly number: number
  readonly profileId: number
  readonly deviceId: number
  private readonly host: EndpointHost
  private readonly sides = { toServer: new Map<number, ClusterSide>(), toClient: new Map<number, ClusterSide>() }

  constructor(options: EndpointOptions, host: EndpointHost) {
    this.number = options.endpoint
    this.profileId = options.profileId
    this.deviceId = options.deviceId
    this.host = host
  }

  /** What the endpoint is, as others discover it. */
  descriptor(): SimpleDescriptor {
    return {
      endpoint: this.number,
      profileId: this.profileId,
      deviceId: this.deviceId,
      inputClusters: [...this.sides.toServer.keys()],
      outputClusters: [...this.sides.toClient.keys()],
    }
  }

  /** The side of a cluster that frames of a direction are for. */
  side(clusterId: number, direction: Direction): ClusterSide | undefined {
    return this.sides[direction].get(clusterId)
  }

  /** Serves a cluster from here; a second call replaces the first. @throws InvariantError for unknown names */
  serve<C extends ClusterName>(cluster: C, options: SideOptions<C, 'server', 'toServer'> = {}): void {
    this.add(new ClusterSide(cluster, 'server', options as SideConfig), 'toServer')
  }

  /** Uses a cluster of others from here (client side); a second call replaces the first. @throws InvariantError for unknown names */
  use<C extends ClusterName>(cluster: C, options: SideOptions<C, 'client', 'toClient'> = {}): void {
    this.add(new ClusterSide(cluster, 'client', options as SideConfig), 'toClient')
  }

  /** Takes the endpoint off the node. Its open requests end by timeout. */
  remove(): void {
    this.host.removed(this)
  }

  /** Reads attributes of a peer, all of one side. @throws InvariantError when the names are of both sides, or none */
  read<C extends ClusterName, A extends AttributeName<C>>(
    peer: Peer,
    cluster: C,
    names: readonly A[],
    onOutcome: (outcome: ReadOutcome<C, A>) => void,
    options: AskOptions = {},
  ): void {
    const side = sideOf(cluster, names)
    const attributeIds = names.map(name => attributeSpec(cluster, name).id)
    this.askGlobal(peer, cluster, side, { name: 'ReadAttributes', attributeIds }, options, {
      answer: command => {
        if (command.name !== 'ReadAttributesResponse') return false
        onOutcome(readOutcome(cluster, side, names, command.records))
        return true
      },
      failed: onOutcome,
    })
  }

  /** Writes attributes of a peer, all of one side. @throws InvariantError for a value out of range */
  write<C extends ClusterName>(
    peer: Peer,
    cluster: C,
    values: AttributeValues<C>,
    onOutcome: (outcome: WriteOutcome<C>) => void,
    options: AskOptions = {},
  ): void {
    const side = sideOf(cluster, Object.keys(values))
    this.askGlobal(peer, cluster, side, { name: 'WriteAttributes', records: recordsOf(cluster, values) }, options, {
      answer: command => {
        if (command.name !== 'WriteAttributesResponse') return false
        onOutcome(refusals(cluster, side, command.failures))
        return true
      },
      failed: onOutcome,
    })
  }

  /** Asks a peer to report attributes to this endpoint. @throws InvariantError when the names are of both sides */
  configureReporting<C extends ClusterName>(
    peer: Peer,
    cluster: C,
    requests: readonly ReportingRequest<C>[],
    onOutcome: (outcome: WriteOutcome<C>) => void,
    options: AskOptions = {},
  ): void {
    const side = sideOf(
      cluster,
      requests.map(request => request.attribute),
    )
    const records = requests.map(({ attribute, minimumS, maximumS, change }): SendReports => {
      const { id, type } = attributeSpec(cluster, attribute)
      return { role: 'send', id, type, minimumS, maximumS, ...(change === undefined ? {} : { change }) }
    })
    this.askGlobal(peer, cluster, side, { name: 'ConfigureReporting', records }, options, {
      answer: command => {
        if (command.name !== 'ConfigureReportingResponse') return false
        onOutcome(refusals(cluster, side, command.failures))
        return true
      },
      failed: onOutcome,
    })
  }

  /** Reports attributes to a peer, unasked. `onConfirm` tells whether the frame was delivered. */
  report<C extends ClusterName>(
    peer: Peer,
    cluster: C,
    values: AttributeValues<C>,
    onConfirm?: (outcome: DeliveryOutcome) => void,
  ): void {
    const side = sideOf(cluster, Object.keys(values))
    this.emitReport(peer, cluster, side, recordsOf(cluster, values), onConfirm)
  }

  /** Reports attributes that a peer configured. For the node. */
  sendReport(peer: Peer, side: ClusterSide, records: readonly AttributeRecord[]): void {
    this.emitReport(peer, side.cluster, side.side, records)
  }

  /** Sends a command and waits for its response, or for a Default Response where it has none. */
  request<C extends ClusterName, N extends CommandName<C>>(
    peer: Peer,
    cluster: C,
    command: N,
    payload: CommandPayload<C, N>,
    onOutcome: (outcome: RequestOutcome<C, N>) => void,
    options: AskOptions = {},
  ): void {
    const direction = this.directionOf(cluster, command, options.as)
    const { id, responses } = commandSpec(cluster, direction, command)
    const disableDefaultResponse = responses.length > 0
    this.ask(peer, cluster, direction, id, options, {
      encode: sequence =>
        encodeCommand({ direction, disableDefaultResponse, sequence }, cluster, command, payload as Payload),
      endsWithDefaultResponse: !disableDefaultResponse,
      accept: frame => {
        if (frame.kind !== 'cluster' || !responses.includes(frame.command)) return false
        const response: unknown = { command: frame.command, payload: frame.payload }
        onOutcome({ ok: true, response: response as ResponseTo<C, N> })
        return true
      },
      accepted: () => {
        const none: unknown = undefined
        onOutcome({ ok: true, response: none as ResponseTo<C, N> })
      },
      failed: onOutcome,
    })
  }

  /** Sends a command and does not wait for an answer. */
  send<C extends ClusterName, N extends CommandName<C>>(
    peer: Peer,
    cluster: C,
    command: N,
    payload: CommandPayload<C, N>,
    options: { as?: Side; onConfirm?: (outcome: DeliveryOutcome) => void } = {},
  ): void {
    const direction = this.directionOf(cluster, command, options.as)
    const addressing = { direction, disableDefaultResponse: true, sequence: this.host.sequence() }
    const asdu = encodeCommand(addressing, cluster, command, payload as Payload)
    this.host.send(peer, clusterSpec(cluster).id, asdu, options.onConfirm)
  }

  private add(side: ClusterSide, direction: Direction): void {
    const before = this.sides[direction].get(side.clusterId)
    if (before) this.host.replaced(before)
    this.sides[direction].set(side.clusterId, side)
    if (!before) this.host.changed(this)
  }

  private emitReport(
    peer: Peer,
    cluster: ClusterName,
    side: Side,
    records: readonly AttributeRecord[],
    onConfirm?: (outcome: DeliveryOutcome) => void,
  ): void {
    const direction: Direction = side === 'server' ? 'toClient' : 'toServer'
    const addressing = { direction, disableDefaultResponse: true, sequence: this.host.sequence() }
    const asdu = encodeGlobal(addressing, { name: 'ReportAttributes', records }, cluster)
    this.host.send(peer, clusterSpec(cluster).id, asdu, onConfirm)
  }

  private askGlobal(
    peer: Peer,
    cluster: ClusterName,
    side: Side,
    command: GlobalCommand,
    options: AskOptions,
    on: { answer(command: GlobalCommand): boolean; failed(failure: Failure): void },
  ): void {
    const direction: Direction = side === 'server' ? 'toServer' : 'toClient'
    this.ask(peer, cluster, direction, globalId(command.name), options, {
      encode: sequence => encodeGlobal({ direction, disableDefaultResponse: true, sequence }, command, cluster),
      endsWithDefaultResponse: false,
      accept: frame => frame.kind === 'global' && on.answer(frame.command),
      accepted: () => {},
      failed: on.failed,
    })
  }

  private ask(
    peer: Peer,
    cluster: ClusterName,
    direction: Direction,
    commandId: number,
    { timeoutUs = this.host.timeoutUs }: AskOptions,
    how: Pick<Exchange, 'endsWithDefaultResponse' | 'accept' | 'accepted' | 'failed'> & {
      encode(sequence: number): Uint8Array
    },
  ): void {
    const clusterId = clusterSpec(cluster).id
    this.host.exchange({ ...how, peer, endpoint: this.number, clusterId, direction, commandId, timeoutUs }, how.encode)
  }

  /** By the table; for a command that exists both ways, by the side this endpoint has. */
  private directionOf(cluster: ClusterName, command: string, as: Side | undefined): Direction {
    const known = directionsOf(cluster, command)
    const only = known.length === 1 ? known[0] : undefined
    if (as) {
      const direction: Direction = as === 'server' ? 'toClient' : 'toServer'
      commandSpec(cluster, direction, command)
      return direction
    }
    if (only) return only
    if (known.length === 0) commandSpec(cluster, 'toServer', command)
    const { id } = clusterSpec(cluster)
    const serves = this.sides.toServer.has(id)
    if (serves === this.sides.toClient.has(id)) {
      throw new InvariantError(
        `${cluster}.${command} exists in both directions: say { as: 'client' } or { as: 'server' }`,
      )
    }
    return serves ? 'toClient' : 'toServer'
  }
}

/** The side that owns all of the attributes; the server for those that both have. */
function sideOf(cluster: ClusterName, names: readonly string[]): Side {
  if (names.length === 0) throw new InvariantError(`${cluster}: no attributes named`)
  const owners = new Set(names.map(name => attributeSpec(cluster, name).side))
  if (owners.has('server') && owners.has('client')) {
    throw new InvariantError(`${cluster}: attributes of server and client cannot go in one frame: ${names.join(', ')}`)
  }
  return owners.has('client') ? 'client' : 'server'
}

function recordsOf<C extends ClusterName>(cluster: C, values: AttributeValues<C>): AttributeRecord[] {
  const table = Object.entries(values) as [string, AttributeRecord['value'] | undefined][]
  return table.flatMap(([name, value]) => {
    const { id, type } = attributeSpec(cluster, name)
    return value === undefined ? [] : [{ id, type, value }]
  })
}

function readOutcome<C extends ClusterName, A extends AttributeName<C>>(
  cluster: C,
  side: Side,
  names: readonly A[],
  records: readonly ReadRecord[],
): ReadOutcome<C, A> {
  const present = records.flatMap(record => ('type' in record ? [record] : []))
  const values = valuesByName(cluster, side, present)
  const statuses = new Map(records.map(({ id, status }) => [id, status]))
  const unsupported: A[] = []
  const unanswered: A[] = []
  const failed: { [N in A]?: number } = {}
  const asked: { [name: string]: unknown } = {}
  for (const name of names) {
    const status = statuses.get(attributeSpec(cluster, name).id)
    if (status === undefined) unanswered.push(name)
    else if (status === Status.UNSUPPORTED_ATTRIBUTE) unsupported.push(name)
    else if (status !== Status.SUCCESS) failed[name] = status
    else if (name in values) asked[name] = values[name]
    else failed[name] = Status.INVALID_DATA_TYPE
  }
  return { ok: true, values: asked as { [N in A]?: AttributeValue<C, N> }, unsupported, failed, unanswered }
}

function refusals<C extends ClusterName>(
  cluster: C,
  side: Side,
  failures: readonly { id: number; status: number }[],
): WriteOutcome<C> {
  if (failures.length === 0) return { ok: true }
  const failed: { [name: string]: number } = {}
  for (const { id, status } of failures) {
    failed[attributeNameOf(clusterSpec(cluster).id, side, id) ?? `0x${id.toString(16)}`] = status
  }
  return { ok: false, reason: 'refused', failed: failed as { [A in AttributeName<C>]?: number } }
}
