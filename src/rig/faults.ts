/** Faults a run can be given, by part and aspect. Each says when it sets in and when it lifts. */
import { didYouMean, UsageError } from '../base/errors.ts'
import type { Micros } from '../base/ids.ts'
import { parseSpan } from '../base/time.ts'
import type { SimPlatform } from '../wan/sim-platform.ts'
import type { Installation } from './installation.ts'

/** Moments a fault may be tied to. Phases are those of the Group file. */
export type FaultMoment = 'power-on' | 'settled' | `phase:${string}`

/** What a fault does to one installation. */
export interface FaultEffect {
  sets: FaultMoment
  lifts?: FaultMoment
  /** How long it lasts before a migration begins. */
  lastsUs?: Micros
  inject: (installation: Installation, sims: SimPlatform) => void
  lift?: (installation: Installation) => void
}

export interface Fault extends FaultEffect {
  /** As it was written. */
  text: string
  /** Absent: every installation. */
  installation?: string
}

interface FaultKind {
  /** What a value looks like, and what the fault does. */
  value: string
  does: string
  /** Undefined when the value will not do. */
  effect: (value: string, context: FaultContext) => FaultEffect | string
  needs?: 'gsme' | 'ppmid'
}

export interface FaultContext {
  plans: readonly string[]
}

const version = (value: string): boolean => /^[\x20-\x7e]{1,16}$/.test(value)

const firmware = (part: string, set: (installation: Installation, value: string) => void): FaultKind => ({
  value: 'VERSION',
  does: `the ${part} runs and reports this firmware version`,
  effect: value =>
    version(value)
      ? { sets: 'power-on', inject: installation => set(installation, value) }
      : 'a version of 1 to 16 printable characters',
})

export const FAULTS: Readonly<Record<string, FaultKind>> = {
  'gsme.silent': {
    value: 'SPAN such as 30h',
    does: 'the gas meter is unheard for SPAN before the migration begins and until the device checks are over',
    needs: 'gsme',
    effect: value => {
      const lastsUs = parseSpan(value)
      if (!lastsUs) return 'a span such as 30h, 90min or 2d'
      return {
        sets: 'settled',
        lifts: 'phase:credentials',
        lastsUs,
        inject: ({ han, record }) => han.silence(record.devices.gsme?.deviceId ?? ''),
        lift: ({ han, record }) => han.hear(record.devices.gsme?.deviceId ?? ''),
      }
    },
  },
  'gsme.whitelist': {
    value: 'absent',
    does: 'the hub loses the gas meter from its whitelist after pre-migration configuration',
    needs: 'gsme',
    effect: value =>
      value === 'absent'
        ? {
            sets: 'phase:apn-switch',
            inject: ({ hub, record }) => void hub.unlist(record.devices.gsme?.deviceId ?? ''),
          }
        : 'absent',
  },
  'hub.wan': {
    value: 'down',
    does: 'the hub has no WAN coverage',
    effect: value => (value === 'down' ? { sets: 'settled', inject: ({ link }) => link.setCoverage(false) } : 'down'),
  },
  'sim.plan': {
    value: 'PLAN of the Group file, such as newcastle-only',
    does: 'whatever plan is ordered, the network goes on enforcing this one',
    effect: (value, { plans }) =>
      plans.includes(value)
        ? { sets: 'settled', inject: ({ record }, sims) => sims.pinPlan(record.sim.imsi, value) }
        : `one of ${plans.join(', ')}`,
  },
  'hub.firmware': firmware('hub', ({ hub }, value) => {
    hub.firmware = value
  }),
  'esme.firmware': firmware('electricity meter', ({ esme }, value) => {
    esme.firmware = value
  }),
  'gsme.firmware': {
    ...firmware('gas meter', ({ gsme }, value) => {
      if (gsme) gsme.firmware = value
    }),
    needs: 'gsme',
  },
  'ppmid.firmware': {
    ...firmware('PPMID', ({ displays }, value) => {
      const ppmid = displays.get('ppmid')
      if (ppmid) ppmid.firmware = value
    }),
    needs: 'ppmid',
  },
}

/**
 * Reads `[INSTALLATION/]PART.ASPECT=VALUE`.
 * @throws UsageError that says what was found and what is known
 */
export function parseFault(text: string, context: FaultContext): Fault {
  const match = /^(?:([a-z0-9-]+)\/)?([a-z]+\.[a-z]+)=(.+)$/.exec(text)
  const [, installation, name = '', value = ''] = match ?? []
  if (!match) throw new UsageError(`fault "${text}": [INSTALLATION/]PART.ASPECT=VALUE expected\n${knownFaults()}`)
  const kind = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined
  if (!kind) {
    const near = didYouMean(name, Object.keys(FAULTS))
    throw new UsageError(`no fault "${name}"${near ? `; did you mean "${near}"?` : ''}\n${knownFaults()}`)
  }
  const effect = kind.effect(value, context)
  if (typeof effect === 'string') throw new UsageError(`fault ${name}: ${effect} expected, found "${value}"`)
  return { text, ...effect, ...(installation && { installation }) }
}

/** @throws UsageError when a fault names an installation or a device that is not there, or is given twice to one */
export function checkFaults(faults: readonly Fault[], installations: readonly { id: string; devices: object }[]): void {
  for (const [index, fault] of faults.entries()) {
    const rival = faults.slice(0, index).find(other => nameOf(other) === nameOf(fault) && meet(other, fault))
    if (rival) throw new UsageError(`fault ${nameOf(fault)}: given twice, as ${rival.text} and ${fault.text}`)
    const concerned = installations.filter(({ id }) => fault.installation === undefined || id === fault.installation)
    if (concerned.length === 0) {
      const ids = installations.map(({ id }) => id).join(', ')
      throw new UsageError(`fault ${fault.text}: no installation "${fault.installation}"; the rig has ${ids}`)
    }
    const needs = FAULTS[nameOf(fault)]?.needs
    const without = needs && concerned.find(({ devices }) => !(needs in devices))
    if (without) throw new UsageError(`fault ${fault.text}: installation ${without.id} has no ${needs.toUpperCase()}`)
  }
}

/** Whether there is an installation that both concern. */
const meet = (a: Fault, b: Fault): boolean =>
  a.installation === undefined || b.installation === undefined || a.installation === b.installation

const nameOf = ({ text }: Fault): string => text.replace(/^[a-z0-9-]+\//, '').split('=')[0] ?? ''

/** The faults there are, a line each. */
export function knownFaults(): string {
  const rows = Object.entries(FAULTS).map(([name, { value, does }]) => `  ${`${name}=${value}`.padEnd(58)} ${does}`)
  return `faults:\n${rows.join('\n')}`
}
