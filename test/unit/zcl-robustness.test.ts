import { expect, test } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { clusterNames } from '../../src/zcl/clusters.ts'
import { ZCL_CLUSTERS, ZCL_FRAMES } from '../helpers/decoders.ts'
import { disturbed, octetSource } from '../helpers/disturbed-octets.ts'
import { collector, inject, pair, toMeter } from './zcl-pair.ts'

/** Disturbed frames for the clusters they are of, and as many for any. */
function* frames(seed: number): Generator<[number, Uint8Array]> {
  const source = octetSource(seed)
  for (const [clusterId, asdu] of ZCL_FRAMES) {
    for (const octets of disturbed([asdu], seed, 600)) yield [clusterId, octets]
  }
  for (const octets of disturbed([], seed, 6_000)) {
    if (octets.length > 2 && source.next(2) === 0) {
      octets[0] = [0x00, 0x01, 0x08, 0x09, 0x10, 0x18, 0x19][source.next(7)] ?? 0
      octets[2] = source.next(16)
    }
    yield [ZCL_CLUSTERS[source.next(ZCL_CLUSTERS.length)] ?? 0, octets]
  }
}

test('whatever arrives, a node stays up, answers within its limits and works afterwards', () => {
  const { timers, meter, hub, meterHan, hubHan, events } = pair()
  for (const name of clusterNames()) {
    meter.serve(name)
    meter.use(name, { onReport: () => {} })
  }
  meter.serve('Metering', {
    attributes: { CurrentSummationDelivered: 1, UnitOfMeasure: 0, SiteId: new Uint8Array(200) },
  })
  let asked = 0
  for (const [clusterId, asdu] of frames(2)) {
    const before = meterHan.sent.length
    if (asked++ % 50 === 0) meter.read({ device: hubHan.eui64, endpoint: 3 }, 'Basic', ['ZCLVersion'], () => {})
    const mine = meterHan.sent.length
    meterHan.listener?.onData(hubHan.eui64, {
      profileId: 0x0109,
      clusterId,
      sourceEndpoint: 3,
      destinationEndpoint: 1,
      security: 'link',
      asdu,
    })
    expect(meterHan.sent.length - mine).toBeLessThanOrEqual(1)
    for (const { payload } of meterHan.sent.slice(before)) expect(payload.asdu.length).toBeLessThanOrEqual(80)
    if (asked % 100 === 0) timers.run(seconds(1))
  }
  expect(events.filter(({ kind }) => kind === 'zcl.malformed').length).toBeGreaterThan(1000)
  timers.run(seconds(60))
  const { seen, take } = collector<unknown>()
  hub.read(toMeter, 'Metering', ['UnitOfMeasure'], take)
  timers.run(seconds(1))
  expect(seen).toMatchObject([{ ok: true, values: { UnitOfMeasure: 0 } }])
})

test('two nodes never answer each other without end', () => {
  const { timers, meterHan, hubHan } = pair()
  for (const [clusterId, asdu] of frames(3)) inject(meterHan, [...asdu], { clusterId })
  const started = meterHan.sent.length + hubHan.sent.length
  timers.run(seconds(1))
  const answered = meterHan.sent.length + hubHan.sent.length
  expect(started).toBeGreaterThan(100)
  expect(answered).toBe(started)
})
