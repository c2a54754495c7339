import { describe, expect, test, vi } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { minutes, seconds } from '../../src/base/time.ts'
import type { InletRecord } from '../../src/evidence/inlet-file.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { InterruptedError } from '../../src/ports/rig-control.ts'
import { Flights } from '../../src/rig/clocks/flights.ts'
import { type LineEvent, lineInlet } from '../../src/rig/clocks/inlet.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { RecordingRunClock } from '../../src/rig/clocks/recording-run-clock.ts'
import { ReplayRunClock } from '../../src/rig/clocks/replay-run-clock.ts'
import type { RunClock, Timeline } from '../../src/rig/clocks/run-clock.ts'
import { Wall } from '../helpers/wall.ts'

/** A kernel with a bell each second, and what happened in it. */
function home(id = 'home-1') {
  const kernel = new Kernel({ seed: '1', startUnixMs: 0 })
  const flights = new Flights({ patience: { deliveryMs: 100, outageMs: 100 } })
  const timeline: Timeline = { id, kernel, flights, lines: new Map() }
  const heard: string[] = []
  const hear = (what: string) => void heard.push(`${what} at ${kernel.nowUs()}`)
  const ring = () => {
    hear('bell')
    kernel.after(seconds(1), 'bell', ring)
  }
  kernel.after(seconds(1), 'bell', ring)
  return { timeline, kernel, heard, hear }
}

const message = (text: string) => ({ from: 'broker', topic: 'down', octets: Buffer.from(text) }) as const

function recorder() {
  const wall = new Wall()
  const records: InletRecord[] = []
  return { wall, records, clock: new RecordingRunClock(new PacedRunClock(1, wall), record => records.push(record)) }
}

/** One driver's run: it waits for the third bell, sends a message, then waits for the sixth bell. */
async function drive(clock: RunClock, at: ReturnType<typeof home>, send: () => void): Promise<string[]> {
  const bells = (count: number) => () => at.heard.filter(what => what.startsWith('bell')).length >= count
  const told: string[] = []
  for (const [count, withinUs] of [
    [3, minutes(1)],
    [6, seconds(1)],
  ] as const) {
    const held = await clock.waitFor(at.timeline, bells(count), withinUs)
    told.push(`${held} at ${at.kernel.nowUs()}`)
    if (count === 3) send()
  }
  return told
}

async function recorded() {
  const { wall, records, clock } = recorder()
  const at = home()
  clock.add(at.timeline)
  wall.pass(0.5)
  clock.inject(at.timeline, 'power on', () => at.hear('power'))
  const driven = drive(clock, at, () => {
    wall.pass(250.125)
    clock.inject(at.timeline, 'wan down', () => at.hear('message'), message('hello'))
  })
  wall.pass(3_100)
  await vi.waitFor(() => expect(at.heard.some(what => what.startsWith('message'))).toBe(true))
  wall.pass(1_002)
  const told = await driven
  wall.pass(100)
  clock.stop()
  return { records, heard: at.heard, told }
}

/** The same driver over a record; the message comes back by itself after the driver sent it. */
async function replayed(records: readonly InletRecord[]) {
  const at = home()
  const clock = new ReplayRunClock(id => records.filter(({ installation }) => installation === id))
  clock.add(at.timeline)
  clock.inject(at.timeline, 'power on', () => at.hear('power'))
  const told = await drive(clock, at, () => {
    const { topic, octets } = message('hello')
    at.timeline.flights.sent(topic, octets)
    setImmediate(() => {
      clock.inject(at.timeline, 'wan down', () => at.hear('message'), message('hello'))
      at.timeline.flights.arrived(topic, octets)
    })
  })
  await clock.finish()
  clock.stop()
  return { clock, heard: at.heard, told }
}

describe('a record followed', () => {
  test('everything happens at the recorded moments, in the recorded order', async () => {
    const before = await recorded()
    expect(before.told).toEqual([expect.stringMatching(/^true at 3000\d{3}$/), expect.stringMatching(/^false at 43/)])
    expect(before.heard).toContainEqual(expect.stringMatching(/^message at 335\d{4}$/))
    const { clock, heard, told } = await replayed(before.records)
    expect([heard, told, clock.divergences, clock.brokenOff]).toEqual([before.heard, before.told, [], []])
  })

  test('a message of other octets is a divergence, and the run goes no further', async () => {
    const { records } = await recorded()
    const at = home()
    const clock = new ReplayRunClock(() => records)
    clock.add(at.timeline)
    clock.inject(at.timeline, 'power on', () => at.hear('power'))
    const driven = drive(clock, at, () => clock.inject(at.timeline, 'wan down', () => {}, message('olleh')))
    await expect(driven).rejects.toBeInstanceOf(InterruptedError)
    expect(clock.divergences).toEqual([
      expect.stringMatching(
        `^home-1 at 00:00:03.35\\d: wan down down ${hex('hello')} is recorded; wan down down ${hex('olleh')} came instead$`,
      ),
    ])
    expect(at.heard.at(-1)).toBe('bell at 3000000')
  })

  test('a driver that waits otherwise is a divergence', async () => {
    const { records } = await recorded()
    const at = home()
    const clock = new ReplayRunClock(() => records)
    clock.add(at.timeline)
    clock.inject(at.timeline, 'power on', () => {})
    await expect(clock.waitFor(at.timeline, () => false, seconds(1))).rejects.toBeInstanceOf(InterruptedError)
    expect(clock.divergences).toEqual([
      expect.stringMatching(/^home-1 at 00:00:03: the driver waits 00:00:01, recorded are 00:01:00$/),
    ])
  })

  test('a driver that is done before the record says so', async () => {
    const { records } = await recorded()
    const at = home()
    const clock = new ReplayRunClock(() => records)
    clock.add(at.timeline)
    clock.inject(at.timeline, 'power on', () => {})
    await clock.finish()
    expect(clock.divergences).toEqual([expect.stringMatching(/: wait 1 over is recorded; nothing of the kind came$/)])
  })

  test('a record that breaks off ends the run there', async () => {
    const { records } = await recorded()
    const at = home()
    const clock = new ReplayRunClock(() => records.slice(0, 2))
    clock.add(at.timeline)
    clock.inject(at.timeline, 'power on', () => at.hear('power'))
    await expect(drive(clock, at, () => {})).rejects.toBeInstanceOf(InterruptedError)
    expect([clock.brokenOff, clock.divergences]).toEqual([['home-1'], []])
    expect(at.heard.at(-1)).toBe('bell at 3000000')
  })

  test('an interrupted run is interrupted again, at the same moment', async () => {
    const { wall, records, clock } = recorder()
    const before = home()
    clock.add(before.timeline)
    const waiting = clock.waitFor(before.timeline, () => false, minutes(5))
    wall.pass(2_500)
    clock.stop()
    await expect(waiting).rejects.toBeInstanceOf(InterruptedError)

    const at = home()
    const again = new ReplayRunClock(() => records)
    again.add(at.timeline)
    await expect(again.waitFor(at.timeline, () => false, minutes(5))).rejects.toBeInstanceOf(InterruptedError)
    expect([at.heard, at.kernel.nowUs()]).toEqual([before.heard, before.kernel.nowUs()])
    expect([again.divergences, again.brokenOff]).toEqual([[], []])
  })

  test('homes go by their own records', async () => {
    const { wall, records, clock } = recorder()
    const homes = [home('north'), home('south')]
    for (const [index, { timeline, hear }] of homes.entries()) {
      clock.add(timeline)
      wall.pass(700 * (index + 1))
      clock.inject(timeline, 'power on', () => hear('power'))
    }
    wall.pass(2_000)
    clock.stop()

    const again = new ReplayRunClock(id => records.filter(({ installation }) => installation === id))
    const replays = [home('north'), home('south')]
    for (const { timeline } of replays) again.add(timeline)
    for (const { timeline, hear } of replays.toReversed()) again.inject(timeline, 'power on', () => hear('power'))
    await again.finish()
    expect(replays.map(({ heard }) => heard)).toEqual(homes.map(({ heard }) => heard))
    expect(again.divergences).toEqual([])
  })
})

describe('lines', () => {
  const hearLine =
    ({ hear }: ReturnType<typeof home>) =>
    (event: LineEvent) =>
      hear(event.on === 'octets' ? toHex(event.octets) : event.on === 'down' ? `down, ${event.reason}` : event.on)

  test('what a line brought comes from the record alone', async () => {
    const { wall, records, clock } = recorder()
    const before = home()
    const bring = lineInlet({ clock, timeline: before.timeline, part: 'hub' }, hearLine(before))
    clock.add(before.timeline)
    for (const event of [
      { on: 'up' },
      { on: 'octets', octets: fromHex('7e8106') },
      { on: 'down', reason: 'unplugged' },
    ] satisfies LineEvent[]) {
      wall.pass(1_234)
      bring?.(event)
    }
    clock.stop()
    expect(before.heard).toContainEqual(expect.stringMatching(/^7e8106 at 2468/))

    const at = home()
    const again = new ReplayRunClock(() => records)
    expect(lineInlet({ clock: again, timeline: at.timeline, part: 'hub' }, hearLine(at))).toBeUndefined()
    again.add(at.timeline)
    await again.finish()
    expect(at.heard).toEqual(before.heard)
  })

  test('a line that this run does not have is a divergence', async () => {
    const at = home()
    const record: InletRecord = { what: 'line', atUs: 5, installation: 'home-1', part: 'hub', on: 'up' }
    const again = new ReplayRunClock(() => [record])
    again.add(at.timeline)
    await again.finish()
    expect(again.divergences).toEqual(['home-1 at 00:00:00: a line to hub is recorded; this run has none'])
  })
})

const answer = { topic: 'up', payload: Buffer.from('1') }

test('a message to the driver is taken in at its recorded place, as it was', async () => {
  const { wall, records, clock } = recorder()
  const before = home()
  const wait = (clock: RunClock, at: ReturnType<typeof home>) => clock.waitFor(at.timeline, () => false, seconds(2))
  clock.add(before.timeline)
  const waiting = wait(clock, before)
  // Late: the driver has given up.
  wall.pass(2_001)
  expect(await waiting).toBe(false)
  wall.pass(3_000)
  clock.receive(before.timeline, answer, () => before.hear('answer 1'))
  clock.stop()

  const at = home()
  const again = new ReplayRunClock(() => records)
  const take = (said: Uint8Array) => () => at.hear(`answer ${Buffer.from(said).toString()}`)
  at.timeline.tell = ({ topic, payload }) => again.receive(at.timeline, { topic, payload }, take(payload))
  again.add(at.timeline)
  const replayed = wait(again, at)
  const early = { topic: 'up', payload: Buffer.from('2') }
  again.receive(at.timeline, early, take(early.payload))
  expect(await replayed).toBe(false)
  await again.finish()
  expect([at.heard, again.divergences]).toEqual([before.heard, []])
})

test('what nobody says again comes from the record alone', async () => {
  const { wall, records, clock } = recorder()
  const before = home()
  clock.add(before.timeline)
  wall.pass(1_500)
  clock.receive(before.timeline, answer, () => before.hear('answer'))
  clock.stop()

  const at = home()
  const again = new ReplayRunClock(() => records)
  at.timeline.tell = message => again.receive(at.timeline, message, () => at.hear('answer'))
  again.add(at.timeline)
  await again.finish()
  expect([at.heard, again.divergences]).toEqual([before.heard, []])
})

test('a message that the broker delivered twice comes twice', async () => {
  const { wall, records, clock } = recorder()
  const before = home()
  clock.add(before.timeline)
  for (const _ of [1, 2]) {
    wall.pass(700)
    clock.inject(before.timeline, 'wan down', () => before.hear('message'), message('hello'))
  }
  clock.stop()

  const at = home()
  const again = new ReplayRunClock(() => records)
  again.add(at.timeline)
  again.inject(at.timeline, 'wan down', () => at.hear('message'), message('hello'))
  await again.finish()
  expect([at.heard, again.divergences]).toEqual([before.heard, []])
})

describe('what the driver asked of the world outside', () => {
  const question = (ask: () => Promise<'yes' | 'no'>) => ({ name: 'taken', answers: ['yes', 'no'], ask }) as const

  test('is answered from the record, at its moment, and not asked again', async () => {
    const { wall, records, clock } = recorder()
    const before = home()
    clock.add(before.timeline)
    const asked = clock.ask(
      before.timeline,
      question(async () => 'no'),
    )
    wall.pass(2_500)
    expect(await asked).toBe('no')
    clock.stop()

    const at = home()
    const again = new ReplayRunClock(() => records)
    again.add(at.timeline)
    const ask = vi.fn(async () => 'yes' as const)
    expect(await again.ask(at.timeline, question(ask))).toBe('no')
    expect(at.kernel.nowUs()).toBe(before.kernel.nowUs())
    expect(ask).not.toHaveBeenCalled()
  })

  test('that was never asked is a divergence', async () => {
    const at = home()
    const records: InletRecord[] = [
      { what: 'answered', atUs: 5, installation: 'home-1', question: 'taken', answer: 'yes' },
    ]
    const again = new ReplayRunClock(() => records)
    again.add(at.timeline)
    await expect(again.waitFor(at.timeline, () => false, 1)).rejects.toBeInstanceOf(InterruptedError)
    expect(again.divergences).toEqual([expect.stringContaining('taken asked is recorded')])
  })
})

const hex = (text: string) => toHex(Buffer.from(text))
