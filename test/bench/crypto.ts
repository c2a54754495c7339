/** Cryptography of the HAN: one side of key establishment, and frames protected and opened beside zigbee-on-host. */
import { createCipheriv } from 'node:crypto'
import { createRequire } from 'node:module'
import { AesKey } from '../../src/crypto/aes.ts'
import { cbke } from '../../src/crypto/cbke.ts'
import { type CcmContext, ccmOpen, ccmProtect } from '../../src/crypto/ccm-star.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { TestAuthority } from '../../src/crypto/test-authority.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import { median, type Row } from './table.ts'

const ROUNDS = 15
const PAYLOAD_OCTETS = 60
/** A NWK header without extended addresses, before its auxiliary header. */
const HEADER_OCTETS = 8

export async function cryptoFigures(): Promise<Row[]> {
  return [oneSide(1, '5 ms'), oneSide(2, '15 ms'), ...frames()]
}

/** An ephemeral key pair, the peer's key out of its certificate, the shared secret, and both MACs. */
function oneSide(suite: 1 | 2, target: string): Row {
  const random = new SeededRandom('bench').stream('cbke')
  const calculator = cbke(suite)
  const ca = new TestAuthority({ curve: curveOf(suite), random })
  const [own, peer] = ['00db1234567890a0', '00db1234567890a1'].map(eui64 => ({
    eui64,
    ...ca.issue({ subject: eui64 }),
  }))
  const peerEphemeral = calculator.ephemeral(random).publicKey
  const side = () => {
    const ephemeral = calculator.ephemeral(random)
    const { macKey } = calculator.sharedSecret({
      own: { privateKey: own!.privateKey, ephemeral },
      peer: { certificate: peer!.certificate, caPublicKey: ca.publicKey, ephemeralPublicKey: peerEphemeral },
    })
    const initiator = { eui64: own!.eui64, ephemeralPublicKey: ephemeral.publicKey }
    const responder = { eui64: peer!.eui64, ephemeralPublicKey: peerEphemeral }
    calculator.macU({ macKey, initiator, responder })
    calculator.macV({ macKey, initiator, responder })
  }
  const ms = 1_000 / perSecond(side, 20)
  return { what: `key establishment, one side, suite ${suite}`, measured: `${ms.toFixed(1)} ms`, target }
}

function frames(): Row[] {
  const key = Buffer.from('01030507090b0d0f00020406080a0c0d', 'hex')
  const payload = Buffer.alloc(PAYLOAD_OCTETS, 0xa5)
  const foreign = zigbeeOnHost()
  const header = Buffer.alloc(HEADER_OCTETS + 14, 0x11)
  const security = {
    control: { level: 0, keyId: 1, nonce: true },
    frameCounter: 7,
    source64: 0x00db1234567890a1n,
    keySeqNum: 0,
    micLen: 4,
  }
  const [ciphertext, mic] = foreign.encryptZigbeePayload(header, HEADER_OCTETS, payload, security, key)
  const frame = Buffer.concat([header, ciphertext, mic])

  const aad = new Uint8Array(header)
  aad[HEADER_OCTETS]! |= 5
  const nonce = Uint8Array.of(...aad.subarray(13, 21), ...aad.subarray(9, 13), aad[HEADER_OCTETS]!)
  const context: CcmContext = { key: new AesKey(key), nonce, aad }
  const protectedPayload = new Uint8Array(Buffer.concat([ciphertext, mic]))
  if (!ccmOpen(context, protectedPayload)) throw new Error('what zigbee-on-host protects does not open')

  const native = () => {
    const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: 4 })
    cipher.setAAD(aad, { plaintextLength: payload.length })
    cipher.update(payload)
    cipher.final()
    cipher.getAuthTag()
  }
  const rates = {
    open: perSecond(() => ccmOpen(context, protectedPayload), 5_000),
    foreignOpen: perSecond(() => foreign.decryptZigbeePayload(frame, HEADER_OCTETS, key), 1_000),
    protect: perSecond(() => ccmProtect(context, payload), 5_000),
    foreignProtect: perSecond(() => foreign.encryptZigbeePayload(header, HEADER_OCTETS, payload, security, key), 1_000),
    native: perSecond(native, 1_000),
  }
  const beside = (ours: number, theirs: number) =>
    `${thousands(ours)} /s, ${(ours / theirs).toFixed(1)} x zigbee-on-host (${thousands(theirs)} /s)`
  return [
    { what: `CCM*, ${PAYLOAD_OCTETS} octets opened`, measured: beside(rates.open, rates.foreignOpen), target: '3 x' },
    { what: `CCM*, ${PAYLOAD_OCTETS} octets protected`, measured: beside(rates.protect, rates.foreignProtect) },
    { what: 'the same by aes-128-ccm of node:crypto', measured: `${thousands(rates.native)} /s` },
  ]
}

interface ZigbeeOnHost {
  encryptZigbeePayload(
    data: Buffer,
    offset: number,
    payload: Buffer,
    header: object,
    key: Buffer,
  ): [Buffer, Buffer, number]
  decryptZigbeePayload(data: Buffer, offset: number, key: Buffer): unknown
}

/** A dependency of zigbee-herdsman, found from there. */
function zigbeeOnHost(): ZigbeeOnHost {
  const herdsman = createRequire(import.meta.resolve('zigbee-herdsman'))
  return herdsman('zigbee-on-host/dist/zigbee/zigbee.js')
}

const thousands = (rate: number): string => `${Math.round(rate / 1_000)} k`

/** Median rate over the rounds, the first ones left out. */
function perSecond(work: () => unknown, times: number): number {
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now()
    for (let n = 0; n < times; n++) work()
    if (round > 2) rates.push((times * 1_000) / (performance.now() - from))
  }
  return median(rates)
}
