/** Serial devices of tests are played by socat; serialport, which opens them, is an optional dependency. */
import { needs } from '../peer/strangers.ts'

/** The path of socat; skips the running test, with the reason, where it or serialport is not. */
export async function needsSerial(context: { skip: (note?: string) => never }): Promise<string> {
  const name: string = 'serialport'
  await import(name).catch(() =>
    context.skip('the optional dependency serialport is not installed (npm install serialport@13)'),
  )
  return needs(context, 'socat')
}
