/** Upgrades through a home that loses frames and power at any moment, and whose process is killed: in the end everybody has them. */
import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import { ID, LATER, otaHome, shelve } from '../helpers/ota-home.ts'
import { type Home, restarted } from '../unit/device-home.ts'

const SEEDS = [1, 2, 3, 4]
const STORM_US = minutes(40)
/** Awake long enough that a storm may hit the gas meter as well. */
const PARTS = [ID.ESME, ID.PPMID, ID.GSME, ID.CHF] as const
const UPGRADES = [
  [ID.ESME, LATER.esme, '1.5.0'],
  [ID.PPMID, LATER.ppmid, 'V1.2 build 0417'],
  [ID.GSME, LATER.gsme, '3.1.0'],
] as const

function storm(day: Home, seed: number): Home {
  const dice = new SeededRandom(`storm ${seed}`).stream('strokes')
  let home = day
  const endUs = home.kernel.nowUs() + STORM_US
  while (home.kernel.nowUs() < endUs) {
    home.run(seconds(10 + dice.int(180)))
    if (dice.int(4) === 0) {
      home = restarted(home)
      home.run(seconds(1))
      continue
    }
    const part = PARTS[dice.int(PARTS.length)] ?? ID.ESME
    const powerOn = home.installation.han.cutPower(part)
    home.run(seconds(1 + dice.int(90)))
    powerOn()
  }
  return home
}

describe.each([
  ['in memory', true],
  ['on the air', false],
])('a home %s', (_, inMemory) => {
  test.each(SEEDS)(
    'comes through storm %i with every image run, and meters that count on',
    { timeout: 120_000 },
    seed => {
      const lossy = ['channel: 15 }', 'channel: 15, loss: 0.05 }'] as const
      const day = otaHome({ inMemory, seed: `${seed}`, keep: () => false, edits: [lossy] })
      day.run(minutes(10))
      const before = day.installation.devices.esme?.totalWh ?? 0
      for (const [device, image] of UPGRADES) shelve(day.installation, { ...image, octets: 60_000 }, { to: [device] })
      const after = storm(day, seed)
      after.run(hours(6))
      const { hub, devices } = after.installation
      for (const [device, , version] of UPGRADES) {
        expect([device, hub.ota.progressOf(device)?.state]).toEqual([device, 'done'])
        expect(after.ask('readFirmwareVersion', device, {})?.readFirmwareVersion?.version).toBe(version)
      }
      expect(devices.esme?.totalWh).toBeGreaterThan(before)
    },
  )
})
