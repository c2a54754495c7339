/** The quirks of a profile that its ZCL node has. */
import type { Clock } from '../../ports/time.ts'
import type { Quirks } from '../../profiles/quirk-facts.ts'
import type { NodeQuirk } from '../../zcl/node-quirk.ts'
import { dropsSecondRequest } from './drops-second-request.ts'
import { lateDefaultResponse } from './late-default-response.ts'
import { malformedVersion } from './malformed-version.ts'
import { refusesAfterAttempts } from './refuses-after-attempts.ts'
import { unknownAttributeFails } from './unknown-attribute-fails.ts'
import { wrongUnit } from './wrong-unit.ts'

/** What comes in is dropped before it is counted, and what leaves has its values before its status. */
export function nodeQuirks(quirks: Quirks, clock: Pick<Clock, 'nowUs'>): NodeQuirk[] {
  return [
    quirks.dropsSecondRequest && dropsSecondRequest(quirks.dropsSecondRequest, clock),
    quirks.refusesAfterAttempts && refusesAfterAttempts(quirks.refusesAfterAttempts, clock),
    quirks.malformedVersion && malformedVersion(quirks.malformedVersion),
    quirks.wrongUnit && wrongUnit(quirks.wrongUnit),
    quirks.unknownAttributeFails && unknownAttributeFails(quirks.unknownAttributeFails),
    quirks.lateDefaultResponse && lateDefaultResponse(quirks.lateDefaultResponse),
  ].filter(quirk => typeof quirk === 'object')
}
