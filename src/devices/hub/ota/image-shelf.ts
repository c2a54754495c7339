/**
 * The images a hub holds for the devices of its HAN: a bounded number, of a bounded number of octets, each with whom it is for and
 * when each is to run it. An image may still be arriving. At most one is for a device: who orders another for it takes it off the
 * one before.
 */
import type { Eui64 } from '../../../base/ids.ts'
import { type ImageIdentity, identityOf, imageName } from '../../ota/image-identity.ts'
import { type OctetsMemory, PagedOctets } from '../../paged-octets.ts'

/** When a device is to run an image it has: at once, once it is told to, or at an instant, Unix ms by the hub's clock. */
export type Activation = { when: 'at-once' } | { when: 'on-command' } | { when: 'at'; unixMs: number }

/** What is known of an image before its first octet has come; the header of its file says no less. */
export interface ImageFacts extends ImageIdentity {
  totalImageSize: number
  /** Hardware versions it is for, both included; any when absent. */
  hardwareVersions?: { minimum: number; maximum: number }
}

/** An image on the shelf. */
export interface ShelvedImage extends ImageFacts {
  /** By which it is asked for here. */
  readonly name: string
  /** How many of its octets are here. */
  readonly octets: number
  /** Whom it is for. */
  readonly orders: ReadonlyMap<Eui64, Activation>
}

export interface ShelfLimits {
  images: number
  /** Of all images together, those still to come included. */
  octets: number
}

/** What survives a restart. */
export interface ShelfMemory {
  images: readonly (ImageFacts & { orders: readonly (readonly [Eui64, Activation])[]; octets: OctetsMemory })[]
}

interface Entry {
  facts: ImageFacts
  orders: Map<Eui64, Activation>
  octets: PagedOctets
}

export class ImageShelf {
  readonly limits: ShelfLimits
  private readonly entries = new Map<string, Entry>()

  constructor(limits: ShelfLimits, memory?: ShelfMemory) {
    this.limits = limits
    for (const { orders, octets, ...facts } of memory?.images ?? []) {
      this.entries.set(imageName(facts), { facts, orders: new Map(orders), octets: new PagedOctets(octets) })
    }
  }

  /**
   * Makes room for an image, whose octets come with `append`. `known`: it is there already, with what has come of it. `differs`: it
   * is there, but of another size or for other hardware. `full`: no room for one more, or for so many octets.
   */
  put(image: ImageFacts): 'put' | 'known' | 'differs' | 'full' {
    const facts = factsOf(image)
    const name = imageName(facts)
    const there = this.entries.get(name)
    if (there) return isSame(there.facts, facts) ? 'known' : 'differs'
    const held = [...this.entries.values()].reduce((sum, entry) => sum + entry.facts.totalImageSize, 0)
    if (this.entries.size >= this.limits.images || held + facts.totalImageSize > this.limits.octets) return 'full'
    this.entries.set(name, { facts, orders: new Map(), octets: new PagedOctets() })
    return 'put'
  }

  /** The octets that follow on those that are here. `beyond`: more than the image has, none is taken. `unknown`: no such image. */
  append(name: string, octets: Uint8Array): 'taken' | 'beyond' | 'unknown' {
    const entry = this.entries.get(name)
    if (!entry) return 'unknown'
    if (entry.octets.length + octets.length > entry.facts.totalImageSize) return 'beyond'
    entry.octets.append(octets)
    return 'taken'
  }

  /** The image is for this device, which is to run it then. False: no such image. */
  order(name: string, device: Eui64, activation: Activation): boolean {
    const entry = this.entries.get(name)
    if (!entry) return false
    this.cancel(device)
    entry.orders.set(device, activation)
    return true
  }
  /** No image is for this device any more. False: none was. */
  cancel(device: Eui64): boolean {
    return [...this.entries.values()].some(({ orders }) => orders.delete(device))
  }
  /** Takes an image down. False: it was not there. */
  remove(name: string): boolean {
    return this.entries.delete(name)
  }

  find(name: string): ShelvedImage | undefined {
    const entry = this.entries.get(name)
    return entry && shown(name, entry)
  }
  /** The image that is for a device. */
  imageFor(device: Eui64): ShelvedImage | undefined {
    for (const [name, entry] of this.entries) if (entry.orders.has(device)) return shown(name, entry)
    return undefined
  }
  list(): ShelvedImage[] {
    return [...this.entries].map(([name, entry]) => shown(name, entry))
  }
  /** What is here of `length` octets from `offset` on. */
  read(name: string, offset: number, length: number): Uint8Array {
    return this.entries.get(name)?.octets.read(offset, length) ?? new Uint8Array()
  }
  /** All octets that are here, piece by piece. */
  *pieces(name: string): Generator<Uint8Array> {
    yield* this.entries.get(name)?.octets.pieces() ?? []
  }

  /** What it would keep if its hub lost power now. */
  memory(): ShelfMemory {
    const images = [...this.entries.values()].map(({ facts, orders, octets }) => ({
      ...facts,
      orders: [...orders],
      octets: octets.memory(),
    }))
    return { images }
  }
}

const shown = (name: string, { facts, orders, octets }: Entry): ShelvedImage => ({
  ...facts,
  name,
  orders,
  octets: octets.length,
})

const factsOf = (image: ImageFacts): ImageFacts => ({
  ...identityOf(image),
  totalImageSize: image.totalImageSize,
  ...(image.hardwareVersions && { hardwareVersions: { ...image.hardwareVersions } }),
})

const isSame = (one: ImageFacts, other: ImageFacts): boolean =>
  one.totalImageSize === other.totalImageSize &&
  one.hardwareVersions?.minimum === other.hardwareVersions?.minimum &&
  one.hardwareVersions?.maximum === other.hardwareVersions?.maximum
