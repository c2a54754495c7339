/**
 * The device object of one node, on endpoint 0: it says what the node is, asks what others are, and tells where they are.
 * @source ZigBee PRO, 2.4 the ZigBee device profile
 */
import { WireError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { ApsPayload, DiscoveredEndpoint } from '../../ports/han.ts'
import type { Timers } from '../../ports/time.ts'
import type { Aps, ApsSource } from '../aps/aps.ts'
import type { Capability } from '../frames/capability.ts'
import { decodeZdo, encodeZdo, ZDO_PROFILE, type ZdoCommand, ZdoStatus, zdoName } from '../frames/zdo.ts'
import { NWK_BROADCAST, type NwkService } from '../nwk-service.ts'
import { BindingTable } from './binding-table.ts'
import { discover } from './discovery.ts'
import { EndpointTable } from './endpoint-table.ts'
import { ZdoAnswers } from './zdo-answers.ts'
import type { ZdoHost } from './zdo-host.ts'
import {
  type Asking,
  asRequest,
  RESPONSE,
  type ResponseTo,
  SINGLE_DEVICE,
  type Unnumbered,
  type ZdoRequest,
  type ZdoRequestName,
} from './zdo-names.ts'
import { ZdoRequests } from './zdo-requests.ts'

export type { ZdoHost } from './zdo-host.ts'

export interface ZdoOptions {
  aps: Aps
  nwk: NwkService
  timers: Timers
  host: ZdoHost
}

/** Why something for the device object was not taken; each is counted. */
export type ZdoRefusal =
  | 'malformed'
  /** Not of profile 0. */
  | 'wrong-profile'
  /** An answer nobody waits for. */
  | 'unexpected-answer'
  /** A node announces an address that it does not send from, or the one of this node. */
  | 'false-announce'

/** How long a node looked for by EUI-64 may take to answer. Assumed. */
const ADDRESS_US = seconds(5)
const ZDO_ENDPOINT = 0
/** So that a Parent_annce fits one frame. */
const CHILDREN_AT_ONCE = 8

export class Zdo {
  readonly endpoints = new EndpointTable()
  readonly bindings = new BindingTable()
  readonly refused = new Map<ZdoRefusal, number>()
  private readonly aps: Aps
  private readonly nwk: NwkService
  private readonly host: ZdoHost
  private readonly answers: ZdoAnswers
  private readonly requests: ZdoRequests

  constructor({ aps, nwk, timers, host }: ZdoOptions) {
    this.aps = aps
    this.nwk = nwk
    this.host = host
    this.answers = new ZdoAnswers({ nwk, endpoints: this.endpoints, bindings: this.bindings, host })
    this.requests = new ZdoRequests({
      timers,
      sender: {
        unicast: (to, command, failed) => this.unicast(to, command, failed),
        broadcast: (to, command) => this.broadcast(to, command),
      },
    })
    aps.listen({ onZdo: (from, payload) => this.receive(from, payload) })
  }

  /** Questions without an answer yet; a sleeper polls fast while there are any. */
  get pending(): number {
    return this.requests.count
  }

  /** Device_annce: tells all that listen which address this node has. */
  announce(capability: Capability): void {
    const { eui64: device, address } = this.nwk
    const sequence = this.requests.nextSequence()
    this.broadcast(NWK_BROADCAST.rxOnWhenIdle, { name: 'DeviceAnnounce', address, device, capability, sequence })
  }

  /** Parent_annce: tells the other parents which children are here. */
  announceChildren(children: readonly Eui64[]): void {
    for (let from = 0; from < children.length; from += CHILDREN_AT_ONCE) {
      const sequence = this.requests.nextSequence()
      const some = children.slice(from, from + CHILDREN_AT_ONCE)
      this.broadcast(NWK_BROADCAST.routers, { name: 'ParentAnnounce', children: some, sequence })
    }
  }

  /**
   * Asks the node at a short address. `onAnswer` is called once, later: with undefined when it did not answer within
   * 10 s, or could not be asked.
   */
  ask<N extends ZdoRequestName>(
    to: number,
    request: Asking<N>,
    onAnswer: (answer: ResponseTo<N> | undefined) => void,
  ): void {
    this.requests.ask(to, request, onAnswer)
  }

  /** Tells many nodes, and waits for nobody. `to`: one of NWK_BROADCAST. */
  tell(to: number, request: Unnumbered<ZdoRequest>): void {
    this.broadcast(to, { ...request, sequence: this.requests.nextSequence() } as ZdoRequest)
  }

  /** The endpoints of awake nodes that serve a cluster. `onFound` is called once, later. */
  discover(query: { profileId: number; clusterId: number }, onFound: (found: DiscoveredEndpoint[]) => void): void {
    const eui64Of = (address: number, onKnown: (device: Eui64 | undefined) => void) => {
      const known = this.nwk.eui64Of(address)
      if (known === undefined) this.ieeeAddressOf(address, onKnown)
      else onKnown(known)
    }
    discover({ requests: this.requests, query, eui64Of }, onFound)
  }

  /** Asks the node at a short address who it is; the address map learns it. `onKnown` is called once, later. */
  ieeeAddressOf(address: number, onKnown: (device: Eui64 | undefined) => void): void {
    const request = { name: 'IeeeAddressRequest', address, requestType: SINGLE_DEVICE, startIndex: 0 } as const
    this.ask(address, request, answer => {
      const { status, device } = answer ?? {}
      const known = status === ZdoStatus.SUCCESS && answer?.address === address ? device : undefined
      if (known !== undefined) this.nwk.learn(known, address)
      onKnown(known)
    })
  }

  /** Asks all that listen where a node is; the address map learns it. `onKnown` is called once, later. */
  nwkAddressOf(device: Eui64, onKnown: (address: number | undefined) => void): void {
    const request = { name: 'NwkAddressRequest', device, requestType: SINGLE_DEVICE, startIndex: 0 } as const
    this.requests.askAll(NWK_BROADCAST.rxOnWhenIdle, request, {
      forUs: ADDRESS_US,
      onAnswer: answer => {
        const { status, address } = answer
        if (status !== ZdoStatus.SUCCESS || answer.device !== device || address === undefined) return false
        this.nwk.learn(device, address)
        onKnown(address)
        return true
      },
      onEnd: () => onKnown(undefined),
    })
  }

  /** The node is off the network: every question ends without an answer, and nothing is bound any more. */
  reset(): void {
    this.bindings.clear()
    this.requests.abandon()
  }

  /** A broadcast of this node's own, which its network does not bring back to it. */
  overhear(payload: ApsPayload): void {
    const { address, eui64 } = this.nwk
    this.receive({ address, eui64, broadcast: true }, payload)
  }

  // Receiving. Octets from outside never throw.

  private receive(from: ApsSource & { broadcast: boolean }, payload: ApsPayload): void {
    const { profileId, clusterId, asdu } = payload
    if (profileId !== ZDO_PROFILE) return this.refuse('wrong-profile')
    if (zdoName(clusterId) === undefined) return this.answerUnknown(from, clusterId, asdu)
    let command: ZdoCommand
    try {
      command = decodeZdo(clusterId, asdu)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return this.refuse('malformed')
    }
    if (command.name === 'DeviceAnnounce') return this.onAnnounce(from, command)
    const request = asRequest(command)
    if (request) {
      const answer = this.answers.to(request, from)
      if (answer) this.unicast(from.address, { ...answer, sequence: command.sequence } as ZdoCommand)
      return
    }
    if (command.name === 'ParentAnnounce') return this.onParentAnnounce(from, command)
    if (command.name === 'ParentAnnounceResponse') return this.host.contested?.(command.children ?? [])
    if (!this.requests.settle(clusterId, command, from.address)) this.strayAnswer()
  }

  /** A parent tells of its children; those it holds wrongly, it gives up when it is told so. */
  private onParentAnnounce(
    from: ApsSource,
    { children, sequence }: Extract<ZdoCommand, { name: 'ParentAnnounce' }>,
  ): void {
    if (from.address === this.nwk.address) return
    const own = this.host.claimed?.(children) ?? []
    if (own.length === 0) return
    this.unicast(from.address, { name: 'ParentAnnounceResponse', sequence, status: ZdoStatus.SUCCESS, children: own })
  }

  private onAnnounce(from: ApsSource, announce: Extract<ZdoCommand, { name: 'DeviceAnnounce' }>): void {
    const { device, address, capability } = announce
    const own = device === this.nwk.eui64 || address === this.nwk.address
    if (own || address !== from.address) return this.refuse('false-announce')
    this.nwk.learn(device, address)
    this.host.onAnnounce?.(device, address, capability)
  }

  /** @source ZigBee PRO, 2.4.4: a request that is not supported is answered so, when it was meant for this node alone */
  private answerUnknown(from: ApsSource & { broadcast: boolean }, clusterId: number, asdu: Uint8Array): void {
    const sequence = asdu[0]
    if (sequence === undefined) return this.refuse('malformed')
    if (clusterId & RESPONSE) return this.strayAnswer()
    if (from.broadcast) return
    this.aps.send(from.address, zdoPayload(clusterId | RESPONSE, Uint8Array.of(sequence, ZdoStatus.NOT_SUPPORTED)))
  }

  private unicast(to: number, command: ZdoCommand, failed?: () => void): void {
    const { clusterId, asdu } = encodeZdo(command)
    this.aps.send(to, zdoPayload(clusterId, asdu), {}, outcome => {
      if (outcome !== 'delivered') failed?.()
    })
  }
  private broadcast(to: number, command: ZdoCommand): void {
    const { clusterId, asdu } = encodeZdo(command)
    this.aps.broadcast(to, zdoPayload(clusterId, asdu))
  }

  private strayAnswer(): void {
    if (!this.host.othersAsk) this.refuse('unexpected-answer')
  }
  private refuse(reason: ZdoRefusal): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
  }
}

const zdoPayload = (clusterId: number, asdu: Uint8Array): ApsPayload => ({
  profileId: ZDO_PROFILE,
  clusterId,
  sourceEndpoint: ZDO_ENDPOINT,
  destinationEndpoint: ZDO_ENDPOINT,
  security: 'network',
  asdu,
})
