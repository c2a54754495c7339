/** The end devices whose parent the NCP is, as the host may list them. */
import type { Eui64 } from '../../base/ids.ts'
import type { NcpMemory } from './ncp-memory.ts'

export interface Child {
  device: Eui64
  address: number
  sleepy: boolean
}

/** Bits of what a device says of itself. @source ZigBee PRO, 2.4.3.1.11, MAC capability flags */
const [ROUTER, RX_ON_WHEN_IDLE] = [0x02, 0x08]
/** Devices that have joined here and have not said what they are. */
const MOST_UNKNOWN = 64

export class Children {
  private places: (Child | null)[]
  private readonly unknown = new Set<Eui64>()

  constructor(places: NcpMemory['children']) {
    this.places = places.map(child => child && { ...child })
  }

  get memory(): NcpMemory['children'] {
    return this.places.map(child => child && { ...child })
  }
  get count(): number {
    return this.places.filter(child => child !== null).length
  }
  at(index: number): Child | undefined {
    return this.places[index] ?? undefined
  }

  /** A device has this node, or another, as its parent. */
  arrived(device: Eui64, isHere: boolean): void {
    if (!isHere) return this.gone(device)
    if (this.place(device) >= 0 || this.unknown.size >= MOST_UNKNOWN) return
    this.unknown.add(device)
  }
  /** It says what it is: routers are no children. */
  announced(device: Eui64, address: number, capability: number): void {
    const place = this.place(device)
    if (place < 0 && !this.unknown.delete(device)) return
    if (capability & ROUTER) return this.gone(device)
    const child = { device, address, sleepy: (capability & RX_ON_WHEN_IDLE) === 0 }
    const free = place >= 0 ? place : this.places.indexOf(null)
    if (free >= 0) this.places[free] = child
    else this.places.push(child)
  }
  gone(device: Eui64): void {
    this.unknown.delete(device)
    const place = this.place(device)
    if (place >= 0) this.places[place] = null
  }
  clear(): void {
    this.unknown.clear()
    this.places = []
  }

  private place(device: Eui64): number {
    return this.places.findIndex(child => child?.device === device)
  }
}
