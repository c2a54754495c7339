import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../src/base/errors.ts'
import { hours, seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'

const kernelWithLog = () => {
  const kernel = new Kernel({ seed: 'clock', startUnixMs: 1_700_000_000_000 })
  const log: string[] = []
  const note = (name: string, delayUs: number) =>
    kernel.after(delayUs, name, () => log.push(`${name}@${kernel.nowUs()}`))
  return { kernel, log, note }
}

describe('the virtual clock', () => {
  it('runs events in time order, equal times in order of scheduling', () => {
    const { kernel, log, note } = kernelWithLog()
    note('late', 20)
    note('first', 10)
    note('second', 10)
    note('at once', 0)
    kernel.runUntil(100)
    expect(log).toEqual(['at once@0', 'first@10', 'second@10', 'late@20'])
    expect(kernel.eventsRun).toBe(4)
  })

  it('runs an event scheduled for now after those already due now', () => {
    const { kernel, log, note } = kernelWithLog()
    kernel.after(10, 'parent', () => note('child', 0))
    note('sibling', 10)
    kernel.runUntil(10)
    expect(log).toEqual(['sibling@10', 'child@10'])
  })

  it('includes the end of the span and nothing after it', () => {
    const { kernel, log, note } = kernelWithLog()
    note('at the end', 1_000)
    note('after it', 1_001)
    expect(kernel.runUntil(1_000)).toBe(true)
    expect(log).toEqual(['at the end@1000'])
    expect(kernel.nowUs()).toBe(1_000)
    expect(kernel.nextAtUs).toBe(1_001)
  })

  it('moves to the end of the span when nothing is left to run', () => {
    const { kernel } = kernelWithLog()
    expect(kernel.nextAtUs).toBeUndefined()
    expect(kernel.runUntil(hours(72))).toBe(true)
    expect(kernel.nowUs()).toBe(hours(72))
  })

  it('never goes back', () => {
    const { kernel, log, note } = kernelWithLog()
    kernel.runUntil(500)
    note('due now', 0)
    expect(kernel.runUntil(499)).toBe(true)
    expect(kernel.nowUs()).toBe(500)
    expect(log).toEqual([])
  })

  it('stops after the event that made the condition true, and goes on from there', () => {
    const { kernel, log, note } = kernelWithLog()
    for (const at of [10, 20, 30]) note(`event ${at}`, at)
    expect(kernel.runUntil(100, () => log.length === 2)).toBe(false)
    expect(kernel.nowUs()).toBe(20)
    expect(kernel.runUntil(100)).toBe(true)
    expect(log).toEqual(['event 10@10', 'event 20@20', 'event 30@30'])
    expect(kernel.nowUs()).toBe(100)
  })

  it('shows civil time of the same instant, in whole milliseconds', () => {
    const { kernel } = kernelWithLog()
    kernel.runUntil(1_999)
    expect(kernel.unixMs()).toBe(1_700_000_000_001)
    kernel.runUntil(hours(24))
    expect(kernel.unixMs()).toBe(1_700_086_400_000)
  })
})

describe('a timer', () => {
  it('does not fire once cancelled, and may be cancelled twice', () => {
    const { kernel, log, note } = kernelWithLog()
    const timer = note('cancelled', 10)
    note('kept', 10)
    timer.cancel()
    timer.cancel()
    kernel.runUntil(100)
    expect(log).toEqual(['kept@10'])
    expect(kernel.eventsRun).toBe(1)
  })

  it('can be cancelled by an event of the same instant', () => {
    const { kernel, log, note } = kernelWithLog()
    kernel.after(10, 'canceller', () => victim.cancel())
    const victim = note('victim', 10)
    kernel.runUntil(100)
    expect(log).toEqual([])
  })

  it('may be cancelled from inside its own event, and after it has fired', () => {
    const { kernel, log } = kernelWithLog()
    const timer = kernel.after(10, 'self', () => {
      timer.cancel()
      log.push('ran')
    })
    kernel.runUntil(100)
    timer.cancel()
    kernel.runUntil(200)
    expect(log).toEqual(['ran'])
  })

  it('no longer counts as the next event once cancelled', () => {
    const { kernel, note } = kernelWithLog()
    const first = note('first', 10)
    note('second', 30)
    first.cancel()
    expect(kernel.nextAtUs).toBe(30)
  })

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER])(
    'is refused for a delay of %d us, by name and with the seed',
    delayUs => {
      const { kernel } = kernelWithLog()
      kernel.runUntil(seconds(1))
      expect(() => kernel.after(delayUs, 'poll', () => {})).toThrow(InvariantError)
      expect(() => kernel.after(delayUs, 'poll', () => {})).toThrow(
        /"poll".*1000000 us.*seed clock.*whole microseconds/,
      )
      expect(kernel.nextAtUs).toBeUndefined()
    },
  )
})

describe('a broken run', () => {
  it('names the event, its time and the seed, and keeps the cause', () => {
    const { kernel } = kernelWithLog()
    const cause = new RangeError('register overflow')
    kernel.after(seconds(90), 'meter tick', () => {
      throw cause
    })
    const failure = catchError(() => kernel.runUntil(hours(1)))
    expect(failure).toBeInstanceOf(InvariantError)
    expect(failure.message).toBe(
      'event "meter tick" failed at 00:01:30 (90000000 us), seed clock: RangeError: register overflow',
    )
    expect(failure.cause).toBe(cause)
    expect(kernel.nowUs()).toBe(seconds(90))
  })

  it('refuses to run time from inside an event', () => {
    const { kernel } = kernelWithLog()
    kernel.after(10, 'impatient', () => kernel.runUntil(20))
    expect(() => kernel.runUntil(100)).toThrow(/"impatient".*from inside an event/)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5])('refuses to run until %d us', untilUs => {
    const { kernel, log, note } = kernelWithLog()
    note('never', 1)
    expect(() => kernel.runUntil(untilUs)).toThrow(InvariantError)
    expect(log).toEqual([])
  })

  it('does not start at a civil time that is no whole millisecond', () => {
    expect(() => new Kernel({ seed: 'x', startUnixMs: Number.NaN })).toThrow(/startUnixMs is NaN/)
  })
})

function catchError(work: () => void): Error {
  try {
    work()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('nothing was thrown')
}

describe('a clock that goes on from an earlier life', () => {
  const on = (life: number, startUs = hours(3)) =>
    new Kernel({ seed: 'clock', startUnixMs: 1_700_000_000_000, startUs, life })

  it('shows the time it was given, and counts on from there', () => {
    const kernel = on(1)
    const fired: number[] = []
    kernel.after(seconds(1), 'soon', () => fired.push(kernel.nowUs()))
    expect([kernel.nowUs(), kernel.unixMs()]).toEqual([hours(3), 1_700_000_000_000])
    kernel.runUntil(hours(3) + seconds(2))
    expect(fired).toEqual([hours(3) + seconds(1)])
    expect(kernel.unixMs()).toBe(1_700_000_002_000)
  })

  it('throws other dice in each life, and the same for what left the factory once', () => {
    const throwsOf = (pick: (kernel: Kernel) => number) => [0, 1, 2].map(life => pick(on(life, 0)))
    expect(new Set(throwsOf(({ random }) => random.stream('x').next())).size).toBe(3)
    expect(new Set(throwsOf(({ innate }) => innate.stream('x').next())).size).toBe(1)
    const [first] = throwsOf(({ random }) => random.stream('x').next())
    expect(new Kernel({ seed: 'clock', startUnixMs: 0 }).random.stream('x').next()).toBe(first)
  })

  it('is busy inside an event only', () => {
    const kernel = on(0)
    const seen = [kernel.busy]
    kernel.after(0, 'look', () => seen.push(kernel.busy))
    kernel.runUntil(hours(4))
    expect([...seen, kernel.busy]).toEqual([false, true, false])
  })
})
