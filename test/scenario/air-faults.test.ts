/** Faults of the air by name, in a migration: when each sets in and lifts, and what it does to the verdicts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import type { TraceRecord } from '../../src/ports/trace.ts'
import { type Migrated, migrateRig, verdictsOn } from '../helpers/migration.ts'

const migrate = (...faults: string[]) => migrateRig({ faults })
const traceOf = ({ directory }: Migrated): TraceRecord[] =>
  readFileSync(join(directory, 'trace.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
/** What was traced of a fault, and when. */
const story = (run: Migrated, fault: string) =>
  traceOf(run).flatMap(({ atUs, part, event }) =>
    part === 'fault' && 'fault' in event && event.fault === fault ? [[event.kind, atUs]] : [],
  )
const count = (run: Migrated, kind: string) => traceOf(run).filter(({ event }) => event.kind === kind).length
const failed = ({ verdicts }: Migrated) => [
  ...new Set(verdicts.filter(({ verdict }) => verdict === 'FAIL').map(({ step }) => step)),
]
const settled = minutes(90)

describe('a migration', () => {
  test('gets through light loss, delays, flipped bits, duplicates and replays, from the first moment on', async () => {
    const kinds = [
      'han.loss=2%',
      'han.delay=5%,by:30ms',
      'han.corrupt=2%',
      'han.duplicate=5%',
      'han.replay=20%,after:1s',
    ]
    const faults = kinds.map(fault => `${fault},at:power-on`)
    const run = await migrate(...faults)
    expect(failed(run)).toEqual([])
    expect(run.exitCode).toBe(0)
    for (const fault of faults) expect(story(run, fault)).toEqual([['fault.injected', 0]])
    expect(count(run, 'radio.frame-replayed')).toBeGreaterThan(100)
    expect(count(run, 'radio.frame-disturbed')).toBeGreaterThan(100)
  })

  test('waits for a gas meter that is off for ten minutes, and fails without one that is off for hours', async () => {
    const short = await migrate('gsme.off=10min')
    expect(failed(short)).toEqual([])
    expect(story(short, 'gsme.off=10min')).toEqual([
      ['fault.injected', settled],
      ['fault.lifted', settled + minutes(10)],
    ])
    expect(failed(await migrate('gsme.off=4h'))).toContain('CB-COM-COMMISSION')
  })

  test('does not read a meter that hears nothing', async () => {
    expect(failed(await migrate('esme.deaf=30min'))).toEqual(['CB-PRE-FIRMWARE'])
  })

  test('does not read a meter whose frame counter went back, and does once it has lifted', async () => {
    expect(failed(await migrate('esme.counter=0'))).toEqual(['CB-PRE-FIRMWARE'])
    const lifted = await migrate('esme.counter=0,at:30min,for:10min')
    expect(story(lifted, 'esme.counter=0,at:30min,for:10min')).toEqual([
      ['fault.injected', minutes(30)],
      ['fault.lifted', minutes(40)],
    ])
    expect(failed(lifted)).toEqual([])
  })

  test('is spoilt from the phase on that a fault is tied to, and no longer from the phase at which it lifts', async () => {
    const run = await migrate('han.interference=-40dBm,at:device-checks')
    expect(failed(run)).toContain('CB-CHK-IDENTITY')
    expect(verdictsOn(run.verdicts, 'CB-PRE-FIRMWARE').map(({ verdict }) => verdict)).not.toContain('FAIL')
    const passing = 'han.interference=-40dBm,at:network-precursor,until:device-checks'
    const spared = await migrate(passing)
    expect(failed(spared)).toEqual([])
    expect(story(spared, passing).map(([kind]) => kind)).toEqual(['fault.injected', 'fault.lifted'])
  })
})

test('the same seed and faults give the same trace', async () => {
  const faults = ['han.loss=5%,from:esme', 'han.bursts=200ms/3s', 'han.replay=30%', 'ppmid.off=1min']
  const [one, two] = [await migrate(...faults), await migrate(...faults)]
  expect(two.traceHash).toBe(one.traceHash)
})
