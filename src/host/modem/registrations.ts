/** Whether the network knows a modem, as it tells when asked and unasked, for each of the domains it may be registered in. */
import type { Standing } from '../../ports/wan.ts'
import type { RegistrationState } from '../../wire/at/network.ts'
import {
  order,
  REGISTRATION_COMMANDS,
  type RegistrationCommand,
  registrationOf,
  registrationQuestion,
} from './commands.ts'
import type { Procedure } from './procedure.ts'

export class Registrations {
  private readonly states = new Map<RegistrationCommand, RegistrationState>()
  /** Those that it was told to tell of. */
  private readonly telling = new Set<RegistrationCommand>()
  private readonly onChange: () => void

  constructor(onChange: () => void = () => {}) {
    this.onChange = onChange
  }

  get standing(): Standing {
    const states = [...this.states.values()]
    if (states.some(one => one === 'home' || one === 'roaming')) return 'welcome'
    return states.includes('denied') ? 'denied' : 'no-coverage'
  }

  forget(): void {
    this.states.clear()
  }

  /** Has it tell unasked; a modem that does not know one of the domains says so, and tells of the others. */
  *subscribe(): Procedure {
    this.telling.clear()
    for (const name of REGISTRATION_COMMANDS) {
      const told = yield order(`${name}=1`)
      if (told.is === 'ok') this.telling.add(name)
    }
  }

  /** Asks. `restarted`: it was told to tell, and has forgotten. */
  *look(): Procedure<'as it was' | 'restarted' | 'silent'> {
    let found: 'as it was' | 'restarted' | 'silent' = 'silent'
    for (const name of REGISTRATION_COMMANDS) {
      const answer = yield registrationQuestion(name)
      if (answer.is !== 'silent' && found === 'silent') found = 'as it was'
      const told = answer.lines.map(registrationOf).find(one => one?.mode !== undefined)
      if (told) this.states.set(name, told.state)
      if (told?.mode === 0 && this.telling.has(name)) found = 'restarted'
    }
    this.onChange()
    return found
  }

  /** A line that was told unasked; false when it is about something else. */
  heard(line: string): boolean {
    const told = registrationOf(line)
    if (!told) return false
    this.states.set(told.name, told.state)
    this.onChange()
    return true
  }
}
