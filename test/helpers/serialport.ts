/** Serial devices of tests are played by socat; serialport, which opens them, is an optional dependency. */
import { needs } from '../peer/strangers.ts'

/** Skips the running test, with the reason, where no pseudo terminal of ours can be made: its package is an optional dependency. */
export async function needsTerminal(context: { skip: (note?: string) => never }): Promise<void> {
  const name: string = '@lydell/node-pty'
  await import(name).catch(() =>
    context.skip('the optional dependency @lydell/node-pty is not installed (npm install @lydell/node-pty@1.1.0)'),
  )
}

/** The path of socat; skips the running test, with the reason, where it or serialport is not. */
export async function needsSerial(context: { skip: (note?: string) => never }): Promise<string> {
  const name: string = 'serialport'
  await import(name).catch(() =>
    context.skip('the optional dependency serialport is not installed (npm install serialport@13)'),
  )
  return needs(context, 'socat')
}
