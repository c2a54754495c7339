/** Waiting for what others bring about in real time: as soon as it is, and far longer than any machine takes. */
import { vi } from 'vitest'

/** Resolves when `fact` no longer throws. */
export const eventually = <T>(fact: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(fact, { timeout: 25_000, interval: 10 })
