/** Which preconfigured link keys joiners may come with, as a host says. Bounded: the key named first goes first. */
import { fromHex, toHex } from '../base/bytes.ts'
import type { Eui64 } from '../base/ids.ts'
import type { JoiningKey } from '../ports/network-processor.ts'

/** Keys as 32 hex digits. */
export type JoiningKeysMemory = readonly (readonly [device: Eui64 | 'any', key: string])[]

/** @source assumed: a host names the devices that it is about to let in */
const ENTRIES = 256

export class JoiningKeys {
  private readonly byDevice = new Map<Eui64 | 'any', Uint8Array>()

  constructor(memory: JoiningKeysMemory = []) {
    for (const [device, key] of memory) this.allow({ device, key: fromHex(key) })
  }

  allow({ device, key }: JoiningKey): void {
    this.byDevice.delete(device)
    this.byDevice.set(device, key.slice())
    const [first] = this.byDevice.keys()
    if (this.byDevice.size > ENTRIES && first !== undefined) this.byDevice.delete(first)
  }
  /** All when no device is named. */
  forget(device?: Eui64 | 'any'): void {
    if (device === undefined) this.byDevice.clear()
    else this.byDevice.delete(device)
  }
  of(device: Eui64): Uint8Array | undefined {
    return this.byDevice.get(device) ?? this.byDevice.get('any')
  }
  memory(): JoiningKeysMemory {
    return [...this.byDevice].map(([device, key]) => [device, toHex(key)] as const)
  }
}
