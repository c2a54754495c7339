/** A hub on a stick that cannot do what Smart Energy wants: what then cannot be judged is skipped by name, the rest is judged. */
import { expect, test } from 'vitest'
import { MemoryHan } from '../../src/han/memory-han.ts'
import type { HanCapabilities } from '../../src/ports/han.ts'
import { EVERYTHING } from '../../src/rig/bench/capabilities.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { homeOnStick } from '../helpers/bench.ts'
import { type Migrated, migrateRig, verdictsOn } from '../helpers/migration.ts'

const migrateOn = (capabilities: HanCapabilities): Promise<Migrated> =>
  migrateRig({
    rig: homeOnStick('ember'),
    settings: ['wan.answerWithinS=5', 'gt01.requireWhitelist=false'],
    clock: new PacedRunClock(1),
    coordinators: (_, world) => {
      const han = new MemoryHan({ ...world, random: world.random.stream('han'), loss: 0 })
      return Object.assign(han.coordinator(world.eui64), { capabilities })
    },
  })

const story = ({ verdicts }: Migrated, step: string) =>
  verdictsOn(verdicts, step).map(({ deviceType, verdict, reason }) => [deviceType, verdict, reason].join(' ').trim())

test('without the Smart Energy profile no meter is asked, and no step fails for that', async () => {
  const run = await migrateOn({ ...EVERYTHING, linkKeys: false, profileIds: [0x0104] })
  const why = 'hub has no Smart Energy profile on stick stick (ember)'
  expect(story(run, 'CB-PRE-FIRMWARE')).toEqual(['CHF PASS', `ESME SKIPPED ${why}`, `GSME SKIPPED ${why}`])
  expect(story(run, 'CB-APN-SWITCH')).toEqual(['PASS'])
  expect(story(run, 'CB-CHK-READ')).toEqual([`ESME SKIPPED ${why}`, `GSME SKIPPED ${why}`])
  // The hub's own list is read all the same.
  expect(story(run, 'CB-CHK-WHITELIST')).toEqual(['ESME PASS'])
})

test('without link keys registers are not read, but what is not secured with them is asked', async () => {
  const run = await migrateOn({ ...EVERYTHING, linkKeys: false })
  expect(story(run, 'CB-PRE-FIRMWARE')).toEqual(['CHF PASS', 'ESME FAIL', 'GSME FAIL'])
  expect(story(run, 'CB-PRE-KEYS')).toEqual(['SKIPPED CB-PRE-FIRMWARE did not pass'])
})
