/**
 * Where tokens are entered by hand, at the meter or at a display: too many in a row that are none for this meter, and nothing is taken
 * there for a time. What the supplier sends is taken all the same.
 * @source GBCS alert codes 81C4, 81C5; how many, how long, and which entries count: assumed
 */

export interface KeypadRules {
  /** Wrong entries in a row after which it locks; 0: it never does. */
  attempts: number
  lockS: number
}

/** What survives a power cut. */
export interface KeypadMemory {
  wrong: number
  /** Locked until then by the meter's clock, Unix ms. */
  untilMs?: number
}

export class Keypad {
  private readonly rules: KeypadRules
  private state: KeypadMemory

  constructor(rules: KeypadRules, memory: KeypadMemory = { wrong: 0 }) {
    this.rules = rules
    this.state = { ...memory }
  }

  memory(): KeypadMemory {
    return { ...this.state }
  }

  /** Whether it is locked. A clock that was set back does not lock it for longer than a whole time from now. */
  isLocked(nowMs: number): boolean {
    const { untilMs } = this.state
    if (untilMs === undefined) return false
    const mostMs = nowMs + this.rules.lockS * 1_000
    if (untilMs > mostMs) this.state = { wrong: 0, untilMs: mostMs }
    else if (untilMs <= nowMs) this.state = { wrong: 0 }
    return this.state.untilMs !== undefined
  }

  /** What was entered is no token for this meter: true when that locks it. */
  wrong(nowMs: number): boolean {
    const { attempts, lockS } = this.rules
    const wrong = this.state.wrong + 1
    const locks = attempts > 0 && wrong >= attempts
    this.state = locks ? { wrong: 0, untilMs: nowMs + lockS * 1_000 } : { wrong: Math.min(wrong, attempts) }
    return locks
  }
  /** A token for this meter was entered. */
  right(): void {
    this.state = { wrong: 0 }
  }
}
