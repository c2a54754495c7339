/** One ZCL endpoint: the clusters it serves and uses, and what it asks of others. Names and values typed by the tables. */
import { InvariantError } from '../base/errors.ts'
import type { Micros } from '../base/ids.ts'
import type { DeliveryOutcome, SimpleDescriptor } from '../ports/han.ts'
import { readOutcome, recordsOf, refusals, sideOf } from './attribute-outcomes.ts'
import { ClusterSide, type SideConfig } from './cluster-side.ts'
import {
  type AttributeName,
  type AttributeValues,
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
import type {
  AskOptions,
  EndpointOptions,
  ReadOutcome,
  ReportingRequest,
  RequestOutcome,
  SideOptions,
  WriteOutcome,
} from './endpoint-types.ts'
import { type AttributeRecord, type GlobalCommand, globalId, type SendReports } from './foundation.ts'
import { encodeCommand, encodeGlobal } from './frame.ts'
import type { Direction } from './header.ts'
import type { Payload } from './payload.ts'
import type { Exchange, Failure, Peer } from './transactions.ts'

/** What an endpoint needs of its node. */
export interface EndpointHost {
  changed(endpoint: ZclEndpoint): void
  removed(endpoint: ZclEndpoint): void
  replaced(side: ClusterSide): void
  exchange(exchange: Exchange, encode: (sequence: number) => Uint8Array): void
  sequence(): number
  send(peer: Peer, clusterId: number, asdu: Uint8Array, onConfirm?: (outcome: DeliveryOutcome) => void): void
  /** What this node says in place of a report. */
  said(report: GlobalCommand, cluster: ClusterName): GlobalCommand
  timeoutUs: Micros
}

/** Made by `ZclNode.endpoint`. */
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
    const asdu = encodeGlobal(addressing, this.host.said({ name: 'ReportAttributes', records }, cluster), cluster)
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
    { timeoutUs = this.host.timeoutUs, onDelivered: delivered }: AskOptions,
    how: Pick<Exchange, 'endsWithDefaultResponse' | 'accept' | 'accepted' | 'failed'> & {
      encode(sequence: number): Uint8Array
    },
  ): void {
    const clusterId = clusterSpec(cluster).id
    const asked = { peer, endpoint: this.number, clusterId, direction, commandId, timeoutUs, delivered }
    this.host.exchange({ ...how, ...asked }, how.encode)
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
