/** The published answers of data/cbke-vectors.json, typed. */
import { readFileSync } from 'node:fs'
import { fromHex } from '../../src/base/bytes.ts'
import type { CryptoSuite } from '../../src/crypto/koblitz-curve.ts'

export interface CertificateVector {
  id: string
  suite: CryptoSuite
  certificate: string
  privateKey?: string
  publicKey?: string
  ca?: string
  subject: string
  issuer?: string
  profileAttributeData?: string
}

export interface PartyVector {
  eui64: string
  certificate: string
  ephemeralPrivate: string
  ephemeralPublic: string
}

export interface ExchangeVector {
  id: string
  suite: CryptoSuite
  initiator: PartyVector
  responder: PartyVector
  sharedSecretZ: string
  macKey: string
  linkKey: string
  macu: string
  macv: string
}

export interface FrameVector {
  id?: string
  name?: string
  mpduHex: string
  networkKey?: string
  apsLinkKey?: string
  apsKeyUsed?: string
  nwkPlaintext?: string
  apsPlaintext?: string
  nwkNonce?: string
  nwkAad?: string
  apsNonce?: string
  apsAad?: string
}

interface Vectors {
  curves: { suite: CryptoSuite; name: string; n: string; cofactor: number; Gx: string; Gy: string }[]
  caPublicKeys: { id: string; suite: CryptoSuite; publicKey: string; issuerField: string }[]
  certificates: CertificateVector[]
  ecmqvExchanges: ExchangeVector[]
  aesMmo: { id: string; input: string | { repeat: string; length: number }; digest: string }[]
  hmacMmo: { id: string; key: string; message: string; mac: string }[]
  installCodes: { id: string; codeWithCrc: string; linkKey: string }[]
  keyedHashes: { id: string; linkKey: string; input: string; output: string }[]
  derivedKeys: { id: string; linkKey: string; keyTransportKey: string; keyLoadKey: string }[]
  sniffedFrames: { frames: FrameVector[] }
  constructedFrames: { setup: Record<string, string>; frames: FrameVector[] }
}

export const vectors: Vectors = JSON.parse(readFileSync(new URL('data/cbke-vectors.json', import.meta.url), 'utf8'))

export const certificateVector = (id: string): CertificateVector => {
  const found = vectors.certificates.find(certificate => certificate.id === id)
  if (!found) throw new Error(`no certificate "${id}" among the vectors`)
  return found
}

export const caPublicKey = (id: string | undefined): Uint8Array =>
  fromHex(vectors.caPublicKeys.find(ca => ca.id === id)?.publicKey ?? '')
