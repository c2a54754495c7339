/** One ZigBee node on a radio: MAC, NWK, APS and ZDO under the HanNode port. */
import { WireError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
import { milliseconds, seconds } from '../base/time.ts'
import { linkKeyOfInstallCode } from '../crypto/link-keys.ts'
import type {
  ApsPayload,
  DeliveryOutcome,
  DiscoveredEndpoint,
  HanListener,
  HanNode,
  HanRole,
  SimpleDescriptor,
} from '../ports/han.ts'
import type { Radio } from '../ports/radio.ts'
import type { Clock, Random, Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import { Aps, type ApsOutcome, type CommandProtection } from './aps/aps.ts'
import { type LinkKeyMemory, LinkKeys } from './aps/link-keys.ts'
import { ccmStar } from './ccm.ts'
import { Commissioning } from './commissioning.ts'
import { COORDINATOR } from './frames/addresses.ts'
import type { ApsCommand } from './frames/aps-commands.ts'
import type { Capability } from './frames/capability.ts'
import { ZdoStatus } from './frames/zdo.ts'
import { obeyLeaveRequest } from './leave-request.ts'
import { type Credentials, type Ends, KEY_ESTABLISHMENT, LinkSecurity } from './link-security.ts'
import { Mac } from './mac/mac.ts'
import { nodeDescriptor } from './node-descriptor.ts'
import { Nwk, type NwkMemory } from './nwk/nwk.ts'
import type { Arrival } from './nwk/parenthood.ts'
import { PartnerKeys } from './partner-keys.ts'
import type { TrustCentreMemory, UpdateStatus } from './trust-centre.ts'
import { Zdo } from './zdo/zdo.ts'

export interface ZigbeeNodeOptions {
  eui64: Eui64
  role: HanRole
  radio: Radio
  clock: Clock
  timers: Timers
  random: Random
  trace: Trace
  /** For key establishment; without them the key made from the install code carries data. */
  credentials?: Credentials
  /** Channels looked at for networks; all 16 unless given. */
  channels?: readonly number[]
  /** Octets of the longest APS frame sent in one piece; what fits a frame without a source route unless given. */
  maxApduOctets?: number
  /** What this node knew when it was switched off. */
  memory?: NodeMemory
}

/** What a node keeps while it is off: plain values, keys among them. */
export interface NodeMemory {
  nwk: NwkMemory
  linkKeys: LinkKeyMemory
  trustCentre: Eui64
  /** Of a trust centre. `present`: devices on its network. */
  centre?: TrustCentreMemory & { present: readonly Eui64[] }
}

/** A sleeper's polls while it waits for something. @source assumed, within SE's 250 ms to 1 s short poll */
const SHORT_POLL_US = milliseconds(250)
/**
 * Transmissions on one hop: more than the four of the standard, for in a busy home two nodes now and then answer at the same
 * moment, and a frame that the APS repeats seconds later is overtaken by those behind it. @source assumed
 */
const HOP_ATTEMPTS = 12
/** Profile of ZigBee Smart Energy. */
const SMART_ENERGY = 0x0109
/** What a node looks for that wants to establish a key. */
const SERVES_KEY_ESTABLISHMENT = { profileId: SMART_ENERGY, inputClusters: [KEY_ESTABLISHMENT], outputClusters: [] }
const ALL_CHANNELS = Array.from({ length: 16 }, (_, i) => 11 + i)

export class ZigbeeNode implements HanNode {
  readonly eui64: Eui64
  readonly role: HanRole
  protected readonly options: ZigbeeNodeOptions
  protected readonly nwk: Nwk
  protected readonly aps: Aps
  protected readonly zdo: Zdo
  protected readonly linkKeys = new LinkKeys()
  protected listener: HanListener = { onData: () => {} }
  protected trustCentre: Eui64 | undefined
  protected readonly linkSecurity: LinkSecurity | undefined
  private readonly partnerKeys: PartnerKeys
  protected readonly commissioning: Commissioning
  private fastPolling = false
  private window: Timer | undefined

  constructor(options: ZigbeeNodeOptions) {
    const { eui64, role, radio, clock, timers, random, trace } = options
    this.options = options
    this.eui64 = eui64
    this.role = role
    const ccm = ccmStar()
    const mac = new Mac({ radio, timers, random: random.stream('mac'), eui64, attempts: HOP_ATTEMPTS })
    this.nwk = new Nwk({
      mac,
      clock,
      timers,
      random: random.stream('nwk'),
      ccm,
      role: role === 'sleepy-end-device' ? 'end-device' : role,
      sleepy: role === 'sleepy-end-device',
      manager: {
        mayCommunicate: device => this.mayCommunicate(device),
        onArrival: (device, address, capability, how) => this.onArrival(device, address, capability, how),
        onLeave: (device, rejoin) => this.onLeave(device, rejoin),
        onChildLeft: (device, address) => this.tellCentre(device, address, 'left'),
        onHeard: device => this.onHeard(device),
        onParentAnnounce: children => this.zdo.announceChildren(children),
      },
    })
    this.aps = new Aps({
      nwk: this.nwk,
      clock,
      timers,
      random: random.stream('aps'),
      ccm,
      linkKeys: this.linkKeys,
      trustCentre: () => this.trustCentre,
      trace,
      preconfiguredKeysCarryData: options.credentials === undefined,
      ...(options.maxApduOctets && { maxApduOctets: options.maxApduOctets }),
    })
    this.zdo = new Zdo({
      nwk: this.nwk,
      aps: this.aps,
      timers,
      host: {
        nodeDescriptor: () => nodeDescriptor(role, this.nwk.capability()),
        children: () => this.nwk.children.list().filter(({ sleepy }) => sleepy),
        permitJoining: durationS => this.permitFor(durationS),
        onAnnounce: (device, address) => {
          this.nwk.announced(device, address)
          this.onAnnounce(device)
        },
        neighbours: () => this.nwk.neighbourTable(),
        ...(role !== 'sleepy-end-device' && { routes: () => this.nwk.routeTable() }),
        leave: (request, from) => {
          const leave = (rejoin: boolean) => this.commissioning.take(rejoin ? 'parent-lost' : 'told-to-leave')
          return obeyLeaveRequest(request, { from, nwk: this.nwk, trustCentre: this.trustCentre, timers, leave })
        },
        claimed: devices => this.nwk.claimed(devices),
        contested: devices => this.nwk.contested(devices),
      },
    })
    this.aps.listen({
      onData: ({ eui64: device }, payload) => device !== undefined && this.take(device, payload),
      identify: (address, onKnown) => {
        this.zdo.ieeeAddressOf(address, onKnown)
        this.pollFast()
      },
      onCommand: (from, command, how) => this.obey(from, command, how),
      onRefused: (reason, { eui64: device }) => {
        if (reason === 'stale-key' && device !== undefined) this.staleKeyUsed(device)
      },
    })
    this.linkSecurity =
      options.credentials &&
      new LinkSecurity({
        eui64,
        side: role === 'coordinator' ? 'trust-centre' : 'joiner',
        credentials: options.credentials,
        timers,
        random: random.stream('key establishment'),
        trace,
        linkKeys: this.linkKeys,
        endpoint: () => this.zdo.endpoints.matching(SERVES_KEY_ESTABLISHMENT)[0] ?? 1,
        admits: device => this.admitsExchange(device),
        find: (device, onFound) => this.findKeyEstablishment(device, onFound),
        transmit: (ends, asdu, onOutcome) => this.sendExchange(ends, asdu, onOutcome),
        onEstablished: device => this.established(device),
        onHopeless: () => this.commissioning.take('hopeless'),
      })
    this.commissioning = new Commissioning({
      nwk: this.nwk,
      zdo: this.zdo,
      clock,
      timers,
      trace,
      channels: options.channels ?? ALL_CHANNELS,
      isCoordinator: role === 'coordinator',
      remembers: options.memory !== undefined,
      owner: () => this.listener,
      seekCentre: onDone => this.seekCentre(onDone),
      prove: () => this.prove(),
      forget: () => this.forget(),
      onWaiting: () => this.pollFast(),
      onReturn: () => {
        if (this.trustCentre !== undefined) this.linkKeys.expectReplacement(this.trustCentre)
      },
    })
    this.partnerKeys = new PartnerKeys({ timers, ask: partner => this.askForKey(partner) })
    if (!options.memory) return
    const { nwk, linkKeys, trustCentre: centre } = options.memory
    this.nwk.restore(nwk)
    this.linkKeys.restore(linkKeys)
    this.trustCentre = centre
  }

  get joined(): boolean {
    return this.commissioning.joined
  }

  listen(listener: HanListener): void {
    this.listener = listener
  }
  addEndpoint(descriptor: SimpleDescriptor): void {
    if (!this.linkSecurity || descriptor.profileId !== SMART_ENERGY) return this.zdo.endpoints.set(descriptor)
    const inputClusters = [...descriptor.inputClusters, KEY_ESTABLISHMENT]
    this.zdo.endpoints.set({
      ...descriptor,
      inputClusters,
      outputClusters: [...descriptor.outputClusters, KEY_ESTABLISHMENT],
    })
  }
  removeEndpoint(endpoint: number): void {
    this.zdo.endpoints.remove(endpoint)
  }

  join(installCode: Uint8Array): void {
    if (!this.commissioning.knowsNetwork) {
      try {
        this.linkKeys.expectTrustCentre(linkKeyOfInstallCode(installCode))
      } catch (error) {
        if (!(error instanceof WireError)) throw error
        return this.commissioning.refuse('no-key')
      }
    }
    this.commissioning.take('asked')
  }

  leave(): void {
    this.commissioning.take('told-to-leave')
  }

  send(to: Eui64, payload: ApsPayload, onConfirm: (outcome: DeliveryOutcome) => void = () => {}): void {
    if (!this.joined) return void this.options.timers.after(0, 'zigbee confirm', () => onConfirm('not-joined'))
    const copy = { ...payload, asdu: payload.asdu.slice() }
    this.transmit(to, copy, onConfirm)
  }

  private transmit(to: Eui64, payload: ApsPayload, onConfirm: (outcome: DeliveryOutcome) => void): void {
    this.locate(to, found => {
      if (!this.joined) return onConfirm('not-joined')
      if (!found) return onConfirm('unknown-destination')
      const start = () => {
        this.aps.send(to, payload, {}, outcome => onConfirm(outcomeOf(outcome)))
        this.pollFast()
      }
      if (payload.security === 'network' || this.linkKeys.get(to)) start()
      else this.partnerKeys.obtain(to, start)
    })
  }

  discover(query: { profileId: number; clusterId: number }, onFound: (found: DiscoveredEndpoint[]) => void): void {
    if (!this.joined) return void this.options.timers.after(0, 'zigbee discovery', () => onFound([]))
    this.zdo.discover(query, onFound)
  }

  poll(onDone?: (received: boolean) => void): void {
    this.nwk.poll(({ acked, received }) => {
      this.commissioning.polled(acked)
      onDone?.(received)
    })
  }

  /** What has to be kept while the node is off; undefined while there is nothing to come back to. */
  memory(): NodeMemory | undefined {
    const nwk = this.nwk.memory()
    const { trustCentre } = this
    const known = nwk && trustCentre !== undefined && this.commissioning.knowsNetwork
    return known ? { nwk, linkKeys: this.linkKeys.save(), trustCentre } : undefined
  }

  /** Fault: the counter of its secured frames goes back; the function returned puts it right. */
  setBackCounter(to: number): () => void {
    return this.nwk.keys.setBack(to)
  }

  /** Whether a node of that name may be on the network at all. */
  protected mayExist(_device: Eui64): boolean {
    return true
  }

  /** Finds out a node's short address where it is not known. */
  private locate(device: Eui64, onDone: (found: boolean) => void): void {
    if (this.nwk.addressOf(device) !== undefined) return onDone(true)
    if (!this.mayExist(device)) return void this.options.timers.after(0, 'zigbee unknown', () => onDone(false))
    this.zdo.nwkAddressOf(device, address => onDone(address !== undefined))
    this.pollFast()
  }

  /** Opens the door at this node for a while; 0 closes it. */
  protected permitFor(durationS: number): number {
    this.window?.cancel()
    this.window = undefined
    const open = durationS > 0 && this.role !== 'sleepy-end-device'
    this.nwk.permitJoining(open)
    if (open) {
      this.window = this.options.timers.after(seconds(durationS), 'zigbee join window', () =>
        this.nwk.permitJoining(false),
      )
    }
    return this.role === 'sleepy-end-device' ? ZdoStatus.NOT_SUPPORTED : ZdoStatus.SUCCESS
  }

  private take(device: Eui64, payload: ApsPayload): void {
    if (device === this.trustCentre && payload.security === 'link') this.commissioning.take('centre-answered')
    if (this.linkSecurity && payload.clusterId === KEY_ESTABLISHMENT) {
      const { sourceEndpoint: endpoint, destinationEndpoint: here, asdu } = payload
      this.linkSecurity.receive({ device, endpoint, here }, asdu)
      this.pollFast()
    } else if (this.commissioning.belongs) this.listener.onData(device, payload)
  }

  // What roles do differently.

  protected mayCommunicate(_device: Eui64): boolean {
    return true
  }
  protected onArrival(device: Eui64, address: number, _capability: Capability, how: Arrival): void {
    const status =
      how === 'association' ? 'unsecured join' : how === 'secured rejoin' ? 'secured rejoin' : 'trust centre rejoin'
    this.tellCentre(device, address, status)
  }
  /** A router tells the trust centre of what comes and goes at it. @source ZigBee PRO, 4.4.3 update device */
  private tellCentre(device: Eui64, address: number, status: UpdateStatus): void {
    const { trustCentre } = this
    if (trustCentre === undefined || trustCentre === this.eui64) return
    const key = this.linkKeys.get(trustCentre)?.state === 'verified' ? 'data' : 'none'
    this.aps.sendCommand(0x0000, trustCentre, { name: 'UpdateDevice', device, address, status }, { key })
  }
  protected onHeard(device: Eui64): void {
    if (device === this.trustCentre) this.commissioning.centreHeard()
  }
  protected onAnnounce(_device: Eui64): void {}

  protected onLeave(device: Eui64, rejoin: boolean): void {
    if (device === this.eui64) this.commissioning.take(rejoin ? 'parent-lost' : 'removed')
  }

  protected obey(
    from: { address: number; eui64: Eui64 | undefined },
    command: ApsCommand,
    how: CommandProtection,
  ): void {
    switch (command.name) {
      case 'TransportKey':
        return this.takeKey(from, command, how)
      case 'SwitchKey':
        if (how.nwkSecured && from.eui64 === this.trustCentre) this.nwk.keys.switchTo(command.keySequence)
        return
      case 'RemoveDevice':
        if (how.protectedBy === 'data' && from.eui64 === this.trustCentre) {
          if (command.target === this.eui64) this.commissioning.take('removed')
          else this.nwk.dismiss(command.target)
        }
        return
      case 'Tunnel': {
        const child = this.nwk.children.of(command.destination)
        if (child && how.nwkSecured) this.nwk.send(child.address, command.frame, { unsecured: true })
        return
      }
      case 'UpdateDevice':
      case 'RequestKey':
      case 'VerifyKey':
      case 'ConfirmKey':
        return
      default:
        command satisfies never
    }
  }

  /** Routers that know nothing of a new network key, or of a new trust centre, take back whoever has the old one. */
  private seekCentre(onDone: (answered: boolean) => void): void {
    this.zdo.ask(COORDINATOR, { name: 'NodeDescriptorRequest', address: COORDINATOR }, answer =>
      onDone(answer !== undefined),
    )
    this.pollFast()
  }

  /** A joiner needs a link key with the trust centre that may carry data, unless it has one already. */
  private prove(): void {
    const { linkSecurity, trustCentre } = this
    const proven = trustCentre === undefined || this.linkKeys.get(trustCentre)?.state === 'verified'
    if (!linkSecurity || proven) return this.commissioning.take('proven')
    linkSecurity.begin(trustCentre)
    this.pollFast()
  }

  protected established(device: Eui64): void {
    if (device === this.trustCentre) this.commissioning.take('proven')
  }

  /** Whether a device may begin key establishment here. Devices that are not the trust centre get their keys from it. */
  protected admitsExchange(device: Eui64): boolean {
    return device === this.trustCentre || this.linkKeys.get(device)?.state === 'verified'
  }

  /** Data came under a key that is retired here: there must be a new one. */
  protected staleKeyUsed(device: Eui64): void {
    if (device !== this.trustCentre) return
    this.linkSecurity?.renew(device)
    this.pollFast()
  }

  /** The endpoint at which a node says that it serves key establishment. */
  private findKeyEstablishment(device: Eui64, onFound: (endpoint: number | undefined) => void): void {
    const address = this.nwk.addressOf(device)
    if (address === undefined) return void this.options.timers.after(0, 'zigbee unknown', () => onFound(undefined))
    const request = { name: 'MatchDescriptorRequest', address, ...SERVES_KEY_ESTABLISHMENT } as const
    this.zdo.ask(address, request, answer =>
      onFound(answer?.status === ZdoStatus.SUCCESS ? answer.endpoints?.[0] : undefined),
    )
    this.pollFast()
  }

  private sendExchange(
    { device, endpoint, here }: Ends,
    asdu: Uint8Array,
    onOutcome: (delivered: boolean) => void,
  ): void {
    const addressing = {
      profileId: SMART_ENERGY,
      clusterId: KEY_ESTABLISHMENT,
      sourceEndpoint: here,
      destinationEndpoint: endpoint,
    }
    this.aps.send(device, { ...addressing, security: 'network', asdu }, {}, outcome =>
      onOutcome(outcome === 'delivered'),
    )
    this.pollFast()
  }

  /** Off the network. */
  private forget(): void {
    this.aps.reset()
    this.zdo.reset()
    this.linkSecurity?.abandon()
  }

  private takeKey(
    from: { eui64: Eui64 | undefined },
    command: Extract<ApsCommand, { name: 'TransportKey' }>,
    how: CommandProtection,
  ): void {
    if (command.keyType === 'network') {
      if (command.destination !== this.eui64 || how.protectedBy !== 'key-transport') return
      this.nwk.keys.install({ key: command.key, sequence: command.keySequence })
      if (!this.commissioning.awaitsKey) return
      this.nwk.keys.switchTo(command.keySequence)
      const before = this.trustCentre
      if (before !== undefined && before !== command.source) this.linkKeys.delete(before)
      this.trustCentre = command.source
      this.linkKeys.adoptTrustCentre(command.source)
      this.nwk.learn(command.source, 0x0000)
      this.commissioning.take('key')
    } else if (command.keyType === 'application-link') {
      if (how.protectedBy !== 'key-load' || from.eui64 !== this.trustCentre) return
      this.linkKeys.set(command.partner, command.key, 'verified')
      this.partnerKeys.arrived(command.partner)
    }
  }

  private askForKey(partner: Eui64): void {
    if (this.trustCentre === undefined) return
    const command: ApsCommand = { name: 'RequestKey', keyType: 'application-link', partner }
    this.aps.sendCommand(0x0000, this.trustCentre, command, { key: 'data', ackRequest: true })
    this.pollFast()
  }

  /** A sleeper that waits for something asks its parent often, until nothing is outstanding. */
  private pollFast(): void {
    if (this.role !== 'sleepy-end-device' || this.fastPolling) return
    this.fastPolling = true
    this.options.timers.after(SHORT_POLL_US, 'zigbee short poll', () => {
      this.fastPolling = false
      const idle = this.aps.underWay === 0 && this.zdo.pending === 0 && this.linkSecurity?.busy !== true
      if (!this.nwk.settings || (idle && !this.commissioning.waiting)) return
      this.nwk.poll()
      this.pollFast()
    })
  }
}

/** What the port knows of an outcome of the APS layer. */
function outcomeOf(outcome: ApsOutcome): DeliveryOutcome {
  switch (outcome) {
    case 'no-link-key':
      return 'no-ack'
    case 'refused':
      return 'expired'
    default:
      return outcome
  }
}
