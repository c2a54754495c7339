/** The curves of the two cryptographic suites of key establishment. */
import { type CryptoSuite, type CurveParameters, KoblitzCurve } from './koblitz-curve.ts'

/** A new working copy of the suite's curve: cheap, keep one for as long as there is work. */
export const curveOf = (suite: CryptoSuite): KoblitzCurve => new KoblitzCurve(suite === 1 ? SECT163K1 : SECT283K1)

/** @source SEC 2 v2, 3.2.1 */
const SECT163K1: CurveParameters = {
  suite: 1,
  name: 'sect163k1',
  m: 163,
  terms: [7, 6, 3, 0],
  traceBits: [0, 157],
  a: 1,
  n: '04000000000000000000020108a2e0cc0d99f8a5ef',
  generator: '0302fe13c0537bbc11acaa07d793de4e6d5e5c94eee8',
}

/** @source SEC 2 v2, 3.4.1 */
const SECT283K1: CurveParameters = {
  suite: 2,
  name: 'sect283k1',
  m: 283,
  terms: [12, 7, 5, 0],
  traceBits: [0, 271],
  a: 0,
  n: '01ffffffffffffffffffffffffffffffffffe9ae2ed07577265dff7f94451e061e163c61',
  generator: '020503213f78ca44883f1a3b8162f188e553cd265f23c1567a16876913b0c2ac2458492836',
}
