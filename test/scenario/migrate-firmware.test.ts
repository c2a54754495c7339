/** Homes that are behind are upgraded before they migrate: over the WAN, over the HAN, and into another profile. */
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import { VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { replayRun } from '../../src/rig/replay-run.ts'
import { runMigration } from '../../src/rig/run-migration.ts'
import { announcementOf } from '../helpers/firmware-image.ts'
import { firmwareRig, laterImage } from '../helpers/firmware-rig.ts'
import { migrateRig, notPassed, temporaryFolder, verdictsOn } from '../helpers/migration.ts'
import { home, ID } from '../unit/device-home.ts'

const NOT_NEEDED = ['CB-REC-RETURN SKIPPED', 'CB-REC-SERVICE SKIPPED']
const SLOW = 120_000

test('hub, meters and PPMID are brought on, then the home migrates', { timeout: SLOW }, async () => {
  const run = await migrateRig(firmwareRig({ behind: ['CHF', 'ESME', 'GSME', 'PPMID'] }))
  expect(notPassed(run.verdicts)).toEqual(NOT_NEEDED)
  const upgrades = verdictsOn(run.verdicts, 'CB-PRE-UPGRADE').map(
    ({ deviceType, observed }) => `${deviceType} ${observed}`,
  )
  expect(upgrades).toEqual([
    expect.stringMatching(/^CHF 2\.2\.0, was 2\.1\.0; 2\.2\.0 of 3000 octets in 00:0/),
    expect.stringMatching(/^ESME 1\.5\.0, was 1\.4\.2; 1\.5\.0 of 3000 octets in 00:/),
    expect.stringMatching(/^GSME 3\.1\.0, was 3\.0\.1; 3\.1\.0 of 3000 octets in 0/),
    expect.stringMatching(/^PPMID 1\.2\.0, was 1\.1\.0; 1\.2\.0 of 3000 octets in 00:/),
  ])
  const [combination] = verdictsOn(run.verdicts, 'CB-AUT-EPCL')
  expect(combination).toMatchObject({ observed: 'CB-EPC-001', expected: expect.stringContaining('AS300P 1.5.0') })
  const { hub } = run.rig.installation('home-1')
  // What an image makes of a hub is another hub.
  expect([hub.firmware, hub.profile.id, hub.profile.wan.attachAttempts]).toEqual([
    '2.2.0',
    'honeywell-elster/s1ch/2.2.0',
    8,
  ])
  const codes = hub.alerts.eventLog.newest(100).map(({ code }) => code)
  const told = codes.filter(code => ['8F8A', '8F43', '8F89'].includes(code))
  // The hub fetches its own from nobody.
  expect(told).toEqual(['8F43', '8F8A', '8F43', '8F8A', '8F43', '8F8A', '8F43'])
})

test('a run with an image from a file is made again from its folder alone', { timeout: SLOW }, async () => {
  const { octets } = laterImage('ESME')
  const { rig: rigFile, groupFile } = firmwareRig({
    behind: ['ESME'],
    index: ({ emulated, ...image }) =>
      `${image.profile}`.includes('as300p') ? { ...image, file: 'esme.ota' } : { ...image, emulated },
    files: { 'esme.ota': octets },
  })
  const out = join(temporaryFolder(), 'run')
  const prepared = prepare({ rigFile, groupFile })
  const run = await runMigration({ prepared, seed: '1', clock: new VirtualRunClock(), broker: {}, out })
  expect(notPassed(run.verdicts)).toEqual(NOT_NEEDED)
  rmSync(dirname(dirname(rigFile)), { recursive: true })
  const replay = await replayRun({ directory: out })
  expect([replay.differences, replay.sameTrace]).toEqual([[], true])
})

test('a meter that is told to execute its image at a time does so then, and its hub tells', () => {
  const { rig: file } = firmwareRig({ behind: ['ESME'] })
  const { ask, run, kernel, ups } = home({ file, keep: () => false })
  run(minutes(10))
  const image = laterImage('ESME')
  const { sha256, octets } = image
  ask('updateFirmware', ID.CHF, { announce: announcementOf(image, [ID.ESME]) })
  ask('updateFirmware', ID.CHF, { chunk: { sha256, offset: 0, octets } })
  ask('updateFirmware', ID.CHF, { finish: { sha256 } })
  run(minutes(10))
  const atMs = kernel.unixMs() + 3 * 3_600_000
  const ordered = ask('activateFirmware', ID.ESME, { sha256, atMs })
  expect(ordered?.activateFirmware).toEqual({ versionBefore: '1.4.2', versionAfter: '1.4.2', pending: true })
  const version = () => ask('readFirmwareVersion', ID.ESME, {})?.readFirmwareVersion?.version
  const told = () => ups.filter(({ message }) => message.alert?.code === '8F43').length
  run(hours(2.9))
  expect([version(), told()]).toEqual(['1.4.2', 0])
  run(hours(0.3))
  expect([version(), told()]).toEqual(['1.5.0', 1])
})

test('on the air as well', { timeout: SLOW }, async () => {
  const run = await migrateRig(firmwareRig({ behind: ['CHF', 'ESME'], onAir: true }))
  expect(notPassed(run.verdicts)).toEqual(NOT_NEEDED)
  expect(run.rig.installation('home-1').hub.firmware).toBe('2.2.0')
})

test('the gas meter of the rig of `npm start` is one version behind, and brought on first', {
  timeout: SLOW,
}, async () => {
  const run = await migrateRig({ rig: 'rigs/cb-gas-behind.yaml' })
  expect(run.summary).toBe('50 passed, 0 failed, 0 blocked, 2 skipped')
  const gas = verdictsOn(run.verdicts, 'CB-PRE-UPGRADE').find(({ deviceType }) => deviceType === 'GSME')
  expect(gas?.observed).toMatch(/^3\.0\.1, was 2\.9\.0; 3\.0\.1 of \d+ octets in 0\d:/)
})
