/**
 * Scalars of a Koblitz curve written in powers of tau, the map (x, y) -> (x^2, y^2): two squarings take the place of a
 * doubling. tau^2 + 2 = mu tau, with mu = 1 where a = 1 and mu = -1 where a = 0.
 * @source Solinas: Efficient Arithmetic on Koblitz Curves, 2000
 */

/** c0 + c1 tau. */
interface TauInteger {
  c0: bigint
  c1: bigint
}

export class TauAdic {
  private readonly mu: bigint
  /** tau^m - 1, which takes every point of the curve to infinity. */
  private readonly delta: TauInteger
  /** Points on the curve: the norm of delta. */
  readonly curveOrder: bigint

  constructor(m: number, a: 0 | 1) {
    this.mu = a === 1 ? 1n : -1n
    let [previous, current] = [0n, 1n]
    for (let i = 1; i < m; i++) [previous, current] = [current, this.mu * current - 2n * previous]
    this.delta = { c0: -2n * previous - 1n, c1: current }
    const { c0, c1 } = this.delta
    this.curveOrder = c0 * c0 + this.mu * c0 * c1 + 2n * c1 * c1
  }

  /** Digits -1, 0, 1 of a scalar, lowest first, no two neighbours both non-zero: about a third are. */
  digits(scalar: bigint): number[] {
    let { c0, c1 } = this.reduce(scalar)
    const digits: number[] = []
    while (c0 !== 0n || c1 !== 0n) {
      let digit = 0n
      if (c0 & 1n) {
        digit = 2n - BigInt.asUintN(2, c0 - 2n * c1)
        c0 -= digit
      }
      digits.push(Number(digit))
      const half = c0 >> 1n
      c0 = c1 + this.mu * half
      c1 = -half
    }
    return digits
  }

  /** A short equal of the scalar: what is left of it after a near multiple of delta. The nearest would save a digit. */
  private reduce(scalar: bigint): TauInteger {
    const { mu, delta, curveOrder } = this
    const q0 = (scalar * (delta.c0 + mu * delta.c1)) / curveOrder
    const q1 = (-scalar * delta.c1) / curveOrder
    return {
      c0: scalar - (q0 * delta.c0 - 2n * q1 * delta.c1),
      c1: -(q0 * delta.c1 + q1 * delta.c0 + mu * q1 * delta.c1),
    }
  }
}
