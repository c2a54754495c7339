/** Faults a run can be given, by part and aspect, on the command line or in the rig file. */
import { didYouMean, UsageError } from '../../base/errors.ts'
import type { Part } from '../../profiles/parts.ts'
import type { InstallationDevices, RigHan, RigStick } from '../../profiles/rig.ts'
import { capabilitiesOf, carrierOf, isOnRealAir } from '../bench/capabilities.ts'
import { deviceOf, type FaultContext, type FaultEffect, type FaultKind, type FaultProblem } from './fault-kind.ts'
import { FIRMWARE_FAULTS } from './firmware-faults.ts'
import { HAN_FAULT_WORDS, HAN_FAULTS } from './han-faults.ts'
import { HOME_FAULTS } from './home-faults.ts'
import { LINE_FAULTS } from './line-faults.ts'
import { METER_FAULTS } from './meter-faults.ts'
import { PARTY_FAULTS } from './party-faults.ts'
import { POWER_FAULTS } from './power-faults.ts'

export interface Fault extends FaultEffect {
  /** As it was written. */
  text: string
  /** `PART.ASPECT` */
  name: string
  /** Absent: every installation. */
  installation?: string
}

export const FAULTS: Readonly<Record<string, FaultKind>> = {
  ...HOME_FAULTS,
  ...LINE_FAULTS,
  ...PARTY_FAULTS,
  ...FIRMWARE_FAULTS,
  ...METER_FAULTS,
  ...POWER_FAULTS,
  ...HAN_FAULTS,
}

/** Reads `[INSTALLATION/]PART.ASPECT=VALUE`; says what was found and what is known when it will not do. */
export function readFault(text: string, context: FaultContext): Fault | FaultProblem {
  const match = /^(?:([a-z0-9-]+)\/)?([a-z][a-z0-9]*\.[a-z]+)=(.+)$/.exec(text)
  const [, installation, name = '', value = ''] = match ?? []
  if (!match) return { problem: `fault "${text}": [INSTALLATION/]PART.ASPECT=VALUE expected` }
  const kind = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined
  if (!kind) {
    const near = didYouMean(name, Object.keys(FAULTS))
    return { problem: `no fault "${name}"`, hint: near && `did you mean "${near}"?` }
  }
  const effect = kind.effect(value, context)
  if ('problem' in effect) return { ...effect, problem: `fault ${name}: ${effect.problem}` }
  return { text, name, ...effect, ...(installation !== undefined && { installation }) }
}

/** @throws UsageError that says what was found and what is known */
export function parseFault(text: string, context: FaultContext): Fault {
  const fault = readFault(text, context)
  if (!('problem' in fault)) return fault
  throw new UsageError(`${fault.problem}${fault.hint ? `; ${fault.hint}` : ''}\n${knownFaults()}`)
}

/** The installations of a rig, as far as faults look at them. */
export interface Afflicted {
  id: string
  han: Pick<RigHan, 'kind'>
  devices: InstallationDevices
  sticks: readonly RigStick[]
}

/**
 * Why a fault cannot be given to a rig: it names an installation or a device that is not there, needs a HAN on the air, or
 * contradicts one of `others`. Undefined when it can.
 */
export function faultProblem(
  fault: Fault,
  others: readonly Fault[],
  installations: readonly Afflicted[],
): string | undefined {
  const { text, name } = fault
  const kind = FAULTS[name]
  const rival = kind?.addsUp ? undefined : others.find(other => other.name === name && meet(other, fault))
  if (rival) return `fault ${name}: given twice, as ${rival.text} and ${text}`
  const concerned = installations.filter(({ id }) => fault.installation === undefined || id === fault.installation)
  if (concerned.length === 0) {
    const ids = installations.map(({ id }) => id).join(', ')
    return `fault ${text}: no installation "${fault.installation}"; the rig has ${ids}`
  }
  const inMemory = kind?.onAir && concerned.find(({ han }) => han.kind === 'aps')
  if (inMemory) {
    const { id } = inMemory
    return `fault ${text}: the HAN of ${id} is in memory (kind: aps), without frames on the air; kind: radio expected`
  }
  for (const { id, ...record } of concerned) {
    const absent = fault.parts?.find(part => deviceOf(record, part) === undefined)
    if (absent) return `fault ${text}: installation ${id} has no ${absent.toUpperCase()}`
    const beyond = kind && beyondUs(kind.to, record)
    if (beyond) return `fault ${text}: ${id}: ${beyond}`
  }
  return undefined
}

/** @throws UsageError for the first fault that cannot be given to the rig beside those before it */
export function checkFaults(faults: readonly Fault[], installations: readonly Afflicted[]): void {
  for (const [index, fault] of faults.entries()) {
    const problem = faultProblem(fault, faults.slice(0, index), installations)
    if (problem !== undefined) throw new UsageError(problem)
  }
}

/** Why a fault reaches something that is not ours to change; undefined when all of it is. */
function beyondUs(to: FaultKind['to'], home: Pick<Afflicted, 'devices' | 'sticks'>): string | undefined {
  if (to === 'a party' || to === 'the broker') return undefined
  if (to === 'the air') {
    return isOnRealAir(home) ? 'the HAN is on real air, and nobody decides what real radios hear' : undefined
  }
  const parts = 'inside' in to ? [to.inside] : to.power
  return parts.map(part => partBeyondUs(part, 'inside' in to, home)).find(why => why !== undefined)
}

function partBeyondUs(part: Part, inside: boolean, home: Pick<Afflicted, 'devices' | 'sticks'>): string | undefined {
  const stick = carrierOf(home, part)
  if (stick && !capabilitiesOf(home, part)?.powerCut) {
    return `the ${part} is stick ${stick.id} itself (${stick.driver}), and its insides are not ours`
  }
  if (home.devices[part === 'hub' ? 'chf' : part]?.kind !== 'real') return undefined
  if (inside) return `the ${part} is real, and its insides are not ours`
  return capabilitiesOf(home, part)?.powerCut
    ? undefined
    : `the ${part} is real, and no \`power\` says how to switch it`
}

/** Whether there is an installation that both concern. */
const meet = (a: Fault, b: Fault): boolean =>
  a.installation === undefined || b.installation === undefined || a.installation === b.installation

/** The faults there are, a line each, and what their words stand for. */
export function knownFaults(): string {
  const rows = new Map(
    Object.entries(FAULTS).map(([name, { listed = name, value, does }]) => [`${listed}=${value}`, does]),
  )
  const width = Math.max(...[...rows.keys()].map(({ length }) => length))
  const lines = [...rows].map(([written, does]) => `${written.padEnd(width)}  ${does}`)
  return ['faults:', ...[...lines, ...HAN_FAULT_WORDS].map(line => `  ${line}`)].join('\n')
}
