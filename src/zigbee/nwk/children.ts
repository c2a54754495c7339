/** The children of a parent: who joined through it, and how to reach each. */
import type { Eui64 } from '../../base/ids.ts'

export interface Child {
  device: Eui64
  address: number
  /** Does not listen: frames wait until it polls. */
  sleepy: boolean
  /** A router is a neighbour, not in its parent's care. */
  router: boolean
  /** False until a frame of it has shown that it holds the network key. */
  authenticated: boolean
  /** Taken off the network: all it gets is the order to leave. */
  dismissed: boolean
}

/** Children a parent cares for. A GB hub has a handful; assumed. */
const CAPACITY = 32

export class Children {
  private readonly byAddress = new Map<number, Child>()

  get full(): boolean {
    return this.byAddress.size >= CAPACITY
  }
  add(child: Child): void {
    this.remove(child.device)
    this.byAddress.set(child.address, child)
  }
  at(address: number): Child | undefined {
    return this.byAddress.get(address)
  }
  of(device: Eui64): Child | undefined {
    return this.list().find(child => child.device === device)
  }
  remove(device: Eui64): Child | undefined {
    const child = this.of(device)
    if (child) this.byAddress.delete(child.address)
    return child
  }
  list(): Child[] {
    return [...this.byAddress.values()]
  }
  clear(): void {
    this.byAddress.clear()
  }
}
