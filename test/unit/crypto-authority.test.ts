import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { cbke } from '../../src/crypto/cbke.ts'
import { checkKeyUsage, KeyUsage, parseCertificate } from '../../src/crypto/certificate.ts'
import { certifiedPublicKey, reconstructKeyPair } from '../../src/crypto/ecqv.ts'
import { generateKeyPair } from '../../src/crypto/key-pair.ts'
import { equalOctets } from '../../src/crypto/octets.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { TEST_ISSUER, TestAuthority } from '../../src/crypto/test-authority.ts'
import { SeededRandom } from '../../src/kernel/random.ts'

const dice = new SeededRandom('crypto')
const METER = '00db1234567890a1'
const HUB = '00db1234567890a0'

describe.each([1, 2] as const)('suite %i', suite => {
  const curve = curveOf(suite)
  const calculator = cbke(suite)
  const authority = (label: string) => new TestAuthority({ curve, random: dice.stream(`${suite} ${label}`) })

  it('both sides of an exchange come to the same keys and accept each other, under 20 authorities', () => {
    const links = new Set<string>()
    for (let n = 0; n < 20; n++) {
      const ca = authority(`authority ${n}`)
      const random = dice.stream(`${suite} devices ${n}`)
      const sides = [METER, HUB].map(eui64 => ({
        eui64,
        ...ca.issue({ subject: eui64 }),
        ephemeral: calculator.ephemeral(random),
      }))
      const [initiator, responder] = [sides[0]!, sides[1]!]
      const secrets = [
        { own: initiator, peer: responder },
        { own: responder, peer: initiator },
      ].map(({ own, peer }) =>
        calculator.sharedSecret({
          own,
          peer: {
            certificate: peer.certificate,
            caPublicKey: ca.publicKey,
            ephemeralPublicKey: peer.ephemeral.publicKey,
          },
        }),
      )
      expect(secrets[0]).toEqual(secrets[1])
      const [u, v] = sides.map(({ eui64, ephemeral }) => ({ eui64, ephemeralPublicKey: ephemeral.publicKey }))
      const macs = secrets.map(({ macKey }) => {
        const confirmation = { macKey, initiator: u!, responder: v! }
        return { u: calculator.macU(confirmation), v: calculator.macV(confirmation) }
      })
      expect(equalOctets(macs[0]!.u, macs[1]!.u) && equalOctets(macs[0]!.v, macs[1]!.v)).toBe(true)
      expect(equalOctets(macs[0]!.u, macs[0]!.v)).toBe(false)
      links.add(toHex(secrets[0]!.keyData))
    }
    expect(links.size).toBe(20)
  })

  it('a device certified by one authority does not pass under the key of another', () => {
    const [ours, theirs] = [authority('ours'), authority('theirs')]
    const [meter, hub] = [theirs.issue({ subject: METER }), ours.issue({ subject: HUB })]
    const random = dice.stream('one exchange')
    const ephemerals = { meter: calculator.ephemeral(random), hub: calculator.ephemeral(random) }
    const atHub = calculator.sharedSecret({
      own: { ...hub, ephemeral: ephemerals.hub },
      peer: { ...meter, caPublicKey: ours.publicKey, ephemeralPublicKey: ephemerals.meter.publicKey },
    })
    const atMeter = calculator.sharedSecret({
      own: { ...meter, ephemeral: ephemerals.meter },
      peer: { ...hub, caPublicKey: ours.publicKey, ephemeralPublicKey: ephemerals.hub.publicKey },
    })
    expect(atHub.macKey).not.toEqual(atMeter.macKey)
  })

  it('certificates are marked as of a test authority and carry what was wished for', () => {
    const { certificate, publicKey } = authority('wish').issue({
      subject: METER,
      validFrom: 1_700_000_000,
      validFor: 3_600,
      keyUsage: KeyUsage.digitalSignature,
    })
    const read = parseCertificate(suite, certificate)
    expect(read).toMatchObject({ subject: METER, issuer: TEST_ISSUER })
    expect(Buffer.from(TEST_ISSUER, 'hex').toString('ascii')).toBe('S1RIGTST')
    if (read.suite === 2) expect(read).toMatchObject({ validFrom: 1_700_000_000, validFor: 3_600, keyUsage: 0x80 })
    const caPublicKey = authority('wish').publicKey
    expect(toHex(curve.octets(certifiedPublicKey(curve, { certificate, caPublicKey })))).toBe(toHex(publicKey))
  })

  it('the same dice certify the same devices; two certificates of one device differ', () => {
    const [first, second] = [authority('twice'), authority('twice')]
    const issued = first.issue({ subject: METER })
    expect(second.issue({ subject: METER })).toEqual(issued)
    expect(first.issue({ subject: METER }).certificate).not.toEqual(issued.certificate)
  })

  it('a requester needs the private key of its own request', () => {
    const ca = authority('request')
    const [request, other] = ['request', 'other'].map(label => generateKeyPair(curve, dice.stream(label)))
    const issued = ca.certify(request!.publicKey, { subject: METER })
    const pair = reconstructKeyPair(curve, request!.privateKey, issued, ca.publicKey)
    expect(toHex(pair.publicKey)).toBe(
      toHex(curve.octets(certifiedPublicKey(curve, { ...issued, caPublicKey: ca.publicKey }))),
    )
    expect(() => reconstructKeyPair(curve, other!.privateKey, issued, ca.publicKey)).toThrow('does not fit')
  })
})

describe('key usage', () => {
  const issue = (suite: 1 | 2, keyUsage?: number) => {
    const ca = new TestAuthority({ curve: curveOf(suite), random: dice.stream('usage') })
    return parseCertificate(
      suite,
      ca.issue({ subject: METER, ...(keyUsage !== undefined && { keyUsage }) }).certificate,
    )
  }

  it('of suite 2 is key agreement unless another is wished for, and is kept to', () => {
    expect(() => checkKeyUsage(issue(2), 'keyAgreement')).not.toThrow()
    expect(() => checkKeyUsage(issue(2), 'digitalSignature')).toThrow(
      'certificate.usage at octet 36 (keyUsage): bits 08 found, 80 (digitalSignature) expected among them',
    )
    expect(() => checkKeyUsage(issue(2, KeyUsage.digitalSignature), 'keyAgreement')).toThrow('bits 80 found, 08')
    expect(() => checkKeyUsage(issue(2, 0x88), 'digitalSignature')).not.toThrow()
  })

  it('of suite 1 is not told, so either goes', () => {
    expect(() => checkKeyUsage(issue(1), 'keyAgreement')).not.toThrow()
    expect(() => checkKeyUsage(issue(1), 'digitalSignature')).not.toThrow()
  })
})
