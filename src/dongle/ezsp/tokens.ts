/** Tokens: octets a host or a maker has put into the flash of an NCP. */
import { fromHex, toHex } from '../../base/bytes.ts'
import { HOST_TOKENS, MANUFACTURING_TOKENS } from '../../wire/ezsp/settings.ts'
import type { Handlers } from './handlers.ts'
import type { NcpMemory } from './ncp-memory.ts'

const HOST_TOKEN_OCTETS = 8
/** What flash reads as before it is written. */
const blank = (octets: number): string => 'ff'.repeat(octets)

export class Tokens {
  private readonly ofHost: Map<string, string>
  private readonly ofMaker: Map<string, string>

  constructor({ tokens, manufacturingTokens }: NcpMemory) {
    this.ofHost = new Map(Object.entries(tokens))
    this.ofMaker = new Map(Object.entries(manufacturingTokens))
  }

  get memory(): Pick<NcpMemory, 'tokens' | 'manufacturingTokens'> {
    return { tokens: Object.fromEntries(this.ofHost), manufacturingTokens: Object.fromEntries(this.ofMaker) }
  }

  readonly handlers = {
    getToken: ({ tokenId }) => {
      const tokenData = fromHex(this.ofHost.get(String(tokenId)) ?? blank(HOST_TOKEN_OCTETS))
      return { status: tokenId < HOST_TOKENS ? 'OK' : 'INVALID_PARAMETER', tokenData }
    },
    setToken: ({ tokenId, tokenData }) => {
      if (tokenId >= HOST_TOKENS) return { status: 'INVALID_PARAMETER' }
      this.ofHost.set(String(tokenId), toHex(tokenData))
      return { status: 'OK' }
    },
    getMfgToken: ({ tokenId }) => {
      const octets = MANUFACTURING_TOKENS.get(tokenId) ?? 0
      return { tokenData: fromHex(this.ofMaker.get(String(tokenId)) ?? blank(octets)) }
    },
    setMfgToken: ({ tokenId, tokenData }) => {
      if (MANUFACTURING_TOKENS.get(tokenId) !== tokenData.length) return { status: 'INVALID_PARAMETER' }
      // They are written once. @source UG100, setMfgToken
      if (this.ofMaker.has(String(tokenId))) return { status: 'INVALID_STATE' }
      this.ofMaker.set(String(tokenId), toHex(tokenData))
      return { status: 'OK' }
    },
  } satisfies Partial<Handlers>
}
