/** The broker goes away and comes back in the middle of a migration. */
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../src/kernel/random.ts'
import type { ChosenBroker } from '../../src/rig/broker-choice.ts'
import { story } from '../helpers/broker-story.ts'
import { home, migrateRig, writeRig } from '../helpers/migration.ts'

let undisturbed: ReturnType<typeof story>
describe('the broker restarts', () => {
  test('at no moment: the story the others are held to', async () => {
    const run = await migrateRig()
    undisturbed = story(run)
    expect(undisturbed.hub.filter(text => text.startsWith('APN_SET'))).toHaveLength(1)
    expect(undisturbed.orders).toHaveLength(8)
  })

  const steps = [
    'CB-PRE-REACH',
    'CB-PRE-KEYS',
    'CB-NET-PLAN',
    'CB-NET-FILE',
    'CB-APN-SWITCH',
    'CB-CHK-REACH',
    'CB-CHK-GT01',
    'CB-KEY-ROTATE',
    'CB-COM-COMMISSION',
    'CB-COM-ALERT',
    'CB-CLO-FILES',
    'CB-CLO-PLAN',
    'CB-POST-SILENT',
  ]
  test.each(steps)('as %s begins: the same verdicts, nothing lost, nothing done twice', async step => {
    let broker: ChosenBroker | undefined
    let restarts = 0
    const run = await migrateRig({
      listener: {
        rigUp: (_, chosen) => {
          broker = chosen
        },
        stepStarted: started => {
          if (started.step === step && restarts++ === 0) broker?.restart?.()
        },
      },
    })
    expect(restarts).toBeGreaterThan(0)
    expect(story(run)).toEqual(undisturbed)
  })

  const random = new SeededRandom('broker restarts').stream('moments')
  const moments = Array.from({ length: 10 }, () => [random.int(250), random.int(250)])
  test.each(moments)('after %i ms and %i ms of wall time: the same', async (...delays) => {
    const run = await migrateRig({
      listener: {
        rigUp: async (_, { restart }) => {
          for (const delay of delays) {
            await new Promise(resolve => setTimeout(resolve, delay))
            await restart?.()
          }
        },
      },
    })
    expect(story(run)).toEqual(undisturbed)
  })

  test('four times while three homes migrate', async () => {
    const rig = writeRig(['north', 'south', 'west'].map((id, i) => home(id, 60 + i)))
    const calm = await migrateRig({ rig })
    let broker: ChosenBroker | undefined
    let ended = 0
    const run = await migrateRig({
      rig,
      listener: {
        rigUp: (_, chosen) => {
          broker = chosen
        },
        stepEnded: () => {
          if (++ended % 30 === 0) broker?.restart?.()
        },
      },
    })
    for (const id of ['north', 'south', 'west']) expect(story(run, id)).toEqual(story(calm, id))
  })
})
