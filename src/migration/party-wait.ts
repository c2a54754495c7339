/** Steps wait for the parties they need: while one is lost with its data centres, nobody could carry them out. */
import { seconds } from '../base/time.ts'
import type { Party } from '../ports/rig-control.ts'
import type { Step } from './group.ts'
import type { StepContext } from './step-context.ts'

/**
 * Parties a step needs. What goes over the access point after goes through the S1SP; who else is needed the Group file says.
 * @source assumed, from the S1SP being the one who reaches hubs on the access point after (SMETS1 TMAD 14.3)
 */
export function partiesOf(step: Step): Party[] {
  const throughS1sp = step.party === 'S1SP' || ('over' in step && step.over === 'after')
  return [...(throughS1sp ? (['s1sp'] as const) : []), ...(step.needs ?? [])]
}

/** Waits until every party that the step needs is there. Why one still is not, after as long as the Group file allows. */
export async function partiesThere(context: StepContext, step: Step): Promise<string | undefined> {
  const { control, installation, parameters, found } = context
  const { givenUp = new Set() } = found
  found.givenUp = givenUp
  const within = seconds(parameters['parties.outageWithinS'])
  for (const party of partiesOf(step)) {
    const out = () => control.partyOut?.(installation.id, party)
    const why = out()
    if (why === undefined) continue
    const sinceUs = control.nowUs(installation.id)
    // In vain once, it is not waited for again.
    if (!givenUp.has(party)) await control.waitFor(installation.id, () => out() === undefined, within)
    const us = control.nowUs(installation.id) - sinceUs
    control.trace(installation.id).emit({ kind: 'step.waited', step: step.id, for: party, why, us })
    const still = out()
    if (still === undefined) {
      givenUp.delete(party)
      continue
    }
    givenUp.add(party)
    return `the ${party.toUpperCase()} is out: ${still}`
  }
  return undefined
}
