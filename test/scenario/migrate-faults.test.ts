/** Each fault yields its own verdict, with what was observed, and leaves the home in a condition that is stated and true. */
import { expect, test } from 'vitest'
import {
  type Attempt,
  home,
  inMemory,
  type Migrated,
  migrateRig,
  notPassed,
  verdictsOn,
  writeRig,
} from '../helpers/migration.ts'

/** Days of silence, without every frame of them: that the air changes no verdict is a test of its own. */
const migrate = (attempt: Attempt = {}) => migrateRig({ rig: inMemory(), ...attempt })

/** What failed or could not be judged. */
const failures = ({ verdicts }: Migrated) =>
  verdicts.filter(({ verdict }) => verdict === 'FAIL' || verdict === 'BLOCKED')

/** Where the hub really is, and what the network really allows. */
function truth({ rig }: Migrated, id = 'home-1') {
  const { link, record, hub } = rig.installation(id)
  const allowed = ['newcastle', 'elster'].filter(apn => 'ip' in rig.sims.admit(record.sim.imsi, apn))
  return { attached: link.session?.apn ?? 'none', allowed, keys: hub.session.originators.names }
}

test('a gas meter silent for 30 h fails GT01 with a window of 24 h, and the age is observed', async () => {
  const run = await migrate({ faults: ['gsme.silent=30h'], settings: ['gt01.windowHours=24'] })
  expect(run.exitCode).toBe(1)
  expect(failures(run)).toMatchObject([{ step: 'CB-CHK-GT01', verdict: 'FAIL' }])
  const hours = Number(/last heard ([\d.]+) h ago/.exec(failures(run)[0]?.observed ?? '')?.[1])
  expect(hours).toBeGreaterThanOrEqual(30)
  expect(hours).toBeLessThan(30.1)
})

test('the same gas meter passes GT01 with a window of 72 h', async () => {
  const run = await migrate({ faults: ['gsme.silent=30h'], settings: ['gt01.windowHours=72'] })
  expect(run.exitCode).toBe(0)
  expect(verdictsOn(run.verdicts, 'CB-CHK-GT01')).toMatchObject([
    { verdict: 'PASS', observed: expect.stringMatching(/last heard 30\.\d\d h ago/) },
  ])
})

test('a gas meter silent for 73 h fails GT01 with the window of the Group file', async () => {
  const run = await migrate({ faults: ['gsme.silent=73h'] })
  expect(failures(run)).toMatchObject([
    { step: 'CB-CHK-GT01', observed: expect.stringMatching(/heard 73\.\d\d h ago/) },
  ])
})

test('after a failed check the home is back with its SMSO, and served', async () => {
  const run = await migrate({ faults: ['gsme.silent=30h'], settings: ['gt01.windowHours=24'] })
  expect(run.conditions).toMatchObject([
    {
      id: 'q2-data-sent',
      attached: 'newcastle',
      plan: 'newcastle-and-elster',
      next: 'cure the cause, then migrate again',
    },
  ])
  expect(truth(run)).toEqual({ attached: 'newcastle', allowed: ['newcastle', 'elster'], keys: ['s1sp', 'smso'] })
  expect(verdictsOn(run.verdicts, 'CB-REC-SERVICE')).toMatchObject([{ verdict: 'PASS' }])
  const skipped = verdictsOn(run.verdicts, 'CB-COM-COMMISSION')
  expect(skipped).toMatchObject([{ verdict: 'SKIPPED', reason: 'the migration stopped in phase device-checks' }])
})

test('a hub without coverage fails at its first step and is cut off', async () => {
  const run = await migrate({ faults: ['hub.wan=down'] })
  expect(run.exitCode).toBe(1)
  expect(failures(run)).toMatchObject([
    { step: 'CB-PRE-REACH', observed: 'E20 session down (no-coverage) after 00:05:00' },
  ])
  expect(run.conditions).toMatchObject([{ id: 'cut-off', attached: 'none', plan: 'newcastle-only' }])
  expect(truth(run).attached).toBe('none')
})

test('a gas meter gone from the whitelist fails GT01, and what is listed is observed', async () => {
  const run = await migrate({ faults: ['gsme.whitelist=absent'] })
  expect(run.exitCode).toBe(1)
  expect(verdictsOn(run.verdicts, 'CB-PRE-WHITELIST').map(({ verdict }) => verdict)).toEqual(['PASS', 'PASS', 'PASS'])
  expect(verdictsOn(run.verdicts, 'CB-CHK-GT01')).toMatchObject([
    { verdict: 'FAIL', observed: 'absent from the device log, which lists 00db1234567890a3, 00db1234567890a5' },
  ])
  expect(truth(run).attached).toBe('newcastle')
})

test('a plan the network does not enforce fails the change of access point, and the hub falls back', async () => {
  const run = await migrate({ faults: ['sim.plan=newcastle-only'] })
  expect(run.exitCode).toBe(1)
  expect(verdictsOn(run.verdicts, 'CB-NET-PLAN')).toMatchObject([{ verdict: 'PASS' }])
  expect(failures(run)).toMatchObject([
    { step: 'CB-APN-SWITCH', observed: 'not attached at elster after 00:15:00; at newcastle: session up' },
  ])
  expect(run.conditions).toMatchObject([{ id: 'q2-data-sent', attached: 'newcastle' }])
  expect(truth(run)).toEqual({ attached: 'newcastle', allowed: ['newcastle'], keys: ['s1sp', 'smso'] })
})

test('a suspended SIM leaves the hub where nobody reaches it: the migration stops before it begins', async () => {
  const run = await migrate({ faults: ['sim.state=suspended'] })
  expect(run.exitCode).toBe(1)
  expect(failures(run)).toMatchObject([{ step: 'CB-PRE-REACH' }])
  expect(run.conditions).toMatchObject([{ id: 'cut-off' }])
})

test.each([
  ['hub.firmware', 'CHF'],
  ['esme.firmware', 'ESME'],
  ['gsme.firmware', 'GSME'],
  ['ppmid.firmware', 'PPMID'],
])('%s off the list fails that device only, with the version it reports', async (fault, deviceType) => {
  const run = await migrate({ faults: [`${fault}=9.9.9,at:apn-switch`] })
  expect(run.exitCode).toBe(1)
  expect(failures(run)).toMatchObject([{ step: 'CB-CHK-FIRMWARE', deviceType, verdict: 'FAIL', observed: '9.9.9' }])
  expect(failures(run)[0]?.expected).toContain('CB-EPC-001')
})

test.each([
  ['hub.firmware', 'CHF', 'honeywell-elster/s1ch', 'coordinating'],
  ['esme.firmware', 'ESME', 'honeywell-elster/as300p', 'responsible'],
  ['gsme.firmware', 'GSME', 'honeywell-elster/bk-g4e', 'responsible'],
  ['ppmid.firmware', 'PPMID', 'generic/ppmid', 'coordinating'],
])(
  '%s off the list from the start stops before anything moves, still served by the SMSO',
  async (fault, deviceType, model, who) => {
    const run = await migrate({ faults: [`${fault}=9.9.9`] })
    expect(run.exitCode).toBe(1)
    expect(failures(run)).toMatchObject([
      { step: 'CB-PRE-UPGRADE', deviceType, verdict: 'FAIL', observed: `9.9.9; nobody knows a ${model}/9.9.9` },
    ])
    expect(failures(run)[0]?.expected).toMatch(new RegExp(`\\(CB-EPC-001\\), for the ${who} supplier$`))
    expect(run.conditions).toMatchObject([{ id: 'q0-original', attached: 'newcastle' }])
    expect(truth(run)).toEqual({ attached: 'newcastle', allowed: ['newcastle'], keys: ['smso'] })
  },
)

test('firmware the list names besides the declared one passes', async () => {
  const run = await migrate({ faults: ['gsme.firmware=3.1.0'] })
  expect(run.exitCode).toBe(0)
  expect(verdictsOn(run.verdicts, 'CB-CHK-FIRMWARE').map(({ observed }) => observed)).toContain('3.1.0')
})

test('a fault for one home leaves the others migrated', async () => {
  const han = { kind: 'aps', panId: '0x1a62', channel: 15 }
  const rig = writeRig(['north', 'south', 'west'].map((id, i) => ({ ...home(id, 40 + i), han: { ...han } })))
  const run = await migrate({ rig, faults: ['south/gsme.silent=30h'], settings: ['gt01.windowHours=24'] })
  expect(run.exitCode).toBe(1)
  expect(failures(run)).toMatchObject([{ installation: 'south', step: 'CB-CHK-GT01' }])
  expect(Object.fromEntries(run.conditions.map(({ installation, id }) => [installation, id]))).toEqual({
    north: 'q4a-migrated',
    south: 'q4b-retained',
    west: 'q4a-migrated',
  })
  expect([truth(run, 'north').attached, truth(run, 'south').attached]).toEqual(['elster', 'newcastle'])
})

test('two faults in one home are both observed', async () => {
  const run = await migrate({ faults: ['esme.firmware=0.0.1,at:apn-switch', 'gsme.whitelist=absent'] })
  expect(notPassed(failures(run))).toEqual(['CB-CHK-FIRMWARE ESME FAIL', 'CB-CHK-GT01 FAIL'])
})

test('a home stuck on the new access point is said to be so, with what to do next', async () => {
  let rig: Migrated['rig'] | undefined
  const run = await migrate({
    listener: {
      rigUp: up => {
        rig = up
      },
      // The hub has lost the key that is about to be removed, so the order to remove it is refused.
      stepEnded: ({ step }) => {
        if (step === 'CB-CHK-PROFILE') rig?.installation('home-1').hub.session.removeKey('smso')
      },
    },
  })
  expect(failures(run)).toMatchObject([
    { step: 'CB-KEY-ROTATE', observed: expect.stringContaining("the SMSO's was not removed: S1RIG_REFUSED") },
  ])
  expect(run.conditions).toMatchObject([
    { id: 'q3-switched', attached: 'elster', next: expect.stringContaining('S1SP') },
  ])
  expect(truth(run)).toEqual({ attached: 'elster', allowed: ['newcastle', 'elster'], keys: ['s1sp'] })
})

test('a hub that loses coverage after the switch cannot be returned, and is said to be cut off', async () => {
  let rig: Migrated['rig'] | undefined
  const run = await migrate({
    listener: {
      rigUp: up => {
        rig = up
      },
      stepEnded: ({ step }) => {
        if (step === 'CB-APN-SWITCH') rig?.installation('home-1').link.setCoverage(false)
      },
    },
  })
  expect(run.exitCode).toBe(1)
  expect(verdictsOn(run.verdicts, 'CB-CHK-REACH')).toMatchObject([{ observed: expect.stringContaining('no-coverage') }])
  expect(verdictsOn(run.verdicts, 'CB-REC-RETURN')).toMatchObject([{ verdict: 'FAIL' }])
  expect(run.conditions).toMatchObject([{ id: 'cut-off', attached: 'none', plan: 'newcastle-and-elster' }])
})
