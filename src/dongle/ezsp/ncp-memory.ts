/** What an NCP keeps while it is off, beside its network, which the network processor remembers: plain values, keys among them. */
import type { Eui64 } from '../../base/ids.ts'

export interface NcpMemory {
  /** How the network was formed. */
  security?: { bitmask: number; trustCentreLinkKey: string }
  radio?: { txPowerDbm: number; nwkManagerId: number; joinMethod: number; channels: number }
  /** By index; null where there is none. */
  linkKeys: readonly ({ device: Eui64; key: string } | null)[]
  /** Children of this node by index. */
  children: readonly ({ device: Eui64; address: number; sleepy: boolean } | null)[]
  /** Tokens of the host, and of the maker, by their numbers; octets as hex. */
  tokens: Readonly<Record<string, string>>
  manufacturingTokens: Readonly<Record<string, string>>
}

export const EMPTY_MEMORY: NcpMemory = Object.freeze({
  ...{ linkKeys: [], children: [], tokens: {}, manufacturingTokens: {} },
})
