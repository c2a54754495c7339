import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import { ID, LATER, otaHome, otaImage } from '../helpers/ota-home.ts'
import type { Home } from '../unit/device-home.ts'

/** Brings an image for the hub itself, as parties do over the WAN. */
function bring({ installation }: Home, image: { manufacturerCode: number; imageType: number; fileVersion: number }) {
  const octets = otaImage(image)
  const sha256 = createHash('sha256').update(octets).digest('hex')
  const { desk } = installation.hub.upgrades
  desk.announce({ sha256, version: '2.2.0', facts: { ...image, totalImageSize: octets.length } }, [ID.CHF])
  desk.take(sha256, 0, octets)
  return desk.finish(sha256)
}

describe.each([
  ['in memory', true],
  ['on the air', false],
])('a hub %s', (_, inMemory) => {
  test('runs its own image, and is there again with all it knew', () => {
    const day = otaHome({ inMemory })
    day.run(minutes(10))
    const { installation } = day
    const first = installation.hub
    const listed = first.deviceLog.list().map(({ deviceId }) => deviceId)
    expect(bring(day, LATER.hub)).not.toHaveProperty('refused')
    day.run(minutes(5))
    const { hub } = installation
    expect(hub).not.toBe(first)
    expect(hub.profile.id).toBe('honeywell-elster/s1ch/2.2.0')
    expect(hub.deviceLog.list().map(({ deviceId }) => deviceId)).toEqual(listed)
    expect(day.ask('readFirmwareVersion', ID.CHF, {})?.readFirmwareVersion).toEqual({ version: '2.2.0' })
    expect(day.ask('readFirmwareVersion', ID.ESME, {})?.readFirmwareVersion).toEqual({ version: '1.4.2' })
    const alerts = day.ups.flatMap(({ message: { alert } }) => alert?.hubFirmware?.status ?? [])
    expect(alerts).toEqual(['UPDATE_REQUESTED', 'ACTIVATION_SUCCESSFUL'])
    day.run(minutes(40))
    expect(hub.mirror.reading?.atMs).toBeGreaterThan(day.kernel.unixMs() - 32 * 60_000)
  })

  test('comes back with what it ran where the image does not start', () => {
    const day = otaHome({ inMemory })
    day.run(minutes(10))
    bring(day, { ...LATER.hub, fileVersion: 0x0209_0000 })
    day.run(minutes(5))
    expect(day.installation.hub.profile.id).toBe('honeywell-elster/s1ch/2.1.0')
    expect(day.ask('readFirmwareVersion', ID.CHF, {})?.readFirmwareVersion).toEqual({ version: '2.1.0' })
  })
})
