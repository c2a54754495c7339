import { expect, test } from 'vitest'
import { WireError } from '../../src/base/errors.ts'
import { seconds } from '../../src/base/time.ts'
import { clusterNames, clusterSpec } from '../../src/zcl/clusters.ts'
import { decodeFrame, encodeCommand, encodeGlobal } from '../../src/zcl/frame.ts'
import { collector, inject, pair, toMeter } from './zcl-pair.ts'

const CLUSTERS = [...clusterNames().map(name => clusterSpec(name).id), 0xfc00]
const addressing = { direction: 'toServer', disableDefaultResponse: false, sequence: 9 } as const

/** Frames that decode, of many shapes. */
const VALID: [clusterId: number, asdu: Uint8Array][] = [
  [0x0702, encodeGlobal(addressing, { name: 'ReadAttributes', attributeIds: [0, 1, 0x0300] })],
  [0x0702, encodeGlobal(addressing, { name: 'DiscoverAttributes', startId: 0, maximum: 255 })],
  [
    0x0702,
    encodeGlobal(addressing, {
      name: 'ReportAttributes',
      records: [
        { id: 0, type: 'uint48', value: 2 ** 40 },
        { id: 0x0308, type: 'octstr', value: Uint8Array.of(1, 2, 3) },
        { id: 5, type: 'string', value: 'text' },
        { id: 6, type: 'EUI64', value: '0102030405060708' },
        { id: 7, type: 'map64', value: 1n },
      ],
    }),
  ],
  [
    0x0702,
    encodeGlobal(addressing, {
      name: 'ConfigureReporting',
      records: [
        { role: 'send', id: 0, type: 'uint48', minimumS: 1, maximumS: 9, change: 4 },
        { role: 'receive', id: 1, timeoutS: 3 },
      ],
    }),
  ],
  [0x0704, encodeCommand(addressing, 'Tunneling', 'TransferData', { tunnelId: 1, data: Uint8Array.of(1, 2, 3) })],
  [
    0x0702,
    encodeCommand({ ...addressing, direction: 'toClient' }, 'Metering', 'GetProfileResponse', {
      endTime: 1,
      status: 0,
      profileIntervalPeriod: 2,
      intervals: [1, 2, 3],
    }),
  ],
  [
    0x0700,
    encodeCommand({ ...addressing, direction: 'toClient' }, 'Price', 'PublishConversionFactor', {
      issuerEventId: 1,
      startTime: 2,
      conversionFactor: 3,
      conversionFactorTrailingDigit: 4,
    }),
  ],
]

/** Seeded octets (xorshift). */
function octetSource(seed: number) {
  let state = seed
  const next = (limit: number) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
  return { next, bytes: (length: number) => Uint8Array.from({ length }, () => next(256)) }
}

/** Every truncation of the valid frames, single-octet changes, and plain noise with likely beginnings. */
function* frames(seed: number): Generator<[number, Uint8Array]> {
  const source = octetSource(seed)
  for (const [clusterId, asdu] of VALID) {
    for (let end = 0; end <= asdu.length; end++) yield [clusterId, asdu.slice(0, end)]
    for (let i = 0; i < 300; i++) {
      const changed = asdu.slice()
      changed[source.next(asdu.length)] = source.next(256)
      yield [clusterId, changed]
    }
  }
  for (let i = 0; i < 6000; i++) {
    const noise = source.bytes(source.next(60))
    if (i % 2 === 0 && noise.length > 2) {
      noise[0] = [0x00, 0x01, 0x08, 0x09, 0x10, 0x18, 0x19][source.next(7)] ?? 0
      noise[2] = source.next(16)
    }
    yield [CLUSTERS[source.next(CLUSTERS.length)] ?? 0, noise]
  }
}

test('whatever the octets, decoding ends in a frame or in a located wire error', () => {
  let decoded = 0
  let refused = 0
  for (const [clusterId, asdu] of frames(1)) {
    try {
      decodeFrame(clusterId, asdu)
      decoded++
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      expect(error.offset).toBeLessThanOrEqual(asdu.length)
      expect(error.field).not.toBe('')
      refused++
    }
  }
  expect(decoded).toBeGreaterThan(1000)
  expect(refused).toBeGreaterThan(1000)
})

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
