/** The command line as people have it: a process of its own. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished, vi } from 'vitest'
import { runCommandLine } from '../../src/cli/program.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Ended {
  /** null when a signal ended it. */
  code: number | null
  stdout: string
  stderr: string
  /** Last line on stdout. */
  last: string
}

export interface Running {
  child: ChildProcessByStdio<null, Readable, Readable>
  /** Resolves when what it has said on stdout or stderr matches; rejects when it ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  ended: Promise<Ended>
}

export interface CliOptions {
  env?: Readonly<Record<string, string>>
  /** Where it runs; the checkout unless given. */
  cwd?: string
}

/** Starts `s1rig ARGS`; it is killed when the test is over. */
export function start(args: readonly string[], { env = {}, cwd = root }: CliOptions = {}): Running {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('S1RIG_'))
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const said = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
      for (const listener of listeners) listener()
    })
  }
  const ended = once(child, 'close').then(([code]): Ended => {
    for (const listener of listeners) listener()
    return { code, ...said, last: said.stdout.trimEnd().split('\n').at(-1) ?? '' }
  })
  const says = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(said.stdout) ?? pattern.exec(said.stderr)
        if (match) resolve(match)
        if (match) listeners.delete(look)
      }
      listeners.add(look)
      look()
      ended.then(({ code, stderr }) => reject(new Error(`ended with ${code} before saying ${pattern}: ${stderr}`)))
    })
  return { child, says, ended }
}

/** Runs `s1rig ARGS` to its end. */
export const s1rig = (args: readonly string[], options?: CliOptions): Promise<Ended> => start(args, options).ended

/** The same inside the test's process, for command lines that start nothing. */
export async function inProcess(args: readonly string[]): Promise<Ended> {
  const said = { stdout: '', stderr: '' }
  const hear = (name: 'stdout' | 'stderr') =>
    vi.spyOn(process[name], 'write').mockImplementation(chunk => {
      said[name] += chunk
      return true
    })
  const hearLines = (method: 'log' | 'error', name: 'stdout' | 'stderr') =>
    vi.spyOn(console, method).mockImplementation(line => {
      said[name] += `${line}\n`
    })
  const spies = [hear('stdout'), hear('stderr'), hearLines('log', 'stdout'), hearLines('error', 'stderr')]
  const before = process.exitCode
  process.exitCode = undefined
  try {
    await runCommandLine(args)
    return { code: Number(process.exitCode ?? 0), ...said, last: said.stdout.trimEnd().split('\n').at(-1) ?? '' }
  } finally {
    process.exitCode = before
    for (const spy of spies) spy.mockRestore()
  }
}
