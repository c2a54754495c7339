/**
 * The two data centres of a party. One serves; when that is lost the other takes over after a while, and keeps the service when the
 * first is back. With both lost the party is out.
 * @source SMETS1 consultation on SEC subsidiary documents, May 2018, 2.1, for one and for both being lost; the rest is assumed
 */
import type { Micros } from '../base/ids.ts'
import type { Timer, Timers } from '../ports/time.ts'

export type Centre = 'primary' | 'alternate'
const OTHER = { primary: 'alternate', alternate: 'primary' } as const

export class DataCentres {
  private readonly timers: Timers
  private readonly lost = new Map<Centre, number>()
  private readonly watchers: (() => void)[] = []
  private active: Centre = 'primary'
  private takeover: Timer | undefined

  constructor(timers: Timers) {
    this.timers = timers
  }

  /** The one that serves now; undefined while the party is out. */
  get serving(): Centre | undefined {
    return this.lost.has(this.active) ? undefined : this.active
  }

  /** Why the party is out, for people; undefined when it is not. */
  get lack(): string | undefined {
    if (this.serving) return undefined
    return this.lost.size === 2
      ? 'both its data centres are lost'
      : `its ${this.active} data centre is lost, and the ${OTHER[this.active]} one has not taken over yet`
  }

  /** Called after a change. */
  watch(changed: () => void): void {
    this.watchers.push(changed)
  }

  /** The one that serves is lost, or both; what is returned brings them back. */
  lose(which: 'one' | 'both', takeoverUs: Micros): () => void {
    const gone: readonly Centre[] = which === 'both' ? ['primary', 'alternate'] : [this.active]
    for (const centre of gone) this.lost.set(centre, (this.lost.get(centre) ?? 0) + 1)
    this.settle(takeoverUs)
    let isBack = false
    return () => {
      if (isBack) return
      isBack = true
      for (const centre of gone) {
        const reasons = (this.lost.get(centre) ?? 1) - 1
        if (reasons > 0) this.lost.set(centre, reasons)
        else this.lost.delete(centre)
      }
      this.settle(takeoverUs)
    }
  }

  private settle(takeoverUs: Micros): void {
    const other = OTHER[this.active]
    const canTakeOver = this.serving === undefined && !this.lost.has(other)
    if (!canTakeOver) {
      this.takeover?.cancel()
      this.takeover = undefined
    } else {
      this.takeover ??= this.timers.after(takeoverUs, 'data centre takes over', () => {
        this.takeover = undefined
        this.active = other
        this.tell()
      })
    }
    this.tell()
  }

  private tell(): void {
    for (const changed of this.watchers) changed()
  }
}
