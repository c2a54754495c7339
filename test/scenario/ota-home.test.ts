import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import type { UpgradeProgress } from '../../src/devices/hub/ota/upgrade-progress.ts'
import { crowd } from '../helpers/ota-crowd.ts'
import { ID, type ImageWish, LATER, otaHome, otaImage, shelve } from '../helpers/ota-home.ts'
import { type Home, type HomeOptions, restarted } from '../unit/device-home.ts'

/** What of a profile is otherwise: the line that stands there, with another before it. */
const stating = (line: string, before: string): readonly [string, string] => [
  before,
  `${line}, source: assumed }\n  ${before}`,
]
const OTA = 0x0019
const BLOCK_REQUEST = '03'
const ESME_IMAGE = 'imageType: { value: 0x0101'
const GSME_IMAGE = 'imageType: { value: 0x0102'
const HUB_IMAGE = 'imageType: { value: 0x0100'

function upgradable(options: HomeOptions = {}) {
  const day = otaHome(options)
  day.run(minutes(10))
  return day
}

/** What an upgrade has come through since. */
function watched({ installation }: Home, device: string) {
  const seen: UpgradeProgress[] = []
  installation.hub.ota.listen((who, progress) => {
    if (who === device) seen.push(progress)
  })
  return {
    seen,
    states: () => seen.flatMap(({ state }, index) => (seen[index - 1]?.state === state ? [] : [state])),
    /** Whether it never had less of the image than before. */
    onlyForward: () => seen.every(({ octets }, index) => octets >= (seen[index - 1]?.octets ?? 0)),
  }
}

const progressOf = ({ installation }: Home, device: string) => installation.hub.ota.progressOf(device)
const version = (day: Home, device: string) =>
  day.ask('readFirmwareVersion', device, {})?.readFirmwareVersion?.version ?? ''
const until = (day: Home, device: string, octets: number, withinUs = minutes(30)) =>
  day.kernel.runUntil(day.kernel.nowUs() + withinUs, () => (progressOf(day, device)?.octets ?? 0) >= octets)

describe.each([
  ['in memory', true],
  ['on the air', false],
])('a home %s', (_, inMemory) => {
  const esme = (day: Home, more: Partial<ImageWish> = {}, how: Partial<Parameters<typeof shelve>[2]> = {}) =>
    shelve(day.installation, { ...LATER.esme, ...more }, { to: [ID.ESME], ...how })

  test('an electricity meter fetches an image, runs it, and is what its profile says', () => {
    const day = upgradable({ inMemory })
    const { devices } = day.installation
    const before = devices.esme?.totalWh ?? 0
    esme(day)
    const { states } = watched(day, ID.ESME)
    day.run(minutes(10))
    expect(states()).toEqual(['downloading', 'downloaded', 'activating', 'done'])
    expect(progressOf(day, ID.ESME)).toMatchObject({ state: 'done', octets: 6_000 })
    expect(devices.esme?.firmware).toBe('1.5.0')
    expect(devices.esme?.totalWh).toBeGreaterThan(before)
    expect(version(day, ID.ESME)).toBe('1.5.0')
    expect(devices.ppmid?.shown.electricity).toBeGreaterThan(0)
    expect(day.events('zcl.malformed')).toEqual([])
    const again = restarted(day)
    again.run(minutes(5))
    expect(version(again, ID.ESME)).toBe('1.5.0')
    expect(progressOf(again, ID.ESME)).toMatchObject({ state: 'done' })
  })

  test('a gas meter fetches its image while it is awake, over several wakings', () => {
    const day = upgradable({ inMemory, edits: [stating('awakeS: { value: 60', GSME_IMAGE)] })
    shelve(day.installation, { ...LATER.gsme, octets: 20_000 }, { to: [ID.GSME] })
    const { onlyForward } = watched(day, ID.GSME)
    day.run(hours(1))
    expect(progressOf(day, ID.GSME)).toMatchObject({ state: 'downloading' })
    day.run(hours(4))
    expect(progressOf(day, ID.GSME)).toMatchObject({ state: 'done' })
    expect(onlyForward()).toBe(true)
    expect(version(day, ID.GSME)).toBe('3.1.0')
  })

  test('devices wait for what has not come over the WAN yet', () => {
    const day = upgradable({ inMemory })
    const octets = otaImage(LATER.esme)
    const name = esme(day, {}, { octets, here: 2_000 })
    day.run(minutes(20))
    expect(progressOf(day, ID.ESME)).toMatchObject({ state: 'downloading', octets: 2_000 })
    day.installation.hub.ota.shelf.append(name, octets.subarray(2_000))
    day.run(minutes(5))
    expect(version(day, ID.ESME)).toBe('1.5.0')
  })

  test('a hub that wants more time between blocks gets it', () => {
    const day = upgradable({ inMemory, edits: [stating('minimumBlockPeriodMs: { value: 2000', HUB_IMAGE)] })
    const from = day.kernel.nowUs()
    esme(day)
    const blocks = 6_000 / 48
    until(day, ID.ESME, 6_000)
    expect(day.kernel.nowUs() - from).toBeGreaterThan(seconds(2) * (blocks - 1))
    expect(day.kernel.nowUs() - from).toBeLessThan(seconds(2.2) * blocks + minutes(1))
  })

  test('an image that is taken back is forgotten, and can come again', () => {
    const day = upgradable({ inMemory })
    const name = esme(day)
    until(day, ID.ESME, 3_000)
    day.installation.hub.ota.withdraw(ID.ESME)
    day.run(minutes(5))
    expect(progressOf(day, ID.ESME)).toMatchObject({ state: 'failed', failure: 'withdrawn' })
    expect(day.installation.devices.esme?.ota?.slots.image).toBeUndefined()
    day.installation.hub.ota.offer(name, [ID.ESME], { when: 'at-once' })
    day.run(minutes(5))
    expect(version(day, ID.ESME)).toBe('1.5.0')
  })

  test('a meter that is cut off in the middle goes on where it was', () => {
    const day = upgradable({ inMemory })
    esme(day)
    const { onlyForward } = watched(day, ID.ESME)
    until(day, ID.ESME, 3_000)
    const powerOn = day.installation.han.cutPower(ID.ESME)
    day.run(minutes(5))
    expect(progressOf(day, ID.ESME)?.octets).toBeLessThan(3_100)
    powerOn()
    day.run(minutes(20))
    expect(onlyForward()).toBe(true)
    expect(version(day, ID.ESME)).toBe('1.5.0')
  })

  test('meter and hub that lose power in the middle go on where they were', () => {
    const day = upgradable({ inMemory })
    esme(day)
    until(day, ID.ESME, 3_000)
    const again = restarted(day)
    const { onlyForward, seen } = watched(again, ID.ESME)
    again.run(minutes(10))
    expect(seen[0]?.octets).toBeGreaterThan(3_000)
    expect(onlyForward()).toBe(true)
    expect(version(again, ID.ESME)).toBe('1.5.0')
  })

  test('meter and display are upgraded at the same time', () => {
    const day = upgradable({ inMemory })
    esme(day)
    shelve(day.installation, LATER.ppmid, { to: [ID.PPMID] })
    day.run(minutes(5))
    expect(version(day, ID.ESME)).toBe('1.5.0')
    expect(version(day, ID.PPMID)).toBe('V1.2 build 0417')
  })

  test('a meter runs its image at the instant it is given, whatever the power does before', () => {
    const day = upgradable({ inMemory })
    const unixMs = day.kernel.unixMs() + 3_600_000
    esme(day, {}, { activation: { when: 'at', unixMs } })
    day.run(minutes(30))
    expect(progressOf(day, ID.ESME)).toMatchObject({ state: 'activating' })
    const again = restarted(day)
    again.run(minutes(29))
    expect(version(again, ID.ESME)).toBe('1.4.2')
    again.run(minutes(3))
    expect(version(again, ID.ESME)).toBe('1.5.0')
    again.run(minutes(3))
    expect(progressOf(again, ID.ESME)).toMatchObject({ state: 'done' })
  })

  test('a meter that forgot when to run its image asks again', () => {
    const edits = [stating('keepsActivation: { value: false', ESME_IMAGE)]
    const day = upgradable({ inMemory, edits })
    esme(day, {}, { activation: { when: 'at', unixMs: day.kernel.unixMs() + 3_600_000 } })
    day.run(minutes(30))
    const again = restarted(day)
    again.run(minutes(33))
    expect(version(again, ID.ESME)).toBe('1.5.0')
  })

  test('a meter waits for the order to run its image', () => {
    const day = upgradable({ inMemory })
    esme(day, {}, { activation: { when: 'on-command' } })
    day.run(hours(4))
    expect(progressOf(day, ID.ESME)).toMatchObject({ state: 'downloaded' })
    expect(version(day, ID.ESME)).toBe('1.4.2')
    day.installation.hub.ota.activate(ID.ESME, { when: 'at-once' })
    day.run(minutes(2))
    expect(version(day, ID.ESME)).toBe('1.5.0')
  })

  test('a gas meter learns of the order at a wake-up', () => {
    const day = upgradable({ inMemory })
    shelve(day.installation, LATER.gsme, { to: [ID.GSME], activation: { when: 'on-command' } })
    day.run(hours(1))
    expect(progressOf(day, ID.GSME)).toMatchObject({ state: 'downloaded' })
    day.installation.hub.ota.activate(ID.GSME, { when: 'at-once' })
    day.run(minutes(65))
    expect(version(day, ID.GSME)).toBe('3.1.0')
  })

  test.each([
    ['ESME', LATER.esme, '1.4.2', '1.5.0'],
    ['GSME', LATER.gsme, '3.0.1', '3.1.0'],
  ] as const)(
    '%s does not run its image at the instant it was given when that is called off',
    (part, image, ...versions) => {
      const day = upgradable({ inMemory })
      const [before, after] = versions
      const unixMs = day.kernel.unixMs() + 5 * 3_600_000
      shelve(day.installation, image, { to: [ID[part]], activation: { when: 'at', unixMs } })
      day.run(hours(3))
      expect(progressOf(day, ID[part])).toMatchObject({ state: 'activating' })
      day.installation.hub.ota.activate(ID[part], { when: 'on-command' })
      day.run(hours(4))
      expect([progressOf(day, ID[part])?.state, version(day, ID[part])]).toEqual(['downloaded', before])
      day.installation.hub.ota.activate(ID[part], { when: 'at-once' })
      day.run(minutes(65))
      expect(version(day, ID[part])).toBe(after)
    },
  )

  test('an image that does not start is rolled back, and the next one runs', () => {
    const day = upgradable({ inMemory })
    const { devices } = day.installation
    esme(day, { fileVersion: 0x0109_0000 })
    day.run(minutes(10))
    expect(progressOf(day, ID.ESME)).toMatchObject({ state: 'failed', failure: 'rolled-back' })
    expect(version(day, ID.ESME)).toBe('1.4.2')
    expect(devices.esme?.ota?.slots.rolledBack).toBe(true)
    esme(day)
    day.run(minutes(5))
    expect(version(day, ID.ESME)).toBe('1.5.0')
    expect(devices.esme?.ota?.slots.rolledBack).toBe(false)
  })

  test('an image that was changed on its way is refused, and the good one then taken', () => {
    const day = upgradable({ inMemory })
    const octets = otaImage(LATER.esme)
    const name = esme(day, {}, { octets: octets.with(3_000, (octets[3_000] ?? 0) ^ 1) })
    day.run(minutes(5))
    expect(progressOf(day, ID.ESME)).toMatchObject({ state: 'failed', failure: 'invalid-image' })
    expect(day.events('device.state').map(({ name: what, value }) => `${what} ${value}`)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^ota refused integrity: /)]),
    )
    day.installation.hub.ota.remove(name)
    esme(day)
    day.run(minutes(5))
    expect(version(day, ID.ESME)).toBe('1.5.0')
  })

  test('a meter that asks for pages gets its image in them', () => {
    const day = upgradable({ inMemory, edits: [stating('pageOctets: { value: 1000', ESME_IMAGE)] })
    esme(day)
    day.run(minutes(5))
    expect(version(day, ID.ESME)).toBe('1.5.0')
  })
})

test('a home whose hub and meter have an RCP for a radio upgrades the meter', () => {
  const day = upgradable({ onSticks: [ID.CHF, ID.ESME] })
  shelve(day.installation, LATER.esme, { to: [ID.ESME] })
  day.run(minutes(10))
  expect(progressOf(day, ID.ESME)).toMatchObject({ state: 'done' })
  expect(version(day, ID.ESME)).toBe('1.5.0')
  expect(day.installation.devices.esme?.ota?.slots.running).toEqual(LATER.esme)
})

test.each([
  [
    'makes two things of a device',
    'value: 0x01050000',
    'value: 0x01040200',
    /firmware\/1: expected one profile for each image/,
  ],
  ['is not there', 'as300p/1.5.0,', 'as300p/1.6.0,', /firmware\/1: expected a firmware-profile, found none/],
])('a rig whose firmware %s is refused', (_, from, to, why) => {
  expect(() => otaHome({ edits: [[from, to]] })).toThrow(why)
})

test('a gas meter asks for firmware while it is awake, and for no longer than its model does', () => {
  const edits = [stating('awakeS: { value: 60', GSME_IMAGE)]
  const day = upgradable({ inMemory: true, edits })
  shelve(day.installation, { ...LATER.gsme, octets: 20_000 }, { to: [ID.GSME] })
  day.records.length = 0
  day.run(hours(2))
  const asked = day
    .events('han.frame')
    .filter(({ from, clusterId, asdu }) => from === ID.GSME && clusterId === OTA && asdu.startsWith(BLOCK_REQUEST, 4))
  const windows = asked.flatMap(({ atUs }, index) => (atUs - (asked[index - 1]?.atUs ?? 0) > minutes(5) ? [index] : []))
  expect(windows).toHaveLength(4)
  for (const [index, first] of windows.entries()) {
    const last = asked[(windows[index + 1] ?? asked.length) - 1]
    expect((last?.atUs ?? 0) - (asked[first]?.atUs ?? 0)).toBeLessThan(seconds(61))
  }
})

test.each([
  ['20 minutes', 200, minutes(18), minutes(24)],
  ['two days', 34_300, hours(46), hours(50)],
])('240 kB take a meter %s, by its model', (_, blockDelayMs, least, most) => {
  const all = crowd({ count: 1, inMemory: true, octets: 240_000, ota: { blockDelayMs } })
  const tookUs = all.upgrade()
  expect(all.booted).toEqual(all.ids)
  expect(tookUs).toBeGreaterThan(least)
  expect(tookUs).toBeLessThan(most)
})

test('a model whose firmware is not changed over the air does not ask', () => {
  const edits = [stating('overTheAir: { value: false', 'imageType: { value: 0x0104')]
  const { cad, ihd } = otaHome({ rig: 'cb-seven-devices', inMemory: true, edits }).installation.devices
  expect([cad?.ota, ihd?.ota?.slots.running.imageType]).toEqual([undefined, 0x0105])
})

describe.each([
  ['in memory', true],
  ['on the air', false],
])('ten meters at one hub %s', (_, inMemory) => {
  test('are upgraded at the same time', () => {
    const all = crowd({ count: 10, inMemory })
    const tookUs = all.upgrade(minutes(10))
    expect(all.booted.toSorted()).toEqual(all.ids)
    expect(tookUs).toBeLessThan(minutes(3))
    expect(all.events).toEqual([])
  })
})
