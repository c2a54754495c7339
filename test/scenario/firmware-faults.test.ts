/**
 * What goes wrong with firmware, each by its fault: the verdict that names it, a home that its SMSO still serves, and a device that
 * meters on and is brought on once the fault is lifted.
 */
import { describe, expect, test } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import type { Installation } from '../../src/rig/installation.ts'
import { announcementOf } from '../helpers/firmware-image.ts'
import { firmwareRig, laterImage } from '../helpers/firmware-rig.ts'
import { type Migrated, migrateRig, verdictsOn } from '../helpers/migration.ts'
import { home, ID } from '../unit/device-home.ts'

const SLOW = 120_000
type Part = 'CHF' | 'ESME' | 'GSME' | 'PPMID'

/** What failed, with what was observed. */
const failures = ({ verdicts }: Migrated) =>
  verdicts
    .filter(({ verdict }) => verdict === 'FAIL' || verdict === 'BLOCKED')
    .map(({ step, deviceType, observed }) => `${step} ${deviceType} ${observed}`)

type Failed = Migrated & { file: string }
async function migrate(part: Part, faults: readonly string[]): Promise<Failed> {
  const files = firmwareRig({ behind: [part] })
  return { ...(await migrateRig({ ...files, faults, settings: ['firmware.pollEveryS=60'] })), file: files.rig }
}

/**
 * The home in a new life without the fault, from all that it kept: its SMSO calls off what is there and brings the device on, and the
 * meters have gone on counting.
 */
function expectBroughtOn({ rig, file }: Failed, part: Part): void {
  const memory = { home: rig.installation('home-1').memory(), sims: rig.sims.memory(), counter: 1_000_000 }
  const again = home({ file, keep: () => false, memory: JSON.parse(JSON.stringify(memory)) })
  const { installation, ask, run } = again
  const before = metered(installation)
  run(minutes(10))
  for (const { sha256 } of ask('readDistribution', ID.CHF, {})?.readDistribution?.images ?? []) {
    ask('discardFirmware', ID.CHF, { sha256 })
  }
  const image = laterImage(part)
  const { sha256, octets } = image
  const announced = ask('updateFirmware', ID.CHF, { announce: announcementOf(image, [ID[part]]) })
  expect(announced?.detail).toBe('')
  ask('updateFirmware', ID.CHF, { chunk: { sha256, offset: 0, octets } })
  expect(ask('updateFirmware', ID.CHF, { finish: { sha256 } })?.code).toBe('I0')
  run(hours(2))
  if (part !== 'CHF' && part !== 'PPMID') ask('activateFirmware', ID[part], { sha256 }, hours(2))
  const version = ask('readFirmwareVersion', ID[part], {})?.readFirmwareVersion?.version
  const after = metered(installation)
  expect({ version, meters: after[0] > before[0] && after[1] > before[1] }).toEqual({
    version: image.version,
    meters: true,
  })
}

const metered = ({ devices }: Installation): [number, number] => [
  devices.esme?.totalWh ?? 0,
  devices.gsme?.totalDm3 ?? 0,
]

/** The migration stopped before anything moved. */
function expectServed(run: Migrated): void {
  expect(run.exitCode).toBe(1)
  expect(run.conditions).toMatchObject([{ id: 'q0-original', attached: 'newcastle' }])
  expect(run.rig.installation('home-1').hub.session.originators.names).toEqual(['smso'])
}

describe('an image that the SMSO must not send', () => {
  test.each([
    ['maker', 'FIRMWARE_IMAGE_DISCARDED: it is for another maker or type|it is for another maker or type'],
    ['type', 'it is for another maker or type'],
    ['older', 'the device did not find it good'],
    ['hardware', 'it is for other hardware'],
    ['signature', 'the device did not find it good'],
    ['signer', 'the device did not find it good'],
    ['hash', 'S1RIG_REFUSED FILE_TRANSFER_FAILURE: SHA-256 [0-9a-f]{64} found, [0-9a-f]{64} announced'],
    ['truncated', 'S1RIG_REFUSED FIRMWARE_IMAGE_DISCARDED: octet .* \\[ota\\..*\\]'],
    ['longversion', 'S1RIG_PARAMETER version: 1 to 8 of .*, found "1.5.0-rc42"'],
    ['badversion', 'S1RIG_PARAMETER version: 1 to 8 of .*, found "1 5 0"'],
  ])('%s: fails with version wanted, version found and the reason', { timeout: SLOW }, async (mistake, reason) => {
    const run = await migrate('ESME', [`smso.image=${mistake}`])
    expect(failures(run)).toEqual([
      expect.stringMatching(`^CB-PRE-UPGRADE ESME 1\\.4\\.2; 1\\S* ?\\S* ?\\S*: (.*: )?(${reason})$`),
    ])
    expect(verdictsOn(run.verdicts, 'CB-PRE-UPGRADE').find(({ verdict }) => verdict === 'FAIL')?.expected).toBe(
      '1.5.0 (CB-EPC-001), for the responsible supplier',
    )
    expectServed(run)
    expectBroughtOn(run, 'ESME')
  })

  test('for the hub is refused by the hub: another maker, other hardware, an unknown signer', {
    timeout: SLOW,
  }, async () => {
    for (const [mistake, reason] of [
      ['maker', 'for no device: 00db1234567890a1 NOT_APPLICABLE_FIRMWARE'],
      ['hardware', 'it is for other hardware'],
      ['signer', 'the device did not find it good'],
    ] as const) {
      const run = await migrate('CHF', [`smso.image=${mistake}`])
      expect(failures(run)).toEqual([expect.stringMatching(`^CB-PRE-UPGRADE CHF 2\\.1\\.0; 2\\.2\\.0: .*${reason}$`)])
      expectServed(run)
      expectBroughtOn(run, 'CHF')
    }
  })
})

describe('an upgrade that goes wrong at the device', () => {
  test.each<[Part, string, string]>([
    ['ESME', 'esme.upgrade=abort,percent:30', 'the device broke it off'],
    ['GSME', 'gsme.upgrade=abort', 'the device broke it off'],
    ['ESME', 'esme.upgrade=stuck,percent:70', 'the device fetched no octet any more'],
    ['GSME', 'gsme.upgrade=stuck', 'the device fetched no octet any more'],
    ['PPMID', 'ppmid.upgrade=abort,percent:90', 'the device broke it off'],
    ['ESME', 'esme.upgrade=space', 'the device broke it off'],
    ['ESME', 'esme.upgrade=verify', 'the device did not find it good'],
    ['ESME', 'esme.upgrade=boot', 'ROLLED_BACK: the device executes its old firmware again'],
    ['GSME', 'gsme.upgrade=boot', 'ROLLED_BACK: the device executes its old firmware again'],
    ['PPMID', 'ppmid.upgrade=boot', 'the device executes its old firmware again'],
    ['ESME', 'esme.upgrade=refused', 'ACTIVATION_REFUSED: the device does not execute it now'],
    ['GSME', 'gsme.upgrade=refused', 'ACTIVATION_REFUSED: the device does not execute it now'],
    ['ESME', 'esme.upgrade=lost', 'E21 it has not said in time that it executes the image|E20 no answer.*'],
    ['ESME', 'esme.upgrade=rival', 'for no device: 00db1234567890a3 OTHER_REQUEST_IN_PROGRESS'],
    ['CHF', 'hub.upgrade=verify', 'the device did not find it good'],
    ['CHF', 'hub.upgrade=boot', 'the device executes its old firmware again'],
    ['CHF', 'hub.upgrade=lost', 'the device did not obey'],
    ['CHF', 'hub.upgrade=space', 'FIRMWARE_IMAGE_DISCARDED: no room for 3000 octets.*'],
  ])('%s with %s fails with the reason', { timeout: SLOW }, async (part, fault, reason) => {
    const run = await migrate(part, [fault])
    expect(failures(run)).toEqual([
      expect.stringMatching(`^CB-PRE-UPGRADE ${part} [\\d.]+; [\\d.]+: (.*: |S1RIG_REFUSED )?(${reason})$`),
    ])
    expectServed(run)
    expectBroughtOn(run, part)
  })
})

describe('what an upgrade gets over', () => {
  const upgraded = (run: Migrated, part: Part) =>
    verdictsOn(run.verdicts, 'CB-PRE-UPGRADE').find(({ deviceType }) => deviceType === part)?.observed

  test.each<[Part, string]>([
    ['ESME', 'esme.upgrade=power,percent:40'],
    ['GSME', 'gsme.upgrade=power'],
    ['ESME', 'hub.wan=down,at:pre-migration-configuration+10s,for:20min'],
    ['GSME', 'hub.wan=down,at:pre-migration-configuration+10min,for:1h'],
  ])('%s with %s is brought on, and the home migrates', { timeout: SLOW }, async (part, fault) => {
    const run = await migrate(part, [fault])
    expect(failures(run)).toEqual([])
    expect(upgraded(run, part)).toMatch(/^(1\.5\.0|3\.1\.0), was /)
    expect(run.conditions).toMatchObject([{ id: 'q4a-migrated' }])
  })

  test('a hub that restarts in the middle of it', { timeout: SLOW }, async () => {
    const rig = firmwareRig({ behind: ['ESME'], onAir: true, octets: 6_000 })
    const run = await migrateRig({ ...rig, faults: ['hub.off=5min,at:pre-migration-configuration+20s'] })
    expect(failures(run)).toEqual([])
    expect(upgraded(run, 'ESME')).toMatch(/^1\.5\.0, was 1\.4\.2/)
  })

  test('a PPMID whose version is no valid identifier counts as an IHD', { timeout: SLOW }, async () => {
    const run = await migrateRig({ ...firmwareRig({ behind: [] }), faults: ['ppmid.firmware=V1.2 build 0417'] })
    expect(failures(run)).toEqual([])
    const ppmid = verdictsOn(run.verdicts, 'CB-PRE-UPGRADE').find(({ deviceType }) => deviceType === 'PPMID')
    expect(ppmid).toMatchObject({ verdict: 'TOLERATED', reason: 'the display counts as an IHD from here on' })
    expect(verdictsOn(run.verdicts, 'CB-AUT-EPCL')).toMatchObject([
      { verdict: 'PASS', observed: 'CB-EPC-002, 00db1234567890a5 as an IHD' },
    ])
  })
})
