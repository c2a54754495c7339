/** One node of the in-memory HAN: a thin handle that keeps its own state and leaves the rest to the medium. */
import { toHex } from '../base/bytes.ts'
import type { Eui64, Micros } from '../base/ids.ts'
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
import type { Timer } from '../ports/time.ts'
import type { MemoryHan } from './memory-han.ts'

export class MemoryHanNode implements HanNode {
  readonly eui64: Eui64
  readonly role: HanRole
  protected readonly han: MemoryHan
  protected listener: HanListener = { onData: () => {} }
  private readonly endpoints = new Map<number, SimpleDescriptor>()
  private isJoined = false
  private isAdmitted = false

  constructor(han: MemoryHan, options: { eui64: Eui64; role: HanRole }) {
    this.han = han
    this.eui64 = options.eui64
    this.role = options.role
  }

  /** What the node believes. A node that was removed may not have heard of it yet. */
  get joined(): boolean {
    return this.isJoined
  }
  /** What the trust centre holds: its frames are taken, and it may come back without an open window. */
  get admitted(): boolean {
    return this.isAdmitted
  }
  get descriptors(): SimpleDescriptor[] {
    return [...this.endpoints.values()]
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
  join(installCode: Uint8Array): void {
    this.han.join(this, installCode)
  }
  leave(): void {
    if (!this.isJoined) return
    this.isJoined = false
    this.isAdmitted = false
    this.han.left(this)
    this.han.timers.after(0, 'han left', () => this.listener.onLeft?.())
  }
  send(to: Eui64, payload: ApsPayload, onConfirm?: (outcome: DeliveryOutcome) => void): void {
    this.han.transmit(this, to, payload, onConfirm)
  }
  discover(query: { profileId: number; clusterId: number }, onFound: (found: DiscoveredEndpoint[]) => void): void {
    this.han.discover(this, query, onFound)
  }
  poll(onDone?: (received: boolean) => void): void {
    this.han.poll(this, onDone)
  }

  // Called by the medium.

  becomeJoined(): void {
    this.isJoined = true
    this.isAdmitted = true
    this.listener.onJoined?.()
  }
  joinFailed(reason: JoinFailure): void {
    this.listener.onJoinFailed?.(reason)
  }
  /** The trust centre no longer takes this node's frames; the node does not know yet. */
  revoke(): void {
    this.isAdmitted = false
  }
  becomeLeft(): void {
    this.isJoined = false
    this.isAdmitted = false
    this.listener.onLeft?.()
  }
  receive(from: Eui64, payload: ApsPayload): void {
    this.listener.onData(from, payload)
  }
}

export class MemoryHanCoordinator extends MemoryHanNode implements HanCoordinator {
  private readonly listed = new Map<Eui64, string>()
  private isOpen = false
  private window: Timer | undefined

  constructor(han: MemoryHan, eui64: Eui64) {
    super(han, { eui64, role: 'coordinator' })
  }

  get open(): boolean {
    return this.isOpen
  }

  form(network: { panId: number; extendedPanId: Eui64; channel: number }): void {
    this.han.formed({ panId: network.panId, channel: network.channel })
    this.becomeJoined()
  }
  permitJoining(forUs: Micros): void {
    this.window?.cancel()
    this.isOpen = forUs > 0
    this.han.windowOpened(forUs)
    if (this.isOpen) {
      this.window = this.han.timers.after(forUs, 'han join window', () => {
        this.isOpen = false
      })
    }
  }
  authorise(device: Eui64, installCode: Uint8Array): void {
    this.listed.set(device, toHex(installCode))
  }
  remove(device: Eui64): void {
    this.listed.delete(device)
    this.han.removed(device)
  }

  // Called by the medium.

  knows(device: Eui64, installCode: Uint8Array): boolean {
    return this.listed.get(device) === toHex(installCode)
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
