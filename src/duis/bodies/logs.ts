/** What is read over a period: logs and profiles. */
import type { ReadBillingDataLog, ReadLog } from '../../wan/messages/wan-types.generated.ts'
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

/** The parameters of whatever is read by interval. */
export interface ProfilePeriod {
  fromMs: number
  toMs: number
  maxEntries: number
}

export function readProfile(fields: Fields): ProfilePeriod {
  return { ...readLogPeriod(fields), maxEntries: MOST_INTERVALS }
}

/** What to ask for when an answer kept later intervals back. */
export function nextPart(
  { more, entries, intervalS }: { more: boolean; entries: readonly { startMs: number }[]; intervalS: number },
  asked: ProfilePeriod,
): ProfilePeriod | undefined {
  const last = entries.at(-1)
  return more && last ? { ...asked, fromMs: last.startMs + intervalS * 1_000 } : undefined
}

/** The device gives all that it keeps; the period is checked for its form. */
export function readBillingDataLog(fields: Fields): ReadBillingDataLog {
  readLogPeriod(fields)
  return {}
}

/** The hub answers with the newest of the log; the period is checked for its form. */
export function readEventOrSecurityLog(fields: Fields): ReadLog {
  readLogPeriod(fields)
  const log = fields.choice('LogToRead', ['Event', 'Security'])
  return { log: log === 'Event' ? 'EVENT' : 'SECURITY', maxEntries: MOST_LOG_ENTRIES }
}
