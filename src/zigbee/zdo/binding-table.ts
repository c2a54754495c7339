/** Where the clusters of a node's endpoints are bound to, as others have asked it. @source ZigBee PRO, 2.4.3.2 bind management */
import type { ValueOf } from '../../base/frame.ts'
import type { binding } from '../frames/zdo-fields.ts'

export type Binding = ValueOf<typeof binding>

/** @source assumed: a meter is bound to a handful */
const ENTRIES = 16

export class BindingTable {
  private readonly byName = new Map<string, Binding>()

  /** False when the table is full. A binding that is there already is there once. */
  add(binding: Binding): boolean {
    const name = nameOf(binding)
    if (!this.byName.has(name) && this.byName.size >= ENTRIES) return false
    this.byName.set(name, binding)
    return true
  }
  /** False when there was none. */
  remove(binding: Binding): boolean {
    return this.byName.delete(nameOf(binding))
  }
  /** In the order they were made. */
  list(): Binding[] {
    return [...this.byName.values()]
  }
  clear(): void {
    this.byName.clear()
  }
}

function nameOf({ source, sourceEndpoint, clusterId, destination }: Binding): string {
  const to =
    destination.mode === 'group' ? `${destination.groupAddress}` : `${destination.device}/${destination.endpoint}`
  return `${source}/${sourceEndpoint} ${clusterId} > ${to}`
}
