/** A disaster file: a named set of timed faults, and what is expected to hold while they last and after. Data only. */
import { z } from 'zod'
import { FileError, type FileProblem } from '../../base/errors.ts'
import { parseSpan } from '../../base/time.ts'
import { type LocatedYaml, loadYaml, problemAt, readYaml } from '../../profiles/located-yaml.ts'
import { printable, slug, source, text } from '../../profiles/scalars.ts'
import type { FaultContext } from '../faults/fault-kind.ts'
import { type Fault, readFault } from '../faults/faults.ts'

export const DISASTER_KIND = 's1rig/disaster/1'

const party = z.enum(['s1sp', 'dco'])
/** Judged of the time in which all its faults are in force. */
const during = z.discriminatedUnion('expect', [
  /** The electricity meter's import register grows. */
  z.strictObject({ expect: z.literal('metering-goes-on'), source }),
  /** The hub hears the gas meter. */
  z.strictObject({ expect: z.literal('gas-is-heard'), source }),
  /** The hub stays attached to the access point it was on. */
  z.strictObject({ expect: z.literal('session-holds'), source }),
  /** The hub is attached nowhere. */
  z.strictObject({ expect: z.literal('session-is-lost'), source }),
  /** No message passes between the hub and a party, though some are sent. */
  z.strictObject({ expect: z.literal('nothing-passes'), source }),
  /** The hub holds on to the alternate endpoint of the S1SP. */
  z.strictObject({ expect: z.literal('hub-moves'), source }),
  /** Steps that need the party wait for it. */
  z.strictObject({ expect: z.literal('steps-wait'), party, source }),
  /** Steps that do not need the party are carried out, and pass. */
  z.strictObject({ expect: z.literal('other-steps-go-on'), party, source }),
  /** Of the migration as a whole: it passes in spite of all. */
  z.strictObject({ expect: z.literal('migration-passes'), source }),
  /** Homes that the disaster does not concern are migrated as if nothing were. */
  z.strictObject({ expect: z.literal('others-unaffected'), source }),
])
const within = text('a span such as 90s, 30min or 2h', /^\d+(?:\.\d+)?(?:ms|s|min|h|d)$/)
/** Judged from when the last has lifted. */
const after = z.discriminatedUnion('expect', [
  /** The hub is attached, and the party behind its access point hears it. */
  z.strictObject({ expect: z.literal('service-returns'), within, source }),
  /** Alerts that waited in the hub have gone. */
  z.strictObject({ expect: z.literal('alerts-arrive'), within, source }),
])
export type During = z.infer<typeof during>
export type After = z.infer<typeof after>

export const disasterSchema = z.strictObject({
  schema: z.literal(DISASTER_KIND),
  id: slug,
  title: printable(1, 80),
  description: printable(1, 300).optional(),
  source,
  /** As `--fault` has them, for every home; each with `for:`, so that it ends. */
  faults: z
    .array(z.strictObject({ fault: printable(3, 200), source }))
    .min(1)
    .max(20),
  during: z.array(during).min(1),
  after: z.array(after),
})
export type Disaster = z.infer<typeof disasterSchema>

/** @throws FileError with every problem; `context`: of the Group whose phases, plans and access points its faults name */
export function loadDisaster(file: string, text: string, context: FaultContext): Disaster {
  const disaster = loadYaml(file, text, disasterSchema)
  const problems = problemsOf(readYaml(file, text), disaster, context)
  if (problems.length > 0) throw new FileError(problems)
  return disaster
}

/** Its faults for every home, or for those named. */
export function faultsOf({ faults }: Disaster, only: readonly string[], context: FaultContext): Fault[] {
  const homes = only.length === 0 ? [''] : only.map(id => `${id}/`)
  return homes.flatMap(home =>
    faults.flatMap(({ fault }) => {
      const read = readFault(`${home}${fault}`, context)
      return 'problem' in read ? [] : [read]
    }),
  )
}

function problemsOf(yaml: LocatedYaml, { faults, during, after }: Disaster, context: FaultContext): FileProblem[] {
  const problems: FileProblem[] = []
  const report = (pointer: string, message: string, hint?: string) =>
    problems.push(problemAt(yaml, pointer, { code: 'disaster', message, ...(hint && { hint }) }))
  for (const [index, { fault }] of faults.entries()) {
    const pointer = `/faults/${index}/fault`
    const read = readFault(fault, context)
    if ('problem' in read) report(pointer, read.problem, read.hint)
    else if (read.installation !== undefined) {
      report(pointer, `expected a fault for every home, found one for ${read.installation}`, 'leave that to ,only:')
    } else if (read.forUs === undefined) report(pointer, 'expected for:SPAN, so that the disaster ends, found none')
  }
  for (const [index, { within }] of after.entries()) {
    if (!parseSpan(within)) report(`/after/${index}/within`, `expected a span of more than nothing, found "${within}"`)
  }
  const seen = new Map<string, number>()
  for (const [index, expectation] of during.entries()) {
    const name = 'party' in expectation ? `${expectation.expect} ${expectation.party}` : expectation.expect
    const first = seen.get(name)
    if (first !== undefined) report(`/during/${index}/expect`, `expected each once, found "${name}" again`)
    seen.set(name, index)
  }
  return problems
}
