import { createECDH } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { cbke, ecmqv, type SharedSecretInput } from '../../src/crypto/cbke.ts'
import { type Certificate, encodeCertificate, parseCertificate } from '../../src/crypto/certificate.ts'
import { certifiedPublicKey } from '../../src/crypto/ecqv.ts'
import { toInteger } from '../../src/crypto/octets.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { caPublicKey, certificateVector, type PartyVector, vectors } from './crypto-vectors.ts'

const certified = vectors.certificates.filter(({ publicKey }) => publicKey !== undefined)

describe('the curves', () => {
  it.each(vectors.curves)('$name has the published generator, order and cofactor', ({ suite, n, cofactor, Gx, Gy }) => {
    const curve = curveOf(suite)
    expect(curve.n).toBe(BigInt(`0x${n}`))
    expect(curve.cofactor).toBe(BigInt(cofactor))
    expect(toHex(curve.xOctets(curve.generator))).toBe(Gx)
    expect(toHex(curve.xOctets({ x: curve.generator.y, y: curve.generator.x }))).toBe(Gy)
    expect(curve.multiply(curve.n, curve.generator)).toBeUndefined()
  })

  it.each(vectors.caPublicKeys)('$id is a point of its group', ({ suite, publicKey }) => {
    const curve = curveOf(suite)
    const point = curve.point(fromHex(publicKey), 'CA public key')
    expect(toHex(curve.octets(point))).toBe(publicKey)
    expect(curve.multiply(curve.n, point)).toBeUndefined()
  })
})

describe('certificates', () => {
  it.each(vectors.certificates)('$id splits into its fields and is written to the same octets', vector => {
    const certificate: Certificate = parseCertificate(vector.suite, fromHex(vector.certificate))
    const ca = vectors.caPublicKeys.find(({ id }) => id === vector.ca)
    expect(certificate.subject).toBe(vector.subject)
    expect(certificate.issuer).toBe(vector.issuer ?? ca?.issuerField)
    if (certificate.suite === 1 && vector.profileAttributeData) {
      expect(toHex(certificate.profileAttributeData)).toBe(vector.profileAttributeData)
    }
    expect(toHex(encodeCertificate(certificate))).toBe(vector.certificate)
  })

  it('a suite-2 certificate of annex C.6 tells its serial number, life and use', () => {
    expect(parseCertificate(2, fromHex(certificateVector('se-c6-device1').certificate))).toEqual({
      suite: 2,
      serialNumber: '2622a505e8938f27',
      issuer: '1112131415161718',
      validFrom: 0x5292a35b,
      subject: '0a0b0c0d0e0f1011',
      keyUsage: 0x88,
      publicKeyReconstruction: fromHex('0303b4e9dc543a64333c982308022b54e67e2f15f532551b0a11e2e2c1c1d3097a4324e7ed'),
    })
  })

  it.each(certified)('$id and its CA lead to the published public key', ({ suite, certificate, ca, publicKey }) => {
    const curve = curveOf(suite)
    const point = certifiedPublicKey(curve, { certificate: fromHex(certificate), caPublicKey: caPublicKey(ca) })
    expect(toHex(curve.octets(point))).toBe(publicKey)
  })

  it.each(certified)('$id has the public key of its private key, here and in OpenSSL', vector => {
    const curve = curveOf(vector.suite)
    const privateKey = fromHex(vector.privateKey ?? '')
    const point = curve.multiply(toInteger(privateKey), curve.generator)
    expect(point && toHex(curve.octets(point))).toBe(vector.publicKey)
    const native = createECDH(curve.name)
    native.setPrivateKey(privateKey)
    expect(native.getPublicKey('hex', 'compressed')).toBe(vector.publicKey)
  })
})

describe.each(vectors.ecmqvExchanges)('the exchange of $id', exchange => {
  const { suite, initiator, responder } = exchange
  const calculator = cbke(suite)
  const sides = [
    { name: 'initiator', input: side(initiator, responder) },
    { name: 'responder', input: side(responder, initiator) },
  ]

  it.each(sides)('the $name comes to the published secret and keys', ({ input }) => {
    expect(toHex(ecmqv(curveOf(suite), input))).toBe(exchange.sharedSecretZ)
    const { macKey, keyData } = calculator.sharedSecret(input)
    expect(toHex(macKey)).toBe(exchange.macKey)
    expect(toHex(keyData)).toBe(exchange.linkKey)
  })

  it('both MACs are the published ones', () => {
    const party = ({ eui64, ephemeralPublic }: PartyVector) => ({ eui64, ephemeralPublicKey: fromHex(ephemeralPublic) })
    const confirmation = {
      macKey: fromHex(exchange.macKey),
      initiator: party(initiator),
      responder: party(responder),
    }
    expect(toHex(calculator.macU(confirmation))).toBe(exchange.macu)
    expect(toHex(calculator.macV(confirmation))).toBe(exchange.macv)
  })

  it.each([initiator, responder])('the ephemeral public key of $eui64 is that of its private key', party => {
    const curve = curveOf(suite)
    const point = curve.multiply(toInteger(fromHex(party.ephemeralPrivate)), curve.generator)
    expect(point && toHex(curve.octets(point))).toBe(party.ephemeralPublic)
  })
})

function side(own: PartyVector, peer: PartyVector): SharedSecretInput {
  const [mine, theirs] = [own, peer].map(({ certificate }) => certificateVector(certificate))
  return {
    own: {
      privateKey: fromHex(mine?.privateKey ?? ''),
      ephemeral: { privateKey: fromHex(own.ephemeralPrivate), publicKey: fromHex(own.ephemeralPublic) },
    },
    peer: {
      certificate: fromHex(theirs?.certificate ?? ''),
      caPublicKey: caPublicKey(theirs?.ca),
      ephemeralPublicKey: fromHex(peer.ephemeralPublic),
    },
  }
}
