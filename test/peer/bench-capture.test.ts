/** The profile of a real meter is captured through a radio stick, which the operating system shows as a serial device. */
import { expect, test } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import { captureProfile } from '../../src/rig/capture/capture-profile.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { hardware, SEED } from '../helpers/bench.ts'
import { needsSerial } from '../helpers/serialport.ts'

test('a meter behind a stick says what its profile says, and on what day', { timeout: 90_000 }, async context => {
  await needsSerial(context)
  const { rig } = await hardware()
  const captured = await captureProfile({
    ...{ prepared: prepare({ rigFile: rig }), clock: new PacedRunClock(1), seed: SEED, device: 'esme' },
    ...{ withinUs: minutes(1), watchUs: 0, onProblem: () => {} },
  })
  expect([captured.id, captured.missing]).toEqual(['honeywell-elster/as300p/1.4.2', []])
  const facts = Object.fromEntries(captured.facts.map(({ pointer, value, source }) => [pointer, { value, source }]))
  const today = new Date().toISOString().slice(0, 10)
  expect(facts['/metering/divisor']).toEqual({
    value: 1_000,
    source: `captured ${today} over the HAN from 00db1234567890b3 [measured]`,
  })
  // 60 ms, and what the stick and this machine take.
  expect(facts['/zcl/responseDelayMs']?.value).toBeGreaterThanOrEqual(50)
  expect(facts['/load/annualKWh']?.source).toMatch(/^assumed: /)
})
