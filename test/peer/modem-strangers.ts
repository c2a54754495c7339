/** `s1rig modem` on a pseudo terminal, for programs that know nothing of us. */

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { start } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/migration.ts'

/** The modem of the dual-fuel home, on its network; `terminal`: what a program opens. */
export async function modemOnTerminal() {
  const folder = temporaryFolder()
  const terminal = join(folder, 'modem')
  const running = start(['modem', 'rigs/cb-dual-fuel.yaml', '--listen', `pty:${terminal}`, '--clock', 'x20'])
  await running.says(/modem of home-1 on pty:/)
  await running.says(/"name":"registration","value":"home"/)
  return { folder, terminal, running }
}

export interface Outcome {
  code: number
  text: string
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[]): Promise<Outcome> {
  return new Promise(resolve => {
    const child = execFile(program, args, { timeout: 60_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, text: stdout + stderr }),
    )
  })
}

/** Runs commands of gammu one after the other over one opened line. */
export function gammuBatch(
  gammu: string,
  { folder, terminal }: { folder: string; terminal: string },
  commands: string[],
) {
  const settings = join(folder, 'gammurc')
  const batch = join(folder, 'batch')
  writeFileSync(settings, `[gammu]\ndevice = ${terminal}\nconnection = at115200\n`)
  writeFileSync(batch, `${commands.join('\n')}\n`)
  return run(gammu, ['-c', settings, 'batch', batch])
}
