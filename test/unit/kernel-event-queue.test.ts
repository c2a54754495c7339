import { describe, expect, it } from 'vitest'
import { EventQueue, ScheduledEvent } from '../../src/kernel/event-queue.ts'
import { SeededRandom } from '../../src/kernel/random.ts'

const event = (atUs: number, order: number) => new ScheduledEvent({ atUs, order, name: `#${order}` }, () => {})

describe('the event queue', () => {
  it.each(['1', '2', '3'])('agrees with a sorted array over 10,000 mixed operations (seed %s)', seed => {
    const dice = new SeededRandom(seed).stream('queue')
    const queue = new EventQueue()
    let model: ScheduledEvent[] = []
    let order = 0
    const did = { pushed: 0, popped: 0, cancelled: 0 }
    for (let i = 0; i < 10_000; i++) {
      const what = dice.next()
      if (what < 0.5) {
        // Few distinct times, so that order decides often.
        const pushed = event(dice.int(200), order++)
        queue.push(pushed)
        model.push(pushed)
        did.pushed++
      } else if (what < 0.75 && model.length > 0) {
        const cancelled = model.splice(dice.int(model.length), 1)[0] as ScheduledEvent
        cancelled.cancel()
        did.cancelled++
      } else {
        model = model.sort((a, b) => a.atUs - b.atUs || a.order - b.order)
        expect(queue.peek()).toBe(model[0])
        expect(queue.pop()).toBe(model.shift())
        did.popped++
      }
    }
    expect(Math.min(did.pushed, did.popped, did.cancelled)).toBeGreaterThan(2_000)
    for (const left of model.sort((a, b) => a.atUs - b.atUs || a.order - b.order)) expect(queue.pop()).toBe(left)
    expect(queue.pop()).toBeUndefined()
    expect(queue.size).toBe(0)
  })

  it('does not fill up with a far deadline that is set anew a hundred thousand times', () => {
    const queue = new EventQueue()
    const kept = event(5, 0)
    queue.push(kept)
    for (let order = 1; order <= 100_000; order++) {
      const deadline = event(1_000_000 + order, order)
      queue.push(deadline)
      deadline.cancel()
    }
    expect(queue.size).toBeLessThan(100)
    expect(queue.pop()).toBe(kept)
    expect(queue.pop()).toBeUndefined()
  })

  it('is empty when all it held was cancelled', () => {
    const queue = new EventQueue()
    const events = [3, 1, 2].map((at, order) => event(at, order))
    for (const e of events) queue.push(e)
    for (const e of events) e.cancel()
    expect(queue.peek()).toBeUndefined()
    expect(queue.size).toBe(0)
  })
})
