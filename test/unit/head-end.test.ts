/** Data centres of a party, and the far end of a hub's line that holds on to one of them. */
import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { DataCentres } from '../../src/wan/data-centres.ts'
import { HeadEnd } from '../../src/wan/head-end.ts'

function party() {
  const kernel = new Kernel({ seed: 'centres', startUnixMs: 0 })
  const events: TraceEvent[] = []
  const centres = new DataCentres(kernel)
  const headEnd = new HeadEnd({ apn: 'elster', centres, timers: kernel, trace: { emit: event => events.push(event) } })
  let passing = 0
  headEnd.watch(() => passing++)
  const run = (forUs: number) => void kernel.runUntil(kernel.nowUs() + forUs)
  return { centres, headEnd, run, events, passing: () => passing }
}

describe('a party with two data centres', () => {
  test('serves from the other once that has taken over, and goes on from there when the first is back', () => {
    const { centres, run } = party()
    const back = centres.lose('one', minutes(5))
    expect([centres.serving, centres.lack]).toEqual([
      undefined,
      'its primary data centre is lost, and the alternate one has not taken over yet',
    ])
    run(minutes(5))
    expect([centres.serving, centres.lack]).toEqual(['alternate', undefined])
    back()
    run(hours(1))
    expect(centres.serving).toBe('alternate')
  })

  test('is back at once when the first is back before the other has taken over', () => {
    const { centres, run } = party()
    const back = centres.lose('one', minutes(5))
    run(minutes(4))
    back()
    expect(centres.serving).toBe('primary')
    run(hours(1))
    expect(centres.serving).toBe('primary')
  })

  test('is out while both are lost, for whatever reasons, and not a moment longer', () => {
    const { centres, run } = party()
    const both = centres.lose('both', minutes(5))
    const again = centres.lose('one', minutes(5))
    run(hours(2))
    expect(centres.lack).toBe('both its data centres are lost')
    both()
    // The one that serves is lost for another reason still: the other takes over.
    expect(centres.serving).toBeUndefined()
    run(minutes(5))
    expect(centres.serving).toBe('alternate')
    again()
    again()
    expect(centres.serving).toBe('alternate')
  })
})

describe('a hub', () => {
  test('that hears nothing moves to the alternate endpoint by itself, half a minute after it answers at the latest', () => {
    const { centres, headEnd, run, events, passing } = party()
    centres.lose('one', minutes(5) + seconds(10))
    expect(headEnd.lack).toBe('the primary endpoint does not answer')
    run(minutes(5) + seconds(10))
    expect([headEnd.endpoint, passing()]).toEqual(['primary', 0])
    run(seconds(20))
    expect([headEnd.endpoint, headEnd.lack, passing()]).toEqual(['alternate', undefined, 1])
    expect(events).toEqual([
      { kind: 'wan.endpoint-lost', apn: 'elster', endpoint: 'primary' },
      { kind: 'wan.endpoint', apn: 'elster', endpoint: 'alternate' },
    ])
  })

  test('holds on at once to the data centre that speaks to it', () => {
    const { centres, headEnd, run } = party()
    centres.lose('one', minutes(5) + seconds(1))
    expect(headEnd.speaks()).toBe(false)
    run(minutes(5) + seconds(1))
    expect([headEnd.speaks(), headEnd.endpoint, headEnd.lack]).toEqual([true, 'alternate', undefined])
    run(hours(1))
    expect(headEnd.endpoint).toBe('alternate')
  })

  test('goes back to the endpoint it had when both data centres were lost and are back', () => {
    const { centres, headEnd, run } = party()
    const back = centres.lose('both', minutes(5))
    run(hours(6))
    back()
    run(seconds(30))
    expect([headEnd.endpoint, headEnd.lack]).toEqual(['primary', undefined])
  })

  test('keeps its endpoint while the gateway is down, and nothing passes either way', () => {
    const { headEnd, passing } = party()
    headEnd.setGateway('down')
    expect([headEnd.speaks(), headEnd.endpoint]).toEqual([false, 'primary'])
    expect(headEnd.lack).toMatch(/gateway .* is down/)
    headEnd.setGateway('up')
    expect([headEnd.speaks(), headEnd.lack, passing()]).toEqual([true, undefined, 1])
  })
})
