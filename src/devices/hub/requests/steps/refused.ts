/** What becomes of a step that was not carried out. */

import { Status, statusName } from '../../../../zcl/status.ts'
import type { Failure } from '../../../../zcl/transactions.ts'
import { type Asking, otherwise } from '../asking.ts'

/** Answers that are no answer yet: refused, or nobody heard it. */
type Refusal = { ok: false; reason: 'refused'; failed: object } | Failure

/**
 * A device that refuses has answered; one that was not heard is asked again when it wakes. `blames`: the field of the request that is
 * wrong where it refuses a value.
 */
export function refused(
  asking: Asking,
  { what, blames }: { what: string; blames?: string | undefined },
  failure: Refusal,
  again: () => void,
): void {
  if (failure.reason !== 'refused' && failure.reason !== 'default-response') return otherwise(asking, failure, again)
  const [of, status] =
    failure.reason === 'refused' ? (Object.entries(failure.failed)[0] ?? ['', Status.FAILURE]) : ['', failure.status]
  if (blames !== undefined && status === Status.INVALID_VALUE) {
    return asking.fail('S1RIG_PARAMETER', `${blames}: refused by the device`)
  }
  const name = of === '' ? '' : `${of} `
  asking.fail('S1RIG_REFUSED', `the device refused ${what}: ${name}${statusName(Number(status))}`)
}

/** The field of a request that a step is for; of a list the entry. */
export const blamed = ({ at }: { at?: number }, blames: string | undefined): string | undefined =>
  blames === undefined || at === undefined ? blames : `${blames}[${at}]`
