/** What the network does, as a modem tells it to its terminal unasked: registration, the end of a session, short messages. */
import type { Trace } from '../../ports/trace.ts'
import type { ShortMessage } from '../../ports/wan.ts'
import type { RegistrationState } from '../../wire/at/network.ts'
import {
  REGISTRATION_COMMANDS,
  type RegistrationCommand,
  registrationOf,
  registrationWords,
} from './commands/network.ts'
import { arrivalWords } from './commands/sms.ts'
import type { Works } from './works.ts'

export interface AnnouncementsOptions {
  works: Works
  trace: Trace
  /** Whether a terminal is there. */
  isHeard: () => boolean
  tell: (...lines: string[]) => void
}

export class Announcements {
  private readonly options: AnnouncementsOptions
  private readonly told = new Map<RegistrationCommand, RegistrationState>()

  constructor(options: AnnouncementsOptions) {
    this.options = options
  }

  registrationChanged(): void {
    const { works, trace, tell } = this.options
    for (const command of REGISTRATION_COMMANDS) {
      const now = registrationOf(works, command)
      if (now === (this.told.get(command) ?? 'idle')) continue
      this.told.set(command, now)
      if (command === '+CREG') {
        trace.emit({ kind: 'device.state', name: 'registration', value: now })
        if (now === 'home') works.sms.ready()
      }
      if (works.settings.get(command) > 0) tell(`${command}: ${registrationWords(works, command)}`)
    }
  }

  sessionLost(cid: number, ip: string): void {
    const { works, tell } = this.options
    if (works.settings.get('+CGEREP') === 1) tell(`+CGEV: NW DEACT "IP","${ip}",${cid}`)
  }

  /** A message from the network; false when there is no room for it. */
  arrived(message: ShortMessage): boolean {
    const { works, trace, isHeard, tell } = this.options
    if (works.cellular.registration !== 'home') return false
    const direct = works.settings.get('+CNMI') === 2 && isHeard()
    const stored = direct ? message : works.store.add(message)
    if (!stored) return false
    trace.emit({ kind: 'device.event', code: 'SMS_RECEIVED', text: `from ${message.from}` })
    const words = arrivalWords(works, stored)
    if (words.length > 0) tell(...words)
    return true
  }
}
