/**
 * APS frames under link keys: sealed with the counter of the key, opened only when fresh and authentic.
 * @source ZigBee PRO, 4.4.1 frame security
 */
import type { Eui64 } from '../../base/ids.ts'
import type { ApsFrame, ApsHeader } from '../frames/aps-frame.ts'
import { encodeAps } from '../frames/aps-frame.ts'
import type { Auxiliary } from '../frames/auxiliary.ts'
import { type Ccm, unsecure } from '../frames/security.ts'
import type { ApsRefusal } from './aps-refusal.ts'
import type { LinkKeyId, LinkKeyState, LinkKeys } from './link-keys.ts'

/** What protects an APS frame, beyond the network key. */
export type ApsProtection = 'none' | LinkKeyId

/** A frame as it was meant. */
export interface OpenedAps {
  header: ApsHeader
  payload: Uint8Array
  protection: ApsProtection
  /** Who sealed it; undefined for a frame without APS security. */
  sender: Eui64 | undefined
  /** State of the key it was under. */
  keyState: LinkKeyState | undefined
}

export interface ApsSecurityOptions {
  eui64: Eui64
  ccm: Ccm
  keys: LinkKeys
  /** Whether frames name their sender, which costs 8 octets and spares the receiver its address map. */
  extendedNonce: boolean
}

export class ApsSecurity {
  private readonly options: ApsSecurityOptions

  constructor(options: ApsSecurityOptions) {
    this.options = options
  }

  /** The frame on the air. Undefined when no usable key is shared with the peer. */
  seal(header: ApsHeader, payload: Uint8Array, key: { peer: Eui64; keyId: LinkKeyId }): Uint8Array | undefined {
    const { eui64, ccm, keys } = this.options
    const shared = keys.get(key.peer)
    const frameCounter = shared?.takeCounter()
    if (!shared || frameCounter === undefined) return undefined
    const auxiliary = { ...this.auxiliaryOf(key.keyId), frameCounter }
    return encodeAps({ ...header, auxiliary }, payload, { ccm, key: shared.octets(key.keyId), source: eui64 })
  }

  /** The auxiliary header of a frame under a key id, but for its counter. */
  auxiliaryOf(keyId: LinkKeyId): Auxiliary {
    // A joiner knows nobody's address: what it must open always names its sender.
    const named = this.options.extendedNonce || keyId !== 'data'
    return { keyId, frameCounter: 0, ...(named ? { source: this.options.eui64 } : {}) }
  }

  /** `sender`: whom the layers below believe it to be from. @throws WireError when there is no room for the MIC */
  open(frame: ApsFrame, sender: Eui64 | undefined): OpenedAps | ApsRefusal {
    const { header } = frame
    const { auxiliary } = header
    if (!auxiliary) {
      return { header, payload: frame.payload, protection: 'none', sender: undefined, keyState: undefined }
    }
    const { keyId, frameCounter } = auxiliary
    if (keyId === 'network') return 'wrong-key-id'
    const source = auxiliary.source ?? sender
    if (source === undefined) return 'unknown-sender'
    const candidates = this.options.keys.candidates(source, keyId)
    if (candidates.length === 0) return 'no-link-key'
    const fresh = candidates.filter(key => key.isFresh(frameCounter))
    for (const key of fresh) {
      const payload = unsecure(frame, { ccm: this.options.ccm, key: key.octets(keyId), source })
      if (!payload) continue
      key.taken(frameCounter)
      return { header, payload, protection: keyId, sender: source, keyState: key.state }
    }
    return fresh.length > 0 ? 'not-authentic' : 'replayed'
  }
}
