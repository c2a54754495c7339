/**
 * Our stack as a network co-processor: the coordinator of a home automation network, driven by a foreign host. All that reaches
 * it is handed up; its device object goes on answering for it.
 */
import { InvariantError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import { milliseconds } from '../base/time.ts'
import type { DeliveryOutcome, HanListener, SimpleDescriptor } from '../ports/han.ts'
import type {
  ApsMessage,
  JoiningKey,
  NetworkFacts,
  NetworkProcessor,
  NetworkProcessorListener,
} from '../ports/network-processor.ts'
import type { LinkKeyMemory } from './aps/link-keys.ts'
import { Door } from './door.ts'
import { ZdoStatus } from './frames/zdo.ts'
import { HomeTrust, type HomeTrustMemory } from './home-trust.ts'
import { HostMessages } from './host-messages.ts'
import type { JoiningKeysMemory } from './joining-keys.ts'
import type { NwkMemory } from './nwk/nwk.ts'
import { assembleStack, type ZigbeeNodeOptions, type ZigbeeStack } from './stack.ts'
import type { Binding } from './zdo/binding-table.ts'

/** What a network processor keeps while it is off: plain values that can be written as JSON, keys among them. */
export interface NetworkProcessorMemory {
  /** Outgoing NWK frame counter. */
  frameCounter: number
  /** Absent when it was on no network. */
  nwk?: NwkMemory
  linkKeys: LinkKeyMemory
  trust: HomeTrustMemory
  joiningKeys: JoiningKeysMemory
  bindings: readonly Binding[]
}

export interface ZigbeeNetworkProcessorOptions
  extends Omit<ZigbeeNodeOptions, 'role' | 'credentials' | 'preconfiguredKey' | 'memory'> {
  /** What it knew when it was switched off. */
  memory?: NetworkProcessorMemory
}

/** Direct children. @source assumed: what common coordinators have room for */
const MOST_CHILDREN = 128
/** Without end. */
const FOR_EVER_S = 255
/** Revision of the standard that its node descriptor tells. */
const REVISION = 22
/** Counters a restored node leaves out, so that none is ever used twice. */
const COUNTER_MARGIN = 1_024

const NOBODY: NetworkProcessorListener = {
  onUp: () => {},
  onDown: () => {},
  onMessage: () => {},
  onArrival: () => {},
  onDeparture: () => {},
}
const NO_OWNER: HanListener = { onData: () => {} }

export class ZigbeeNetworkProcessor implements NetworkProcessor {
  readonly eui64: Eui64
  private readonly options: ZigbeeNetworkProcessorOptions
  private readonly stack: ZigbeeStack
  private readonly trust: HomeTrust
  private readonly door: Door
  private readonly messages: HostMessages
  private listener = NOBODY
  private standing: 'out' | 'up' | 'leaving' = 'out'
  /** What to do once it has left. */
  private afterwards: (() => void) | undefined

  constructor(options: ZigbeeNetworkProcessorOptions) {
    const { eui64, timers, random, memory } = options
    this.eui64 = eui64
    this.options = options
    const { memory: _, ...common } = options
    this.stack = assembleStack(
      { ...common, role: 'coordinator' },
      {
        owner: () => NO_OWNER,
        mayCommunicate: () => true,
        onArrival: (device, address, _capability, how) => this.trust.arrived(device, address, how),
        onLeave: (device, rejoin) => {
          if (!rejoin) this.trust.left(device)
        },
        onChildLeft: device => this.trust.left(device),
        onHeard: device => this.trust.heard(device),
        onAnnounce: device => this.trust.heard(device),
        onData: () => {},
        onReceived: (from, payload) => this.messages.received(from, payload),
        obey: (from, command, how) => {
          if (!this.trust.obey(from, command, how)) this.stack.centreDealings.obey(from, command, how)
        },
        permitJoining: durationS => {
          this.permitJoining(durationS)
          return ZdoStatus.SUCCESS
        },
        admitsExchange: () => false,
        staleKeyUsed: () => {},
        established: () => {},
        revision: REVISION,
        maxChildren: MOST_CHILDREN,
        childAgeing: 'by timeout',
      },
    )
    const { stack } = this
    stack.centreDealings.centre = eui64
    this.door = new Door(timers, open => stack.nwk.permitJoining(open))
    this.messages = new HostMessages({
      ...{ stack, timers },
      isUp: () => this.standing === 'up',
      onMessage: message => this.listener.onMessage(message),
    })
    this.trust = new HomeTrust({
      ...{ stack, timers, random, joiningKeys: memory?.joiningKeys },
      isOpen: () => this.door.isOpen,
      onArrival: arrival => this.listener.onArrival(arrival),
      onDeparture: (device, address) => this.listener.onDeparture(device, address),
    })
    if (!memory) return
    stack.linkKeys.restore(memory.linkKeys)
    this.trust.restore(memory.trust)
    for (const binding of memory.bindings) stack.zdo.bindings.add(binding)
    if (memory.nwk) stack.nwk.restore(memory.nwk)
    else this.forget()
    stack.nwk.keys.skipTo(memory.frameCounter + COUNTER_MARGIN)
  }

  get network(): NetworkFacts | undefined {
    const { settings, keys } = this.stack.nwk
    if (this.standing !== 'up' || !settings || !keys.current) return undefined
    const { panId, extendedPanId, channel, updateId = 0 } = settings
    const { key, sequence } = keys.current
    return { panId, extendedPanId, channel, updateId, networkKey: { key: key.slice(), sequence } }
  }
  get frameCounter(): number {
    return this.stack.nwk.keys.nextOutgoing
  }

  listen(listener: NetworkProcessorListener): void {
    this.listener = listener
  }
  addEndpoint(descriptor: SimpleDescriptor): void {
    this.stack.zdo.endpoints.set(descriptor)
  }
  removeEndpoint(endpoint: number): void {
    this.stack.zdo.endpoints.remove(endpoint)
  }

  /** @throws InvariantError while it is on a network */
  form(network: NetworkFacts, frameCounter = 0): void {
    if (this.standing === 'up') throw new InvariantError('network processor: on a network, so that it forms none')
    if (this.standing === 'leaving') {
      this.afterwards = () => this.form(network, frameCounter)
      return
    }
    this.forget()
    const { panId, extendedPanId, channel, updateId, networkKey } = network
    const { nwk } = this.stack
    nwk.keys.skipTo(frameCounter)
    nwk.form({ panId, extendedPanId, channel, updateId }, networkKey)
    this.goUp()
  }

  resume(): boolean {
    const { nwk } = this.stack
    if (this.standing !== 'out' || !nwk.settings) return false
    nwk.resume()
    this.goUp()
    return true
  }

  leave(): void {
    if (this.standing === 'leaving') return
    const wasUp = this.standing === 'up'
    this.standing = 'leaving'
    this.permitJoining(0)
    const left = () => {
      this.standing = 'out'
      this.forget()
      if (wasUp) this.listener.onDown()
      const { afterwards } = this
      this.afterwards = undefined
      afterwards?.()
    }
    this.stack.nwk.leave(left)
  }

  permitJoining(forS: number): void {
    this.door.openFor(forS < FOR_EVER_S ? forS : Number.POSITIVE_INFINITY)
    this.options.trace.emit({ kind: 'han.join-window', forS })
  }
  allowKey(joining: JoiningKey): void {
    this.trust.joiningKeys.allow(joining)
  }
  forgetKeys(device?: Eui64 | 'any'): void {
    this.trust.joiningKeys.forget(device)
  }

  addressOf(device: Eui64): number | undefined {
    return this.standing === 'up' ? this.stack.nwk.addressOf(device) : undefined
  }
  deviceAt(address: number): Eui64 | undefined {
    return this.standing === 'up' ? this.stack.nwk.eui64Of(address) : undefined
  }

  unicast(
    to: number,
    message: ApsMessage,
    options: { ackRequest: boolean },
    onDone: (outcome: DeliveryOutcome) => void,
  ): number {
    return this.messages.unicast(to, message, options, onDone)
  }
  broadcast(to: number, message: ApsMessage): number {
    return this.messages.broadcast(to, message)
  }
  multicast(group: number, message: Omit<ApsMessage, 'destinationEndpoint'>): number {
    return this.messages.multicast(group, message)
  }

  remove(device: Eui64): void {
    if (this.standing === 'up') this.trust.remove(device)
  }

  /** What is to be kept over a restart. */
  memory(): NetworkProcessorMemory {
    const { nwk, linkKeys, zdo } = this.stack
    const kept = this.standing === 'leaving' ? undefined : nwk.memory()
    return {
      frameCounter: this.frameCounter,
      ...(kept && { nwk: kept }),
      linkKeys: linkKeys.save(),
      trust: this.trust.memory(),
      joiningKeys: this.trust.joiningKeys.memory(),
      bindings: zdo.bindings.list(),
    }
  }

  /** Network key and link keys there are, as octets: for opening captures. */
  testKeys(): { key: Uint8Array; label: string }[] {
    const { current } = this.stack.nwk.keys
    const network = current ? [{ key: current.key, label: `network key ${current.sequence}` }] : []
    return [...network, ...this.trust.testKeys()]
  }

  private goUp(): void {
    const { timers, trace } = this.options
    this.standing = 'up'
    timers.after(milliseconds(1), 'zigbee formed', () => {
      const { network } = this
      if (!network) return
      trace.emit({ kind: 'han.formed', panId: network.panId, channel: network.channel })
      this.listener.onUp()
    })
  }

  /** All that belongs to a network, but for its frame counter. */
  private forget(): void {
    const { nwk, aps, zdo } = this.stack
    nwk.abandon()
    aps.reset()
    zdo.reset()
    this.trust.forget()
  }
}
