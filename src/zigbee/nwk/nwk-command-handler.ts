/** What a node does when a NWK command comes in, and which it believes. @source ZigBee PRO, 3.4 */
import type { Eui64 } from '../../base/ids.ts'
import type { Capability } from '../frames/capability.ts'
import type { NwkCommand } from '../frames/nwk-commands.ts'
import type { NwkHeader } from '../frames/nwk-frame.ts'
import type { ChildCare } from './child-care.ts'
import type { KeepAlive } from './keep-alive.ts'
import type { Neighbours } from './neighbours.ts'
import type { Routing } from './routing.ts'

export interface NwkCommandsOptions {
  eui64: Eui64
  routing: Routing
  neighbours: Neighbours
  /** Short address of this node. */
  own: () => number
  care: ChildCare
  /** How children may show that they are there. */
  keepAlive: KeepAlive
  parent: () => number | undefined
  eui64Of: (address: number) => Eui64 | undefined
  /** One hop. */
  send: (
    command: NwkCommand,
    to: number,
    how?: { unsecured?: boolean; sourceEui64?: boolean; destinationEui64?: Eui64 },
  ) => void
  /** The address of a device that rejoins here; undefined when this node is no parent. */
  rejoined: (device: Eui64, claimed: number, capability: Capability, secured: boolean) => number | undefined
  /** The parent answered how long it keeps this node, and what shows it that it is there. */
  onTimeoutResponse: (status: number, keepAlive: KeepAlive) => void
  /** A node left, or this one was told to (`address` undefined). */
  left: (device: Eui64, address: number | undefined, rejoin: boolean) => void
  onRefused: (reason: string) => void
}

/** How a command came in. `hop`: the neighbour that sent it on. */
export interface Incoming {
  header: NwkHeader
  secured: boolean
  hop: number
}

/** A rejoin of this node's that waits for its answer. */
export interface AwaitedRejoin {
  unsecured: boolean
  finish: (address: number | undefined) => void
}

export class NwkCommands {
  private readonly options: NwkCommandsOptions
  private rejoin: AwaitedRejoin | undefined

  constructor(options: NwkCommandsOptions) {
    this.options = options
  }

  awaitRejoin(rejoin: AwaitedRejoin | undefined): void {
    this.rejoin = rejoin
  }

  obey(command: NwkCommand, incoming: Incoming): void {
    const { routing } = this.options
    const { header, secured, hop } = incoming
    if (!secured && command.name !== 'RejoinRequest' && command.name !== 'RejoinResponse') {
      return this.options.onRefused('nwk.unsecured-command')
    }
    switch (command.name) {
      case 'RouteRequest':
        return routing.onRequest(command, header, hop)
      case 'RouteReply':
        return routing.onReply(command, hop)
      case 'RouteRecord':
        if (!routing.onRecord(header.source, command.relays, hop)) this.options.onRefused('nwk.route-record')
        return
      case 'Leave':
        return this.onLeave(command, incoming)
      case 'RejoinRequest':
        return this.onRejoinRequest(command.capability, incoming)
      case 'RejoinResponse':
        // Who asked under the network key believes no answer without it.
        if (secured || this.rejoin?.unsecured) this.rejoin?.finish(command.status === 0 ? command.address : undefined)
        return
      case 'EndDeviceTimeoutRequest':
        return this.onTimeoutRequest(header.source, command.requestedTimeout)
      case 'LinkStatus':
        return this.options.neighbours.told(hop, command, this.options.own())
      case 'NetworkStatus':
        return routing.onStatus(command)
      case 'NetworkReport':
      case 'NetworkUpdate':
        return
      case 'EndDeviceTimeoutResponse': {
        const { macDataPollKeepAlive: poll, timeoutRequestKeepAlive: request } = command.parent
        if (hop === this.options.parent()) this.options.onTimeoutResponse(command.status, { poll, request })
        return
      }
      default:
        command satisfies never
    }
  }

  /** A parent's order is obeyed, nobody else's; a node that says it leaves is believed. */
  private onLeave(command: Extract<NwkCommand, { name: 'Leave' }>, { header, hop }: Incoming): void {
    const { eui64, parent, eui64Of, left, onRefused } = this.options
    if (command.request) {
      if (hop === parent()) left(eui64, undefined, command.rejoin)
      else onRefused('nwk.leave-order')
      return
    }
    const device = header.sourceEui64 ?? eui64Of(header.source)
    if (device !== undefined) left(device, header.source, command.rejoin)
  }

  private onRejoinRequest(capability: Capability, { header, secured }: Incoming): void {
    const device = header.sourceEui64
    const address = device === undefined ? undefined : this.options.rejoined(device, header.source, capability, secured)
    if (device === undefined || address === undefined) return
    const how = { unsecured: !secured, sourceEui64: true, destinationEui64: device }
    this.options.send({ name: 'RejoinResponse', address, status: 0 }, address, how)
  }

  /** @source ZigBee PRO, 3.4.12: status 1 incorrect value */
  private onTimeoutRequest(address: number, requested: number): void {
    const { care, keepAlive, send } = this.options
    const answer = care.grantTimeout(address, requested)
    if (!answer) return care.turnAway(address)
    const { poll: macDataPollKeepAlive, request: timeoutRequestKeepAlive } = keepAlive
    const parent = { macDataPollKeepAlive, timeoutRequestKeepAlive, powerNegotiation: false }
    send({ name: 'EndDeviceTimeoutResponse', status: answer.granted ? 0 : 1, parent }, address)
  }
}
