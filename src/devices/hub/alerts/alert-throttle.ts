/**
 * Keeps one fault from filling the way up: of one code of one device so many alerts pass in a window; what comes beyond is counted,
 * and told as one alert with the count when the window ends.
 * @source DUIS, SMETS1 response messages carry a throttled sequence and a count [public]; the rule itself: assumed
 */
import type { Eui64, Micros } from '../../../base/ids.ts'
import type { Timers } from '../../../ports/time.ts'
import type { Alert } from '../../../wan/messages/wan-types.generated.ts'

/** More than a home has devices that fail in different ways; one more ends the oldest window. @source assumed */
const MOST_WINDOWS = 256

export interface ThrottleLimits {
  /** Alerts of one code of one device that pass in a window. */
  burst: number
  windowUs: Micros
}

interface Window {
  endsUs: Micros
  passed: number
  /** The last that was held back, and how many were. */
  held?: { alert: Alert; count: number }
}

/** What survives a restart: windows by device and code, oldest first. */
export type ThrottleMemory = readonly (readonly [key: string, window: Window])[]

export interface AlertThrottleOptions {
  limits: ThrottleLimits
  clock: { nowUs(): Micros }
  timers: Timers
  pass: (alert: Alert) => void
  memory?: ThrottleMemory | undefined
}

export class AlertThrottle {
  private readonly options: AlertThrottleOptions
  private readonly windows: Map<string, Window>

  constructor(options: AlertThrottleOptions) {
    this.options = options
    this.windows = new Map(options.memory?.map(([key, window]) => [key, { ...window }]))
    for (const [key, { endsUs }] of this.windows) this.endAt(key, endsUs)
  }

  /** What it would keep if power were lost now. */
  memory(): ThrottleMemory {
    return [...this.windows].map(([key, window]) => [key, { ...window }])
  }

  add(alert: Alert): void {
    const { limits, pass } = this.options
    const key = keyOf(alert.device, alert.code)
    const window = this.windows.get(key) ?? this.open(key)
    if (window.passed < limits.burst) {
      window.passed++
      pass(alert)
    } else window.held = { alert, count: (window.held?.count ?? 0) + 1 }
  }

  private open(key: string): Window {
    const { limits, clock } = this.options
    const [oldest] = this.windows.keys()
    if (oldest !== undefined && this.windows.size >= MOST_WINDOWS) this.end(oldest)
    const window = { endsUs: clock.nowUs() + limits.windowUs, passed: 0 }
    this.windows.set(key, window)
    this.endAt(key, window.endsUs)
    return window
  }

  private endAt(key: string, endsUs: Micros): void {
    const { clock, timers } = this.options
    timers.after(Math.max(0, endsUs - clock.nowUs()), 'hub alert window', () => {
      if (this.windows.get(key)?.endsUs === endsUs) this.end(key)
    })
  }

  private end(key: string): void {
    const held = this.windows.get(key)?.held
    this.windows.delete(key)
    if (held) this.options.pass({ ...held.alert, throttled: held.count })
  }
}

const keyOf = (device: Eui64, code: string): string => `${device} ${code}`
