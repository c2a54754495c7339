/**
 * The HAN's coordinator on a coordinator stick that zigbee-herdsman drives: who is listed, who is there, and what became of
 * what was sent, in simulated time. What the stick cannot do is in `drivers.ts`.
 */
import { fromHex, toHex } from '../../base/bytes.ts'
import type { Eui64, Micros } from '../../base/ids.ts'
import { linkKeyOfInstallCode } from '../../crypto/link-keys.ts'
import type {
  ApsPayload,
  DeliveryOutcome,
  DiscoveredEndpoint,
  HanCoordinator,
  HanListener,
  SimpleDescriptor,
} from '../../ports/han.ts'
import type { Clock, Random, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import type { StickTraits } from './drivers.ts'
import { FramesUnderWay } from './frames-under-way.ts'
import { StickAddresses } from './stick-addresses.ts'
import { StickDiscovery } from './stick-discovery.ts'
import { StickDoor } from './stick-door.ts'
import type { StickOrder, StickReport } from './stick-messages.ts'

export interface HerdsmanCoordinatorOptions {
  eui64: Eui64
  traits: StickTraits
  /** The key with which every device joins, in place of one from its install code. */
  preconfiguredKey?: Uint8Array
  clock: Pick<Clock, 'nowUs'>
  timers: Timers
  random: Random
  trace: Trace
  /** Tells the stick to do something. What it reports comes back by `report`. */
  order: (order: StickOrder) => void
}

export class HerdsmanCoordinator implements HanCoordinator {
  readonly eui64: Eui64
  readonly role = 'coordinator'
  private readonly options: HerdsmanCoordinatorOptions
  private listener: HanListener = { onData: () => {} }
  private readonly endpoints = new Map<number, SimpleDescriptor>()
  private readonly door: StickDoor
  private readonly present = new Set<Eui64>()
  private readonly addresses: StickAddresses
  private readonly discovery: StickDiscovery
  private readonly underWay: FramesUnderWay
  private formed = false
  private up = false

  constructor(options: HerdsmanCoordinatorOptions) {
    const { eui64, clock, timers, random, order } = options
    this.options = options
    this.eui64 = eui64
    this.door = new StickDoor({ clock, timers, random, order, isUp: () => this.up })
    this.underWay = new FramesUnderWay(timers, device => this.heard(device))
    this.addresses = new StickAddresses({ timers, order })
    this.discovery = new StickDiscovery({
      timers,
      order,
      deviceAt: (address, onKnown) =>
        this.addresses.deviceAt(address, device => {
          if (device !== undefined) this.heard(device)
          onKnown(device)
        }),
    })
  }

  get joined(): boolean {
    return this.formed
  }

  listen(listener: HanListener): void {
    this.listener = listener
  }
  addEndpoint(descriptor: SimpleDescriptor): void {
    this.endpoints.set(descriptor.endpoint, descriptor)
  }
  removeEndpoint(endpoint: number): void {
    this.endpoints.delete(endpoint)
  }

  form({ panId, extendedPanId, channel }: { panId: number; extendedPanId: Eui64; channel: number }): void {
    const networkKey = toHex(this.options.random.stream('network key').bytes(16))
    this.options.order({ do: 'form', network: { panId, extendedPanId, channel, networkKey } })
  }
  /** A stick forms and has joined its own network; it joins no other. */
  join(): void {
    this.options.timers.after(0, 'stick join', () => this.listener.onJoinFailed?.('no-network'))
  }
  /** The stick keeps its network for the next run. */
  leave(): void {
    for (const device of this.door.devices) this.remove(device)
  }

  /** `installCode` with its CRC. @throws WireError `crypto.install-code` */
  authorise(device: Eui64, installCode: Uint8Array): void {
    this.door.list(device, this.options.preconfiguredKey ?? linkKeyOfInstallCode(installCode))
  }

  remove(device: Eui64): void {
    this.door.strike(device)
    this.expel(device)
    this.underWay.end(device)
    if (this.present.delete(device))
      this.options.timers.after(0, 'stick removed', () => this.listener.onDeviceLeft?.(device))
  }
  private expel(device: Eui64): void {
    const address = this.addresses.of(device)
    if (address !== undefined) this.options.order({ do: 'remove', device, address })
  }

  permitJoining(forUs: Micros): void {
    this.options.trace.emit({ kind: 'han.join-window', forS: Math.ceil(forUs / 1_000_000) })
    this.door.permit(forUs)
  }

  /** No stick under this host does that by itself. */
  updateNetworkKey(): boolean {
    return false
  }

  send(to: Eui64, payload: ApsPayload, onConfirm: (outcome: DeliveryOutcome) => void = () => {}): void {
    const { timers, traits, order } = this.options
    const sourceEndpoint = traits.endpoints.get(payload.profileId)
    const refused = this.refusal(to, payload, sourceEndpoint)
    if (refused || sourceEndpoint === undefined) {
      return void timers.after(0, 'stick confirm', () => onConfirm(refused ?? 'no-ack'))
    }
    const { profileId, clusterId, destinationEndpoint } = payload
    const asdu = toHex(payload.asdu)
    this.addresses.find(to, address => {
      if (address === undefined) return onConfirm('unknown-destination')
      const id = this.underWay.begin(to, onConfirm)
      const frame = { device: to, address, profileId, clusterId, sourceEndpoint, destinationEndpoint, asdu }
      order({ do: 'send', id, frame })
    })
  }
  private refusal(
    to: Eui64,
    { security }: ApsPayload,
    sourceEndpoint: number | undefined,
  ): DeliveryOutcome | undefined {
    if (!this.formed) return 'not-joined'
    if (!this.door.admits(to)) return 'unknown-destination'
    if (security === 'link' || sourceEndpoint === undefined || !this.up) return 'no-ack'
    return this.underWay.hasRoomFor(to) ? undefined : 'expired'
  }

  discover(query: { profileId: number; clusterId: number }, onFound: (found: DiscoveredEndpoint[]) => void): void {
    if (!this.up) return void this.options.timers.after(0, 'stick discovery', () => onFound([]))
    this.discovery.ask(query, onFound)
  }
  poll(onDone: (received: boolean) => void = () => {}): void {
    this.options.timers.after(0, 'stick poll', () => onDone(false))
  }

  /** What the stick reported, now. */
  report(report: StickReport): void {
    switch (report.is) {
      case 'up':
        return this.onUp()
      case 'down':
        return this.onDown()
      case 'arrived':
        return this.onArrived(report.device, report.address)
      case 'announced':
        this.addresses.learn(report.device, report.address)
        return this.heard(report.device)
      case 'located':
        this.addresses.learn(report.device, report.address)
        return this.heard(report.device)
      case 'left':
        return this.onLeft(report.device ?? this.addresses.at(report.address))
      case 'data':
        return this.onData(report)
      case 'sent':
        return this.underWay.confirm(report.id, report.outcome)
      case 'matched':
      case 'described':
        return this.discovery.report(report)
      default:
        return report satisfies never
    }
  }

  private onUp(): void {
    this.up = true
    if (!this.formed) {
      this.formed = true
      this.options.trace.emit({ kind: 'han.joined', device: this.eui64 })
      this.listener.onJoined?.()
    }
    this.door.open()
  }
  private onDown(): void {
    this.up = false
    this.door.onDown()
    this.underWay.end()
    this.discovery.end()
  }

  /** It has an address, and perhaps the key: nothing was heard of it yet. */
  private onArrived(device: Eui64, address: number): void {
    this.addresses.learn(device, address)
    this.present.delete(device)
    if (!this.door.admits(device)) this.expel(device)
  }
  private onLeft(device: Eui64 | undefined): void {
    if (device === undefined) return
    this.addresses.forget(device)
    if (this.present.delete(device)) this.listener.onDeviceLeft?.(device)
  }
  /** A frame under the network key: a listed device is here; any other is sent off. */
  private heard(device: Eui64): void {
    if (!this.door.admits(device)) return this.expel(device)
    if (!this.present.has(device)) {
      this.present.add(device)
      this.listener.onDeviceJoined?.(device)
    }
    this.listener.onHeard?.(device)
  }

  private onData(report: StickReport & { is: 'data' }): void {
    const { address, clusterId, sourceEndpoint, endpoint } = report
    this.addresses.deviceAt(address, device => {
      if (device === undefined) return
      this.heard(device)
      const here = this.endpointBehind(endpoint)
      if (!here || !this.present.has(device)) return
      const { profileId, endpoint: destinationEndpoint } = here
      const asdu = fromHex(report.asdu)
      const payload = { profileId, clusterId, sourceEndpoint, destinationEndpoint, security: 'network', asdu } as const
      this.listener.onData(device, payload)
    })
  }
  private endpointBehind(stickEndpoint: number): SimpleDescriptor | undefined {
    const { endpoints } = this.options.traits
    return [...this.endpoints.values()].find(({ profileId }) => endpoints.get(profileId) === stickEndpoint)
  }
}
