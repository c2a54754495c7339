/** Changes that a meter holds until their time by its own clock: one of the mode, one of the settings. A later one takes the place. */
import type { PaymentMode } from './account.ts'
import type { ModeSettings, PrepaymentSettings } from './settings.ts'

/** A change of mode that waits. `atMs`: when, Unix ms by the meter's clock. */
export interface PendingMode {
  atMs: number
  mode: PaymentMode
  settings: ModeSettings
}

/** A change of settings that waits; what is not in it stays as it is then. */
export interface PendingSettings {
  atMs: number
  changes: Partial<PrepaymentSettings>
}

/** What survives a power cut. */
export interface AwaitedMemory {
  pendingMode?: PendingMode
  pendingSettings?: PendingSettings
}

export class AwaitedChanges {
  private readonly held: AwaitedMemory

  constructor({ pendingMode, pendingSettings }: AwaitedMemory = {}) {
    this.held = { ...(pendingMode && { pendingMode }), ...(pendingSettings && { pendingSettings }) }
  }

  memory(): AwaitedMemory {
    return { ...this.held }
  }

  get settings(): PendingSettings | undefined {
    return this.held.pendingSettings
  }

  hold(change: AwaitedMemory): void {
    Object.assign(this.held, change)
  }
  /** False: there was none. */
  forget(which: keyof AwaitedMemory): boolean {
    const wasHeld = this.held[which] !== undefined
    delete this.held[which]
    return wasHeld
  }

  /** When the next one is due, Unix ms; `Infinity` when none waits. */
  get nextMs(): number {
    const { pendingMode, pendingSettings } = this.held
    return Math.min(pendingMode?.atMs ?? Number.POSITIVE_INFINITY, pendingSettings?.atMs ?? Number.POSITIVE_INFINITY)
  }
  /** Takes what is due, settings before the mode that may go by them. */
  takeDue(nowMs: number): AwaitedMemory {
    const { pendingMode, pendingSettings } = this.held
    const due = {
      ...(pendingSettings && pendingSettings.atMs <= nowMs && { pendingSettings }),
      ...(pendingMode && pendingMode.atMs <= nowMs && { pendingMode }),
    }
    if (due.pendingSettings) delete this.held.pendingSettings
    if (due.pendingMode) delete this.held.pendingMode
    return due
  }
}
