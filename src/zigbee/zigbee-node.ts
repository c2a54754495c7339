/** One ZigBee node on a radio: MAC, NWK, APS and ZDO under the HanNode port. */
import { WireError } from '../base/errors.ts'
import type { Eui64 } from '../base/ids.ts'
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
import type { Aps, CommandProtection } from './aps/aps.ts'
import type { LinkKeys } from './aps/link-keys.ts'
import type { CentreDealings } from './centre-dealings.ts'
import type { Commissioning } from './commissioning.ts'
import { outcomeOf } from './delivery-outcome.ts'
import { Door } from './door.ts'
import { SMART_ENERGY } from './exchange-frames.ts'
import type { ApsCommand } from './frames/aps-commands.ts'
import type { Capability } from './frames/capability.ts'
import { ZdoStatus } from './frames/zdo.ts'
import { KEY_ESTABLISHMENT, type LinkSecurity } from './link-security.ts'
import type { NodeMemory } from './node-memory.ts'
import type { Nwk } from './nwk/nwk.ts'
import type { Arrival } from './nwk/parenthood.ts'
import type { PartnerKeys } from './partner-keys.ts'
import type { ShortPolling } from './short-polling.ts'
import { assembleStack, type ZigbeeNodeOptions } from './stack.ts'
import type { Zdo } from './zdo/zdo.ts'

export type { ZigbeeNodeOptions } from './stack.ts'

export class ZigbeeNode implements HanNode {
  readonly eui64: Eui64
  readonly role: HanRole
  protected readonly options: ZigbeeNodeOptions
  protected readonly nwk: Nwk
  protected readonly aps: Aps
  protected readonly zdo: Zdo
  protected readonly linkKeys: LinkKeys
  protected listener: HanListener = { onData: () => {} }
  protected readonly centreDealings: CentreDealings
  protected readonly linkSecurity: LinkSecurity | undefined
  private readonly partnerKeys: PartnerKeys
  protected readonly commissioning: Commissioning
  private readonly shortPolling: ShortPolling
  private readonly door: Door

  constructor(options: ZigbeeNodeOptions) {
    this.options = options
    this.eui64 = options.eui64
    this.role = options.role
    const stack = assembleStack(options, {
      owner: () => this.listener,
      mayCommunicate: device => this.mayCommunicate(device),
      onArrival: (device, address, capability, how) => this.onArrival(device, address, capability, how),
      onLeave: (device, rejoin) => this.onLeave(device, rejoin),
      onHeard: device => this.onHeard(device),
      onAnnounce: device => this.onAnnounce(device),
      onData: (device, payload) => this.take(device, payload),
      obey: (from, command, how) => this.obey(from, command, how),
      permitJoining: durationS => this.permitFor(durationS),
      admitsExchange: device => this.admitsExchange(device),
      staleKeyUsed: device => this.staleKeyUsed(device),
      established: device => this.established(device),
    })
    this.nwk = stack.nwk
    this.door = new Door(options.timers, open => stack.nwk.permitJoining(open))
    this.aps = stack.aps
    this.zdo = stack.zdo
    this.linkKeys = stack.linkKeys
    this.linkSecurity = stack.linkSecurity
    this.centreDealings = stack.centreDealings
    this.commissioning = stack.commissioning
    this.partnerKeys = stack.partnerKeys
    this.shortPolling = stack.shortPolling
    if (options.memory) this.recall(options.memory)
  }

  /** Undefined until the first network key has come. */
  get trustCentre(): Eui64 | undefined {
    return this.centreDealings.centre
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
        this.linkKeys.expectTrustCentre(this.options.preconfiguredKey ?? linkKeyOfInstallCode(installCode))
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
        this.shortPolling.begin()
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
    const bindings = this.zdo.bindings.list()
    return known ? { nwk, linkKeys: this.linkKeys.save(), trustCentre, bindings } : undefined
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
    this.shortPolling.begin()
  }

  /** Opens the door at this node for a while; 0 closes it. */
  protected permitFor(durationS: number): number {
    const mayOpen = this.role !== 'sleepy-end-device'
    this.door.openFor(mayOpen ? durationS : 0)
    return mayOpen ? ZdoStatus.SUCCESS : ZdoStatus.NOT_SUPPORTED
  }

  private take(device: Eui64, payload: ApsPayload): void {
    if (device === this.trustCentre && payload.security === 'link') this.commissioning.take('centre-answered')
    if (this.linkSecurity && payload.clusterId === KEY_ESTABLISHMENT) {
      const { sourceEndpoint: endpoint, destinationEndpoint: here, asdu } = payload
      this.linkSecurity.receive({ device, endpoint, here }, asdu)
      this.shortPolling.begin()
    } else if (this.commissioning.belongs) this.listener.onData(device, payload)
  }

  // What roles do differently.

  protected mayCommunicate(_device: Eui64): boolean {
    return true
  }
  protected onArrival(device: Eui64, address: number, _capability: Capability, how: Arrival): void {
    const status =
      how === 'association' ? 'unsecured join' : how === 'secured rejoin' ? 'secured rejoin' : 'trust centre rejoin'
    this.centreDealings.report(device, address, status)
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
    this.centreDealings.obey(from, command, how)
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
    this.shortPolling.begin()
  }

  /** What it knew when it was switched off. */
  private recall({ nwk, linkKeys, trustCentre, bindings }: NodeMemory): void {
    this.nwk.restore(nwk)
    this.linkKeys.restore(linkKeys)
    this.centreDealings.centre = trustCentre
    for (const binding of bindings) this.zdo.bindings.add(binding)
  }
}
