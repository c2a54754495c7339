/** The one way in for what comes from outside, said so that it can be logged, compared and, for a line, given again. */
import type { RunClock, Timeline } from './run-clock.ts'

/** What a line to a real part brought. */
export type LineEvent = { on: 'octets'; octets: Uint8Array } | { on: 'up' } | { on: 'down'; reason: string }

/** What an injection brings. */
export type Arrival =
  /** A message of ours that came over the broker: a replay makes it again, and compares. */
  | { from: 'broker'; topic: string; octets: Uint8Array }
  /** What only the record can bring again. */
  | { from: 'line'; part: string; event: LineEvent }

/**
 * The way in of the line to one real part: what the function returned is given reaches `take` inside simulated time; octets are copied.
 * Undefined on a replay: there the record alone speaks to `take`, and the line is not to be opened.
 */
export function lineInlet(
  { clock, timeline, part }: { clock: RunClock; timeline: Timeline; part: string },
  take: (event: LineEvent) => void,
): ((event: LineEvent) => void) | undefined {
  timeline.lines.set(part, take)
  if (clock.replays) return undefined
  return brought => {
    const event = brought.on === 'octets' ? { ...brought, octets: brought.octets.slice() } : brought
    clock.inject(timeline, `line ${part}`, () => take(event), { from: 'line', part, event })
  }
}
