/**
 * Simulated time for a host that waits at the other end of a line. Timers and long sleeps keep the pace of the wall clock, but what
 * follows from octets that came, or from each other, happens at once: frames on the simulated air take milliseconds that nobody
 * has to wait for. Time gains on the wall clock by that, and keeps what it gained.
 */
import type { Micros } from '../../base/ids.ts'
import { milliseconds, seconds } from '../../base/time.ts'
import { machineClock, type Paced, PacedRunClock, type WallClock } from './paced-run-clock.ts'
import type { Timeline } from './run-clock.ts'

/** Events no further apart follow from each other: frames, the time a device takes to answer, a look at one channel. */
const GAP_US = milliseconds(150)
/** What may happen at once after octets came: less than any node waits for an answer of the host. */
const BURST_US = seconds(1)
/** Nobody speaks, and events follow each other without end: they may go so many times as fast as the wall clock. */
const GAIN = 10
/**
 * Time that runs ahead stops so often for a turn of the event loop. What is said in between leaves together, as a serial bridge
 * gathers octets, and the other side wakes once for it: the outcome of a message and the answer to it are one delivery.
 */
const TURN_US = milliseconds(100)

/** Where one timeline stands. */
interface Pace {
  /** How far it may still run ahead. */
  leftUs: Micros
  /** By the wall clock, when that was last topped up. */
  atMs: number
  /** The other side has its turn; how to end it. */
  held: { untilMs: number; untilSpoken: boolean; release: () => void } | undefined
}

/** A timer of the machine is too coarse for less than its smallest span. */
const COARSE_MS = 1.5
/** The clock of this machine, with timers for fractions of a millisecond. */
export const preciseClock: WallClock = {
  nowMs: () => performance.now(),
  sleep(delayMs, wake) {
    if (delayMs >= COARSE_MS) return machineClock.sleep(delayMs, wake)
    const dueMs = performance.now() + delayMs
    let next: NodeJS.Immediate
    const look = () => {
      if (performance.now() >= dueMs) wake()
      else next = setImmediate(look)
    }
    next = setImmediate(look)
    return () => clearImmediate(next)
  },
}

export class PromptRunClock extends PacedRunClock {
  private readonly paces = new Map<Timeline, Pace>()

  constructor(wall: WallClock = preciseClock) {
    super(1, wall, 'prompt')
  }

  /**
   * Something was said to the other side that it has to have before anything else: nothing more happens for `forMs` of the wall
   * clock, and in any case not before it has had a turn of the event loop. `untilSpoken`: it has to answer what others wait for;
   * time goes on at its first octets.
   */
  hold(timeline: Timeline, forMs: number, { untilSpoken = false } = {}): void {
    const one = this.of(timeline)
    const pace = this.paceOf(timeline)
    const untilMs = this.wall.nowMs() + forMs
    const longer = pace.held && (pace.held.untilSpoken || pace.held.untilMs >= untilMs)
    if (longer && !untilSpoken) return
    pace.held?.release()
    const cancel = this.wall.sleep(forMs, () => {
      release()
      this.catchUp(one)
      this.attend(one)
    })
    const release = () => {
      cancel()
      pace.held = undefined
    }
    pace.held = { untilMs, untilSpoken, release }
  }

  override inject(timeline: Timeline, name: string, fire: () => void): void {
    const one = this.of(timeline)
    const pace = this.paceOf(timeline)
    const { kernel } = timeline
    // What goes on by itself does not run ahead of what came.
    pace.leftUs = 0
    pace.atMs = this.wall.nowMs()
    if (pace.held?.untilSpoken) {
      // The answer comes at the moment of the question: time has stood still.
      pace.held.release()
      one.startMs = Math.max(one.startMs, pace.atMs - kernel.nowUs() / 1_000)
    }
    super.inject(timeline, name, () => {
      pace.leftUs = BURST_US
      fire()
    })
  }

  protected override advance(one: Paced, dueUs: Micros): void {
    const { timeline } = one
    const { kernel } = timeline
    const pace = this.paceOf(timeline)
    const isHeld = () => pace.held !== undefined
    // What came in has its effect at once, whoever's turn it is.
    if (pace.held) return void kernel.runUntil(kernel.nowUs())
    const nowMs = this.wall.nowMs()
    pace.leftUs = Math.min(BURST_US, pace.leftUs + Math.floor((nowMs - pace.atMs) * 1_000 * GAIN))
    pace.atMs = nowMs
    if (!kernel.runUntil(dueUs, isHeld)) return
    const turnUs = kernel.nowUs() + TURN_US
    for (let next = kernel.nextAtUs; next !== undefined && !pace.held; next = kernel.nextAtUs) {
      const ahead = next - kernel.nowUs()
      if (ahead > GAP_US || ahead > pace.leftUs) break
      if (kernel.nowUs() >= turnUs) return this.hold(timeline, 0)
      kernel.runUntil(next, isHeld)
      pace.leftUs -= ahead
      one.startMs -= ahead / 1_000
    }
  }

  /** While the other side has its turn there is nothing to wait for. */
  protected override plan(one: Paced): void {
    if (!this.paceOf(one.timeline).held) super.plan(one)
  }

  private paceOf(timeline: Timeline): Pace {
    let pace = this.paces.get(timeline)
    if (!pace) {
      pace = { leftUs: BURST_US, atMs: this.wall.nowMs(), held: undefined }
      this.paces.set(timeline, pace)
    }
    return pace
  }
}
