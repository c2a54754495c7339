/**
 * 6.2.10 and 6.22: what a meter does with its events. Gas says everything of a code; electricity says one thing of many codes, so
 * that the rest is read first. @source DUIS schema; the codes that 6.2.10 asks for: those the model's profile knows, assumed
 */
import type { EventBehaviour } from '../../wan/messages/wan-types.generated.ts'
import { type About, choiceOf, Fields, refuse } from '../fields.ts'
import type { XmlElement } from '../xml-reader.ts'

/** Of one request over the SM WAN. */
const MOST_CODES = 16
const SWITCH = ['Enable', 'Disable'] as const

/** Codes to ask for, as many at a time as one request takes. */
export function codesOf({ inventory, target }: About): string[][] {
  return inPieces(inventory.get(target)?.alertCodes ?? [])
}

/** What is to change of codes: each whole, or in a part that goes with what is read. */
export interface BehaviourChange {
  codes: string[]
  changed: (code: string, now: EventBehaviour | undefined) => EventBehaviour
  /** Nothing has to be read first. */
  whole: boolean
}

const SETTINGS = {
  ElectricitySupplierAlerts: 'toWan',
  ElectricitySupplierHANAlertSettings: 'toHan',
  ElectricitySupplierLoggingSettings: 'logged',
  ElectricityNetworkOperatorAlerts: 'toWan',
  ElectricityNetworkOperatorHANAlertSettings: 'toHan',
  ElectricityNetworkOperatorLoggingSettings: 'logged',
} as const
const GAS = 'GasSupplierAlertEventSettings'

/** @throws DuisProblem, for alarms too: a meter here sounds none */
export function behaviourChanges(fields: Fields): BehaviourChange[] {
  const { name, element } = fields.oneOf([GAS, ...(Object.keys(SETTINGS) as (keyof typeof SETTINGS)[])])
  if (name === GAS) {
    const all = new Map(element.children.map(child => [codeOf(child), Fields.read(child, gasBehaviour)]))
    const changed = (code: string): EventBehaviour => ({ code, ...(all.get(code) ?? NOTHING) })
    return inPieces([...all.keys()]).map(codes => ({ codes, changed, whole: true }))
  }
  const setting = SETTINGS[name]
  const switched = new Map(
    element.children
      .flatMap(group => group.children)
      .map(child => [codeOf(child), choiceOf(child, SWITCH) === 'Enable']),
  )
  if (switched.size === 0) refuse(element, 'codes', 'none', 'duis.missing')
  const changed = (code: string, now = { code, ...NOTHING }): EventBehaviour => ({
    ...now,
    [setting]: switched.get(code) ?? now[setting],
  })
  return inPieces([...switched.keys()]).map(codes => ({ codes, changed, whole: false }))
}

const NOTHING = { logged: false, toWan: false, toHan: false }

function gasBehaviour(settings: Fields): typeof NOTHING {
  // A meter here has no alarm to sound.
  settings.unused('Alarm')
  const is = (name: string) => settings.choice(name, SWITCH) === 'Enable'
  return { logged: is('EventLog'), toWan: is('WANAlert'), toHan: is('HANAlert') }
}

/** `x810D` is 810D. */
function codeOf(element: XmlElement): string {
  const [, code] = /^x([0-9A-F]{4})$/.exec(element.name) ?? []
  return code ?? refuse(element, 'an alert code such as x810D', element.name, 'duis.element')
}

const inPieces = (codes: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(codes.length / MOST_CODES) }, (_, i) =>
    codes.slice(i * MOST_CODES, (i + 1) * MOST_CODES),
  )
