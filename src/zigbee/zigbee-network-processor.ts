/**
 * Our stack as a network co-processor: the coordinator and trust centre of a home automation network, driven by a foreign host.
 * Devices join with preconfigured link keys, prove nothing by certificates, and may ask for a link key of their own.
 */
import { InvariantError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import { milliseconds, seconds } from '../base/time.ts'
import type { ApsPayload, DeliveryOutcome, HanListener, SimpleDescriptor } from '../ports/han.ts'
import type {
  ApsMessage,
  DeviceArrival,
  JoiningKey,
  NetworkFacts,
  NetworkProcessor,
  NetworkProcessorListener,
} from '../ports/network-processor.ts'
import type { Timer } from '../ports/time.ts'
import type { ApsArrival } from './aps/aps.ts'
import type { LinkKeyMemory } from './aps/link-keys.ts'
import { outcomeOf } from './delivery-outcome.ts'
import { isBroadcast } from './frames/addresses.ts'
import { ZDO_PROFILE, ZdoStatus, zdoClusterId } from './frames/zdo.ts'
import { JoiningKeys, type JoiningKeysMemory } from './joining-keys.ts'
import { LinkKeyExchange } from './link-key-exchange.ts'
import type { NetworkKey } from './nwk/network-keys.ts'
import type { NwkMemory } from './nwk/nwk.ts'
import type { Arrival } from './nwk/parenthood.ts'
import { MOST_DEVICES, Residents, type ResidentsMemory } from './residents.ts'
import { assembleStack, type ZigbeeNodeOptions, type ZigbeeStack } from './stack.ts'
import { TrustCentre, type TrustCentreMemory, type UpdateStatus } from './trust-centre.ts'
import type { Binding } from './zdo/binding-table.ts'
import { RESPONSE } from './zdo/zdo-names.ts'

/** What a network processor keeps while it is off: plain values that can be written as JSON, keys among them. */
export interface NetworkProcessorMemory {
  /** Outgoing NWK frame counter. */
  frameCounter: number
  /** Absent when it was on no network. */
  nwk?: NwkMemory
  linkKeys: LinkKeyMemory
  centre: TrustCentreMemory
  residents: ResidentsMemory
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
/** The host opens its own door itself. */
const PERMIT_JOINING = zdoClusterId('ManagementPermitJoiningRequest')
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
const HOW = {
  association: 'joined',
  'unsecured join': 'joined',
  'secured rejoin': 'secured-rejoin',
  'trust centre rejoin': 'trust-centre-rejoin',
} as const satisfies Record<Arrival | Exclude<UpdateStatus, 'left'>, DeviceArrival['how']>

export class ZigbeeNetworkProcessor implements NetworkProcessor {
  readonly eui64: Eui64
  private readonly options: ZigbeeNetworkProcessorOptions
  private readonly stack: ZigbeeStack
  private readonly centre: TrustCentre
  private readonly exchange: LinkKeyExchange
  private readonly residents: Residents
  private readonly joiningKeys: JoiningKeys
  private listener = NOBODY
  private standing: 'out' | 'up' | 'leaving' = 'out'
  /** What to do once it has left. */
  private afterwards: (() => void) | undefined
  private door: Timer | undefined
  private open = false

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
        onArrival: (device, address, _capability, how) => this.arrived(device, address, how),
        onLeave: (device, rejoin) => {
          if (rejoin) return
          this.residents.gone(device)
          // Its farewell, after the order to leave, showed its address again.
          this.stack.nwk.addresses.forget(device)
        },
        onChildLeft: device => this.residents.gone(device),
        onHeard: device => this.heard(device),
        onAnnounce: device => this.heard(device),
        onData: () => {},
        onReceived: (from, payload) => this.received(from, payload),
        obey: (from, command, how) => {
          const obeyed = this.exchange.obey(from, command, how) || this.centre.obey(from, command, how)
          if (!obeyed) this.stack.centreDealings.obey(from, command, how)
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
    const { nwk, aps, zdo, linkKeys, centreDealings } = this.stack
    centreDealings.centre = eui64
    this.residents = new Residents({ timers, onGone: (device, address) => this.gone(device, address) })
    this.joiningKeys = new JoiningKeys(memory?.joiningKeys)
    this.centre = new TrustCentre({
      ...{ eui64, nwk, aps, linkKeys, timers, random: random.stream('trust centre') },
      onExpelled: () => {},
      onLeft: device => this.residents.gone(device),
      keyFor: (device, how) => this.keyFor(device, how),
      onMoved: (device, address, parent, how) => {
        nwk.learn(device, address)
        this.tell({ device, address, parent, how: HOW[how] })
      },
    })
    this.exchange = new LinkKeyExchange({
      ...{ eui64, aps, linkKeys, random: random.stream('link key exchange') },
      admits: device => this.centre.isListed(device),
    })
    if (!memory) return
    nwk.keys.skipTo(memory.frameCounter + COUNTER_MARGIN)
    if (!memory.nwk) return
    nwk.restore(memory.nwk)
    linkKeys.restore(memory.linkKeys)
    this.centre.remember(memory.centre, [])
    for (const [device, address] of memory.residents) this.residents.came(device, address)
    for (const binding of memory.bindings) zdo.bindings.add(binding)
  }

  get network(): NetworkFacts | undefined {
    const { settings, keys } = this.stack.nwk
    if (this.standing !== 'up' || !settings || !keys.current) return undefined
    const { panId, extendedPanId, channel, updateId = 0 } = settings
    return { panId, extendedPanId, channel, updateId, networkKey: { ...keys.current } }
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
    this.door?.cancel()
    this.door = undefined
    this.open = forS > 0
    this.stack.nwk.permitJoining(this.open)
    this.options.trace.emit({ kind: 'han.join-window', forS })
    if (!this.open || forS >= FOR_EVER_S) return
    this.door = this.options.timers.after(seconds(forS), 'zigbee join window', () => {
      this.open = false
      this.stack.nwk.permitJoining(false)
    })
  }
  allowKey(joining: JoiningKey): void {
    this.joiningKeys.allow(joining)
  }
  forgetKeys(device?: Eui64 | 'any'): void {
    this.joiningKeys.forget(device)
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
    const { aps, nwk } = this.stack
    return aps.send(to, { ...message, security: 'network' }, options, reached => {
      const outcome = outcomeOf(reached)
      const isKnown = !isBroadcast(to) && nwk.eui64Of(to) !== undefined
      onDone(outcome === 'no-ack' && !isKnown ? 'unknown-destination' : outcome)
    })
  }

  broadcast(to: number, message: ApsMessage): void {
    const payload: ApsPayload = { ...message, security: 'network' }
    this.stack.aps.broadcast(to, payload)
    if (!isOfDeviceObject(message) || message.clusterId === PERMIT_JOINING) return
    const own = { ...payload, asdu: payload.asdu.slice() }
    this.options.timers.after(0, 'zigbee overhears itself', () => {
      if (this.standing === 'up') this.stack.zdo.overhear(own)
    })
  }
  multicast(group: number, message: Omit<ApsMessage, 'destinationEndpoint'>): void {
    this.stack.aps.multicast(group, message)
  }

  remove(device: Eui64): void {
    const { nwk, zdo } = this.stack
    if (this.standing !== 'up' || !this.residents.has(device)) return
    const address = nwk.addressOf(device)
    const isWithin = nwk.children.of(device) !== undefined || this.centre.parentOf(device) !== undefined
    if (isWithin) this.centre.remove(device)
    else {
      // Nobody knows its parent: it is asked itself.
      const request = { name: 'ManagementLeaveRequest', device, removeChildren: false, rejoin: false } as const
      if (address !== undefined) zdo.ask(address, request, () => {})
      this.centre.forget(device)
    }
    this.residents.sendAway(device, () => {
      // A router that is off never collects the order; a sleeper may.
      if (nwk.children.of(device)?.router) nwk.disown(device)
    })
  }

  /** What is to be kept over a restart. */
  memory(): NetworkProcessorMemory {
    const { nwk, linkKeys, zdo } = this.stack
    const kept = this.standing === 'leaving' ? undefined : nwk.memory()
    return {
      frameCounter: this.frameCounter,
      ...(kept && { nwk: kept }),
      linkKeys: linkKeys.save(),
      centre: this.centre.memory(),
      residents: this.residents.list(),
      joiningKeys: this.joiningKeys.memory(),
      bindings: zdo.bindings.list(),
    }
  }

  /** Network key and link keys there are, as octets: for opening captures. */
  testKeys(): { key: Uint8Array; label: string }[] {
    const { current } = this.stack.nwk.keys
    const own = this.centre.preconfigured.map(({ device, key }) => ({ key, label: `joining key ${device}` }))
    return current ? [{ key: current.key, label: networkLabel(current) }, ...own] : own
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
    this.residents.clear()
    this.centre.clear()
  }

  /** Any time for who associates, since its parent had the door open; while this door is open, for strangers that come back. */
  private keyFor(device: Eui64, how: 'unsecured join' | 'trust centre rejoin'): Uint8Array | undefined {
    const isKnown = this.centre.isListed(device)
    const key = isKnown || this.centre.size < MOST_DEVICES ? this.joiningKeys.of(device) : undefined
    if (!key || (how === 'trust centre rejoin' && !this.open)) return undefined
    // Who joins anew counts its frames anew.
    this.stack.linkKeys.delete(device)
    this.exchange.forget(device)
    return key
  }

  private arrived(device: Eui64, address: number, how: Arrival): void {
    if (this.centre.arrived(device, address, how)) this.tell({ device, address, parent: 0, how: HOW[how] })
  }
  private tell(arrival: DeviceArrival): void {
    this.residents.came(arrival.device, arrival.address)
    this.listener.onArrival(arrival)
  }
  /** Devices of a network that came from a backup are known by what they send. */
  private heard(device: Eui64): void {
    const address = this.stack.nwk.addressOf(device)
    if (address !== undefined && !this.residents.has(device)) this.residents.came(device, address)
  }
  private gone(device: Eui64, address: number): void {
    this.centre.forget(device)
    this.exchange.forget(device)
    this.stack.nwk.addresses.forget(device)
    this.listener.onDeparture(device, address)
  }

  private received(from: ApsArrival, { security: _, ...message }: ApsPayload): void {
    const { address, eui64: device, delivery, counter, lqi, rssiDbm } = from
    // What a host asks its own device object, it does not hear.
    const isOwnRequest = address === this.stack.nwk.address && isOfDeviceObject(message) && !isResponse(message)
    if (this.standing !== 'up' || isOwnRequest) return
    this.listener.onMessage({ ...message, from: address, device, delivery, counter, lqi, rssiDbm })
  }
}

const isOfDeviceObject = ({ profileId, destinationEndpoint }: ApsMessage): boolean =>
  profileId === ZDO_PROFILE && destinationEndpoint === 0
const isResponse = ({ clusterId }: ApsMessage): boolean => (clusterId & RESPONSE) !== 0
const networkLabel = ({ sequence }: NetworkKey): string => `network key ${sequence}`
