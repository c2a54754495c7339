/** Each disaster strikes a migration by its name, and what its file expects is judged beside the steps. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { replayRun } from '../../src/rig/replay-run.ts'
import { runMigration } from '../../src/rig/run-migration.ts'
import { home, inMemory, type Migrated, migrateRig, temporaryFolder, writeRig } from '../helpers/migration.ts'

const strike = (disaster: string, rig = inMemory()) => migrateRig({ rig, disasters: [disaster] })

/** What was judged of the disaster, as `EXPECTATION VERDICT`. */
const judged = ({ verdicts }: Migrated, id = 'home-1') =>
  verdicts
    .filter(({ installation, phase }) => installation === id && phase === 'disaster')
    .map(({ step, verdict }) => `${step.slice(4).toLowerCase()} ${verdict}`)
const observed = ({ verdicts }: Migrated, expectation: string) =>
  verdicts.find(({ step }) => step === `DIS-${expectation.toUpperCase()}`)?.observed
/** Steps of the migration that failed. */
const failed = ({ verdicts }: Migrated) => [
  ...new Set(verdicts.flatMap(({ step, verdict }) => (verdict === 'FAIL' || verdict === 'BLOCKED' ? [step] : []))),
]
const events = ({ directory }: Migrated) =>
  readFileSync(join(directory, 'trace.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line).event)
const HOME_LIVES = ['metering-goes-on PASS', 'gas-is-heard PASS']
/** All homes of these rigs are concerned. */
const NO_OTHERS = 'others-unaffected SKIPPED'

test('one data centre of the S1SP lost: hubs move to the alternate endpoint, alerts wait meanwhile, the migration goes through', async () => {
  const run = await strike('s1sp-one-data-centre')
  expect(judged(run)).toEqual([
    'hub-moves PASS',
    'session-holds PASS',
    'steps-wait PASS',
    'migration-passes PASS',
    ...HOME_LIVES,
    'service-returns PASS',
    'alerts-arrive PASS',
    NO_OTHERS,
  ])
  expect(run.exitCode).toBe(0)
  expect(observed(run, 'steps-wait')).toBe('waited: CB-CHK-REACH')
  const moves = events(run).filter(({ kind }) => kind.startsWith('wan.endpoint'))
  expect(moves).toEqual([
    { kind: 'wan.endpoint-lost', apn: 'elster', endpoint: 'primary' },
    { kind: 'wan.endpoint', apn: 'elster', endpoint: 'alternate' },
  ])
  // It stays there: nobody says that it goes back.
  expect(run.rig.installation('home-1').headEnd.endpoint).toBe('alternate')
})

test('both data centres of the S1SP lost: nothing passes, metering and HAN go on, and its steps wait until it is back', async () => {
  const run = await strike('s1sp-both-data-centres')
  expect(judged(run)).toEqual([
    ...HOME_LIVES,
    'session-holds PASS',
    'nothing-passes PASS',
    'steps-wait PASS',
    'migration-passes PASS',
    'service-returns PASS',
    'alerts-arrive PASS',
    NO_OTHERS,
  ])
  expect(run.conditions).toMatchObject([{ id: 'q4a-migrated' }])
  const waited = events(run).filter(({ kind }) => kind === 'step.waited')
  expect(waited).toMatchObject([{ step: 'CB-CHK-REACH', for: 's1sp', why: 'both its data centres are lost' }])
  expect(waited[0].us).toBe(6 * 3_600_000_000)
})

test('homes of another S1SP do not notice that one S1SP is lost: theirs are migrated meanwhile', async () => {
  const rig = writeRig(
    ['south', 'north'].map((id, i) => ({ ...home(id, 20 + i), han: { kind: 'aps', panId: '0x1a62', channel: 15 } })),
  )
  const run = await strike('s1sp-both-data-centres,only:south', rig)
  expect(judged(run, 'south')).toContain('others-unaffected PASS')
  expect(judged(run, 'north')).toEqual([])
  expect(run.exitCode).toBe(0)
  const ended = (id: string) =>
    Math.max(...run.verdicts.flatMap(v => (v.installation === id && v.phase !== 'disaster' ? [v.endedUs] : [])))
  expect(ended('south') - ended('north')).toBeGreaterThan(5 * 3_600_000_000)
})

test("the S1SP's gateway to the SM WAN down: the hub keeps its session, the S1SP asks in vain, what waited comes after", async () => {
  const run = await strike('s1sp-gateway-down')
  expect(judged(run)).toEqual([
    'session-holds PASS',
    'nothing-passes PASS',
    ...HOME_LIVES,
    'service-returns PASS',
    'alerts-arrive PASS',
    NO_OTHERS,
  ])
  expect(failed(run)[0]).toBe('CB-CHK-REACH')
  expect(observed(run, 'nothing-passes')).toMatch(/^0 passed, \d\d did not$/)
  expect(run.exitCode).toBe(1)
})

test.each(['dco-one-data-centre', 'dco-both-data-centres'])(
  '%s: steps that need the DCO wait, others go on',
  async name => {
    const run = await strike(name)
    expect(judged(run)).toEqual([
      'steps-wait PASS',
      'other-steps-go-on PASS',
      'migration-passes PASS',
      'session-holds PASS',
      ...HOME_LIVES,
      'service-returns PASS',
      NO_OTHERS,
    ])
    expect(observed(run, 'steps-wait')).toBe('waited: CB-KEY-ROTATE')
    const checks = run.verdicts.filter(({ phase }) => phase === 'device-checks')
    const [waited] = events(run).filter(({ kind }) => kind === 'step.waited')
    expect(waited.us).toBeGreaterThan(3.9 * 3_600_000_000)
    // The device checks were over long before.
    expect(Math.max(...checks.map(({ endedUs }) => endedUs))).toBeLessThan(5_409_639_313 + 3_600_000_000)
  },
)

test('the broker drops every connection: the same verdicts as without', async () => {
  const calm = await migrateRig({ rig: inMemory() })
  let restarts = 0
  const run = await migrateRig({
    rig: inMemory(),
    disasters: ['broker-lost'],
    listener: {
      rigUp: (_, chosen) => {
        const restart = chosen.restart?.bind(chosen)
        chosen.restart = async () => {
          restarts++
          await restart?.()
        }
      },
    },
  })
  expect(restarts).toBe(1)
  expect(judged(run)).toEqual(['migration-passes PASS', 'session-holds PASS', 'service-returns PASS'])
  const steps = ({ verdicts }: Migrated) =>
    verdicts.filter(({ phase }) => phase !== 'disaster').map(({ step, device, verdict }) => [step, device, verdict])
  expect(steps(run)).toEqual(steps(calm))
})

test('the SIM suspended: the hub is attached nowhere, and is back when it is resumed', async () => {
  const run = await strike('sim-suspended')
  expect(judged(run)).toEqual(['session-is-lost PASS', ...HOME_LIVES, 'service-returns PASS', NO_OTHERS])
  expect(events(run)).toContainEqual({ kind: 'wan.attach-refused', apn: 'elster', reason: 'sim' })
})

test('the access point down: the hub is dropped, tries again, and its alerts come when it works', async () => {
  const run = await strike('apn-down')
  expect(judged(run)).toEqual([
    'session-is-lost PASS',
    ...HOME_LIVES,
    'service-returns PASS',
    'alerts-arrive PASS',
    NO_OTHERS,
  ])
  expect(events(run)).toContainEqual({ kind: 'wan.attach-refused', apn: 'elster', reason: 'apn-down' })
})

test('another SIM on the address: the hub is refused there, and falls back to its SMSO', async () => {
  const run = await strike('ip-clash')
  expect(judged(run)).toEqual([...HOME_LIVES, 'service-returns PASS', NO_OTHERS])
  expect(failed(run)).toEqual(['CB-APN-SWITCH'])
  expect(events(run)).toContainEqual({
    kind: 'wan.refused',
    reason: 'address-clash',
    detail: '10.60.0.10 on elster is held by another SIM',
  })
  expect(run.rig.installation('home-1').link.session?.apn).toBe('newcastle')
})

/** A disaster of a lab's own; its path. */
function written(changes: string): string {
  const file = join(temporaryFolder(), 'own.yaml')
  writeFileSync(file, `schema: s1rig/disaster/1\nid: own\ntitle: Our own\nsource: assumed\n${changes}`)
  return file
}

test('what a file of a lab expects and does not come about fails, and the run with it', async () => {
  const own = written(`
faults: [{ fault: "hub.wan=down,at:device-checks,for:2h", source: assumed }]
during:
  - { expect: session-holds, source: assumed }
  - { expect: migration-passes, source: assumed }
  - { expect: nothing-passes, source: assumed }
after: [{ expect: service-returns, within: 1s, source: assumed }]
`)
  const run = await strike(own)
  expect(judged(run)).toEqual([
    'session-holds FAIL',
    'migration-passes FAIL',
    'nothing-passes PASS',
    'service-returns FAIL',
  ])
  expect(observed(run, 'service-returns')).toBe('not within 1s')
})

test('a disaster whose moment never comes is blocked, with the reason', async () => {
  const own = written(`
faults: [{ fault: "dco.centres=both,at:commissioning,for:1h", source: assumed }]
during: [{ expect: metering-goes-on, source: assumed }]
after: []
`)
  const run = await migrateRig({ rig: inMemory(), disasters: [own], faults: ['sim.plan=newcastle-only'] })
  const verdict = run.verdicts.find(({ phase }) => phase === 'disaster')
  expect(verdict).toMatchObject({
    verdict: 'BLOCKED',
    reason: 'it never set in as a whole: the run did not come to its moment',
  })
})

test('a party that stays away blocks what needs it once the patience of the Group file is over, and is not waited for again', async () => {
  const run = await migrateRig({
    rig: inMemory(),
    faults: ['dco.centres=both'],
    settings: ['parties.outageWithinS=3600'],
  })
  expect(failed(run)).toEqual(['CB-KEY-ROTATE'])
  expect(run.verdicts.find(({ verdict }) => verdict === 'BLOCKED')?.reason).toBe(
    'the DCO is out: both its data centres are lost',
  )
})

test('a run with a disaster is made again from its folder, with the same verdicts', async () => {
  const out = join(temporaryFolder(), 'run')
  const prepared = prepare({
    rigFile: inMemory(),
    disasters: ['s1sp-one-data-centre'],
    faults: ['gsme.firmware=3.1.0'],
  })
  const run = await runMigration({ prepared, seed: '1', clock: new VirtualRunClock(), broker: {}, out })
  const replay = await replayRun({ directory: out })
  expect(replay.differences).toEqual([])
  expect(replay.sameTrace).toBe(true)
  expect(replay.replayed?.verdicts.length).toBe(run.verdicts.length)
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('s1sp-one-data-centre')
})

test('a fault of the broker is refused where the broker is not ours', async () => {
  const prepared = prepare({ rigFile: inMemory(), disasters: ['broker-lost'] })
  const run = {
    prepared,
    seed: '1',
    clock: new VirtualRunClock(),
    broker: { url: 'mqtt://127.0.0.1:9' },
    out: join(temporaryFolder(), 'run'),
  }
  await expect(runMigration(run)).rejects.toThrow('the broker is yours')
})
