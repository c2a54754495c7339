/**
 * Who signs the images of emulated devices: a test authority and a signer that are the same everywhere, so that an image
 * built on one machine is one to run on another. Their keys are no secret; nothing outside an emulator accepts them.
 */
import { toHex } from '../base/bytes.ts'
import type { Eui64 } from '../base/ids.ts'
import { KeyUsage } from '../crypto/certificate.ts'
import type { CryptoSuite } from '../crypto/koblitz-curve.ts'
import { curveOf } from '../crypto/suites.ts'
import { TestAuthority } from '../crypto/test-authority.ts'
import { SeededRandom } from '../kernel/random.ts'
import type { FirmwareSigner } from './ota-builder.ts'
import type { OtaTrust } from './ota-verdicts.ts'

/** `S1RIGFWS` in ASCII. */
export const TEST_SIGNER: Eui64 = '5331524947465753'

const SEED = 's1rig firmware test authority'

/** A signer that the test authority of a suite certifies; `subject` other than the default is one devices do not know. */
export function testSigner(suite: CryptoSuite, subject: Eui64 = TEST_SIGNER): FirmwareSigner {
  const { certificate, privateKey } = authority(suite).issue({
    subject,
    keyUsage: KeyUsage.digitalSignature,
  })
  const key = toHex(privateKey)
  const secretFor = (hash: Uint8Array) => new SeededRandom(`${SEED} ${key}`).stream(toHex(hash))
  return { suite, signer: subject, certificate, privateKey, secretFor }
}

/** What emulated devices trust: the test authority in both suites, and its one signer. */
export function testTrust(signers: readonly Eui64[] = [TEST_SIGNER]): OtaTrust {
  const authorities = ([1, 2] as const).map(suite => {
    const { issuer, publicKey } = authority(suite)
    return { suite, issuer, publicKey }
  })
  return { authorities, signers }
}

const authority = (suite: CryptoSuite): TestAuthority =>
  new TestAuthority({ curve: curveOf(suite), random: new SeededRandom(SEED).stream(`suite ${suite}`) })
