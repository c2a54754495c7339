/** What is done with a modem in several commands, written as one piece: it yields a command and goes on with the answer. */
import type { Answer, AtChannel, AtRequest } from './at-channel.ts'

export type Procedure<T = void> = Generator<AtRequest, T, Answer>

/** Runs procedures one after the other. */
export class Procedures {
  private readonly channel: AtChannel
  private readonly queue: Procedure[] = []
  private running: Procedure | undefined
  /** Counts what was given up: an answer to it goes nowhere. */
  private life = 0

  constructor(channel: AtChannel) {
    this.channel = channel
  }

  get isIdle(): boolean {
    return this.running === undefined && this.queue.length === 0
  }

  add(procedure: Procedure): void {
    this.queue.push(procedure)
    this.next()
  }
  /** One that runs is left where its command is answered; one that waits never begins. */
  cancel(procedure: Procedure): void {
    const at = this.queue.indexOf(procedure)
    if (at >= 0) this.queue.splice(at, 1)
    this.cancelled.add(procedure)
  }
  /** The line is gone, or begins anew. */
  forget(): void {
    this.life++
    this.queue.length = 0
    this.running = undefined
  }

  private readonly cancelled = new WeakSet<Procedure>()

  private next(): void {
    if (this.running) return
    this.running = this.queue.shift()
    if (this.running) this.step(this.running, () => this.running?.next())
  }

  private step(procedure: Procedure, go: () => IteratorResult<AtRequest, void> | undefined): void {
    const { life } = this
    const result = this.cancelled.has(procedure) ? undefined : go()
    if (life !== this.life) return
    if (!result || result.done) {
      this.running = undefined
      return this.next()
    }
    this.channel.ask(result.value, answer => {
      if (life === this.life) this.step(procedure, () => procedure.next(answer))
    })
  }
}
