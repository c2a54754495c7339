/** Cryptographic suites as the bits of KeyEstablishmentSuite. @source ZigBee Smart Energy 07-5356, annex C.3.1.2.2 */
import type { CryptoSuite } from '../../crypto/koblitz-curve.ts'

const SUITES: readonly CryptoSuite[] = [1, 2]

/** The bit of a suite. */
export const suiteBit = (suite: CryptoSuite): number => 1 << (suite - 1)

/** The suites of a bitmap; bits without a meaning are left out. */
export const suitesOf = (bits: number): CryptoSuite[] => SUITES.filter(suite => (bits & suiteBit(suite)) !== 0)

/** The suite two sides use: the highest that both have; undefined when there is none. */
export const commonSuite = (ours: number, theirs: number): CryptoSuite | undefined => suitesOf(ours & theirs).at(-1)
