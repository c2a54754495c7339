/** The process with the hub dies; its radio stick and the meters before it live on. */
import { expect, onTestFinished, test } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { MemoryHan } from '../../src/han/memory-han.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { chooseBroker } from '../../src/rig/broker-choice.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { spinel } from '../../src/rig/dongles/spinel.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { Rig } from '../../src/rig/rig.ts'
import type { RigMemory, RigOptions } from '../../src/rig/rig-options.ts'
import { coordinatorHardware, homeOnStick, SEED } from '../helpers/bench.ts'

const ID = 'bench-1'
const METER = '00db1234567890b3'

interface Life {
  rig: Rig
  events: TraceEvent[]
}

/** A rig that has no power yet. */
async function assembled(rigFile: string, more: Partial<RigOptions> = {}): Promise<Life> {
  const { rig: record, group } = prepare({ rigFile })
  const chosen = await chooseBroker({}, group.apns)
  const login = chosen.login('gateway')
  const events: TraceEvent[] = []
  const rig = new Rig({
    ...{ record, group, seed: SEED, clock: new PacedRunClock(1), broker: chosen.broker, driven: false, faults: [] },
    ...(login && { login }),
    ...{ name: 'life', startUnixMs: Date.now(), onProblem: () => {} },
    sink: ({ event }) => void events.push(event),
    ...more,
  })
  onTestFinished(async () => {
    await rig.stop()
    await chosen.close()
  })
  return { rig, events }
}

const memoryOf = ({ rig }: Life): RigMemory =>
  JSON.parse(JSON.stringify({ sims: rig.sims.memory(), installations: { [ID]: rig.memory(ID) } }))

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
  const first = await assembled(rigFile)
  await first.rig.start()
  const keyed = () => first.events.some(event => event.kind === 'han.link-key' && event.partner === METER)
  expect(await first.rig.waitFor(ID, keyed, minutes(1))).toBe(true)
  expect(await reads(first.rig)).toBe(true)
  const memory = memoryOf(first)
  await first.rig.stop()

  const second = await assembled(rigFile, { memory })
  await second.rig.start()
  const formed = () => second.events.some(({ kind }) => kind === 'han.formed')
  expect(await second.rig.waitFor(ID, formed, minutes(1))).toBe(true)
  expect(await reads(second.rig)).toBe(true)
  expect(second.events.filter(event => event.kind === 'han.link-key' && event.partner === METER)).toEqual([])
  expect(second.rig.installation(ID).hub.deviceLog.isJoined(METER)).toBe(true)
})

test('a stick with a stack of its own is told of the same network in every life', async () => {
  const keys: string[] = []
  const coordinators: NonNullable<RigOptions['coordinators']> = (_, world) => {
    keys.push(Buffer.from(world.random.stream('network key').bytes(16)).toString('hex'))
    const han = new MemoryHan({ ...world, random: world.random.stream('han') })
    return han.coordinator(world.eui64)
  }
  const rigFile = homeOnStick('ember')
  const first = await assembled(rigFile, { coordinators })
  await assembled(rigFile, { coordinators, memory: memoryOf(first) })
  expect(keys).toHaveLength(2)
  expect(keys[0]).toBe(keys[1])
})
