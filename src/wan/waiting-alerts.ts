/** Alerts that a hub cannot send yet: they leave in order, and there are only so many. */
import type { Alert } from './messages/wan-types.generated.ts'

/** Alerts kept while they cannot be sent; the oldest goes first. Assumed. */
const ALERTS_KEPT = 100

export class WaitingAlerts {
  private readonly alerts: Alert[]

  /** `alerts`: from before a restart, oldest first. */
  constructor(alerts: readonly Alert[] = []) {
    this.alerts = [...alerts]
  }

  get size(): number {
    return this.alerts.length
  }

  /** Returns the one that there is no room for any more. */
  add(alert: Alert): Alert | undefined {
    this.alerts.push(alert)
    return this.alerts.length > ALERTS_KEPT ? this.alerts.shift() : undefined
  }

  /** Until `send` says that one did not leave. */
  flush(send: (alert: Alert) => boolean): void {
    for (;;) {
      const [alert] = this.alerts
      if (!alert || !send(alert)) return
      this.alerts.shift()
    }
  }

  /** What is to be kept over a restart. */
  memory(): readonly Alert[] {
    return this.alerts.slice()
  }
}
