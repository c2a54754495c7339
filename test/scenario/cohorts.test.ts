/** One home of each cohort: it lives a day, and it migrates by the steps of its Group. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { hours } from '../../src/base/time.ts'
import { withCrc } from '../../src/crypto/install-code.ts'
import { migrateRig, notPassed, temporaryFolder, verdictsOn } from '../helpers/migration.ts'
import { home, ID, settledHome } from '../unit/device-home.ts'

const COHORTS = [
  { rig: 'ioc-dual-fuel', group: 'AA', apn: 'ioc', address: '10.61.0.10', gt01: 72, litresOfGas: 10, sleeps: false },
  {
    rig: 'secure-dual-fuel',
    group: 'DA',
    apn: 'secure',
    address: '10.62.0.10',
    gt01: 24,
    litresOfGas: 1,
    sleeps: true,
  },
  {
    rig: 'foc-dual-fuel',
    group: 'EA',
    apn: 'foc',
    address: '10.63.0.10',
    gt01: undefined,
    litresOfGas: 1,
    sleeps: false,
  },
] as const

describe.each(COHORTS)('$rig', ({ rig, group, apn, address, gt01, litresOfGas, sleeps }) => {
  it('comes up and lives a day: all joined, gas mirrored, displays read', () => {
    const day = home({ rig, keep: () => false })
    day.run(hours(24))
    const { hub, link, devices } = day.installation
    expect(hub.deviceLog.list().map(({ deviceId, joined }) => [deviceId, joined])).toEqual([
      [ID.ESME, true],
      [ID.GSME, true],
      [ID.PPMID, true],
    ])
    const ageMs = (device: string) => day.kernel.unixMs() - (day.logged(device)?.lastCommunicationMs ?? 0)
    expect(ageMs(ID.ESME)).toBeLessThan(60_000)
    expect(ageMs(ID.GSME)).toBeLessThan(31 * 60_000)

    const litres = devices.gsme?.totalDm3 ?? 0
    const mirrored = hub.mirror.reading?.registers[0] ?? 0
    expect(mirrored).toBeLessThanOrEqual(litres)
    expect(mirrored).toBeGreaterThan(litres - 1_000)
    const { electricity = 0, gas = 0 } = devices.ppmid?.shown ?? {}
    expect(electricity).toBeLessThanOrEqual(devices.esme?.totalWh ?? 0)
    expect(electricity).toBeGreaterThan((devices.esme?.totalWh ?? 0) - 50)
    expect(gas * litresOfGas).toBeLessThanOrEqual(litres)
    expect(gas * litresOfGas).toBeGreaterThan(litres - 1_000)
    // A hub that short messages wake has let its session go.
    expect(link.session?.apn).toBe(sleeps ? undefined : `${apn}-smso`)
  })

  it('migrates: what its Group asks for passes, GT01 where the Group has it', async () => {
    const { verdicts, exitCode, conditions, rig: after } = await migrateRig({ rig: `rigs/${rig}.yaml` })
    expect(notPassed(verdicts)).toEqual([`${group}-REC-RETURN SKIPPED`, `${group}-REC-SERVICE SKIPPED`])
    expect(exitCode).toBe(0)
    expect(conditions).toMatchObject([{ id: 'migrated', attached: `${apn}-dcc`, plan: 'dcc-only' }])
    const judged = verdictsOn(verdicts, `${group}-CHK-GT01`).map(({ expected }) => expected)
    expect(judged).toEqual(gt01 ? [`the gas meter is listed and was heard within ${gt01} h`] : [])
    const [firmware] = verdictsOn(verdicts, `${group}-PRE-UPGRADE`)
    expect(firmware?.expected).toContain(group === 'EA' ? 'for the responsible' : 'for the coordinating')
    const one = after.installation('home-1')
    expect(one.hub.session.originators.names).toEqual(['s1sp'])
    expect(one.hub.commissioned).toEqual(new Set([ID.ESME, ID.GPF, ID.GSME]))
    if (!sleeps) expect(one.link.session).toEqual({ apn: `${apn}-dcc`, ip: address })
  })
})

it('a gas meter silent for 48 h fails GT01 in Group DA and returns to its SMSO; in Group AA it passes', async () => {
  /** Without frames on the air: what is asked is how long it was silent. */
  const after = (name: string) => {
    const rig = join(temporaryFolder(), 'home.yaml')
    const text = readFileSync(`rigs/${name}.yaml`, 'utf8')
    writeFileSync(rig, text.replace(/han: \{/, 'han: { kind: aps,'))
    return migrateRig({ rig, faults: ['gsme.silent=48h'] })
  }
  const secure = await after('secure-dual-fuel')
  expect(notPassed(secure.verdicts)).toContain('DA-CHK-GT01 FAIL')
  expect(secure.conditions).toMatchObject([{ id: 'prepared' }])
  expect(verdictsOn((await after('ioc-dual-fuel')).verdicts, 'AA-CHK-GT01')).toMatchObject([{ verdict: 'PASS' }])
})

it('a hub with three HAN addresses takes no fourth device', () => {
  const full = settledHome({ rig: 'foc-dual-fuel' })
  const add = { deviceId: ID.IHD, installCode: withCrc(fromHex('0badc0ffee15dead')), joinWindowS: 300 }
  expect(full.ask('updateDeviceLog', ID.CHF, { add })).toMatchObject({ code: 'S1RIG_LOG_FULL' })
  expect(full.ask('updateDeviceLog', ID.CHF, { remove: { deviceId: ID.PPMID } })?.code).toBe('I0')
  expect(full.ask('updateDeviceLog', ID.CHF, { add })?.code).toBe('I0')
})
