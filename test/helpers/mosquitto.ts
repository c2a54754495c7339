/** A mosquitto of the test's own, started, killed and started again as the test likes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { listens } from './listens.ts'

/** Starts the program and waits until it listens on the port; killed when the test is over. */
export async function runMosquitto(program: string, options: { conf: string; port: number; cwd: string }) {
  const child = spawn(program, ['-c', options.conf], { cwd: options.cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  await listens(options.port, child, () => said)
  return child
}

export async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
