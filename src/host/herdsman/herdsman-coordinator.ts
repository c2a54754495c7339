/**
 * The HAN's coordinator on a coordinator stick that zigbee-herdsman drives: who is listed, who is there, and what became of
 * what was sent, in simulated time. What the stick cannot do is in `drivers.ts`.
 */
import { fromHex, toHex } from '../../base/bytes.ts'
import type { Eui64, Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import { linkKeyOfInstallCode } from '../../crypto/link-keys.ts'
import type {
  ApsPayload,
  DeliveryOutcome,
  DiscoveredEndpoint,
  HanCoordinator,
  HanListener,
  SimpleDescriptor,
} from '../../ports/han.ts'
import type { Clock, Random, Timer, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'
import type { StickTraits } from './drivers.ts'
import { StickAddresses } from './stick-addresses.ts'
import { StickDiscovery } from './stick-discovery.ts'
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

/** The stick opens for 254 s at most; the door is opened again before that. */
const LONGEST_PERMIT_S = 254
const PERMIT_RENEWAL_S = 240
/** A stick that never says what became of a frame. @source assumed */
const OUTCOME_US = seconds(30)
/** Frames under way, in all and to one device; more are refused. */
const MOST_UNDER_WAY = 256
const MOST_FOR_ONE = 32

interface UnderWay {
  to: Eui64
  deadline: Timer
  onConfirm: (outcome: DeliveryOutcome) => void
}

export class HerdsmanCoordinator implements HanCoordinator {
  readonly eui64: Eui64
  readonly role = 'coordinator'
  private readonly options: HerdsmanCoordinatorOptions
  private listener: HanListener = { onData: () => {} }
  private readonly endpoints = new Map<number, SimpleDescriptor>()
  /** Devices that may be here, and the keys they join with, as hex. */
  private readonly listed = new Map<Eui64, string>()
  private readonly present = new Set<Eui64>()
  private readonly addresses: StickAddresses
  private readonly discovery: StickDiscovery
  private readonly underWay = new Map<number, UnderWay>()
  private nextId = 0
  private formed = false
  private up = false
  private closesAtUs: Micros = 0
  private renewal: Timer | undefined

  constructor(options: HerdsmanCoordinatorOptions) {
    const { eui64, timers, order } = options
    this.options = options
    this.eui64 = eui64
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
    for (const device of [...this.listed.keys()]) this.remove(device)
  }

  /** `installCode` with its CRC. @throws WireError `crypto.install-code` */
  authorise(device: Eui64, installCode: Uint8Array): void {
    const key = toHex(this.options.preconfiguredKey ?? linkKeyOfInstallCode(installCode))
    this.listed.set(device, key)
    if (this.up) this.options.order({ do: 'list', device, key })
  }

  remove(device: Eui64): void {
    if (this.listed.delete(device)) this.bar(device)
    this.expel(device)
    for (const [id, { to }] of this.underWay) if (to === device) this.confirm(id, 'no-ack')
    if (this.present.delete(device))
      this.options.timers.after(0, 'stick removed', () => this.listener.onDeviceLeft?.(device))
  }
  /** A stick can be told another key, not to forget one: a key that nobody has. */
  private bar(device: Eui64): void {
    const key = toHex(this.options.random.stream('nobody').bytes(16))
    if (this.up) this.options.order({ do: 'list', device, key })
  }
  private expel(device: Eui64): void {
    const address = this.addresses.of(device)
    if (address !== undefined) this.options.order({ do: 'remove', device, address })
  }

  permitJoining(forUs: Micros): void {
    const { clock, trace } = this.options
    this.closesAtUs = clock.nowUs() + forUs
    trace.emit({ kind: 'han.join-window', forS: Math.ceil(forUs / 1_000_000) })
    if (this.up) this.openDoor()
  }
  /** For what is left of the time, in pieces that the stick can take. */
  private openDoor(): void {
    const { clock, order, timers } = this.options
    this.renewal?.cancel()
    const leftS = Math.max(0, Math.ceil((this.closesAtUs - clock.nowUs()) / 1_000_000))
    // Sticks forget keys when the door closes.
    if (leftS > 0) for (const [device, key] of this.listed) order({ do: 'list', device, key })
    order({ do: 'permit', forS: Math.min(leftS, LONGEST_PERMIT_S) })
    if (leftS > LONGEST_PERMIT_S) {
      this.renewal = timers.after(seconds(PERMIT_RENEWAL_S), 'stick permit', () => this.openDoor())
    }
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
      const id = this.nextId++
      const deadline = timers.after(OUTCOME_US, 'stick outcome', () => this.confirm(id, 'no-ack'))
      this.underWay.set(id, { to, deadline, onConfirm })
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
    if (!this.listed.has(to)) return 'unknown-destination'
    if (security === 'link' || sourceEndpoint === undefined || !this.up) return 'no-ack'
    const underWay = [...this.underWay.values()]
    const full = underWay.length >= MOST_UNDER_WAY || underWay.filter(one => one.to === to).length >= MOST_FOR_ONE
    return full ? 'expired' : undefined
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
        return this.confirm(report.id, report.outcome)
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
    this.openDoor()
  }
  private onDown(): void {
    this.up = false
    this.renewal?.cancel()
    for (const id of [...this.underWay.keys()]) this.confirm(id, 'no-ack')
    this.discovery.end()
  }

  /** It has an address, and perhaps the key: nothing was heard of it yet. */
  private onArrived(device: Eui64, address: number): void {
    this.addresses.learn(device, address)
    this.present.delete(device)
    if (!this.listed.has(device)) this.expel(device)
  }
  private onLeft(device: Eui64 | undefined): void {
    if (device === undefined) return
    this.addresses.forget(device)
    if (this.present.delete(device)) this.listener.onDeviceLeft?.(device)
  }
  /** A frame under the network key: a listed device is here; any other is sent off. */
  private heard(device: Eui64): void {
    if (!this.listed.has(device)) return this.expel(device)
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

  private confirm(id: number, outcome: DeliveryOutcome): void {
    const waiting = this.underWay.get(id)
    if (!waiting) return
    this.underWay.delete(id)
    waiting.deadline.cancel()
    if (outcome === 'delivered') this.heard(waiting.to)
    waiting.onConfirm(outcome)
  }
}
