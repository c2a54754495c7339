/** Cuts the power of a real part by a program of the bench's, and gives it back. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { RigPower } from '../../profiles/rig.ts'
import { Outage } from '../faults/outage.ts'

/** How long the program may run; it is killed then. */
const LONGEST_RUN_MS = 10_000

export interface RelayOptions {
  /** Whose power it is, for people. */
  name: string
  power: RigPower
  onProblem: (text: string) => void
}

export class Relay {
  /** The part has no power. */
  readonly powerCut = new Outage({ begins: () => this.switch('off'), ends: () => this.switch('on') })
  private readonly options: RelayOptions
  private last: Promise<void> = Promise.resolve()
  private now: 'on' | 'off' = 'on'

  constructor(options: RelayOptions) {
    this.options = options
  }

  /** Resolves when every program has ended, with the power on: nobody leaves a bench dark. */
  async restore(): Promise<void> {
    if (this.now === 'off') this.switch('on')
    await this.last
  }

  /** One program at a time, in the order asked for. */
  private switch(to: 'on' | 'off'): void {
    this.now = to
    this.last = this.last.then(() => this.run(to))
  }
  private async run(to: 'on' | 'off'): Promise<void> {
    const { name, power, onProblem } = this.options
    const [program = '', ...args] = power[to]
    try {
      await promisify(execFile)(program, args, { timeout: LONGEST_RUN_MS, killSignal: 'SIGKILL' })
    } catch (error) {
      onProblem(`${name}: power not switched ${to}: ${failure(program, error)}`)
    }
  }
}

function failure(program: string, error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (Reflect.get(error, 'killed') === true) return `${program} did not end within ${LONGEST_RUN_MS / 1_000} s`
  const said = String(Reflect.get(error, 'stderr') ?? '').trim()
  return said === '' ? (error.message.split('\n')[0] ?? '') : `${program}: ${said.slice(-200)}`
}
