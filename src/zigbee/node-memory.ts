/** What a node keeps while it is off: plain values, keys among them. */
import type { Eui64 } from '../base/ids.ts'
import type { LinkKeyMemory } from './aps/link-keys.ts'
import type { NwkMemory } from './nwk/nwk.ts'
import type { TrustCentreMemory } from './trust-centre.ts'
import type { Binding } from './zdo/binding-table.ts'

export interface NodeMemory {
  nwk: NwkMemory
  linkKeys: LinkKeyMemory
  trustCentre: Eui64
  bindings: readonly Binding[]
  /** Of a trust centre. `present`: devices on its network. */
  centre?: TrustCentreMemory & { present: readonly Eui64[] }
}
