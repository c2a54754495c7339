/**
 * A home area network in memory, at APS level: who may join, who hears whom and when, what waits for a sleeper.
 * No radio frames and no keys: the light stand-in (`han: aps`) behind the same port as the full stack.
 */
import type { Eui64 } from '../base/ids.ts'
import type { HanCoordinator, HanNode, HanRole } from '../ports/han.ts'
import { MemoryAir, type MemoryAirOptions } from './memory-air.ts'
import { MemoryDelivery } from './memory-delivery.ts'
import { discover } from './memory-discovery.ts'
import { MemoryHanCoordinator, MemoryHanNode, type MemoryMedium } from './memory-han-node.ts'
import { MemoryIndirect } from './memory-indirect.ts'
import { MemoryMembership } from './memory-membership.ts'

/** What its nodes keep while they have no power. The trust centre's list is its owner's to give again. */
export interface MemoryHanMemory {
  /** Those on the network, as the trust centre knows. */
  members: readonly Eui64[]
  /** Nodes that hold the network key; one that was removed may not have heard of it. */
  joined: readonly Eui64[]
}

export interface MemoryHanOptions extends MemoryAirOptions {
  /** What its nodes kept from before they were switched off. */
  memory?: MemoryHanMemory | undefined
}

export class MemoryHan {
  private readonly before: MemoryHanMemory | undefined
  private readonly air: MemoryAir
  private readonly medium: MemoryMedium

  /** Throws when `loss` is no share from 0 to 1. */
  constructor(options: MemoryHanOptions) {
    const air = new MemoryAir(options)
    this.before = options.memory
    const indirect = new MemoryIndirect(air)
    const membership = new MemoryMembership(air, device => indirect.drop(device))
    const delivery = new MemoryDelivery(air, indirect)
    this.air = air
    this.medium = {
      timers: air.timers,
      trace: air.trace,
      join: (node, installCode) => membership.join(node, installCode),
      leave: node => membership.leave(node),
      remove: device => membership.remove(device),
      send: (node, to, payload, onConfirm) => delivery.send(node, to, payload, onConfirm),
      discover: (node, query, onFound) => discover(air, node, query, onFound),
      poll: (node, onDone) => indirect.poll(node, onDone),
    }
  }

  /** The one node that forms the network. Throws when there is one already, or a node of that EUI-64. */
  coordinator(eui64: Eui64): HanCoordinator {
    const node = new MemoryHanCoordinator(this.medium, eui64, this.before?.members)
    this.air.add(node)
    return node
  }

  /** A node that may join. Throws when there is a node of that EUI-64 already. */
  node(eui64: Eui64, role: Exclude<HanRole, 'coordinator'>): HanNode {
    const joined = this.before?.joined.includes(eui64) ?? false
    const node = new MemoryHanNode(this.medium, { eui64, role, joined })
    this.air.add(node)
    return node
  }

  /** What its nodes would keep if they lost power now. */
  memory(): MemoryHanMemory {
    const { centre } = this.air
    const joined = this.air.nodes().flatMap(node => (node !== centre && node.joined ? [node.eui64] : []))
    return { members: centre?.admitted ?? [], joined }
  }

  /** Fault: the node neither hears nor is heard, until `hear`. Throws when there is no such node. */
  silence(eui64: Eui64): void {
    this.air.silence(eui64)
  }
  hear(eui64: Eui64): void {
    this.air.hear(eui64)
  }
}
