/** What the driver makes of hardware that is away, comes back, or cannot do what a step needs. */
import { expect, test } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import { migrate } from '../../src/migration/driver.ts'
import type { Group, Step } from '../../src/migration/group.ts'
import { HardwareAwayError, type Reliance, type RigControl } from '../../src/ports/rig-control.ts'
import type { RequestKind } from '../../src/wan/messages/requests.ts'
import { groupCb, scripted } from '../helpers/scripted-parties.ts'

const step = (id: string, rest: object): Step => ({ id, title: id, party: 'S1SP', source: 'assumed', ...rest }) as Step
const reads = (id: string) => step(id, { action: 'record-firmware', over: 'after', devices: ['ESME'] })
const asksHub = (id: string) => step(id, { action: 'record-firmware', over: 'after', devices: ['CHF'] })
const DOWN = 'stick rcp: line pty:/rcp is down: gone'

/** Walks steps, none of which stops the rest, beside hardware; verdicts with reasons. */
async function walk(steps: Step[], hardware: (control: RigControl, asked: RequestKind[]) => Partial<RigControl>) {
  const group: Group = {
    ...groupCb(),
    phases: [{ id: 'p1', title: 'phase', stop: 'at-end', recovery: 'none', steps }],
    recovery: [],
  }
  const { context, asked } = await scripted({ group, hub: () => ({ readFirmwareVersion: { version: '1' } }) })
  Object.assign(context.control, hardware({ ...context.control }, asked))
  const { verdicts } = await migrate(context)
  return { told: verdicts.map(({ step, verdict, reason }) => [step, verdict, reason].join(' ').trim()), asked }
}

test('a step is skipped, and nobody asked, where the HAN cannot do what it needs', async () => {
  const lacks: RigControl['lacks'] = (_, need) =>
    need === 'smart-energy' ? 'hub has no Smart Energy profile' : undefined
  const { told, asked } = await walk([reads('A'), asksHub('B')], () => ({ lacks }))
  expect(told).toEqual(['A SKIPPED hub has no Smart Energy profile', 'B PASS'])
  expect(asked).toEqual(['readFirmwareVersion'])
})

test('a step that begins while the stick is away waits for it, and passes', async () => {
  const { told } = await walk([reads('A')], control => {
    const backAtUs = control.nowUs('home-1') + 30_000_000
    return { away: () => (control.nowUs('home-1') < backAtUs ? DOWN : undefined) }
  })
  expect(told).toEqual(['A PASS'])
})

test('a stick that stays away blocks every step that needs it, and is waited for once', async () => {
  let waits = 0
  const { told, asked } = await walk([reads('A'), asksHub('B'), reads('C')], control => ({
    away: (_, devices) => (devices.length > 0 ? DOWN : undefined),
    waitFor(id, until, withinUs) {
      if (withinUs === minutes(1)) waits++
      return control.waitFor(id, until, withinUs)
    },
  }))
  expect(told).toEqual([`A BLOCKED ${DOWN}`, 'B PASS', `C BLOCKED ${DOWN}`])
  expect(asked).toEqual(['readFirmwareVersion'])
  expect(waits).toBe(1)
})

test('a step whose stick goes away meanwhile is blocked, whatever came of it', async () => {
  const reliances: { lapse?: string }[] = []
  const relyOn = (lapse?: string) => (): Reliance => {
    const one = { lapse, end: () => void reliances.push({}) }
    return one as Reliance
  }
  const rejecting = await walk([reads('A'), asksHub('B')], control => {
    let relied = false
    return {
      relyOn: (_, devices) => {
        relied = devices.length > 0
        const end = () => {
          relied = false
        }
        return { lapse: relied ? DOWN : undefined, end }
      },
      waitFor: (...all) => (relied ? Promise.reject(new HardwareAwayError(DOWN)) : control.waitFor(...all)),
    }
  })
  expect(rejecting.told).toEqual([`A BLOCKED ${DOWN}`, 'B PASS'])
  const failing = step('A', { action: 'read-identity', over: 'after', devices: ['ESME'] })
  expect((await walk([failing], () => ({ relyOn: relyOn(DOWN) }))).told).toEqual([`A BLOCKED ${DOWN}`])
  expect((await walk([failing], () => ({ relyOn: relyOn() }))).told).toEqual(['A FAIL'])
  expect(reliances).toHaveLength(2)
})
