/** The commands a modem is driven with: each a request, and what its answer means. */
import type { Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { AttachRefusal } from '../../ports/wan.ts'
import { informationOf } from '../../wire/at/answer.ts'
import { formatCommand } from '../../wire/at/command-line.ts'
import { fromCsq, REFUSALS, REGISTRATION, type RegistrationState } from '../../wire/at/network.ts'
import { type AtParameter, numberOf, textOf } from '../../wire/at/parameters.ts'
import type { Answer, AtRequest } from './at-channel.ts'
import type { Procedure } from './procedure.ts'

/** How long a modem may take: for what it knows itself, for its SIM and radio, for the network. Assumed. */
const OWN_US: Micros = seconds(5)
const RADIO_US: Micros = seconds(20)
const NETWORK_US: Micros = seconds(180)

export const REGISTRATION_COMMANDS = ['+CREG', '+CGREG', '+CEREG'] as const
export type RegistrationCommand = (typeof REGISTRATION_COMMANDS)[number]

/** Lines that come without being asked for. */
const UNASKED = [
  '+CREG:',
  '+CGREG:',
  '+CEREG:',
  '+CGEV:',
  '+CMTI:',
  '+CMT:',
  '+CDS:',
  '+CUSD:',
  '+CRING:',
  'RING',
  'RDY',
]
export const isUnasked = (line: string): boolean => UNASKED.some(one => line.startsWith(one))

/** A command whose end alone counts. */
export const order = (line: string, limitUs: Micros = OWN_US): AtRequest => ({ line: `AT${line}`, limitUs })

/** A command that tells something under its own name. */
export const question = (name: string, form: '' | '?' = '?', limitUs: Micros = RADIO_US): AtRequest => ({
  line: `AT${name}${form}`,
  tells: `${name}:`,
  limitUs,
})

/** One that answers with a bare line. */
export const bareQuestion = (name: string): AtRequest => ({ line: `AT${name}`, limitUs: RADIO_US })

/** The number that is kept, then the state: a second value in quotes is an area, and the line was told unasked. */
export const registrationQuestion = (name: RegistrationCommand): AtRequest => ({
  ...question(name),
  isOwn: line => informationOf(line)?.parameters[1]?.quoted === false,
})

export const define = (cid: number, apn: string): AtRequest => order(formatCommand('+CGDCONT', [cid, 'IP', apn]))
export const attachToPackets = (): AtRequest => order('+CGATT=1', NETWORK_US)
export const activate = (cid: number, up: boolean): AtRequest => order(`+CGACT=${up ? 1 : 0},${cid}`, NETWORK_US)

export const address = (cid: number): AtRequest => ({ ...question('+CGPADDR'), line: `AT+CGPADDR=${cid}` })

/** Values of the first line that was told. */
export const valuesOf = ({ lines: [line] }: Answer): readonly AtParameter[] =>
  (line !== undefined && informationOf(line)?.parameters) || []

/** What is told of registration: unasked the state comes first, answered second. */
export function registrationOf(
  line: string,
): { name: RegistrationCommand; mode?: number; state: RegistrationState } | undefined {
  const { name, parameters } = informationOf(line) ?? {}
  const command = REGISTRATION_COMMANDS.find(one => one === name)
  const [first, second] = parameters ?? []
  if (!command) return undefined
  const isAnswer = second?.quoted === false
  const number = numberOf(isAnswer ? second : first)
  const state = Object.entries(REGISTRATION).find(([, value]) => value === number)?.[0] as RegistrationState | undefined
  const mode = isAnswer ? numberOf(first) : undefined
  return state && { name: command, state, ...(mode !== undefined && { mode }) }
}

/** dBm. */
export const signalOf = (answer: Answer): number | undefined => fromCsq(numberOf(valuesOf(answer)[0]) ?? 99)

/** Whether a context is up; undefined when the answer does not tell. */
export function isActive({ lines }: Answer, cid: number): boolean | undefined {
  for (const line of lines) {
    const [number, state] = informationOf(line)?.parameters ?? []
    if (numberOf(number) === cid) return numberOf(state) === 1
  }
  return undefined
}

/** The address of a context; undefined when it has none. */
export function addressOf({ lines }: Answer, cid: number): string | undefined {
  for (const line of lines) {
    const [number, address] = informationOf(line)?.parameters ?? []
    const text = textOf(address) ?? ''
    if (numberOf(number) === cid && /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text !== '0.0.0.0') return text
  }
  return undefined
}

/** Codes beside those of `REFUSALS` that mean as much. @source 3GPP TS 27.007, 9.2; which refusal they stand for: assumed */
const KINDRED: Readonly<Record<AttachRefusal, readonly number[]>> = {
  plan: [107, 127, 129, 132, 149],
  'no-address': [126],
  'apn-down': [],
  sim: [10, 11, 12, 13, 15, 106, 111],
  'no-coverage': [31, 32, 112, 113],
}

/** Why the network did not attach us, from how the command ended; undefined when that does not tell. */
export function refusalOf(answer: Answer): AttachRefusal | undefined {
  if (answer.is !== 'error' || answer.of !== 'equipment') return undefined
  const { code = -1 } = answer
  return (Object.keys(REFUSALS) as AttachRefusal[]).find(one => REFUSALS[one] === code || KINDRED[one].includes(code))
}

/** What a modem says of itself and its SIM; what it did not tell is absent. */
export interface ModemIdentity {
  manufacturer?: string
  model?: string
  revision?: string
  imei?: string
  imsi?: string
  iccid?: string
}

const BARE = { manufacturer: '+CGMI', model: '+CGMM', revision: '+CGMR', imei: '+CGSN' } as const

/** A line of noise is no name. */
const LONGEST_NAME = 64

export function* identify(): Procedure<ModemIdentity> {
  const found: ModemIdentity = {}
  for (const key of Object.keys(BARE) as (keyof typeof BARE)[]) {
    const answer = yield bareQuestion(BARE[key])
    const [line] = answer.lines
    if (answer.is === 'ok' && line !== undefined) found[key] = withoutName(line, BARE[key]).slice(0, LONGEST_NAME)
  }
  return found
}

/** Of an open SIM. */
export function* identifySim(): Procedure<Pick<ModemIdentity, 'imsi' | 'iccid'>> {
  const imsi = (yield bareQuestion('+CIMI')).lines
    .map(line => withoutName(line, '+CIMI'))
    .find(line => /^\d{6,15}$/.test(line))
  let iccid: string | undefined
  for (const name of ['+CCID', '+ICCID', '+CICCID']) {
    const { lines } = yield bareQuestion(name)
    iccid ??= lines.map(line => withoutName(line, name).replaceAll('"', '')).find(line => /^\d{18,20}F?$/i.test(line))
    if (iccid !== undefined) break
  }
  return { ...(imsi !== undefined && { imsi }), ...(iccid !== undefined && { iccid }) }
}

/** Makers put the name of the command before the value, or not. */
const withoutName = (line: string, name: string): string =>
  (line.startsWith(`${name}:`) ? line.slice(name.length + 1) : line).trim()
