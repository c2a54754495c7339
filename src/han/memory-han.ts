/**
 * A home area network in memory, at APS level: who may join, who hears whom and when, what waits for a sleeper.
 * No radio frames and no keys: the light stand-in (`han: aps`) behind the same port as the full stack.
 */
import { toHex } from '../base/bytes.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import { milliseconds, seconds } from '../base/time.ts'
import type { ApsPayload, DeliveryOutcome, DiscoveredEndpoint, HanCoordinator, HanNode, HanRole } from '../ports/han.ts'
import type { Clock, RandomStream, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import { MemoryHanCoordinator, MemoryHanNode } from './memory-han-node.ts'

/** One hop through stack and air: assumed, of the order of a measured stick's 5..15 ms. */
const HOP_US = { least: milliseconds(4), spread: milliseconds(6) }
/** Waiting for an APS acknowledgement, and attempts. @source measured on zigbee-on-host: 2.1 s, 3 retries */
const APS_ACK_WAIT_US = milliseconds(2_100)
const APS_ATTEMPTS = 4
/** How long a parent holds a frame for a sleeper. @source IEEE 802.15.4 macTransactionPersistenceTime 500 x 15.36 ms */
const PERSISTENCE_US = milliseconds(7_680)
/** Frames a parent holds per child; more are refused as expired. Assumed. */
const INDIRECT_QUEUE_LIMIT = 16
/** Scan of the 16 channels at scan duration 3. @source IEEE 802.15.4: 16 x 138 ms */
const SCAN_US = milliseconds(16 * 138)
/** A joiner without a network key gives up. @source ZigBee apsSecurityTimeOutPeriod, of the order of 10 s */
const NO_KEY_US = seconds(10)
const JOIN_US = milliseconds(160)
const DISCOVERY_US = milliseconds(500)

interface HeldFrame {
  from: Eui64
  payload: ApsPayload
  confirm: (outcome: DeliveryOutcome) => void
  expiry: { cancel(): void }
}

export interface MemoryHanOptions {
  clock: Clock
  timers: Timers
  random: RandomStream
  trace: Trace
  /** Share of single transmissions that get lost, 0..1. */
  loss?: number
}

export class MemoryHan {
  readonly timers: Timers
  private readonly random: RandomStream
  private readonly trace: Trace
  private readonly loss: number
  private readonly nodes = new Map<Eui64, MemoryHanNode>()
  private readonly held = new Map<Eui64, HeldFrame[]>()
  private readonly busyUntil = new Map<Eui64, Micros>()
  private readonly silenced = new Set<Eui64>()
  private centre: MemoryHanCoordinator | undefined
  private readonly clock: Clock

  constructor(options: MemoryHanOptions) {
    this.timers = options.timers
    this.random = options.random
    this.trace = options.trace
    this.loss = options.loss ?? 0
    this.clock = options.clock
  }

  coordinator(eui64: Eui64): HanCoordinator {
    const node = new MemoryHanCoordinator(this, eui64)
    this.nodes.set(eui64, node)
    this.centre = node
    return node
  }

  node(eui64: Eui64, role: Exclude<HanRole, 'coordinator'>): HanNode {
    const node = new MemoryHanNode(this, { eui64, role })
    this.nodes.set(eui64, node)
    return node
  }

  /** Fault: the node neither hears nor is heard, until `hear`. */
  silence(eui64: Eui64): void {
    this.silenced.add(eui64)
  }
  hear(eui64: Eui64): void {
    this.silenced.delete(eui64)
  }

  // What follows is for the nodes.

  /** @internal */
  formed(network: { panId: number; channel: number }): void {
    this.trace.emit({ kind: 'han.formed', ...network })
  }

  /** @internal */
  windowOpened(forUs: Micros): void {
    this.trace.emit({ kind: 'han.join-window', forS: Math.round(forUs / 1_000_000) })
  }

  /** @internal A node that holds the network key comes back by itself; another needs an open window and its code listed. */
  join(node: MemoryHanNode, installCode: Uint8Array): void {
    const refuse = (delayUs: Micros, reason: 'no-network' | 'no-key') =>
      this.timers.after(delayUs, 'han join refused', () => {
        this.trace.emit({ kind: 'han.join-failed', device: node.eui64, reason })
        node.joinFailed(reason)
      })
    const centre = this.centre
    const audible = centre?.joined && !this.silenced.has(node.eui64) && !this.silenced.has(centre.eui64)
    if (!centre || !audible || !(centre.open || node.admitted)) return void refuse(SCAN_US, 'no-network')
    if (!centre.knows(node.eui64, installCode)) return void refuse(NO_KEY_US, 'no-key')
    this.timers.after(JOIN_US + this.hop(), 'han join', () => {
      if (!centre.knows(node.eui64, installCode)) return
      this.trace.emit({ kind: 'han.joined', device: node.eui64 })
      node.becomeJoined()
      this.heard(node)
      centre.deviceJoined(node.eui64)
    })
  }

  /** @internal A sleeper that was removed learns of it at its next poll. */
  removed(device: Eui64): void {
    this.dropHeld(device)
    const node = this.nodes.get(device)
    if (!node?.admitted) return
    node.revoke()
    if (node.role !== 'sleepy-end-device') this.timers.after(this.hop(), 'han remove', () => this.tellLeft(node))
  }

  /** @internal */
  left(node: MemoryHanNode): void {
    this.dropHeld(node.eui64)
    this.timers.after(this.hop(), 'han leave', () => {
      this.trace.emit({ kind: 'han.left', device: node.eui64 })
      this.centre?.deviceLeft(node.eui64)
    })
  }

  /** @internal */
  transmit(from: MemoryHanNode, to: Eui64, payload: ApsPayload, onConfirm?: (outcome: DeliveryOutcome) => void): void {
    const confirm = onConfirm ?? (() => {})
    const refuse = (outcome: DeliveryOutcome) =>
      this.timers.after(milliseconds(1), 'aps confirm', () => {
        this.frameLost(from.eui64, to, payload.clusterId, outcome)
        confirm(outcome)
      })
    if (!from.joined) return void refuse('not-joined')
    const target = this.nodes.get(to)
    if (!target) return void refuse('unknown-destination')
    const copy = { ...payload, asdu: payload.asdu.slice() }
    if (target.role === 'sleepy-end-device') this.hold(from, target, copy, confirm)
    else this.attempt(from, target, copy, confirm, APS_ATTEMPTS)
  }

  /** @internal Hands over what waits, one frame per data request, until the queue is empty. */
  poll(node: MemoryHanNode, onDone?: (received: boolean) => void): void {
    this.timers.after(this.airtimeEnd(node.eui64) + this.hop(), 'han poll', () => {
      const centre = this.centre
      if (!centre || !this.audible(node) || !this.audible(centre)) return onDone?.(false)
      if (!node.admitted) {
        if (node.joined) this.tellLeft(node)
        return onDone?.(false)
      }
      this.heard(node)
      const frame = this.held.get(node.eui64)?.shift()
      if (!frame) return onDone?.(false)
      frame.expiry.cancel()
      this.timers.after(this.hop(), 'han indirect', () => {
        this.deliver(frame.from, node, frame.payload)
        frame.confirm('delivered')
        if ((this.held.get(node.eui64)?.length ?? 0) > 0) this.poll(node, () => onDone?.(true))
        else onDone?.(true)
      })
    })
  }

  /** @internal */
  discover(
    from: MemoryHanNode,
    query: { profileId: number; clusterId: number },
    onFound: (found: DiscoveredEndpoint[]) => void,
  ): void {
    this.timers.after(DISCOVERY_US, 'han discovery', () => {
      if (!from.admitted || !this.audible(from)) return onFound([])
      const answering = [...this.nodes.values()].filter(
        node => node !== from && node.admitted && node.role !== 'sleepy-end-device' && this.audible(node),
      )
      onFound(
        answering.flatMap(node =>
          node.descriptors
            .filter(d => d.profileId === query.profileId && d.inputClusters.includes(query.clusterId))
            .map(d => ({ device: node.eui64, ...d })),
        ),
      )
    })
  }

  private hold(
    from: MemoryHanNode,
    target: MemoryHanNode,
    payload: ApsPayload,
    confirm: (outcome: DeliveryOutcome) => void,
  ): void {
    const queue = this.held.get(target.eui64) ?? []
    this.held.set(target.eui64, queue)
    const expire = () => {
      const at = queue.findIndex(frame => frame.payload === payload)
      if (at >= 0) queue.splice(at, 1)
      this.frameLost(from.eui64, target.eui64, payload.clusterId, 'expired')
      confirm('expired')
    }
    const lifetime = queue.length >= INDIRECT_QUEUE_LIMIT ? milliseconds(1) : PERSISTENCE_US
    const expiry = this.timers.after(lifetime, 'han indirect expiry', expire)
    if (queue.length < INDIRECT_QUEUE_LIMIT) queue.push({ from: from.eui64, payload, confirm, expiry })
  }

  private attempt(
    from: MemoryHanNode,
    target: MemoryHanNode,
    payload: ApsPayload,
    confirm: (outcome: DeliveryOutcome) => void,
    attempts: number,
  ): void {
    this.timers.after(this.airtimeEnd(from.eui64) + this.hop(), 'han frame', () => {
      const arrives =
        from.admitted &&
        target.admitted &&
        this.audible(from) &&
        this.audible(target) &&
        !(this.loss > 0 && this.random.next() < this.loss)
      if (arrives) {
        this.deliver(from.eui64, target, payload)
        this.timers.after(this.hop(), 'aps confirm', () => confirm('delivered'))
      } else if (attempts > 1) {
        this.timers.after(APS_ACK_WAIT_US, 'aps retry', () =>
          this.attempt(from, target, payload, confirm, attempts - 1),
        )
      } else {
        this.timers.after(APS_ACK_WAIT_US, 'aps confirm', () => {
          this.frameLost(from.eui64, target.eui64, payload.clusterId, 'no-ack')
          confirm('no-ack')
        })
      }
    })
  }

  private deliver(from: Eui64, target: MemoryHanNode, payload: ApsPayload): void {
    this.trace.emit({
      kind: 'han.frame',
      from,
      to: target.eui64,
      profileId: payload.profileId,
      clusterId: payload.clusterId,
      sourceEndpoint: payload.sourceEndpoint,
      destinationEndpoint: payload.destinationEndpoint,
      asdu: toHex(payload.asdu),
    })
    const sender = this.nodes.get(from)
    if (sender) this.heard(sender)
    target.receive(from, payload)
  }

  private heard(node: MemoryHanNode): void {
    if (this.centre && node !== this.centre) this.centre.deviceHeard(node.eui64)
  }

  private tellLeft(node: MemoryHanNode): void {
    this.trace.emit({ kind: 'han.left', device: node.eui64 })
    node.becomeLeft()
    this.centre?.deviceLeft(node.eui64)
  }

  private frameLost(from: Eui64, to: Eui64, clusterId: number, reason: string): void {
    this.trace.emit({ kind: 'han.frame-lost', from, to, clusterId, reason })
  }

  private dropHeld(device: Eui64): void {
    for (const frame of this.held.get(device) ?? []) {
      frame.expiry.cancel()
      this.timers.after(0, 'aps confirm', () => frame.confirm('expired'))
    }
    this.held.delete(device)
  }

  private audible(node: HanNode): boolean {
    return !this.silenced.has(node.eui64)
  }

  private hop(): Micros {
    return HOP_US.least + this.random.int(HOP_US.spread)
  }

  /** A sender's frames leave one after the other; returns how long this one waits for its turn. */
  private airtimeEnd(sender: Eui64): Micros {
    const now = this.clock.nowUs()
    const start = Math.max(now, this.busyUntil.get(sender) ?? 0)
    this.busyUntil.set(sender, start + HOP_US.spread)
    return start - now
  }
}
