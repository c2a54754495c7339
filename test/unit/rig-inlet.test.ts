import { expect, test } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.ts'
import { Flights } from '../../src/rig/clocks/flights.ts'
import { type LineEvent, lineInlet } from '../../src/rig/clocks/inlet.ts'
import { type RunClock, type Timeline, VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'

function timeline(): Timeline {
  const flights = new Flights({ patience: { deliveryMs: 100, outageMs: 100 } })
  return { id: 'home-1', kernel: new Kernel({ seed: '1', startUnixMs: 0 }), flights, lines: new Map() }
}

test('what a line brings is taken inside simulated time, in order', () => {
  const at = timeline()
  const took: [number, LineEvent][] = []
  const bring = lineInlet({ clock: new VirtualRunClock(), timeline: at, part: 'hub' }, event =>
    took.push([at.kernel.nowUs(), event]),
  )
  at.kernel.runUntil(5)
  bring?.({ on: 'up' })
  bring?.({ on: 'octets', octets: Uint8Array.of(0x7e) })
  expect(took).toEqual([])
  at.kernel.runUntil(5)
  expect(took).toEqual([
    [5, { on: 'up' }],
    [5, { on: 'octets', octets: Uint8Array.of(0x7e) }],
  ])
})

test('on a replay no line is opened, and the record finds who takes what it brought', () => {
  const at = timeline()
  const clock: RunClock = Object.assign(new VirtualRunClock(), { replays: true })
  const took: LineEvent[] = []
  expect(lineInlet({ clock, timeline: at, part: 'hub' }, event => took.push(event))).toBeUndefined()
  at.lines.get('hub')?.({ on: 'down', reason: 'unplugged' })
  expect(took).toEqual([{ on: 'down', reason: 'unplugged' }])
})
