/** The last part of a run: the batch is closed, and each installation is looked at as it then stands. */

import type { StepVerdict } from '../ports/verdict.ts'
import { attachedSide } from './actions/network-steps.ts'
import type { DriverListener, MigrationResult } from './driver.ts'
import { migrate } from './driver.ts'
import type { FileAnswer, ListedSim } from './sim-files.ts'
import type { StepContext } from './step-context.ts'

/** One installation that came to the end of its phases. */
export interface Ended {
  context: StepContext
  listener: DriverListener
  /** All its steps have passed. */
  isThrough: boolean
  /** What is to pass before its condition is looked at. */
  after?: () => Promise<void>
  /** Verdicts of an earlier life on its closing steps, which stand. */
  concluded?: readonly StepVerdict[]
}

/** The phase of closing steps. */
export const CLOSING_PHASE = 'closing'

/**
 * What the SMSO says of an installation's SIM, by where it finds the hub; undefined for one whose data it never got. A hub that is
 * nowhere is still its own as far as it knows.
 */
export function listed(
  { installation, group, parties, control, found }: StepContext,
  side: string,
): ListedSim | undefined {
  const row = parties.inbox.imsiFile(installation.imsi)?.trim().split(/\r?\n/)[1]
  const [imsi = '', iccid = ''] = row?.split(',') ?? []
  const ip = found.addressAfter
  if (!row || ip === undefined) return undefined
  const isMigrated =
    (control.listedAs?.(installation.id) ?? (side === 'after' ? 'migrated' : 'retained')) === 'migrated'
  return isMigrated
    ? { group: 'migrated', imsi, iccid, apn: group.apns.after, ip }
    : { group: 'retained', imsi, iccid, apn: group.apns.before, ip: installation.addressBefore }
}

/**
 * Closes the batch when at least one of its SIMs is migrated, and no installation is in between: neither through nor with its
 * SMSO. Calls `atOnce` to carry out the closing steps of each; resolves to what each was left in, by installation, or to nothing
 * when there was nothing to close.
 */
export async function closeBatch(
  ended: readonly Ended[],
  passFiles: (sims: readonly ListedSim[]) => Promise<FileAnswer>,
  atOnce: (all: readonly Ended[], work: (one: Ended) => Promise<void>) => Promise<void>,
): Promise<Map<string, MigrationResult>> {
  const results = new Map<string, MigrationResult>()
  const members = ended.flatMap(one => {
    const { closing } = one.context.group
    const side = attachedSide(one.context)
    const sim = closing && listed(one.context, side)
    return closing && sim ? [{ one, side, sim, steps: side === 'after' ? closing.migrated : closing.retained }] : []
  })
  const begun = members.some(({ one }) => one.concluded?.length)
  const between = members.some(({ one, side }) => !one.isThrough && side !== 'before')
  if (!begun && (between || !members.some(({ sim }) => sim.group === 'migrated'))) return results
  let files: Promise<FileAnswer> | undefined
  const pass = () => {
    files ??= passFiles(members.map(({ sim }) => sim))
    return files
  }
  const stepsOf = new Map(members.map(({ one, steps }) => [one, steps]))
  await atOnce([...stepsOf.keys()], async one => {
    const { context, listener, after, concluded } = one
    const phase = { id: CLOSING_PHASE, title: 'Closing of the batch', stop: 'at-end', recovery: 'none' } as const
    const group = { ...context.group, phases: [{ ...phase, steps: stepsOf.get(one) ?? [] }], recovery: [] }
    const found = Object.assign(context.found, { passFiles: pass })
    const around = { ...(after && { after }), ...(concluded && { concluded }) }
    results.set(context.installation.id, await migrate({ ...context, found, group }, listener, around))
  })
  return results
}
