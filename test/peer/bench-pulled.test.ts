/** The cable of a bench's radio stick is pulled in the middle of a step, and plugged in again. */
import { expect, test } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { migrateBench } from '../helpers/bench.ts'
import { notPassed, verdictsOn } from '../helpers/migration.ts'
import { expectReplays } from '../helpers/replayed.ts'
import { needsSerial } from '../helpers/serialport.ts'

const AWAY_MS = 1_000

test('the step whose stick is pulled is blocked, those after it pass when it is back', {
  timeout: 90_000,
}, async context => {
  await needsSerial(context)
  const run = await migrateBench((step, { pull, plugIn }) => {
    if (step.step !== 'CB-CHK-READ' || step.device !== 'ESME') return
    pull()
    setTimeout(plugIn, AWAY_MS)
  })
  const { verdicts, exitCode } = run
  const [electricity, gas] = verdictsOn(verdicts, 'CB-CHK-READ')
  expect(electricity).toMatchObject({
    verdict: 'BLOCKED',
    observed: 'nothing',
    reason: expect.stringMatching(/^stick rcp: line serial:\S+ is down: \S/),
  })
  // What is asked next waits for the stick: 5 s after it is back it is of use again.
  expect(gas?.verdict).toBe('PASS')
  expect((gas?.endedUs ?? 0) - (electricity?.endedUs ?? 0)).toBeLessThan(seconds(AWAY_MS / 1_000 + 5))
  // The meter itself is asked over the stick, and the phase that has failed sends the hub back.
  expect(verdictsOn(verdicts, 'CB-CHK-PROFILE')).toMatchObject([{ verdict: 'PASS' }])
  expect(verdicts.slice(-2)).toMatchObject([
    { step: 'CB-REC-RETURN', verdict: 'PASS' },
    { step: 'CB-REC-SERVICE', verdict: 'PASS' },
  ])
  expect(notPassed(verdicts).filter(line => !line.endsWith('SKIPPED'))).toEqual(['CB-CHK-READ ESME BLOCKED'])
  expect(exitCode).toBe(1)
  // The record has what the line brought, and when it was down.
  await expectReplays(run)
})
