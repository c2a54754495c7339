/** A home whose hub goes to the SM WAN through a modem on a line: it is attached by AT commands, and its payload goes beside it. */
import { expect, test } from 'vitest'
import { HardwareAwayError } from '../../src/ports/rig-control.ts'
import type { StepVerdict } from '../../src/ports/verdict.ts'
import { migrateRig, notPassed, verdictsOn } from '../helpers/migration.ts'
import { ELSTER_ADDRESS, homeWithModem, IMSI, modemLine, SETTINGS } from '../helpers/modem-rig.ts'
import { expectReplays } from '../helpers/replayed.ts'

const outcomes = (verdicts: readonly StepVerdict[]) =>
  verdicts.map(({ step, deviceType, verdict }) => [step, deviceType, verdict].filter(Boolean).join(' '))

test('its migration comes to the verdicts of one without a modem; the switch is one of the modem', {
  timeout: 120_000,
}, async () => {
  const { link, clock, modem } = await modemLine()
  const seen: unknown[] = []
  const stepStarted = ({ step }: { step: string }) => {
    if (/APN|REACH|CHK-READ/.test(step)) seen.push(modem.wan.session?.apn)
  }
  const run = await migrateRig({
    ...{ rig: homeWithModem(link), settings: SETTINGS, clock },
    listener: { stepStarted },
  })
  const emulated = await migrateRig({ rig: homeWithModem(undefined), settings: SETTINGS })
  expect(outcomes(run.verdicts)).toEqual(outcomes(emulated.verdicts))
  expect(run.exitCode).toBe(0)
  expect(run.conditions).toMatchObject([{ id: 'q4a-migrated', attached: 'elster' }])
  expect([seen[0], modem.wan.session]).toEqual(['newcastle', { apn: 'elster', ip: ELSTER_ADDRESS }])
  // What the line brought is in the record.
  await expectReplays(run)
})

test('a network that lets the SIM on one access point only refuses the switch, and the hub falls back', {
  timeout: 120_000,
}, async () => {
  const { link, clock } = await modemLine(['sim.plan=newcastle-only'])
  const { verdicts, conditions } = await migrateRig({ rig: homeWithModem(link, { settleMin: 5 }), clock })
  const [failed] = verdicts.filter(({ verdict }) => verdict === 'FAIL')
  expect(failed?.observed).toMatch(/^not attached at elster after .*; at newcastle: session up$/)
  expect(conditions).toMatchObject([{ attached: 'newcastle' }])
})

test('the step in which the line is pulled is blocked; those after it wait for the modem, and pass', {
  timeout: 120_000,
}, async () => {
  const { link, clock, pull, plugIn } = await modemLine()
  const run = await migrateRig({
    ...{ rig: homeWithModem(link), settings: SETTINGS, clock },
    listener: {
      stepStarted({ step, device }) {
        if (step !== 'CB-CHK-READ' || device !== 'ESME') return
        pull()
      },
      stepEnded: ({ verdict }) => void (verdict === 'BLOCKED' && plugIn()),
    },
  })
  const [electricity, gas] = verdictsOn(run.verdicts, 'CB-CHK-READ')
  expect(electricity).toMatchObject({ verdict: 'BLOCKED', observed: 'nothing' })
  expect(electricity?.reason).toMatch(/^modem: line tcp:\S+ is down: \S/)
  expect(gas?.verdict).toBe('PASS')
  const { verdicts, conditions } = run
  expect(notPassed(verdicts).filter(line => !line.endsWith('SKIPPED'))).toEqual(['CB-CHK-READ ESME BLOCKED'])
  expect(verdicts.slice(-2)).toMatchObject([
    { step: 'CB-REC-RETURN', verdict: 'PASS' },
    { step: 'CB-REC-SERVICE', verdict: 'PASS' },
  ])
  expect(conditions).toMatchObject([{ attached: 'newcastle' }])
})

test('a line that stays pulled blocks every step that asks the hub; what the operator is asked goes on', {
  timeout: 120_000,
}, async () => {
  const { link, clock, pull } = await modemLine()
  const { verdicts } = await migrateRig({
    ...{ rig: homeWithModem(link, { settleMin: 5 }), clock },
    listener: { stepStarted: ({ step }) => void (step === 'CB-PRE-REACH' && pull()) },
  })
  const asked = verdicts.filter(({ touchesDevice, verdict }) => touchesDevice && verdict !== 'SKIPPED')
  expect(asked.length).toBeGreaterThan(0)
  expect(new Set(asked.map(({ verdict }) => verdict))).toEqual(new Set(['BLOCKED']))
  expect(verdicts.some(({ verdict }) => verdict === 'FAIL')).toBe(false)
})

test('with another SIM in the modem nothing runs, and it is said whose', async () => {
  const { link, clock } = await modemLine(undefined, { imsi: '234100123456799' })
  const failure = await migrateRig({ rig: homeWithModem(link), clock }).catch(error => error)
  expect(failure).toBeInstanceOf(HardwareAwayError)
  expect(failure.message).toBe(`home-1: modem: its SIM has IMSI 234100123456799, that of the rig ${IMSI}`)
})
