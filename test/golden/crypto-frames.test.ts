import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { AesKey } from '../../src/crypto/aes.ts'
import { type CcmContext, ccmOpen, ccmProtect } from '../../src/crypto/ccm-star.ts'
import { keyLoadKey, keyTransportKey } from '../../src/crypto/link-keys.ts'
import { apsPart, nwkFrame, nwkHeaderOctets, nwkPart, nwkSecured, type SecuredPart } from './crypto-secured-frame.ts'
import { type FrameVector, vectors } from './crypto-vectors.ts'

const { sniffedFrames, constructedFrames } = vectors
const { setup } = constructedFrames
const constructed = constructedFrames.frames.map(frame => ({
  ...frame,
  id: frame.name,
  networkKey: setup.networkKey,
  apsLinkKey: frame.apsKeyUsed === setup.keyTransportKey ? setup.preconfiguredLinkKey : setup.cbkeLinkKey,
}))
const frames: [string, FrameVector][] = [...sniffedFrames.frames, ...constructed].map(frame => [frame.id ?? '', frame])
const securedByNetworkKey = frames.filter(([, { mpduHex }]) => nwkSecured(nwkFrame(mpduHex)))

describe('frames of real networks, and of a Smart Energy join', () => {
  it('are 40', () => expect(frames).toHaveLength(40))

  it.each(frames)('%s opens at each of its layers, and is protected to the same octets', (_, frame) => {
    const nwk = nwkFrame(frame.mpduHex)
    let aps = nwk.subarray(nwkHeaderOctets(nwk))
    let source: Uint8Array | undefined
    if (nwkSecured(nwk)) {
      const part = nwkPart(nwk)
      expectPart(part, {
        nonce: frame.nwkNonce,
        aad: frame.nwkAad,
        plaintext: frame.nwkPlaintext,
        key: frame.networkKey,
      })
      aps = fromHex(frame.nwkPlaintext ?? '')
      source = part.source
    }
    if (frame.apsPlaintext === undefined) return
    const part = apsPart(aps, source)
    const linkKey = fromHex(frame.apsLinkKey ?? '')
    const key = { 0: linkKey, 2: keyTransportKey(linkKey), 3: keyLoadKey(linkKey) }[part.keyId]
    if (frame.apsKeyUsed) expect(toHex(key ?? linkKey)).toBe(frame.apsKeyUsed)
    expectPart(part, {
      nonce: frame.apsNonce,
      aad: frame.apsAad,
      plaintext: frame.apsPlaintext,
      key: toHex(key ?? linkKey),
    })
  })

  it.each(securedByNetworkKey.slice(0, 8))('%s does not open once any bit of it is another', (_, frame) => {
    const { aad, nonce, protectedPayload } = nwkPart(nwkFrame(frame.mpduHex))
    const context = { key: new AesKey(fromHex(frame.networkKey ?? '')), nonce, aad }
    expect(ccmOpen(context, protectedPayload)).toBeDefined()
    for (const [name, octets] of Object.entries({ aad, nonce, protectedPayload })) {
      for (let bit = 0; bit < 8 * octets.length; bit++) {
        const changed = octets.slice()
        changed[bit >> 3]! ^= 1 << (bit & 7)
        const other = { ...context, ...(name !== 'protectedPayload' && { [name]: changed }) }
        const opened = ccmOpen(other, name === 'protectedPayload' ? changed : protectedPayload)
        expect(opened, `${name}, bit ${bit}`).toBeUndefined()
      }
    }
  })
})

function expectPart(
  { nonce, aad, protectedPayload }: SecuredPart,
  expected: Partial<Record<'nonce' | 'aad' | 'plaintext' | 'key', string>>,
): void {
  if (expected.nonce) expect(toHex(nonce)).toBe(expected.nonce)
  if (expected.aad) expect(toHex(aad)).toBe(expected.aad)
  const context: CcmContext = { key: new AesKey(fromHex(expected.key ?? '')), nonce, aad }
  const plaintext = ccmOpen(context, protectedPayload)
  expect(plaintext && toHex(plaintext)).toBe(expected.plaintext)
  expect(toHex(ccmProtect(context, fromHex(expected.plaintext ?? '')))).toBe(toHex(protectedPayload))
}
