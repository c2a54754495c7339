/** A run made again from its folder, held to what it came to the first time. */
import { expect } from 'vitest'
import { replayRun } from '../../src/rig/replay-run.ts'
import type { MigrationReport } from '../../src/rig/run-migration.ts'

export async function expectReplays({ directory, exitCode, verdicts }: MigrationReport): Promise<void> {
  const report = await replayRun({ directory })
  expect(report).toMatchObject({ divergences: [], differences: [], sameTrace: true, exitCode })
  const byHome = (list: typeof verdicts = []) => Map.groupBy(list, ({ installation }) => installation)
  expect(byHome(report.replayed?.verdicts)).toEqual(byHome(verdicts))
}
