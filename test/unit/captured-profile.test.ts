import { expect, test } from 'vitest'
import { milliseconds, minutes, seconds } from '../../src/base/time.ts'
import { loadProfile } from '../../src/profiles/load-profile.ts'
import { capturedProfile } from '../../src/rig/capture/captured-profile.ts'
import { type Seen, seeSleep } from '../../src/rig/capture/facts-seen.ts'
import { fileDeps } from '../../src/rig/prepare.ts'

const base = loadProfile('honeywell-elster/as300p/1.4.2', fileDeps)
const seenSo = (facts: Record<string, string | number | boolean>): Seen => ({
  facts: new Map(Object.entries(facts)),
  missing: [],
})

test('a value that no profile can state is left out, and named', () => {
  const { facts, missing } = capturedProfile(
    seenSo({ '/metering/divisor': 0, '/identity/modelId': 'Zähler', '/metering/multiplier': 3 }),
    base,
    'captured today [measured]',
  )
  expect(missing).toEqual([
    'identity.modelId: 1 to 30 printable ASCII characters expected, "Zähler" found',
    'metering.divisor: a whole number 1 to 16777214 expected, 0 found',
  ])
  const stated = Object.fromEntries(facts.map(({ pointer, value, source }) => [pointer, [value, source.split(' ')[0]]]))
  expect(stated).toMatchObject({
    '/metering/divisor': [1_000, 'assumed:'],
    '/identity/modelId': ['AS300P', 'assumed:'],
    '/metering/multiplier': [3, 'captured'],
  })
})

test('its id is what the device says, not what it was expected to be', () => {
  const { id } = capturedProfile(
    seenSo({ '/identity/manufacturerName': 'Acme & Sons', '/firmware/version': '2.0' }),
    base,
    'captured today [measured]',
  )
  expect(id).toBe('acme-sons/as300p/2.0')
})

test('what it says of itself is taken as it says it: the quirks of saying it otherwise are gone', () => {
  if (base.device !== 'ESME') throw new Error('not an ESME')
  const malformedVersion = { says: 'V{version}' }
  const odd = { ...base, quirks: { ...base.quirks, malformedVersion, wrongUnit: { divisor: 100 } } }
  const quirks = (seen: Record<string, string | number>) => {
    const { facts } = capturedProfile(seenSo(seen), odd, 'captured today [measured]')
    return Object.fromEntries(facts.map(({ pointer, value }) => [pointer, value]))
  }
  expect(quirks({ '/firmware/version': 'V1.4.2' })).toMatchObject({
    '/firmware/version': 'V1.4.2',
    '/quirks/malformedVersion': false,
    '/quirks/wrongUnit': { divisor: 100 },
  })
  // A version that no profile can state was not taken.
  expect(quirks({ '/firmware/version': 'V1.4.2\0', '/metering/divisor': 100 })).toMatchObject({
    '/quirks/malformedVersion': malformedVersion,
    '/quirks/wrongUnit': false,
  })
})

/** Moments of wake-ups so far apart, each with polls so far apart. */
const wakes = (count: number, everyUs: number, pollUs: number) =>
  Array.from({ length: count }, (_, wake) =>
    Array.from({ length: 6 }, (_, poll) => wake * everyUs + poll * pollUs),
  ).flat()

test.each([
  [
    'half-hourly',
    wakes(5, minutes(30), milliseconds(504)),
    { '/sleep/wakeIntervalMin': 30, '/sleep/shortPollMs': 500 },
  ],
  [
    'a little late at times',
    wakes(5, minutes(30) + seconds(12), seconds(2)),
    { '/sleep/wakeIntervalMin': 30, '/sleep/shortPollMs': 2_000 },
  ],
  ['once', wakes(1, 0, seconds(1)), { '/sleep/shortPollMs': 1_000 }],
  ['never', [], {}],
])('wake-ups %s', (_what, moments, facts) => {
  const seen = seenSo({})
  seeSleep(moments, seen)
  expect(Object.fromEntries(seen.facts)).toEqual(facts)
  expect(seen.missing.length).toBe(2 - seen.facts.size)
})
