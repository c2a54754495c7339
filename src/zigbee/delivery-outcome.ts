/** What the ports know of an outcome of the APS layer. */
import type { DeliveryOutcome } from '../ports/han.ts'
import type { ApsOutcome } from './aps/aps.ts'

/** Without a key nobody could have read it; what was refused waited for nothing. */
export function outcomeOf(outcome: ApsOutcome): DeliveryOutcome {
  switch (outcome) {
    case 'no-link-key':
      return 'no-ack'
    case 'refused':
      return 'expired'
    default:
      return outcome
  }
}
