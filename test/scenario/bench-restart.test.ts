/** The process with the hub dies; its radio stick and the meters before it live on. */
import { expect, onTestFinished, test } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { chooseBroker } from '../../src/rig/broker-choice.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { spinel } from '../../src/rig/dongles/spinel.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { Rig } from '../../src/rig/rig.ts'
import type { RigMemory } from '../../src/rig/rig-options.ts'
import { coordinatorHardware, SEED } from '../helpers/bench.ts'

const ID = 'bench-1'
const METER = '00db1234567890b3'

/** One life of the rig: its hub is up when it returns. */
async function live(rigFile: string, memory?: RigMemory): Promise<{ rig: Rig; events: TraceEvent[] }> {
  const { rig: record, group } = prepare({ rigFile })
  const chosen = await chooseBroker({}, group.apns)
  const login = chosen.login('gateway')
  const events: TraceEvent[] = []
  const rig = new Rig({
    ...{ record, group, seed: SEED, clock: new PacedRunClock(1), broker: chosen.broker, driven: false, faults: [] },
    ...(login && { login }),
    ...{ name: 'life', memory, startUnixMs: Date.now(), onProblem: () => {} },
    sink: ({ event }) => void events.push(event),
  })
  onTestFinished(async () => {
    await rig.stop()
    await chosen.close()
  })
  await rig.start()
  return { rig, events }
}

/** Whether the meter answers its hub, under the link key. */
async function reads(rig: Rig): Promise<boolean> {
  let register: unknown
  const { hub } = rig.installation(ID)
  rig.act(ID, 'read', () =>
    hub.esi.read({ device: METER, endpoint: 1 }, 'Metering', ['CurrentSummationDelivered'], outcome => {
      register = outcome.ok ? outcome.values.CurrentSummationDelivered : false
    }),
  )
  await rig.waitFor(ID, () => register !== undefined, seconds(30))
  return typeof register === 'number'
}

test('a hub on an RCP goes on with its network: the meter takes its frames, and makes no new key', {
  timeout: 120_000,
}, async () => {
  const rigFile = await coordinatorHardware(spinel, 'smart-energy')
  const first = await live(rigFile)
  const keyed = () => first.events.some(event => event.kind === 'han.link-key' && event.partner === METER)
  expect(await first.rig.waitFor(ID, keyed, minutes(1))).toBe(true)
  expect(await reads(first.rig)).toBe(true)
  const memory: RigMemory = { sims: first.rig.sims.memory(), installations: { [ID]: first.rig.memory(ID) } }
  await first.rig.stop()

  const second = await live(rigFile, JSON.parse(JSON.stringify(memory)))
  const formed = () => second.events.some(({ kind }) => kind === 'han.formed')
  expect(await second.rig.waitFor(ID, formed, minutes(1))).toBe(true)
  expect(await reads(second.rig)).toBe(true)
  expect(second.events.filter(event => event.kind === 'han.link-key' && event.partner === METER)).toEqual([])
  expect(second.rig.installation(ID).hub.deviceLog.isJoined(METER)).toBe(true)
})
