/** One node of the in-memory HAN: a thin handle that keeps its own state and leaves the rest to the medium. */
import { toHex } from '../base/bytes.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import { milliseconds } from '../base/time.ts'
import type {
  ApsPayload,
  DeliveryOutcome,
  DiscoveredEndpoint,
  HanCoordinator,
  HanListener,
  HanNode,
  HanRole,
  JoinFailure,
  SimpleDescriptor,
} from '../ports/han.ts'
import type { Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'

/** What a node asks of the medium it is on. */
export interface MemoryMedium {
  readonly timers: Timers
  readonly trace: Trace
  join(node: MemoryHanNode, installCode: Uint8Array): void
  leave(node: MemoryHanNode): void
  remove(device: Eui64): void
  send(node: MemoryHanNode, to: Eui64, payload: ApsPayload, onConfirm?: (outcome: DeliveryOutcome) => void): void
  discover(
    node: MemoryHanNode,
    query: { profileId: number; clusterId: number },
    onFound: (found: DiscoveredEndpoint[]) => void,
  ): void
  poll(node: MemoryHanNode, onDone: (received: boolean) => void): void
}

export class MemoryHanNode implements HanNode {
  readonly eui64: Eui64
  readonly role: HanRole
  protected readonly medium: MemoryMedium
  protected listener: HanListener = { onData: () => {} }
  private readonly endpoints = new Map<number, SimpleDescriptor>()
  private isJoined: boolean

  /** `joined`: it held the network key before it was switched off. */
  constructor(medium: MemoryMedium, options: { eui64: Eui64; role: HanRole; joined?: boolean }) {
    this.medium = medium
    this.eui64 = options.eui64
    this.role = options.role
    this.isJoined = options.joined ?? false
  }

  /** The node holds the network key. One that was removed may not have heard of it yet. */
  get joined(): boolean {
    return this.isJoined
  }
  get descriptors(): SimpleDescriptor[] {
    return [...this.endpoints.values()]
  }

  listen(listener: HanListener): void {
    this.listener = listener
  }
  addEndpoint(descriptor: SimpleDescriptor): void {
    this.endpoints.set(descriptor.endpoint, { ...descriptor })
  }
  removeEndpoint(endpoint: number): void {
    this.endpoints.delete(endpoint)
  }
  join(installCode: Uint8Array): void {
    this.medium.join(this, installCode)
  }
  leave(): void {
    this.medium.leave(this)
    if (!this.isJoined) return
    this.isJoined = false
    this.medium.timers.after(0, 'han left', () => this.listener.onLeft?.())
  }
  send(to: Eui64, payload: ApsPayload, onConfirm?: (outcome: DeliveryOutcome) => void): void {
    this.medium.send(this, to, payload, onConfirm)
  }
  discover(query: { profileId: number; clusterId: number }, onFound: (found: DiscoveredEndpoint[]) => void): void {
    this.medium.discover(this, query, onFound)
  }
  poll(onDone?: (received: boolean) => void): void {
    this.medium.poll(this, received => onDone?.(received))
  }

  // Called by the medium.

  becomeJoined(): void {
    this.isJoined = true
    this.listener.onJoined?.()
  }
  joinFailed(reason: JoinFailure): void {
    this.listener.onJoinFailed?.(reason)
  }
  becomeLeft(): void {
    this.isJoined = false
    this.listener.onLeft?.()
  }
  receive(from: Eui64, payload: ApsPayload): void {
    this.listener.onData(from, payload)
  }
}

/** Starting a network takes a moment. Assumed; a stick scans for longer. */
const FORM_US = milliseconds(1)

export class MemoryHanCoordinator extends MemoryHanNode implements HanCoordinator {
  /** Install codes, hex. */
  private readonly listed = new Map<Eui64, string>()
  private readonly members: Set<Eui64>
  private isOpen = false
  private window: Timer | undefined
  private forming: Timer | undefined

  /** `members`: from before it was switched off. */
  constructor(medium: MemoryMedium, eui64: Eui64, members: readonly Eui64[] = []) {
    super(medium, { eui64, role: 'coordinator' })
    this.members = new Set(members)
  }

  /** Those that are on its network. */
  get admitted(): Eui64[] {
    return [...this.members]
  }

  /** Joiners are let in. */
  get open(): boolean {
    return this.isOpen
  }

  /** Forming again (a hub that starts anew) keeps list and members. */
  form(network: { panId: number; extendedPanId: Eui64; channel: number }): void {
    this.forming?.cancel()
    this.forming = this.medium.timers.after(FORM_US, 'han form', () => {
      this.medium.trace.emit({ kind: 'han.formed', panId: network.panId, channel: network.channel })
      this.becomeJoined()
    })
  }
  permitJoining(forUs: Micros): void {
    this.window?.cancel()
    this.isOpen = forUs > 0
    this.medium.trace.emit({ kind: 'han.join-window', forS: Math.round(forUs / 1_000_000) })
    if (this.isOpen) {
      this.window = this.medium.timers.after(forUs, 'han join window', () => {
        this.isOpen = false
      })
    }
  }
  authorise(device: Eui64, installCode: Uint8Array): void {
    this.listed.set(device, toHex(installCode))
  }
  remove(device: Eui64): void {
    this.listed.delete(device)
    this.medium.remove(device)
  }
  /** There is no network key here. */
  updateNetworkKey(): boolean {
    return false
  }
  /** The network ends: its members belong to none. */
  override leave(): void {
    this.forming?.cancel()
    this.members.clear()
    super.leave()
  }

  // Called by the medium.

  knows(device: Eui64, installCode: string): boolean {
    return this.listed.get(device) === installCode
  }
  /** The device proved itself and was not removed since: its frames are taken, and it may come back without a window. */
  admits(device: Eui64): boolean {
    return this.members.has(device)
  }
  admit(device: Eui64): void {
    this.members.add(device)
  }
  forget(device: Eui64): void {
    this.members.delete(device)
  }
  deviceJoined(device: Eui64): void {
    this.listener.onDeviceJoined?.(device)
  }
  deviceLeft(device: Eui64): void {
    this.listener.onDeviceLeft?.(device)
  }
  deviceHeard(device: Eui64): void {
    this.listener.onHeard?.(device)
  }
}
