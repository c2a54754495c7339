/** A week of a full home on the air: life goes on, and nothing grows. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { days } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { home, ID } from '../unit/device-home.ts'

const METERING = 0x0702
const MB = 1_048_576

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapUsed(): number {
  collect()
  return process.memoryUsage().heapUsed
}

type Frame = Extract<TraceEvent, { kind: 'han.frame' }>

it('in a week of a home with seven devices each day is as busy as the last, and memory stays what it was', () => {
  const counts = { reports: 0, reads: 0, lost: 0, frames: 0 }
  const count = ({ from, to, clusterId, asdu }: Frame) => {
    counts.frames += 1
    if (clusterId !== METERING) return
    if (from === ID.GSME && to === ID.CHF && asdu.slice(4, 6) === '0a') counts.reports += 1
    if (from === ID.PPMID && to === ID.ESME && asdu.slice(4, 6) === '00') counts.reads += 1
  }
  const week = home({
    rig: 'cb-seven-devices',
    keep: event => {
      if (event.kind === 'han.frame') count(event)
      if (event.kind === 'han.frame-lost') counts.lost += 1
      return event.kind.startsWith('han.') && !event.kind.startsWith('han.frame')
    },
  })
  const kept = []
  for (let day = 1; day <= 7; day++) {
    Object.assign(counts, { reports: 0, reads: 0, lost: 0, frames: 0 })
    week.run(days(1))
    week.ups.length = 0
    kept.push({ day, ...counts, heap: heapUsed() })
  }
  const [first, ...later] = kept
  for (const { day, reports, reads, lost, frames, heap } of later) {
    expect({ day, reports }).toEqual({ day, reports: 48 })
    expect(reads, `reads on day ${day}`).toBeGreaterThan(8_600)
    expect(lost, `losses on day ${day}`).toBe(0)
    expect(frames / (first?.frames ?? 0), `frames on day ${day}`).toBeCloseTo(1, 1)
    expect((heap - (first?.heap ?? 0)) / MB, `MB more than on day 1 on day ${day}`).toBeLessThan(4)
  }
  expect(week.events('han.joined')).toHaveLength(5)
  expect(week.events('han.left')).toEqual([])
}, 600_000)
