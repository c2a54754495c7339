/**
 * A kernel that runs beside a stranger who lives in real time: it follows the wall clock in small steps, and stands still
 * while the stranger's turn of the event loop passes.
 */
import type { Micros } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'

/** Virtual seconds in a real one: less than the stranger's disk needs to matter, more than a test wants to wait. */
const SPEED = 8
/** The longest step between two turns of the event loop, however slow the machine is. */
const STEP_US = milliseconds(2)
/** Virtual time after which a fact that does not hold never will. */
const PATIENCE_US = seconds(40)

interface Awaited {
  readonly fact: () => boolean
  readonly untilUs: Micros
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export class PacedKernel {
  readonly kernel: Kernel
  private readonly awaited = new Set<Awaited>()
  private spoken = false
  private stopped = false
  private lastMs = performance.now()
  /** Virtual time the wall clock has given and the kernel has not used. */
  private creditUs = 0

  constructor(seed: string) {
    this.kernel = new Kernel({ seed, startUnixMs: 0 })
    setImmediate(this.turn)
  }

  /** The stranger was told something: his turn, before anything else happens here. */
  yield(): void {
    this.spoken = true
  }

  /** Waits for a fact; rejects when it does not hold in good time, or when the kernel fails. */
  until(fact: () => boolean, what: string): Promise<void> {
    const untilUs = this.kernel.nowUs() + PATIENCE_US
    const late = new Error(`not within ${PATIENCE_US / 1_000_000} s: ${what}`)
    return new Promise((resolve, reject) => {
      this.awaited.add({ fact, untilUs, resolve, reject: error => reject(error ?? late) })
    })
  }
  /** Lets virtual time pass. */
  pass(forUs: Micros): Promise<void> {
    const endUs = this.kernel.nowUs() + forUs
    return this.until(() => this.kernel.nowUs() >= endUs, 'time passes')
  }

  stop(): void {
    this.stopped = true
  }

  private readonly turn = (): void => {
    if (this.stopped) return
    try {
      this.advance()
      for (const each of this.awaited) this.look(each)
    } catch (error) {
      this.stopped = true
      for (const { reject } of this.awaited) reject(error)
      return
    }
    if (this.creditUs > 0 || this.spoken) setImmediate(this.turn)
    else setTimeout(this.turn, 1)
  }

  private advance(): void {
    const nowMs = performance.now()
    // What a busy machine has missed is not caught up with: both sides were held up.
    const wallUs = Math.min(Math.round((nowMs - this.lastMs) * 1_000 * SPEED), 10 * STEP_US)
    this.creditUs = Math.min(this.creditUs + wallUs, 10 * STEP_US)
    this.lastMs = nowMs
    const { kernel } = this
    const fromUs = kernel.nowUs()
    this.spoken = false
    kernel.runUntil(fromUs + Math.min(this.creditUs, STEP_US), () => this.spoken)
    this.creditUs -= kernel.nowUs() - fromUs
  }

  private look(awaited: Awaited): void {
    const holds = awaited.fact()
    if (!holds && this.kernel.nowUs() < awaited.untilUs) return
    this.awaited.delete(awaited)
    if (holds) awaited.resolve()
    else awaited.reject(undefined)
  }
}
