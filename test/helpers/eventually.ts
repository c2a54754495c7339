/** Waiting for what others bring about in real time: as soon as it is, and far longer than any machine takes. */
import { vi } from 'vitest'

/** Resolves when `fact` no longer throws. */
export const eventually = <T>(fact: () => T | Promise<T>, withinMs = 25_000): Promise<T> =>
  vi.waitFor(fact, { timeout: withinMs, interval: 10 })
