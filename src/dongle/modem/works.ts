/** What a modem's commands work on, and how a command stands in their table. */
import type { Micros } from '../../base/ids.ts'
import type { Clock } from '../../ports/time.ts'
import type { ShortMessage, SmsLink } from '../../ports/wan.ts'
import type { Technology } from '../../wire/at/network.ts'
import { type AtParameter, numberOf } from '../../wire/at/parameters.ts'
import type { Cellular } from './cellular.ts'
import type { MessageStore } from './message-store.ts'
import { cms, done, INCORRECT, type Reply } from './reply.ts'
import { listOf, type SettingName, type Settings } from './settings.ts'
import type { SimCard } from './sim-card.ts'

/** What a modem says of itself. */
export interface ModemFacts {
  manufacturer: string
  model: string
  revision: string
  /** 15 digits. */
  imei: string
  technology: Technology
}

/** The one network in reach. */
export interface OperatorFacts {
  /** Country and network code, 5 or 6 digits. */
  plmn: string
  name: string
  /** Area and cell, in hex as +CREG tells them. */
  area: string
  cell: string
  /** Digits only. */
  smsCentre: string
}

export interface Works {
  readonly facts: ModemFacts
  readonly operator: OperatorFacts
  readonly settings: Settings
  /** What Z returns to, and &W keeps. */
  readonly profile: Settings
  readonly sim: SimCard
  readonly cellular: Cellular
  readonly store: MessageStore
  readonly sms: SmsLink
  readonly clock: Clock
  /** Simulated time later, unless the modem restarts before. */
  after(delayUs: Micros, then: () => void): void
  /** What +CCLK was set ahead of the network's time. */
  clockAheadMs: number
  /** As +CSCA has it: digits only. */
  smsCentre: string
  /** Why the last call or session ended, for +CEER. */
  lastTrouble: string
  /** Counts messages sent, for +CMGS. */
  messagesSent: number
}

/** One command, by the forms in which it can be given. What is absent is refused. */
export interface CommandRow {
  execute?: (works: Works) => Reply
  read?: (works: Works) => Reply
  /** Absent, where there is another form: OK, which says that the command is there. */
  test?: (works: Works) => Reply
  set?: (works: Works, parameters: readonly AtParameter[]) => Reply
  /** Nothing before the PIN; told as an error of the equipment or of short messages. */
  needsSim?: 'equipment' | 'messages'
}

export type CommandTable = Readonly<Record<string, CommandRow>>

/** A command that tells one thing, executed or read. */
export const tells = (tell: (works: Works) => string): CommandRow => ({ execute: works => done(tell(works)) })

/** A number that is kept. */
export const keeps = (name: SettingName): Required<Pick<CommandRow, 'set' | 'read' | 'test'>> => ({
  set: ({ settings }, [value, ...more]) =>
    more.length === 0 && settings.set(name, numberOf(value)) ? done() : INCORRECT,
  read: ({ settings }) => done(`${name}: ${settings.get(name)}`),
  test: () => done(`${name}: ${listOf(name)}`),
})

/** Why the SIM cannot be used for this. */
export function simTrouble({ sim }: Works, told: 'equipment' | 'messages'): Reply | undefined {
  const { lock } = sim
  if (lock === undefined) return undefined
  if (told === 'equipment') return { is: 'refused', by: 'equipment', error: lock }
  return cms(lock === 11 ? 311 : lock === 12 ? 316 : 313)
}

/** Civil time as modems write it, in UTC. @source 3GPP TS 27.007, 8.15: quarters of an hour after GMT */
export const toStamp = (unixMs: number): string =>
  `${new Date(unixMs).toISOString().slice(2, 19).replaceAll('-', '/').replace('T', ',')}+00`

/** A message that is told of as it arrives. */
export type Arrived = ShortMessage & { index?: number }
