/** What is read over a period: logs and profiles. */
import type { ReadImportProfile, ReadLog } from '../../wan/messages/wan-types.generated.ts'
import { type Fields, refuse } from '../fields.ts'

/** Most that one answer of a hub holds. */
const MOST_INTERVALS = 1_000
const MOST_LOG_ENTRIES = 100

/** First instant inclusive, last exclusive, Unix ms. @source DUIS schema, ReadLogPeriod; that the end is exclusive: assumed */
export function readLogPeriod(fields: Fields): { fromMs: number; toMs: number } {
  // Says for whom a meter encrypts: nobody, here.
  fields.unused('KAPublicSecurityCredentials')
  return fields.inside('ReadLogPeriod', period => {
    const fromMs = period.instant('StartDateTime')
    const toMs = period.instant('EndDateTime')
    if (toMs <= fromMs) refuse(period.element, 'an end after the start', new Date(toMs).toISOString())
    return { fromMs, toMs }
  })
}

export function readImportProfile(fields: Fields): ReadImportProfile {
  return { ...readLogPeriod(fields), maxEntries: MOST_INTERVALS }
}

/** The hub answers with the newest of the log; the period is checked for its form. */
export function readEventOrSecurityLog(fields: Fields): ReadLog {
  readLogPeriod(fields)
  const log = fields.choice('LogToRead', ['Event', 'Security'])
  return { log: log === 'Event' ? 'EVENT' : 'SECURITY', maxEntries: MOST_LOG_ENTRIES }
}
