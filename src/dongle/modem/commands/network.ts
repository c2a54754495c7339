/** The SIM and the network. @source 3GPP TS 27.007, 7 and 8; +CCID and +ICCID: as makers have them */
import { seconds } from '../../../base/time.ts'
import { REGISTRATION, type RegistrationState } from '../../../wire/at/network.ts'
import { formatParameters, numberOf, quote, textOf } from '../../../wire/at/parameters.ts'
import type { Selection } from '../cellular.ts'
import { cme, done, INCORRECT, type Reply } from '../reply.ts'
import { type CommandRow, type CommandTable, keeps, type Works } from '../works.ts'
import { technologyOf } from './general.ts'

/** A scan of all channels. Assumed. */
export const SCAN_US = seconds(10)

/** The three commands that tell of registration, and the side of the network each speaks of. */
export const REGISTRATION_COMMANDS = ['+CREG', '+CGREG', '+CEREG'] as const
export type RegistrationCommand = (typeof REGISTRATION_COMMANDS)[number]

export function registrationOf({ cellular, facts }: Works, command: RegistrationCommand): RegistrationState {
  switch (command) {
    case '+CREG':
      return cellular.registration
    // The packet side has a command for each technology.
    case '+CGREG':
      return facts.technology === 'gsm' ? cellular.packetRegistration : 'idle'
    case '+CEREG':
      return facts.technology === 'lte' ? cellular.packetRegistration : 'idle'
    default:
      return command satisfies never
  }
}

/** What is told of registration, with area and cell where mode 2 asks for them. */
export function registrationWords(works: Works, command: RegistrationCommand): string {
  const state = registrationOf(works, command)
  if (works.settings.get(command) < 2 || state !== 'home') return String(REGISTRATION[state])
  const { area, cell } = works.operator
  return formatParameters([REGISTRATION[state], area, cell, technologyOf(works)])
}

const registration = (command: RegistrationCommand): CommandRow => ({
  ...keeps(command),
  read: works => done(`${command}: ${works.settings.get(command)},${registrationWords(works, command)}`),
})

const iccid = (name: string, told: (iccid: string) => string = text => text): CommandRow => {
  const tell = ({ sim }: Works) => done(`${name}: ${told(sim.iccid)}`)
  return { execute: tell, read: tell, needsSim: 'equipment' }
}

/** As +COPS names an operator in each format. */
const named = ({ operator }: Works, format: number): string => (format === 2 ? operator.plmn : operator.name)

const selectionOf = (mode: number): Selection => (mode === 1 || mode === 2 ? mode : 0)

/** Answers once the network has. */
function selected(works: Works, selection: Selection): Reply {
  return {
    is: 'later',
    begin: finish => {
      works.cellular.select(selection)
      works.cellular.whenSettled(() => {
        const { registration: state } = works.cellular
        finish(selection === 2 || state === 'home' ? done() : cme(state === 'denied' ? 32 : 30))
      })
    },
  }
}

export const NETWORK: CommandTable = {
  '+CPIN': {
    read: ({ sim }) => (sim.state === 'blocked' ? cme(13) : done(`+CPIN: ${sim.state}`)),
    set({ sim, cellular }, [code, newPin]) {
      const digits = textOf(code)
      if (digits === undefined || !/^\d{4,8}$/.test(digits)) return INCORRECT
      const wrong = sim.unlock(digits, textOf(newPin))
      if (wrong !== undefined) return cme(wrong)
      cellular.look()
      return done()
    },
  },
  '+CIMI': { execute: ({ sim }) => done(sim.imsi), needsSim: 'equipment' },
  '+CCID': iccid('+CCID'),
  '+ICCID': iccid('+ICCID'),
  '+CICCID': iccid('+CICCID', quote),
  '+CNUM': { execute: ({ sim }) => done(`+CNUM: ,"+${sim.msisdn}",145`), needsSim: 'equipment' },
  '+CREG': registration('+CREG'),
  '+CGREG': registration('+CGREG'),
  '+CEREG': registration('+CEREG'),
  '+COPS': {
    needsSim: 'equipment',
    read(works) {
      const { cellular, settings } = works
      const format = settings.get('+COPS')
      if (cellular.registration !== 'home') return done(`+COPS: ${cellular.selection}`)
      return done(`+COPS: ${formatParameters([cellular.selection, format, named(works, format), technologyOf(works)])}`)
    },
    test: works => ({
      is: 'later',
      begin: finish => works.after(SCAN_US, () => finish(done(scanned(works)))),
    }),
    set(works, [mode, format, operator]) {
      const wanted = numberOf(mode)
      if (wanted === undefined || wanted > 4) return INCORRECT
      if (format !== undefined && !works.settings.set('+COPS', numberOf(format))) return INCORRECT
      if (wanted === 3) return format === undefined ? INCORRECT : done()
      if (wanted === 1 || wanted === 4) {
        const name = textOf(operator)
        if (name === undefined) return INCORRECT
        // Another operator is not in reach; mode 4 then takes what is there.
        if (name !== named(works, works.settings.get('+COPS'))) return wanted === 4 ? selected(works, 0) : cme(30)
        return selected(works, 1)
      }
      return selected(works, selectionOf(wanted))
    },
  },
}

/** Available, in use, forbidden: 1, 2, 3. */
function scanned(works: Works): string {
  const { cellular, operator } = works
  const modes = ',,(0-4),(0-2)'
  if (cellular.signalDbm === undefined) return `+COPS: ${modes}`
  const use = cellular.registration === 'home' ? 2 : cellular.registration === 'denied' ? 3 : 1
  return `+COPS: (${formatParameters([use, operator.name, operator.name, operator.plmn, technologyOf(works)])})${modes}`
}
