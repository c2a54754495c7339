/** The flash of a stick and of its devices, in a store: what is there from before, and what is written as it changes. */
import { UsageError } from '../../base/errors.ts'
import type { Store } from '../../ports/store.ts'
import type { DongleMemory } from './dongle-home.ts'

/** What a state is of: another home or another stick cannot go on with it. */
export interface DongleIdentity {
  rig: string
  installation: string
  protocol: string
  application: string
}

export class DongleState {
  /** What was kept; undefined for a new state. */
  readonly memory: DongleMemory | undefined
  /** How often it was switched on before: no two lives throw the same dice. */
  readonly lives: number
  private readonly store: Store
  private readonly written = new Map<string, string>()

  /** @throws UsageError when the state is of something else, or not in a form of today */
  constructor(store: Store, identity: DongleIdentity) {
    this.store = store
    const known = store.get('identity')
    if (known !== undefined) refuseOther(known, identity)
    const home = store.get('home')
    if (home !== undefined && Object(home).han === undefined) {
      throw new UsageError(
        '--state: kept by an earlier s1rig, in a form that is not read any more: choose another folder',
      )
    }
    this.memory = home === undefined ? undefined : { home: home as DongleMemory['home'], stick: store.get('stick') }
    this.lives = Number(store.get('lives') ?? 0)
    store.put({ identity, lives: this.lives + 1 })
  }

  /** Writes what has changed since the last time. */
  keep({ home, stick }: DongleMemory): void {
    const changed = Object.entries({ home, stick }).filter(([key, value]) => {
      const text = JSON.stringify(value) ?? ''
      if (this.written.get(key) === text) return false
      this.written.set(key, text)
      return true
    })
    if (changed.length > 0) this.store.put(Object.fromEntries(changed))
  }
}

function refuseOther(known: unknown, identity: DongleIdentity): void {
  for (const [what, expected] of Object.entries(identity)) {
    const found: unknown = Object(known)[what]
    if (found === expected) continue
    throw new UsageError(`--state: of ${what} "${String(found)}"; "${expected}" expected: choose another folder`)
  }
}
