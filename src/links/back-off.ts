/** How long to wait before the next attempt: twice as long each time, up to a bound, and never quite the same. */

export interface BackOffOptions {
  backOff?: { firstMs: number; mostMs: number }
  /** Uniform in [0, 1). */
  random?: () => number
}

export class BackOff {
  private readonly firstMs: number
  private readonly mostMs: number
  private readonly random: () => number
  private ceilingMs: number

  constructor({ backOff = { firstMs: 100, mostMs: 5_000 }, random = Math.random }: BackOffOptions) {
    this.firstMs = backOff.firstMs
    this.mostMs = backOff.mostMs
    this.random = random
    this.ceilingMs = backOff.firstMs
  }

  /** Between half of the present bound and all of it, so that links lost together do not come back together. */
  nextMs(): number {
    const waitMs = this.ceilingMs * (0.5 + this.random() / 2)
    this.ceilingMs = Math.min(this.mostMs, this.ceilingMs * 2)
    return waitMs
  }
  reset(): void {
    this.ceilingMs = this.firstMs
  }
}
