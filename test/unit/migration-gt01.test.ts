/** GT01 at its edges. */
import { expect, test } from 'vitest'
import { gt01 } from '../../src/migration/actions/device-steps.ts'
import type { Parameters } from '../../src/migration/group.ts'
import { DEVICES, GSME, type Script, START_MS, scripted } from '../helpers/scripted-parties.ts'

const STEP = { id: 'CB-GT01', title: 'GT01', party: 'S1SP', action: 'gt01', over: 'after', source: 'assumed' } as const
const HOUR_MS = 3_600_000

interface Log {
  /** Age of what was last heard of the gas meter; undefined: never heard; 'absent': not listed. */
  heard: number | undefined | 'absent'
}

const hubWith =
  ({ heard }: Log): NonNullable<Script['hub']> =>
  () => ({
    readDeviceLog: {
      entries: [
        { deviceId: DEVICES.ESME.deviceId, joined: true, lastCommunicationMs: START_MS },
        ...(heard === 'absent'
          ? []
          : [{ deviceId: GSME, joined: true, ...(heard !== undefined && { lastCommunicationMs: START_MS - heard }) }]),
      ],
    },
  })

const table: [what: string, log: Log, parameters: Partial<Parameters>, verdict: string, observed: RegExp][] = [
  ['heard just now', { heard: 0 }, {}, 'PASS', /last heard 0\.00 h ago \(00:00:00\)/],
  ['24 h less a millisecond', { heard: 24 * HOUR_MS - 1 }, { 'gt01.windowHours': 24 }, 'PASS', /23:59:59\.999/],
  [
    '24 h exactly, inclusive',
    { heard: 24 * HOUR_MS },
    { 'gt01.windowHours': 24 },
    'PASS',
    /24\.00 h ago \(1d 00:00:00\)/,
  ],
  ['24 h and a millisecond', { heard: 24 * HOUR_MS + 1 }, { 'gt01.windowHours': 24 }, 'FAIL', /1d 00:00:00\.001/],
  ['72 h exactly, inclusive', { heard: 72 * HOUR_MS }, {}, 'PASS', /72\.00 h ago \(3d 00:00:00\)/],
  ['72 h and a millisecond', { heard: 72 * HOUR_MS + 1 }, {}, 'FAIL', /3d 00:00:00\.001/],
  ['72 h exactly, exclusive', { heard: 72 * HOUR_MS }, { 'gt01.boundary': 'exclusive' }, 'FAIL', /3d 00:00:00\)/],
  [
    '72 h less a millisecond, exclusive',
    { heard: 72 * HOUR_MS - 1 },
    { 'gt01.boundary': 'exclusive' },
    'PASS',
    /2d 23:59:59/,
  ],
  ['half an hour of window', { heard: HOUR_MS }, { 'gt01.windowHours': 0.5 }, 'FAIL', /1\.00 h ago/],
  ['heard in the future, where the hub’s clock is fast', { heard: -2_000 }, {}, 'PASS', /last heard/],
  ['listed and never heard', { heard: undefined }, {}, 'FAIL', /^never heard$/],
  ['not listed', { heard: 'absent' }, {}, 'FAIL', /^absent from the device log, which lists 00db1234567890a3$/],
  [
    'not listed, where that is not required',
    { heard: 'absent' },
    { 'gt01.requireWhitelist': false },
    'FAIL',
    /^never heard$/,
  ],
]

test.each(table)('%s', async (_, log, parameters, verdict, observed) => {
  const { context } = await scripted({ hub: hubWith(log), parameters })
  const outcome = await gt01(context, STEP)
  expect(outcome.verdict).toBe(verdict)
  expect(outcome.observed).toMatch(observed)
  expect(outcome.expected).toContain(`within ${parameters['gt01.windowHours'] ?? 72} h`)
})

test('without a gas meter it is skipped or fails, as the Group says, and asks nobody', async () => {
  const devices = [DEVICES.CHF, DEVICES.ESME]
  const skips = await scripted({ devices })
  expect(await gt01(skips.context, STEP)).toMatchObject({ verdict: 'SKIPPED', reason: 'no GSME in this installation' })
  const fails = await scripted({ devices, parameters: { 'gt01.withoutGsme': 'fail' } })
  expect(await gt01(fails.context, STEP)).toMatchObject({ verdict: 'FAIL', observed: 'no GSME in this installation' })
  expect([...skips.asked, ...fails.asked]).toEqual([])
})

test('a hub that does not answer fails it, with where it was asked and how long', async () => {
  const { context } = await scripted({ hub: () => undefined })
  expect(await gt01(context, STEP)).toMatchObject({
    verdict: 'FAIL',
    observed: 'E20 no answer from elster 10.0.0.2 within 00:02:00',
  })
})

test('a hub that refuses fails it, with what it said', async () => {
  const { context } = await scripted({ hub: () => ({ code: 'E5', detail: 'suspended' }) })
  expect(await gt01(context, STEP)).toMatchObject({ verdict: 'FAIL', observed: 'E5 suspended' })
})
