/**
 * A SIM's life from its SMSO's account to the end of the batch, with all that may go wrong on the way: each state is reached over the
 * broker and named, and each mishap leaves the home in a condition that is stated and true.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type Attempt,
  home,
  inMemory,
  type Migrated,
  migrateRig,
  temporaryFolder,
  verdictsOn,
  writeRig,
} from '../helpers/migration.ts'

const migrate = (attempt: Attempt = {}) => migrateRig({ rig: inMemory(), ...attempt })
const imsi = '234100123456781'

/** What failed or could not be judged, by step. */
const failed = ({ verdicts }: Migrated, id = 'home-1') => [
  ...new Set(
    verdicts.flatMap(({ installation, step, verdict }) =>
      installation === id && (verdict === 'FAIL' || verdict === 'BLOCKED') ? [step] : [],
    ),
  ),
]
const left = ({ conditions }: Migrated) =>
  Object.fromEntries(conditions.map(({ installation, id }) => [installation, id]))
/** Where the hub really is, and what the network really lets it do. */
function truth({ rig }: Migrated, id = 'home-1') {
  const { link, record } = rig.installation(id)
  const allowed = ['newcastle', 'elster'].filter(apn => 'ip' in rig.sims.admit(record.sim.imsi, apn))
  const sim = rig.sims.sim(record.sim.imsi)
  return {
    attached: link.session?.apn ?? 'none',
    allowed,
    stage: rig.sims.stageOf(record.sim.imsi),
    account: sim?.account,
  }
}
const events = ({ directory }: Migrated) =>
  readFileSync(join(directory, 'trace.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line).event)

/** Homes with their HAN in memory. */
const homes = (...changes: Record<string, unknown>[]) =>
  writeRig(
    changes.map((change, i) => ({
      ...home(`home-${i + 1}`, 50 + i),
      han: { kind: 'aps', panId: '0x1a62', channel: 15 },
      ...change,
    })),
  )
/** The Group file, changed. */
function groupWith(was: string, is: string): string {
  const text = readFileSync('src/migration/groups/cb.yaml', 'utf8')
  expect(text).toContain(was)
  const file = join(temporaryFolder(), 'cb.yaml')
  writeFileSync(file, text.replace(was, is))
  return file
}

describe('each state', () => {
  test('Q0, original: what fails before the operator is asked leaves the SIM as it was', async () => {
    const run = await migrate({
      groupFile: groupWith(
        'action: check-clock,\n          over: before',
        'action: check-clock,\n          over: after',
      ),
    })
    expect([failed(run), left(run)]).toEqual([['CB-PRE-CLOCK'], { 'home-1': 'q0-original' }])
    expect(truth(run)).toEqual({
      attached: 'newcastle',
      allowed: ['newcastle'],
      stage: 'original',
      account: 'mds-original',
    })
  })

  test('Q1, transferred: the SIM is on the new account, and its hub stays where it is', async () => {
    // The first address of the pool is the other's already.
    const sim = home('home-2', 51).sim as Record<string, unknown>
    const rig = homes({}, { sim: { ...sim, addresses: { newcastle: '10.20.51.11', elster: '10.60.0.10' } } })
    const run = await migrate({ rig })
    expect(failed(run)).toEqual(['CB-NET-ADDRESS'])
    expect(left(run)).toMatchObject({ 'home-1': 'q1-prepared' })
    expect(truth(run)).toMatchObject({ attached: 'newcastle', stage: 'transferred', account: 'dcc-smets1' })
  })

  test('Q2, data sent: the SMSO has IMSI and address, and serves on', async () => {
    const run = await migrate({ faults: ['sim.plan=newcastle-only'] })
    expect(left(run)).toEqual({ 'home-1': 'q2-data-sent' })
    expect(truth(run)).toMatchObject({ attached: 'newcastle', stage: 'data-sent' })
  })

  test('Q3, switched: on the new access point; while the S1SP is not through, the batch is not closed, for nobody', async () => {
    const run = await migrate({
      rig: homes({}, {}),
      faults: ['home-1/dco.centres=both'],
      settings: ['parties.outageWithinS=60'],
    })
    expect([failed(run), failed(run, 'home-2')]).toEqual([['CB-KEY-ROTATE'], []])
    expect(left(run)).toEqual({ 'home-1': 'q3-switched', 'home-2': 'q3-switched' })
    expect(truth(run)).toMatchObject({ attached: 'elster', allowed: ['newcastle', 'elster'], stage: 'data-sent' })
    expect(run.verdicts.filter(({ phase }) => phase === 'closing')).toEqual([])
  })

  test('Q4a and Q4b: the files close the batch, the migrated SIM on elster only, the retained one with its SMSO', async () => {
    const run = await migrate({ rig: homes({}, {}), faults: ['home-2/esme.firmware=9.9,at:apn-switch'] })
    expect(left(run)).toEqual({ 'home-1': 'q4a-migrated', 'home-2': 'q4b-retained' })
    expect(truth(run, 'home-1')).toEqual({
      attached: 'elster',
      allowed: ['elster'],
      stage: 'migrated',
      account: 'dcc-smets1',
    })
    expect(truth(run, 'home-2')).toEqual({
      attached: 'newcastle',
      allowed: ['newcastle'],
      stage: 'retained',
      account: 'mds-only',
    })
    for (const step of [
      'CB-CLO-FILES',
      'CB-CLO-PLAN',
      'CB-CLO-SESSION',
      'CB-CLR-FILES',
      'CB-CLR-ACCOUNT',
      'CB-CLR-SERVICE',
    ]) {
      expect(verdictsOn(run.verdicts, step)).toMatchObject([{ verdict: 'PASS', phase: 'closing' }])
    }
    // Each is told once, in the time of its own home.
    const closings = events(run).filter(
      ({ kind, verb }) => kind === 'csp.request' && verb.startsWith('file.') && verb !== 'file.imsi-ip',
    )
    expect(closings).toHaveLength(2)
  })

  test('a batch of which nothing is migrated is not closed', async () => {
    const run = await migrate({ rig: homes({}, {}), faults: ['sim.plan=newcastle-only'] })
    expect(left(run)).toEqual({ 'home-1': 'q2-data-sent', 'home-2': 'q2-data-sent' })
    expect(run.verdicts.filter(({ phase }) => phase === 'closing')).toEqual([])
  })
})

test('a switch ordered before the plan allows elster: the attach is refused, the hub goes back, and its SMSO reaches it', async () => {
  const run = await migrate({ faults: ['sim.plan=newcastle-only'] })
  expect(failed(run)).toEqual(['CB-APN-SWITCH'])
  const [switched] = verdictsOn(run.verdicts, 'CB-APN-SWITCH')
  expect(switched?.observed).toBe('not attached at elster after 00:15:00; at newcastle: session up')
  expect(events(run).filter(({ kind }) => kind === 'wan.attach-refused')).toHaveLength(5)
  expect(events(run)).toContainEqual({
    kind: 'device.event',
    code: 'APN_FALLBACK',
    text: 'elster refused 5 times (plan); back to newcastle',
  })
})

describe('a hub that reboots in the middle of the switch', () => {
  // The order is answered at once; the hub detaches 1.5 s later, and attaches 8 s after that.
  test.each([
    ['before it lets go of the old access point', '1s', '1min'],
    ['while it attaches to the new one', '5s', '1min'],
    ['and is without power longer than its attempts would last', '1s', '10min'],
  ])('%s comes back on the new one', async (_, at, off) => {
    const run = await migrateRig({ faults: [`hub.off=${off},at:apn-switch+${at}`] })
    expect(events(run)).toContainEqual({ kind: 'fault.lifted', fault: `hub.off=${off},at:apn-switch+${at}` })
    expect(verdictsOn(run.verdicts, 'CB-APN-SWITCH')).toMatchObject([{ verdict: 'PASS' }])
    expect(truth(run).attached).toBe('elster')
  })

  test('to an access point that refuses it goes back to the one before, which it has not forgotten', async () => {
    const run = await migrateRig({ faults: ['hub.off=2min,at:apn-switch+1s', 'sim.plan=newcastle-only'] })
    expect(failed(run)).toEqual(['CB-APN-SWITCH'])
    expect(truth(run).attached).toBe('newcastle')
    expect(left(run)).toEqual({ 'home-1': 'q2-data-sent' })
  })
})

describe('a static address', () => {
  test('that another SIM has is not given twice: the operator says so, and nothing is sent', async () => {
    const sim = home('home-2', 51).sim as Record<string, unknown>
    const rig = homes({}, { sim: { ...sim, addresses: { newcastle: '10.20.51.11', elster: '10.60.0.10' } } })
    const run = await migrate({ rig })
    expect(verdictsOn(run.verdicts, 'CB-NET-ADDRESS')).toContainEqual(
      expect.objectContaining({
        installation: 'home-1',
        verdict: 'FAIL',
        observed: 'no-address 10.60.0.10 on "elster" is another SIM\'s already',
      }),
    )
    expect(truth(run, 'home-1').attached).toBe('newcastle')
    expect(truth(run, 'home-2').attached).toBe('elster')
  })

  test('that another SIM is on in the network keeps the hub off the access point, and it goes back', async () => {
    const run = await migrate({ faults: ['sim.address=taken'] })
    expect([failed(run), left(run)]).toEqual([['CB-APN-SWITCH'], { 'home-1': 'q2-data-sent' }])
    expect(truth(run).attached).toBe('newcastle')
  })

  test('that differs from the file is found where the file is read', async () => {
    const run = await migrate({ faults: ['sim.file=ip'] })
    expect([failed(run), left(run)]).toEqual([['CB-NET-FILE'], { 'home-1': 'q2-data-sent' }])
    expect(verdictsOn(run.verdicts, 'CB-NET-FILE')[0]?.observed).toBe(`${imsi},8944110012345678901,elster,10.60.0.11`)
  })

  test('that differs in the network from what every file says leaves the hub astray, and it is said where', async () => {
    const run = await migrate({ faults: ['sim.address=10.60.9.9'] })
    expect([failed(run), left(run)]).toEqual([['CB-APN-SWITCH'], { 'home-1': 'astray' }])
    expect(verdictsOn(run.verdicts, 'CB-APN-SWITCH')[0]?.observed).toBe(
      'attached at elster 10.60.9.9, an address that no file has',
    )
    expect(run.rig.installation('home-1').link.session).toEqual({ apn: 'elster', ip: '10.60.9.9' })
  })
})

test('an IMSI in the file that is not the SIM’s is found where the file is read, and the hub is not switched', async () => {
  const run = await migrate({ faults: ['sim.file=imsi'] })
  expect([failed(run), left(run)]).toEqual([['CB-NET-FILE'], { 'home-1': 'q2-data-sent' }])
  expect(verdictsOn(run.verdicts, 'CB-NET-FILE')[0]?.observed).toBe(
    '234100123456782,8944110012345678901,elster,10.60.0.10',
  )
  expect(truth(run).attached).toBe('newcastle')
})

describe('a SIM in the wrong file', () => {
  test('retained, and named as migrated: unreachable on newcastle, and said to be so', async () => {
    const run = await migrate({
      rig: homes({}, {}),
      faults: ['home-2/esme.firmware=9.9,at:apn-switch', 'home-2/smso.list=migrated'],
    })
    expect(left(run)).toEqual({ 'home-1': 'q4a-migrated', 'home-2': 'q4a-unreached' })
    expect(truth(run, 'home-2')).toMatchObject({ attached: 'none', allowed: ['elster'], stage: 'migrated' })
    expect(verdictsOn(run.verdicts, 'CB-CLR-SERVICE')).toMatchObject([
      { verdict: 'FAIL', observed: 'E20 session down (plan) after 00:05:00' },
    ])
  })

  test('migrated, and named as retained: cut off from the S1SP', async () => {
    const run = await migrate({ rig: homes({}, {}), faults: ['home-2/smso.list=retained'] })
    expect(left(run)).toEqual({ 'home-1': 'q4a-migrated', 'home-2': 'cut-off' })
    expect(failed(run, 'home-2')).toEqual(['CB-CLO-PLAN', 'CB-CLO-SESSION'])
    expect(truth(run, 'home-2')).toMatchObject({ attached: 'none', stage: 'retained' })
  })
})

test('after the switch there is no way back through the SMSO: its orders reach nobody, though the hub still holds its key', async () => {
  const order =
    '      - { id: CB-APN-BACK, title: The SMSO asks still, party: SMSO, action: prove-no-answer, source: assumed }\n'
  const next = '\n  - id: device-checks\n'
  const run = await migrate({
    groupFile: groupWith(next, `${order}${next}`),
    faults: ['esme.firmware=9.9,at:apn-switch'],
  })
  expect(verdictsOn(run.verdicts, 'CB-APN-BACK')).toMatchObject([
    { verdict: 'PASS', observed: 'no answer; the address is session down (detached)' },
  ])
  expect(events(run)).toContainEqual({
    kind: 'wan.refused',
    reason: 'no-session',
    detail: 'nobody is attached at newcastle 10.20.0.11',
  })
  expect(run.rig.installation('home-1').hub.session.originators.names).toContain('smso')
})
