import { describe, expect, test } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import { ID, LATER, otaHome, shelve } from '../helpers/ota-home.ts'

describe.each([
  ['in memory', true],
  ['on the air', false],
])('a home %s', (_, inMemory) => {
  test('an electricity meter fetches an image, runs it, and is what its profile says', () => {
    const day = otaHome({ inMemory })
    day.run(minutes(10))
    const { installation } = day
    const { hub, devices } = installation
    const before = devices.esme?.totalWh ?? 0
    shelve(installation, LATER.esme, { to: [ID.ESME] })
    const told: string[] = []
    hub.ota.listen((_, { state }) => told.at(-1) !== state && told.push(state))
    day.run(minutes(10))
    expect(told).toEqual(['downloading', 'downloaded', 'activating', 'done'])
    expect(hub.ota.progressOf(ID.ESME)).toMatchObject({ state: 'done', octets: 6_000 })
    expect(devices.esme?.firmware).toBe('1.5.0')
    expect(devices.esme?.totalWh).toBeGreaterThan(before)
    expect(day.ask('readFirmwareVersion', ID.ESME, {})?.readFirmwareVersion).toEqual({ version: '1.5.0' })
    expect(devices.ppmid?.shown.electricity).toBeGreaterThan(0)
  })

  test('a gas meter fetches its image while it is awake, over several wakings', () => {
    const day = otaHome({ inMemory })
    day.run(minutes(10))
    const { installation } = day
    shelve(installation, { ...LATER.gsme, octets: 60_000 }, { to: [ID.GSME] })
    day.run(hours(1))
    expect(installation.hub.ota.progressOf(ID.GSME)).toMatchObject({ state: 'downloading' })
    day.run(hours(5))
    expect(installation.hub.ota.progressOf(ID.GSME)).toMatchObject({ state: 'done' })
    expect(day.ask('readFirmwareVersion', ID.GSME, {})?.readFirmwareVersion).toEqual({ version: '3.1.0' })
  })
})
