/** A foreign program that is started again whenever it ends, killed, and revived, as the test likes. */
import { type ChildProcess, spawn } from 'node:child_process'

export class KeptProgram {
  private readonly program: string
  private readonly args: readonly string[]
  private child: ChildProcess | undefined
  private wanted = true

  constructor(program: string, args: readonly string[]) {
    this.program = program
    this.args = args
    this.start()
  }

  /** SIGKILL: it says goodbye to nobody. */
  kill(): void {
    this.wanted = false
    this.child?.kill('SIGKILL')
  }
  revive(): void {
    this.wanted = true
    this.start()
  }

  private start(): void {
    if (!this.wanted || this.child) return
    this.child = spawn(this.program, this.args, { stdio: 'ignore' })
    this.child.once('exit', () => {
      this.child = undefined
      // What it is to open may not be there yet.
      setTimeout(() => this.start(), 5)
    })
  }
}
