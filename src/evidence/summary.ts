/** What a run came to, in one line and one number. */
import type { StepVerdict, Verdict } from '../ports/verdict.ts'

/** How many verdicts of each kind. */
export type VerdictCounts = Record<Verdict, number>

/** Counts verdicts by kind; only the kind is looked at. */
export function countVerdicts(verdicts: Iterable<Pick<StepVerdict, 'verdict'>>): VerdictCounts {
  const counts: VerdictCounts = { PASS: 0, FAIL: 0, TOLERATED: 0, BLOCKED: 0, SKIPPED: 0 }
  for (const { verdict } of verdicts) counts[verdict] += 1
  return counts
}

/** `N passed, N failed, N blocked, N skipped`; a tolerated difference has passed. */
export function summaryLine(verdicts: Iterable<Pick<StepVerdict, 'verdict'>>): string {
  const counts = countVerdicts(verdicts)
  const passed = counts.PASS + counts.TOLERATED
  return `${passed} passed, ${counts.FAIL} failed, ${counts.BLOCKED} blocked, ${counts.SKIPPED} skipped`
}

/**
 * Exit code of a run that reached its end: 0 when everything judged has passed, 1 when a step failed or could not be
 * judged (blocked is not green), 5 when nothing ran (no verdicts, or skipped ones only).
 */
export function exitCode(verdicts: Iterable<Pick<StepVerdict, 'verdict'>>): 0 | 1 | 5 {
  const counts = countVerdicts(verdicts)
  if (counts.FAIL + counts.BLOCKED > 0) return 1
  return counts.PASS + counts.TOLERATED > 0 ? 0 : 5
}

/** The one word over a run: the gravest of its verdicts; SKIPPED when nothing ran. */
export function overallVerdict(verdicts: Iterable<Pick<StepVerdict, 'verdict'>>): Verdict {
  const counts = countVerdicts(verdicts)
  const gravestFirst: Verdict[] = ['FAIL', 'BLOCKED', 'TOLERATED', 'PASS']
  return gravestFirst.find(verdict => counts[verdict] > 0) ?? 'SKIPPED'
}
