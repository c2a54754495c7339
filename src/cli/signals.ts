/** Signals: the first asks for a clean stop, the second ends the process. */
import { EXIT } from './exit.ts'

export function abortOnSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(EXIT.interrupted)
      console.error(`s1rig: ${signal}: stopping (again to stop at once)`)
      controller.abort()
    })
  }
  return controller.signal
}
