/** Time for a host that waits at the other end of a line, by a wall clock of the test's own. */
import { describe, expect, it } from 'vitest'
import { milliseconds, minutes, seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { Flights } from '../../src/rig/clocks/flights.ts'
import type { WallClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { PromptRunClock } from '../../src/rig/clocks/prompt-run-clock.ts'
import type { Timeline } from '../../src/rig/clocks/run-clock.ts'

/** A wall clock that goes when it is told. */
class Wall implements WallClock {
  private now = 1_000
  private sleepers: { atMs: number; wake: () => void }[] = []
  nowMs(): number {
    return this.now
  }
  sleep(delayMs: number, wake: () => void): () => void {
    const sleeper = { atMs: this.now + delayMs, wake }
    this.sleepers.push(sleeper)
    return () => {
      this.sleepers = this.sleepers.filter(other => other !== sleeper)
    }
  }
  pass(forMs: number): void {
    const endMs = this.now + forMs
    for (;;) {
      const next = this.sleepers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (!next) break
      this.sleepers = this.sleepers.filter(other => other !== next)
      this.now = Math.max(this.now, next.atMs)
      next.wake()
    }
    this.now = endMs
  }
}

function bench() {
  const wall = new Wall()
  const clock = new PromptRunClock(wall)
  const kernel = new Kernel({ seed: '1', startUnixMs: 0 })
  const flights = new Flights({ patience: { deliveryMs: 100, outageMs: 100 } })
  const timeline: Timeline = { id: 'home-1', kernel, flights, lines: new Map() }
  clock.add(timeline)
  const happened: [what: string, atMs: number][] = []
  const note = (what: string) => void happened.push([what, wall.nowMs() - 1_000])
  /** Something that happens so long after what calls it. */
  const follow = (what: string, afterMs: number, then: () => void = () => {}) =>
    kernel.after(milliseconds(afterMs), what, () => {
      note(what)
      then()
    })
  const comes = (then: () => void = () => {}) => clock.inject(timeline, 'octets', then)
  return { wall, clock, kernel, timeline, happened, follow, comes }
}

describe('prompt time', () => {
  it('lets what follows from octets that came happen at once', () => {
    const { happened, follow, comes, kernel } = bench()
    comes(() => follow('frame', 4, () => follow('acknowledged', 1, () => follow('answered', 60))))
    expect(happened.map(([what]) => what)).toEqual(['frame', 'acknowledged', 'answered'])
    expect(happened.map(([, atMs]) => atMs)).toEqual([0, 0, 0])
    expect(kernel.nowUs()).toBe(milliseconds(65))
  })

  it('keeps timers at the pace of the wall clock, whatever it gained before', () => {
    const { wall, happened, follow, comes } = bench()
    comes(() => follow('frame', 100, () => follow('timer', 10_000)))
    wall.pass(9_999)
    expect(happened).toEqual([['frame', 0]])
    wall.pass(2)
    expect(happened[1]).toEqual(['timer', 10_000])
  })

  it('follows the wall clock where nothing happens', () => {
    const { wall, kernel, clock, timeline } = bench()
    wall.pass(60_000)
    clock.inject(timeline, 'look', () => {})
    expect(kernel.nowUs()).toBe(minutes(1))
  })

  it('runs no more than a second ahead for what came, and ten times as fast as the wall clock after that', () => {
    const { wall, comes, follow, kernel } = bench()
    const beat = () => void follow('beat', 10, beat)
    comes(beat)
    wall.pass(0)
    expect(kernel.nowUs()).toBe(seconds(1))
    wall.pass(1_000)
    expect(kernel.nowUs()).toBeGreaterThan(seconds(10))
    expect(kernel.nowUs()).toBeLessThan(seconds(13))
  })

  it('takes octets before what would have followed by itself', () => {
    const { wall, happened, follow, comes, kernel } = bench()
    comes(() => follow('far', 1_000, () => follow('later', 140)))
    wall.pass(999)
    comes(() => void happened.push(['octets', kernel.nowUs() / 1_000]))
    wall.pass(0)
    expect(happened).toEqual([
      ['octets', 999],
      ['far', 999],
      ['later', 999],
    ])
  })

  it('gives the other side a turn after each tenth of a second that it runs ahead', () => {
    const { wall, clock, timeline, happened, follow, comes } = bench()
    comes(() => follow('told', 5, () => follow('told more', 95, () => follow('later', 10))))
    expect(happened).toEqual([
      ['told', 0],
      ['told more', 0],
    ])
    clock.inject(timeline, 'answer', () => void happened.push(['answered', 0]))
    wall.pass(0)
    expect(happened.slice(2)).toEqual([
      ['answered', 0],
      ['later', 0],
    ])
  })

  it('stands still for a turn of the other side', () => {
    const { wall, clock, timeline, happened, follow, comes } = bench()
    comes(() =>
      follow('told', 5, () => {
        clock.hold(timeline, 0.5)
        follow('next', 1)
      }),
    )
    expect(happened).toEqual([['told', 0]])
    wall.pass(0.4)
    expect(happened).toHaveLength(1)
    wall.pass(0.2)
    expect(happened[1]).toEqual(['next', 0.5])
  })

  it('takes in what the other side says meanwhile, and goes on when its turn is over', () => {
    const { wall, clock, timeline, happened, follow, comes } = bench()
    comes(() => clock.hold(timeline, 1))
    comes(() => follow('follows', 2))
    comes(() => void happened.push(['taken', wall.nowMs() - 1_000]))
    expect(happened).toEqual([['taken', 0]])
    wall.pass(1)
    expect(happened[1]).toEqual(['follows', 1])
  })

  it('stands still while the other side has to answer: the answer comes at the moment of the question', () => {
    const { wall, clock, timeline, kernel, happened, follow, comes } = bench()
    comes(() =>
      follow('asked', 5, () => {
        clock.hold(timeline, 50, { untilSpoken: true })
        follow('given up', 20)
      }),
    )
    wall.pass(30)
    expect(happened).toEqual([['asked', 0]])
    let answeredUs = 0
    comes(() => {
      answeredUs = kernel.nowUs()
    })
    expect(answeredUs).toBe(milliseconds(5))
    expect(happened[1]).toEqual(['given up', 30])
  })

  it('goes on without an answer that does not come', () => {
    const { wall, clock, timeline, happened, follow, comes } = bench()
    comes(() =>
      follow('asked', 5, () => {
        clock.hold(timeline, 50, { untilSpoken: true })
        follow('given up', 20)
      }),
    )
    wall.pass(51)
    expect(happened[1]).toEqual(['given up', 50])
  })

  it('does nothing more once it is stopped', () => {
    const { wall, clock, timeline, happened, follow, comes } = bench()
    comes(() =>
      follow('told', 0, () => {
        clock.hold(timeline, 1)
        follow('next', 1)
      }),
    )
    clock.stop()
    wall.pass(60_000)
    expect(happened).toEqual([['told', 0]])
  })
})
