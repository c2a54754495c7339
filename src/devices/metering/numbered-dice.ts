/**
 * Dice that are thrown by number: any throw can be asked for at any time, in any order, and is always the same. So a home's life
 * need not be kept to be known, neither what was nor what will be.
 */
import type { RandomStream } from '../../ports/time.ts'

/** What makes one set of dice differ from another: two 32-bit words. */
export type DiceWords = readonly [number, number]

/** Draws the words of new dice. */
export const drawDice = (random: RandomStream): DiceWords => [random.int(2 ** 32), random.int(2 ** 32)]

export class NumberedDice {
  private readonly low: number
  private readonly high: number

  constructor([low, high]: DiceWords) {
    this.low = low | 0
    this.high = high | 0
  }

  /** Uniform in [0, 1): throw `index` (a 32-bit whole number) of the series `series`. @source MurmurHash3 finaliser, twice */
  at(series: number, index: number): number {
    const first = mixed(this.low ^ Math.imul(index, 0x9e37_79b1))
    return (mixed(first ^ Math.imul(series + 1, 0x85eb_ca77) ^ this.high) >>> 0) / 0x1_0000_0000
  }
}

function mixed(word: number): number {
  let x = word
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35)
  return x ^ (x >>> 16)
}
