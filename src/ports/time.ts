/** Time and dice as simulation rooms see them: handed in, never taken from the machine. */
import type { Micros } from '../base/ids.ts'

export interface Clock {
  /** Microseconds since the start of the run; never goes back. */
  nowUs(): Micros
  /** Civil time of the same instant, Unix milliseconds UTC. */
  unixMs(): number
}

export interface Timer {
  cancel(): void
}

export interface Timers {
  /** Calls `fire` once, `delayUs` (>= 0) from now. `name` is for people reading the queue. */
  after(delayUs: Micros, name: string, fire: () => void): Timer
}

/** One labelled stream of dice: a new consumer with its own label never shifts another's throws. */
export interface RandomStream {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, limit). */
  int(limit: number): number
  /** `length` uniform octets. */
  bytes(length: number): Uint8Array
}

export interface Random {
  stream(label: string): RandomStream
}
