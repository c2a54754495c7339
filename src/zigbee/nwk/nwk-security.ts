/**
 * NWK frames under the network key: sealed with this node's counter for each hop, opened only when fresh and authentic.
 * @source ZigBee PRO, 4.3.1
 */
import type { Eui64 } from '../../base/ids.ts'
import { encodeNwk, type NwkFrame, type NwkHeader } from '../frames/nwk-frame.ts'
import { type Ccm, unsecure } from '../frames/security.ts'
import { NetworkKeys } from './network-keys.ts'

/** A frame as it was meant, and who sent this hop. */
export interface Opened {
  payload: Uint8Array
  /** Sender of the hop; undefined for a frame without security. */
  sender: Eui64 | undefined
  secured: boolean
}

export interface NwkSecurityOptions {
  eui64: Eui64
  ccm: Ccm
  onRefused: (reason: string) => void
  /** There is a network key, where there was none. */
  onKeyed: () => void
  /** A frame proved authentic under the key that was to come next: that key is in use now. */
  onKeySwitched: (sequence: number) => void
}

export class NwkSecurity {
  readonly keys: NetworkKeys
  private readonly options: NwkSecurityOptions

  constructor(options: NwkSecurityOptions) {
    this.options = options
    this.keys = new NetworkKeys(() => options.onKeyed())
  }

  /** Undefined when there is no key to seal it with. */
  seal(header: NwkHeader, payload: Uint8Array): Uint8Array | undefined {
    const active = this.keys.current
    if (!active) return undefined
    const { ccm, eui64 } = this.options
    const auxiliary = {
      keyId: 'network' as const,
      frameCounter: this.keys.nextCounter(),
      source: eui64,
      keySequence: active.sequence,
    }
    return encodeNwk({ ...header, auxiliary }, payload, { ccm, key: active.key, source: eui64 })
  }

  /** Undefined when the frame is not to be believed. @throws WireError */
  open(frame: NwkFrame): Opened | undefined {
    const { auxiliary } = frame.header
    if (!auxiliary) return { payload: frame.payload.slice(), sender: undefined, secured: false }
    if (auxiliary.keyId !== 'network' || auxiliary.source === undefined) return this.refuse('nwk.security-header')
    const { source: sender, frameCounter, keySequence } = auxiliary
    // No counter is kept of its own frames: what it sealed once is no news, not even what it passed on for others.
    if (sender === this.options.eui64) return this.refuse('nwk.reflected')
    const key = this.keys.bySequence(keySequence)
    if (!key) return this.refuse('nwk.unknown-key')
    if (!this.keys.isFresh(sender, keySequence, frameCounter)) return this.refuse('nwk.replay')
    const payload = unsecure(frame, { ccm: this.options.ccm, key: key.key, source: sender })
    if (!payload) return this.refuse('nwk.not-authentic')
    this.keys.taken(sender, keySequence, frameCounter)
    // A sleeper misses the order to switch: the first good frame under the next key is order enough.
    if (this.keys.isNext(keySequence) && this.keys.switchTo(keySequence)) this.options.onKeySwitched(keySequence)
    return { payload, sender, secured: true }
  }

  private refuse(reason: string): undefined {
    this.options.onRefused(reason)
  }
}
