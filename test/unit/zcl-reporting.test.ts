import { expect, test } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { Status } from '../../src/zcl/status.ts'
import { collector, inject, pair, toMeter } from './zcl-pair.ts'

/** A meter whose summation can be moved, and a hub that notes when what was reported. */
function metered(options: Parameters<typeof pair>[0] = {}) {
  const all = pair(options)
  const register = { wh: 1000, status: 0 }
  all.meter.serve('Metering', {
    attributes: {
      CurrentSummationDelivered: () => register.wh,
      Status: () => register.status,
      SiteId: Buffer.from('a'),
    },
  })
  const reports: [number, object][] = []
  all.hub.use('Metering', {
    onReport: (_from, values) => void reports.push([Math.round(all.timers.nowUs / 1e6), values]),
  })
  const { seen: outcomes, take } = collector<unknown>()
  const configure = (minimumS: number, maximumS: number, change = 10) => {
    const request = { attribute: 'CurrentSummationDelivered', minimumS, maximumS, change } as const
    all.hub.configureReporting(toMeter, 'Metering', [request], take)
  }
  return { ...all, register, reports, outcomes, take, configure }
}

test('an unchanged value is reported at the maximum interval', () => {
  const { timers, configure, reports, outcomes } = metered()
  configure(10, 60)
  timers.run(seconds(185))
  expect(outcomes).toEqual([{ ok: true }])
  expect(reports.map(([at]) => at)).toEqual([60, 120, 180])
  expect(reports[0]?.[1]).toEqual({ CurrentSummationDelivered: 1000 })
})

test('a value that moved far enough is reported at the next minimum interval, a smaller move is not', () => {
  const { timers, configure, reports, register } = metered()
  configure(10, 600)
  timers.run(seconds(15))
  register.wh += 9
  timers.run(seconds(20))
  expect(reports).toEqual([])
  register.wh += 1
  timers.run(seconds(20))
  expect(reports).toEqual([[40, { CurrentSummationDelivered: 1010 }]])
})

test('with a maximum interval of 0 only changes are reported', () => {
  const { timers, configure, reports, register } = metered()
  configure(5, 0)
  timers.run(seconds(3600))
  expect(reports).toEqual([])
  register.wh += 100
  timers.run(seconds(5))
  expect(reports).toHaveLength(1)
})

test('attributes configured to the same intervals share a frame; a discrete one is reported when it changes', () => {
  const { timers, hub, reports, register, meterHan, take } = metered()
  hub.configureReporting(
    toMeter,
    'Metering',
    [
      { attribute: 'CurrentSummationDelivered', minimumS: 1, maximumS: 30, change: 1000 },
      { attribute: 'Status', minimumS: 1, maximumS: 30 },
    ],
    take,
  )
  timers.run(seconds(10))
  register.status = 4
  timers.run(seconds(21))
  expect(reports).toEqual([
    [10, { Status: 4 }],
    [30, { CurrentSummationDelivered: 1000, Status: 4 }],
  ])
  expect(meterHan.sent).toHaveLength(3)
})

test('a minimum interval of 0 means a look every second', () => {
  const { timers, configure, reports, register } = metered()
  configure(0, 600)
  timers.run(seconds(2.5))
  register.wh += 10
  timers.run(seconds(1))
  expect(reports.map(([at]) => at)).toEqual([3])
})

test('a configuration with another data type than the attribute has is refused', () => {
  const { meterHan, timers } = metered()
  inject(meterHan, [0x00, 7, 0x06, 0, 0, 0, 0x23, 1, 0, 9, 0, 1, 0, 0, 0])
  expect(meterHan.frames()).toEqual(['1807078d000000'])
  expect(timers.queue.filter(({ at }) => at > seconds(0.5))).toEqual([])
})

test('a maximum interval of 0xffff ends the reports', () => {
  const { timers, configure, reports } = metered()
  configure(10, 60)
  timers.run(seconds(61))
  configure(10, 0xffff)
  timers.run(seconds(600))
  expect(reports).toHaveLength(1)
  expect(timers.queue).toEqual([])
})

test('reports end with the cluster being served anew, and with the endpoint', () => {
  const { timers, configure, reports, meter } = metered()
  configure(10, 60)
  timers.run(seconds(11))
  expect(timers.queue).toHaveLength(1)
  meter.serve('Metering', { attributes: { CurrentSummationDelivered: 5 } })
  expect(timers.queue).toEqual([])
  configure(10, 60)
  timers.run(seconds(11))
  expect(timers.queue).toHaveLength(1)
  meter.remove()
  expect(timers.queue).toEqual([])
  expect(reports).toEqual([])
})

test('what cannot be reported is refused, attribute by attribute', () => {
  const { timers, hub, outcomes, take } = metered({ maxReports: 2 })
  const intervals = { minimumS: 1, maximumS: 60 }
  hub.configureReporting(
    toMeter,
    'Metering',
    [
      { attribute: 'Multiplier', ...intervals, change: 1 },
      { attribute: 'CurrentSummationDelivered', minimumS: 60, maximumS: 1, change: 1 },
      { attribute: 'Status', ...intervals },
      { attribute: 'CurrentSummationDelivered', ...intervals, change: 1 },
      { attribute: 'SiteId', ...intervals },
    ],
    take,
  )
  timers.run(seconds(1))
  expect(outcomes).toEqual([
    {
      ok: false,
      reason: 'refused',
      failed: {
        Multiplier: Status.UNSUPPORTED_ATTRIBUTE,
        CurrentSummationDelivered: Status.INVALID_VALUE,
        SiteId: Status.INSUFFICIENT_SPACE,
      },
    },
  ])
})

test('a configuration can be read back by whoever made it', () => {
  const { timers, configure, meterHan } = metered()
  configure(10, 60)
  timers.run(seconds(1))
  inject(meterHan, [0x00, 7, 0x08, 0, 0, 0, 0, 0, 2, 0, 1, 3, 1, 0, 0])
  expect(meterHan.frames().at(-1)).toBe(
    '180709' + '00000000' + '25' + '0a003c00' + '0a0000000000' + '8b000002' + '86000103' + '8b010000',
  )
})

test('reports that would not fit one frame go in several', () => {
  const { timers, hub, reports, meterHan } = metered({ maxAsduOctets: 14 })
  hub.configureReporting(
    toMeter,
    'Metering',
    [
      { attribute: 'CurrentSummationDelivered', minimumS: 60, maximumS: 60, change: 1 },
      { attribute: 'Status', minimumS: 60, maximumS: 60 },
    ],
    () => {},
  )
  timers.run(seconds(61))
  expect(reports.map(([, values]) => values)).toEqual([{ CurrentSummationDelivered: 1000 }, { Status: 0 }])
  for (const { payload } of meterHan.sent) expect(payload.asdu.length).toBeLessThanOrEqual(14)
})

test('what was configured is reported after a restart of the device too, to whom and when it was', () => {
  const before = metered()
  before.configure(10, 60, 25)
  before.timers.run(seconds(15))
  const kept = JSON.parse(JSON.stringify(before.meterNode.reports())) as ReturnType<typeof before.meterNode.reports>
  expect(kept).toHaveLength(1)
  const after = metered()
  after.meterNode.recallReports(kept)
  expect(after.meterNode.reports()).toEqual(kept)
  after.timers.run(seconds(45))
  after.register.wh += 25
  after.timers.run(seconds(20))
  expect(after.reports).toEqual([50, 60].map(at => [at, { CurrentSummationDelivered: 1025 }]))
})

test('of what was configured, what is not there after a restart is left out', () => {
  const before = metered()
  before.configure(10, 60)
  before.timers.run(seconds(1))
  const kept = before.meterNode.reports()
  const after = pair()
  after.meterNode.recallReports(kept)
  expect(after.meterNode.reports()).toEqual([])
})
