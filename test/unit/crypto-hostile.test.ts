import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { WireError } from '../../src/base/errors.ts'
import { cbke } from '../../src/crypto/cbke.ts'
import { type CertificateSuite2, encodeCertificate, parseCertificate } from '../../src/crypto/certificate.ts'
import { certifiedPublicKey, hashNumber } from '../../src/crypto/ecqv.ts'
import { privateScalar, randomScalar } from '../../src/crypto/key-pair.ts'
import type { KoblitzCurve, Point } from '../../src/crypto/koblitz-curve.ts'
import { toInteger, toOctets } from '../../src/crypto/octets.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { TestAuthority } from '../../src/crypto/test-authority.ts'
import { SeededRandom } from '../../src/kernel/random.ts'

const random = new SeededRandom('crypto').stream('hostile')

describe.each([1, 2] as const)('suite %i: what a stranger may send', suite => {
  const curve = curveOf(suite)
  const calculator = cbke(suite)
  const ca = new TestAuthority({ curve, random })
  const [us, peer] = ['00db1234567890a0', '00db1234567890a1'].map(subject => ({
    ...ca.issue({ subject }),
    ephemeral: calculator.ephemeral(random),
  }))
  const honest = {
    certificate: peer!.certificate,
    caPublicKey: ca.publicKey,
    ephemeralPublicKey: peer!.ephemeral.publicKey,
  }
  const attempt = (sent: Partial<typeof honest>) => () =>
    calculator.sharedSecret({ own: us!, peer: { ...honest, ...sent } })

  it('an honest peer gets its keys', () => expect(attempt({})()).toMatchObject({ keyData: { length: 16 } }))

  it('a point of another length', () => {
    for (const length of [0, 1, curve.pointOctets - 1, curve.pointOctets + 1, 2 * curve.pointOctets]) {
      const sent = new Uint8Array(length).fill(2)
      expectWireError(attempt({ ephemeralPublicKey: sent }), 'crypto.point', 'ephemeralPublicKey', `${length} octets`)
    }
  })

  it('a point that is not compressed, or infinity', () => {
    for (const prefix of [0, 1, 4, 6, 7, 255]) {
      const sent = honest.ephemeralPublicKey.with(0, prefix)
      expectWireError(attempt({ ephemeralPublicKey: sent }), 'crypto.point', 'ephemeralPublicKey', `prefix ${prefix}`)
    }
    expectWireError(
      attempt({ ephemeralPublicKey: new Uint8Array(1) }),
      'crypto.point',
      'ephemeralPublicKey',
      '1 octets',
    )
  })

  it('an x of more bits than the field has', () => {
    for (const top of [0x08, 0x80, 0xff]) {
      const sent = honest.ephemeralPublicKey.with(1, top)
      expectWireError(attempt({ ephemeralPublicKey: sent }), 'crypto.point', 'ephemeralPublicKey', 'x has more than')
    }
  })

  it('points that are not on the curve: half of all x', () => {
    let refused = 0
    for (let n = 0; n < 100; n++) {
      const octets = random.bytes(curve.pointOctets)
      octets[0] = 2 | (n & 1)
      octets[1]! &= 7
      const { code, message } = wireErrorOf(() => curve.point(octets, 'point')) ?? { code: '', message: '' }
      if (message.includes('no point of')) refused++
      expect(['', 'crypto.point', 'crypto.point-order']).toContain(code)
    }
    expect(refused).toBeGreaterThan(30)
    expect(refused).toBeLessThan(70)
  })

  it('points of order 2 and 4, and points of the group with one of those added', () => {
    for (const small of smallPoints(curve)) {
      const octets = curve.octets(small)
      expectWireError(() => curve.point(octets, 'point'), 'crypto.point-order', 'point', 'not of its group')
      for (let n = 0; n < 20; n++) {
        const inside = curve.multiply(randomScalar(curve, random), curve.generator)!
        const outside = curve.add(inside, small)!
        expect(curve.multiply(curve.n, inside)).toBeUndefined()
        expect(curve.multiply(curve.n, outside)).toBeDefined()
        expect(curve.point(curve.octets(inside), 'point')).toEqual(inside)
        const sent = curve.octets(outside)
        expectWireError(attempt({ ephemeralPublicKey: sent }), 'crypto.point-order', 'ephemeralPublicKey', 'group')
      }
    }
  })

  it('a certificate of another length, empty, or of the other suite', () => {
    for (const length of [0, 1, 22, 47, 48, 49, 73, 74, 75, 200]) {
      if (length === honest.certificate.length) continue
      const sent = new Uint8Array(length)
      expectWireError(attempt({ certificate: sent }), 'certificate.length', 'certificate', `${length} octets found`)
    }
  })

  it('a certificate that leads to infinity, with an authority that is in the game', () => {
    const at = suite === 1 ? 0 : 37
    const share = curve.multiply(
      hashNumber(honest.certificate),
      curve.point(honest.certificate.subarray(at, at + curve.pointOctets), 'point'),
    )
    const caPublicKey = curve.octets(curve.multiply(curve.n - 1n, share!)!)
    expectWireError(attempt({ caPublicKey }), 'crypto.point', 'publicKeyReconstruction', 'infinity')
  })

  it('keys chosen so that the secret would be infinity', () => {
    const ephemeral = curve.point(honest.ephemeralPublicKey, 'point')
    const half = BigInt(suite === 1 ? 82 : 141)
    const weight = BigInt.asUintN(Number(half), toInteger(curve.xOctets(ephemeral))) | (1n << half)
    const wanted = curve.multiply(curve.n - power(weight, curve.n - 2n, curve.n), ephemeral)!
    const certified = certifiedPublicKey(curve, honest)
    const ownKey = curve.point(ca.publicKey, 'point')
    const share = curve.add(certified, curve.multiply(curve.n - 1n, ownKey)!)!
    const caPublicKey = curve.octets(curve.add(wanted, curve.multiply(curve.n - 1n, share)!)!)
    expectWireError(attempt({ caPublicKey }), 'crypto.point', 'ephemeralPublicKey', 'infinity')
  })

  it('any bit flipped in any of it changes the keys or is refused by a WireError, and nothing else happens', () => {
    const keys = toHex(attempt({})().macKey)
    for (const part of ['certificate', 'ephemeralPublicKey'] as const) {
      const octets = honest[part]
      for (let bit = 0; bit < 8 * octets.length; bit += 5) {
        const changed = octets.slice()
        changed[bit >> 3]! ^= 1 << (bit & 7)
        const outcome = attempted(attempt({ [part]: changed }))
        if (!(outcome instanceof WireError)) expect(toHex(outcome.macKey), `${part}, bit ${bit}`).not.toBe(keys)
      }
    }
  })

  it('noise of any length', () => {
    for (let n = 0; n < 300; n++) {
      const sent = { certificate: random.bytes(random.int(90)), ephemeralPublicKey: random.bytes(random.int(50)) }
      if (n % 3 === 0) sent.certificate = random.bytes(honest.certificate.length)
      if (n % 3 === 1) Object.assign(sent, { certificate: honest.certificate })
      expect(attempted(attempt(sent))).toBeInstanceOf(WireError)
    }
  })

  it('private keys of another length, zero or a multiple of n are none', () => {
    const { n, scalarOctets } = curve
    for (const octets of [new Uint8Array(scalarOctets), toOctets(n, scalarOctets), new Uint8Array(), fromHex('01')]) {
      expectWireError(() => privateScalar(curve, octets), 'crypto.private-key', 'private key', 'expected')
    }
    // Annex C.6 of the profile prints an ephemeral private key above n.
    expect(privateScalar(curve, toOctets(n + 5n, scalarOctets))).toBe(5n)
  })
})

describe('the fields of a suite-2 certificate', () => {
  const octets = new TestAuthority({ curve: curveOf(2), random }).issue({ subject: '00db1234567890a1' }).certificate

  it.each([
    { field: 'type', offset: 0, found: 1, expected: 0 },
    { field: 'curve', offset: 9, found: 12, expected: 13 },
    { field: 'hash', offset: 10, found: 4, expected: 8 },
  ])('$field has one value only', ({ field, offset, found, expected }) => {
    expect(() => parseCertificate(2, octets.with(offset, found))).toThrow(
      `certificate.constant at octet ${offset} (${field}): ${found} found, ${expected} expected`,
    )
  })

  it('are never written wrong: a field of another size breaks the run', () => {
    const read = parseCertificate(2, octets) as CertificateSuite2
    expect(() => encodeCertificate({ ...read, serialNumber: '00' })).toThrow('its fields make 67 octets')
    expect(() => encodeCertificate({ ...read, publicKeyReconstruction: new Uint8Array(22) })).toThrow('make 59 octets')
  })
})

function attempted<T>(attempt: () => T): T | WireError {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof WireError) return error
    throw error
  }
}

function wireErrorOf(attempt: () => unknown): WireError | undefined {
  const outcome = attempted(attempt)
  return outcome instanceof WireError ? outcome : undefined
}

function expectWireError(attempt: () => unknown, code: string, field: string, message: string): void {
  const error = wireErrorOf(attempt)
  expect(error && { code: error.code, field: error.field }).toEqual({ code, field })
  expect(error?.message).toContain(message)
}

/** The points whose order divides the cofactor: (0, 1) of order 2; on sect283k1 also (1, 0) and (1, 1) of order 4. */
function smallPoints({ suite, generator }: KoblitzCurve): Point[] {
  const [zero, one] = [0, 1].map(value => new Int32Array(generator.x.length).fill(value, 0, 1))
  const order2 = { x: zero!, y: one! }
  return suite === 1 ? [order2] : [order2, { x: one!, y: zero! }, { x: one!, y: one! }]
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let [square, rest] = [base % modulus, exponent]; rest > 0n; rest >>= 1n, square = (square * square) % modulus) {
    if (rest & 1n) result = (result * square) % modulus
  }
  return result
}
