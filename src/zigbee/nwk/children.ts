/** The children of a parent: who joined through it, and how to reach each. */
import type { Eui64, Micros } from '../../base/ids.ts'
import type { ChildLife } from './child-life.ts'

export interface Child {
  readonly device: Eui64
  readonly address: number
  /** Does not listen: frames wait until it polls. */
  readonly sleepy: boolean
  /** A router is a neighbour, not in its parent's care. */
  readonly router: boolean
  life: ChildLife
  /** Not heard of for so long, it is given up. */
  timeoutUs: Micros
  heardAtUs: Micros
  /** Of its last frame, 0..255. */
  lqi: number
}

/** What survives a restart. */
export type ChildMemory = Pick<Child, 'device' | 'address' | 'sleepy' | 'router' | 'timeoutUs'>

/** Children a parent cares for, unless said otherwise. A GB hub has a handful; assumed. */
const CAPACITY = 32

export class Children {
  private readonly capacity: number
  private readonly byAddress = new Map<number, Child>()
  private readonly byDevice = new Map<Eui64, Child>()

  constructor(capacity = CAPACITY) {
    this.capacity = capacity
  }

  get full(): boolean {
    return this.byAddress.size >= this.capacity
  }
  /** In place of what the device, or the address, was before. */
  add(child: Child): void {
    this.remove(child.device)
    const before = this.byAddress.get(child.address)
    if (before) this.byDevice.delete(before.device)
    this.byAddress.set(child.address, child)
    this.byDevice.set(child.device, child)
  }
  at(address: number): Child | undefined {
    return this.byAddress.get(address)
  }
  of(device: Eui64): Child | undefined {
    return this.byDevice.get(device)
  }
  remove(device: Eui64): Child | undefined {
    const child = this.byDevice.get(device)
    if (!child) return undefined
    this.byDevice.delete(device)
    this.byAddress.delete(child.address)
    return child
  }
  list(): Child[] {
    return [...this.byAddress.values()]
  }
  clear(): void {
    this.byAddress.clear()
    this.byDevice.clear()
  }
}
