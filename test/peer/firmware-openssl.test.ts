import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ZSpec } from 'zigbee-herdsman'
import { certifiedPublicKey } from '../../src/crypto/ecqv.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { diskPieces } from '../../src/firmware/disk-pieces.ts'
import { buildOtaWhole, element } from '../../src/firmware/ota-builder.ts'
import { loadRepository, packageImages } from '../../src/firmware/repository/load-repository.ts'
import { testSigner, testTrust } from '../../src/firmware/test-signing.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { rigDeps } from '../unit/profiles-bench.ts'
import { needs } from './strangers.ts'

test.for([
  [1, 0x01, 42],
  [2, 0x10, 72],
] as const)(
  'openssl verifies a signature of suite %i over the hash of zigbee-herdsman',
  ([suite, arc, length], context) => {
    const openssl = needs(context, 'openssl')
    const signer = testSigner(suite)
    const octets = buildOtaWhole({
      ...{ manufacturerCode: 1, imageType: 2, fileVersion: 3, stackVersion: 2, headerString: '' },
      ...{ elements: [element(0, Buffer.from('firmware'))], integrityCode: true, signers: [signer] },
    })
    const end = octets.length - signer.certificate.length - 6
    const [r, s] = [octets.subarray(end - length, end - length / 2), octets.subarray(end - length / 2, end)]
    const hash = ZSpec.Utils.aes128MmoHash(Buffer.concat([octets.subarray(0, end - length), octets.subarray(end)]))
    const curve = curveOf(suite)
    const caPublicKey = testTrust().authorities.find(one => one.suite === suite)!.publicKey
    const key = curve.octets(certifiedPublicKey(curve, { certificate: signer.certificate, caPublicKey }))
    const algorithm = [der(0x06, hex('2a8648ce3d0201')), der(0x06, Uint8Array.of(0x2b, 0x81, 0x04, 0x00, arc))]
    const spki = der(0x30, der(0x30, ...algorithm), der(0x03, Uint8Array.of(0), key))
    const folder = temporaryFolder()
    const file = (name: string, content: Uint8Array) => {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    }
    const verify = (digest: Uint8Array) =>
      spawnSync(openssl, [
        ...['pkeyutl', '-verify', '-pubin', '-keyform', 'DER', '-inkey', file('key', spki)],
        ...['-sigfile', file('signature', der(0x30, integer(r), integer(s))), '-in', file('hash', digest)],
      ])
    expect(verify(hash).stdout.toString()).toContain('Signature Verified Successfully')
    expect(verify(Buffer.from(hash).fill(0, 0, 1)).status).not.toBe(0)
  },
)

test('openssl comes to the SHA-256 that the index of the package states', context => {
  const openssl = needs(context, 'openssl')
  for (const { sha256, open } of loadRepository(packageImages, { ...rigDeps(), pieces: diskPieces }).images) {
    const { stdout } = spawnSync(openssl, ['dgst', '-sha256', '-r'], { input: Buffer.concat([...open()]) })
    expect(stdout.toString().slice(0, 64)).toBe(sha256)
  }
})

const hex = (text: string) => Buffer.from(text, 'hex')
/** A DER element of fewer than 128 octets. */
const der = (tag: number, ...content: Uint8Array[]): Buffer => {
  const octets = Buffer.concat(content)
  return Buffer.concat([Uint8Array.of(tag, octets.length), octets])
}
/** A positive integer: no octet more than it needs. */
function integer(octets: Uint8Array): Buffer {
  const first = octets.findIndex(octet => octet !== 0)
  const digits = octets.subarray(first)
  return der(0x02, digits[0]! & 0x80 ? Buffer.concat([Uint8Array.of(0), digits]) : digits)
}
