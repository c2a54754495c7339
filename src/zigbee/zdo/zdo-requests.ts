/** What a device object asks of others: each question ends in its answer or in undefined, once. */
import type { Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { Timer, Timers } from '../../ports/time.ts'
import { type ZdoCommand, zdoClusterId } from '../frames/zdo.ts'
import {
  type Asking,
  RESPONSE,
  type ResponseTo,
  type Unnumbered,
  type ZdoRequest,
  type ZdoRequestName,
} from './zdo-names.ts'

/** @source measured on coordinators: 10 s */
const TIMEOUT_US = seconds(10)
const SEQUENCES = 256
const MOST_OPEN = 64

/** How a question leaves. */
export interface ZdoSender {
  /** `failed` is called, later, when it cannot have arrived. */
  unicast(to: number, command: ZdoCommand, failed: () => void): void
  broadcast(to: number, command: ZdoCommand): void
}

interface Open {
  /** Cluster id of the answer. */
  clusterId: number
  /** Who may answer; undefined for anybody. */
  from: number | undefined
  timer: Timer
  /** Returns whether the question is settled. */
  answered: (answer: ZdoCommand, from: number) => boolean
  ended: () => void
}

export class ZdoRequests {
  private readonly timers: Timers
  private readonly sender: ZdoSender
  private readonly open = new Map<number, Open>()
  private lastSequence = 0

  constructor(options: { timers: Timers; sender: ZdoSender }) {
    this.timers = options.timers
    this.sender = options.sender
  }

  /** Questions without an answer yet. */
  get count(): number {
    return this.open.size
  }

  nextSequence(): number {
    do this.lastSequence = (this.lastSequence + 1) % SEQUENCES
    while (this.open.has(this.lastSequence))
    return this.lastSequence
  }

  /** Asks one node, by short address. `onAnswer` is called once, later: with undefined after 10 s, or when it cannot be asked. */
  ask<N extends ZdoRequestName>(
    to: number,
    request: Asking<N>,
    onAnswer: (answer: ResponseTo<N> | undefined) => void,
  ): void {
    const asked = this.begin(request, {
      from: to,
      forUs: TIMEOUT_US,
      answered: answer => {
        onAnswer(answer as ResponseTo<N>)
        return true
      },
      ended: () => onAnswer(undefined),
    })
    if (asked) this.sender.unicast(to, asked.command, () => this.end(asked.command.sequence, asked.open))
  }

  /** Asks many nodes. `onAnswer` says whether that was enough; `onEnd` comes after `forUs` unless it was. */
  askAll<N extends ZdoRequestName>(
    to: number,
    request: Asking<N>,
    how: {
      forUs: Micros
      onAnswer: (answer: ResponseTo<N>, from: number) => boolean
      onEnd: () => void
    },
  ): void {
    const asked = this.begin(request, {
      from: undefined,
      forUs: how.forUs,
      answered: (answer, from) => how.onAnswer(answer as ResponseTo<N>, from),
      ended: how.onEnd,
    })
    if (asked) this.sender.broadcast(to, asked.command)
  }

  /** Whether an answer that came in was waited for. */
  settle(clusterId: number, answer: ZdoCommand, from: number): boolean {
    const open = this.open.get(answer.sequence)
    if (open?.clusterId !== clusterId || (open.from !== undefined && open.from !== from)) return false
    // One asked of many stays open for the others; out of the table first, for the callback may ask the next.
    if (open.from !== undefined) this.close(answer.sequence)
    if (open.answered(answer, from)) this.close(answer.sequence, open)
    return true
  }

  /** Ends every question without an answer, later. */
  abandon(): void {
    for (const [sequence, open] of this.open) {
      open.timer.cancel()
      open.timer = this.timers.after(0, 'zdo answer', () => this.end(sequence))
    }
  }

  private begin(
    request: Unnumbered<ZdoRequest>,
    how: Pick<Open, 'from' | 'answered' | 'ended'> & { forUs: Micros },
  ): { command: ZdoRequest; open: Open } | undefined {
    const { forUs, from, answered, ended } = how
    if (this.open.size >= MOST_OPEN) return void this.timers.after(0, 'zdo busy', ended)
    const sequence = this.nextSequence()
    const timer = this.timers.after(forUs, 'zdo answer', () => this.end(sequence))
    const clusterId = zdoClusterId(request.name) | RESPONSE
    const open = { clusterId, from, timer, answered, ended }
    this.open.set(sequence, open)
    return { command: { ...request, sequence } as ZdoRequest, open }
  }

  /** `only`: unless another question has its number by now. */
  private end(sequence: number, only?: Open): void {
    this.close(sequence, only)?.ended()
  }

  private close(sequence: number, only?: Open): Open | undefined {
    const open = this.open.get(sequence)
    if (!open || (only && open !== only)) return undefined
    open.timer.cancel()
    this.open.delete(sequence)
    return open
  }
}
