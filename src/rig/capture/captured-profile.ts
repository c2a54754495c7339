/** A firmware-profile of what was seen; what cannot be seen over the HAN is taken from another profile, as assumed. */
import type { z } from 'zod'
import { FACTS, type ProfiledDevice } from '../../profiles/facts.ts'
import { parsePointer, valueAt } from '../../profiles/pointer.ts'
import type { Profile } from '../../profiles/profile.ts'
import { FIRMWARE_PROFILE_KIND, factPointers, idSegment } from '../../profiles/profile-file.ts'
import type { Seen } from './facts-seen.ts'

export interface CapturedFact {
  pointer: string
  value: unknown
  source: string
}

export interface CapturedProfile {
  /** `<maker>/<model>/<version>` */
  id: string
  device: ProfiledDevice
  facts: readonly CapturedFact[]
  /** As it is written to a file. */
  text: string
  /** What should have been seen and was not, for people. */
  missing: readonly string[]
}

/** Quirks of what a device says of itself, and the fact that then is as it was said. */
const SAID_SO: Readonly<Record<string, string>> = {
  '/quirks/malformedVersion': '/firmware/version',
  '/quirks/wrongUnit': '/metering/divisor',
}

/** `base`: what the device was expected to be. `how`: the source of what was seen. */
export function capturedProfile({ facts, missing }: Seen, base: Profile, how: string): CapturedProfile {
  const { device } = base
  const unfit: string[] = []
  const isSeen = (pointer = '') => {
    const value = facts.get(pointer)
    return value !== undefined && unfitness(device, pointer, value) === undefined
  }
  const stated = factPointers(device).map(({ pointer }): CapturedFact => {
    const value = facts.get(pointer)
    const problem = value === undefined ? undefined : unfitness(device, pointer, value)
    if (problem !== undefined) unfit.push(problem)
    if (value !== undefined && problem === undefined) return { pointer, value, source: how }
    const expected = valueAt(base, pointer)
    if (expected !== false && isSeen(SAID_SO[pointer])) return { pointer, value: false, source: how }
    return { pointer, value: expected, source: `assumed: not seen over the HAN, as ${base.id} has it` }
  })
  const said = (pointer: string) => String(stated.find(fact => fact.pointer === pointer)?.value ?? '')
  const id = ['/identity/manufacturerName', '/identity/modelId', '/firmware/version'].map(one => idSegment(said(one)))
  return { id: id.join('/'), device, facts: stated, text: textOf(device, stated), missing: [...missing, ...unfit] }
}

/** Why a value is none that a profile can state; undefined when it is one. */
function unfitness(device: ProfiledDevice, pointer: string, value: unknown): string | undefined {
  const [group = '', name = ''] = parsePointer(pointer)
  const shapes: Readonly<Record<string, z.ZodType>> = FACTS[device].shape
  const shape = shapes[group] as z.ZodObject | undefined
  const checked = (shape?.shape[name] as z.ZodType | undefined)?.safeParse(value)
  if (checked?.success !== false) return undefined
  return `${group}.${name}: ${checked.error.issues[0]?.message} expected, ${JSON.stringify(value)} found`
}

function textOf(device: ProfiledDevice, facts: readonly CapturedFact[]): string {
  const lines = [`schema: ${FIRMWARE_PROFILE_KIND}`, `device: ${device}`]
  let open = ''
  for (const { pointer, value, source } of facts) {
    const [group = '', name] = parsePointer(pointer)
    const fact = `{ value: ${JSON.stringify(value)}, source: ${JSON.stringify(source)} }`
    if (name !== undefined && group !== open) lines.push(`${group}:`)
    lines.push(name === undefined ? `${group}: ${fact}` : `  ${name}: ${fact}`)
    open = group
  }
  return `${lines.join('\n')}\n`
}
