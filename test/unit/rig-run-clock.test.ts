import { describe, expect, test, vi } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { InterruptedError, MessageLostError } from '../../src/ports/rig-control.ts'
import { Flights } from '../../src/rig/clocks/flights.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { parseClock, type Timeline, VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'
import { Wall } from '../helpers/wall.ts'

const message = new TextEncoder().encode('message')

function timeline(): Timeline & { kernel: Kernel } {
  const kernel = new Kernel({ seed: '1', startUnixMs: 0 })
  const flights = new Flights({ patience: { deliveryMs: 100, outageMs: 100 } })
  return { id: 'home-1', kernel, flights, lines: new Map() }
}

describe('virtual time', () => {
  test('runs to the moment what is waited for holds, and no further', async () => {
    const [clock, line] = [new VirtualRunClock(), timeline()]
    let rang = false
    line.kernel.after(minutes(30), 'bell', () => {
      rang = true
    })
    line.kernel.after(minutes(31), 'later', () => {})
    expect(await clock.waitFor(line, () => rang, minutes(60))).toBe(true)
    expect(line.kernel.nowUs()).toBe(minutes(30))
  })

  test('runs to the deadline when it never holds', async () => {
    const [clock, line] = [new VirtualRunClock(), timeline()]
    expect(await clock.waitFor(line, () => false, minutes(60))).toBe(false)
    expect(line.kernel.nowUs()).toBe(minutes(60))
  })

  test('what holds already costs no time', async () => {
    const [clock, line] = [new VirtualRunClock(), timeline()]
    expect(await clock.waitFor(line, () => true, 0)).toBe(true)
    expect(line.kernel.nowUs()).toBe(0)
  })

  test('stands still while a message is under way', async () => {
    const [clock, line] = [new VirtualRunClock(), timeline()]
    line.kernel.after(seconds(1), 'send', () => line.flights.sent('a', message))
    const waiting = clock.waitFor(line, () => false, minutes(1))
    await vi.waitFor(() => expect(line.flights.size).toBe(1))
    await new Promise(resolve => setImmediate(resolve))
    expect(line.kernel.nowUs()).toBe(seconds(1))
    line.flights.arrived('a', message)
    await waiting
    expect(line.kernel.nowUs()).toBe(minutes(1))
  })

  test('says so when a message never arrives', async () => {
    const [clock, line] = [new VirtualRunClock(), timeline()]
    line.flights.sent('a', message)
    await expect(clock.waitFor(line, () => false, 1)).rejects.toBeInstanceOf(MessageLostError)
  })

  test('stops in the middle of a long wait', async () => {
    const [clock, line] = [new VirtualRunClock(), timeline()]
    const tick = () => void line.kernel.after(1_000, 'tick', tick)
    tick()
    const waiting = clock.waitFor(line, () => false, Number.MAX_SAFE_INTEGER - 1_000_000)
    setImmediate(() => clock.stop())
    await expect(waiting).rejects.toBeInstanceOf(InterruptedError)
  })
})

describe('paced time', () => {
  function bench(factor: number) {
    const [wall, line] = [new Wall(), timeline()]
    const clock = new PacedRunClock(factor, wall)
    const rang: number[] = []
    for (const s of [1, 2, 3]) line.kernel.after(seconds(s), 'bell', () => rang.push(line.kernel.nowUs()))
    clock.add(line)
    return { wall, line, clock, rang }
  }

  test('an event happens at its time by the wall clock', () => {
    const { wall, rang } = bench(1)
    wall.pass(999)
    expect(rang).toEqual([])
    wall.pass(1)
    expect(rang).toEqual([seconds(1)])
    wall.pass(2_000)
    expect(rang).toEqual([1, 2, 3].map(seconds))
  })

  test('xN is N times as fast', () => {
    const { wall, rang } = bench(1_000)
    wall.pass(2)
    expect(rang).toEqual([1, 2].map(seconds))
  })

  test('who waits is told at the deadline when it never holds', async () => {
    const { wall, line, clock } = bench(10)
    const waiting = clock.waitFor(line, () => false, seconds(5))
    wall.pass(499)
    let settled: boolean | undefined
    waiting.then(held => {
      settled = held
    })
    await Promise.resolve()
    expect(settled).toBeUndefined()
    wall.pass(1)
    expect(await waiting).toBe(false)
  })

  test('who waits is told as soon as it holds', async () => {
    const { wall, line, clock, rang } = bench(1)
    const waiting = clock.waitFor(line, () => rang.length > 1, minutes(5))
    wall.pass(2_000)
    expect(await waiting).toBe(true)
  })

  test('what comes from outside happens at the wall clock’s now, after what was due before', () => {
    const { wall, line, clock, rang } = bench(1)
    wall.pass(1_500)
    clock.inject(line, 'message', () => rang.push(line.kernel.nowUs()))
    expect(rang).toEqual([seconds(1), seconds(1.5)])
  })

  test('a change from outside settles who waits for it', async () => {
    const { line, clock } = bench(1)
    let came = false
    const waiting = clock.waitFor(line, () => came, minutes(5))
    came = true
    clock.nudge(line)
    expect(await waiting).toBe(true)
  })

  test('a machine that slept catches up in order', () => {
    const { wall, rang, line } = bench(1)
    wall.pass(3_600_000)
    expect(rang).toEqual([1, 2, 3].map(seconds))
    expect(line.kernel.nowUs()).toBeGreaterThanOrEqual(seconds(3))
  })

  test('two rigs keep their own time on one clock', () => {
    const [wall, early, late] = [new Wall(), timeline(), timeline()]
    const clock = new PacedRunClock(1, wall)
    const order: string[] = []
    clock.add(early)
    early.kernel.after(seconds(2), 'bell', () => order.push('early'))
    clock.nudge(early)
    wall.pass(1_000)
    clock.add(late)
    late.kernel.after(seconds(2), 'bell', () => order.push('late'))
    clock.nudge(late)
    wall.pass(1_000)
    expect(order).toEqual(['early'])
    wall.pass(1_000)
    expect(order).toEqual(['early', 'late'])
  })

  test('stopped, it wakes nobody and leaves no timer behind', async () => {
    const { wall, line, clock, rang } = bench(1)
    const waiting = clock.waitFor(line, () => false, minutes(5))
    clock.stop()
    await expect(waiting).rejects.toBeInstanceOf(InterruptedError)
    await expect(clock.waitFor(line, () => true, 1)).rejects.toBeInstanceOf(InterruptedError)
    clock.inject(line, 'message', () => rang.push(0))
    wall.pass(10_000)
    expect(rang).toEqual([])
    expect(wall.sleeping).toBe(0)
  })
})

test('clocks are read as they are written', () => {
  expect(['virtual', 'real', 'x1', 'x60', 'x0.5', 'x1000000'].map(text => parseClock(text)?.mode)).toEqual([
    'virtual',
    'real',
    'real',
    'x60',
    'x0.5',
    'x1000000',
  ])
  for (const text of ['', 'x', 'x0', 'x-1', 'x1e3', '60', 'Real', 'x1000001', 'xNaN', 'real ']) {
    expect(parseClock(text), text).toBeUndefined()
  }
})
