/** A home without Smart Energy: what hosts see that know neither link keys nor the profile. */
import { describe, expect, it } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import { HOME_PARTS } from '../../src/rig/home-record.ts'
import { home, ID } from './device-home.ts'

const edits = [['channel: 25', 'channel: 25, application: home-automation']] as const

describe('a home in home automation', () => {
  const house = home({ rig: 'cb-seven-devices', edits, keep: ({ kind }) => kind.startsWith('han.') })

  it('joins with the well-known key, establishes none, and talks under the network key alone', () => {
    house.run(minutes(10))
    const frames = house.events('han.frame')
    expect(house.events('han.joined').map(({ device }) => device)).toEqual(
      expect.arrayContaining([ID.ESME, ID.GSME, ID.CAD]),
    )
    expect(frames.length).toBeGreaterThan(10)
    expect(new Set(frames.map(({ profileId }) => profileId))).toEqual(new Set([0, 0x0104]))
    expect(frames.filter(({ clusterId }) => clusterId === 0x0800)).toEqual([])
  })

  it('serves its hub as ever', () => {
    expect(house.ask('readImportRegisters', ID.ESME, {})?.code).toBe('I0')
    house.run(hours(1))
    expect(house.ask('readImportRegisters', ID.GPF, {})?.code).toBe('I0')
    const { ppmid, esme } = house.installation.devices
    expect(ppmid?.shown.electricity).toBeGreaterThan(0)
    expect(ppmid?.shown.electricity).toBeLessThanOrEqual(esme?.totalWh ?? 0)
    expect(Object.keys(house.installation.devices)).toEqual([...HOME_PARTS])
  })
})
