/** Exit codes, and what people are told when something stops a command. @source docs/cli.md */
import { CommanderError } from 'commander'
import { FileError, formatProblem, UsageError } from '../base/errors.ts'
import { BrokerError } from '../ports/broker.ts'
import { HardwareAwayError, InterruptedError } from '../ports/rig-control.ts'

export const EXIT = { passed: 0, failed: 1, interrupted: 2, internal: 3, usage: 4, nothingRan: 5 } as const

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.usage
  if (error instanceof FileError || error instanceof UsageError) return EXIT.usage
  if (error instanceof InterruptedError) return EXIT.interrupted
  // Where there is no broker, or no hardware, nothing ran.
  if (error instanceof BrokerError || error instanceof HardwareAwayError) return EXIT.nothingRan
  return EXIT.internal
}

/** On stderr: a line for each problem; a stack only for what is our own fault. */
export function tell(error: unknown): void {
  if (error instanceof CommanderError) return
  if (error instanceof FileError) {
    for (const problem of error.problems) console.error(formatProblem(problem))
    return
  }
  if (error instanceof HardwareAwayError) console.error(`s1rig: ${error.message}; \`s1rig doctor\` says what to do`)
  else if (error instanceof UsageError || error instanceof BrokerError) console.error(`s1rig: ${error.message}`)
  else if (error instanceof Error) console.error(`s1rig: internal error: ${error.message}\n${error.stack ?? ''}`)
  else console.error(`s1rig: internal error: ${String(error)}`)
}
