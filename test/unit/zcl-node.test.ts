import { expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { seconds } from '../../src/base/time.ts'
import type { ApsPayload, DeliveryOutcome } from '../../src/ports/han.ts'
import { decodeFrame } from '../../src/zcl/frame.ts'
import { Status } from '../../src/zcl/status.ts'
import { collector, HUB, inject, METER, pair, SE, toHub, toMeter } from './zcl-pair.ts'

test('a read brings values by name, present ones from getters, and names what the peer lacks', () => {
  const { timers, meter, hub } = pair()
  let reading = 100
  meter.serve('Metering', { attributes: { CurrentSummationDelivered: () => reading, UnitOfMeasure: 0 } })
  const { seen, take } = collector<unknown>()
  reading = 123456789
  hub.read(toMeter, 'Metering', ['CurrentSummationDelivered', 'UnitOfMeasure', 'Multiplier'], take)
  timers.run(seconds(1))
  expect(seen).toEqual([
    {
      ok: true,
      values: { CurrentSummationDelivered: 123456789, UnitOfMeasure: 0 },
      unsupported: ['Multiplier'],
      failed: {},
      unanswered: [],
    },
  ])
})

test('the octets of a read and its answer are those of the worked example in the reference', () => {
  const { timers, meterHan, hubHan, meter, hub } = pair()
  meter.serve('Metering', { attributes: { CurrentSummationDelivered: 123456789, UnitOfMeasure: 0 } })
  hub.read(toMeter, 'Metering', ['CurrentSummationDelivered', 'UnitOfMeasure'], () => {})
  timers.run(seconds(1))
  expect(hubHan.frames()).toEqual(['10010000000003'])
  expect(meterHan.frames()).toEqual(['1801010000002515cd5b0700000003003000'])
})

test('a read tells apart timeout, no acknowledgement, expiry and a refusal of the whole command', () => {
  const { timers, hubHan, hub, meter } = pair()
  meter.serve('Basic')
  const { seen, take } = collector<unknown>()
  hub.read(toMeter, 'Time', ['Time'], take)
  timers.run(seconds(1))
  for (const outcome of ['no-ack', 'expired', 'not-joined', 'unknown-destination'] as const) {
    hubHan.outcome = outcome
    hub.read(toMeter, 'Basic', ['ZCLVersion'], take)
    timers.run(seconds(1))
  }
  hubHan.outcome = 'delivered'
  hubHan.other = undefined
  hub.read(toMeter, 'Basic', ['ZCLVersion'], take, { timeoutUs: seconds(2) })
  timers.run(seconds(2))
  expect(seen).toHaveLength(5)
  timers.run(seconds(1))
  expect(seen).toEqual([
    { ok: false, reason: 'default-response', status: Status.UNSUPPORTED_CLUSTER },
    { ok: false, reason: 'no-ack' },
    { ok: false, reason: 'expired' },
    { ok: false, reason: 'not-joined' },
    { ok: false, reason: 'unknown-destination' },
    { ok: false, reason: 'timeout' },
  ])
  expect(timers.queue).toEqual([])
})

test('a read answer is cut where the frame is full, and the reader learns what is missing', () => {
  const { timers, meter, hub, meterHan } = pair({ maxAsduOctets: 30 })
  meter.serve('Basic', {
    attributes: { ModelIdentifier: 'abcdefghij', ManufacturerName: 'x'.repeat(40), ZCLVersion: 3 },
  })
  const { seen, take } = collector<unknown>()
  hub.read(toMeter, 'Basic', ['ModelIdentifier', 'ManufacturerName', 'ZCLVersion'], take)
  hub.read(toMeter, 'Basic', ['ManufacturerName', 'ZCLVersion'], take)
  timers.run(seconds(1))
  expect(seen).toEqual([
    {
      ok: true,
      values: { ModelIdentifier: 'abcdefghij' },
      unsupported: [],
      failed: {},
      unanswered: ['ManufacturerName', 'ZCLVersion'],
    },
    {
      ok: true,
      values: { ZCLVersion: 3 },
      unsupported: [],
      failed: { ManufacturerName: Status.INSUFFICIENT_SPACE },
      unanswered: [],
    },
  ])
  for (const { payload } of meterHan.sent) expect(payload.asdu.length).toBeLessThanOrEqual(30)
})

test('a write reaches its writer; others are read-only, unsupported or of another type', () => {
  const { timers, meter, hub, meterHan } = pair()
  const written: unknown[] = []
  meter.serve('Time', {
    attributes: { Time: 1, TimeStatus: 0, TimeZone: 0 },
    writes: {
      Time: value => void written.push(value),
      TimeZone: () => Status.INVALID_VALUE,
    },
  })
  const { seen, take } = collector<unknown>()
  hub.write(toMeter, 'Time', { Time: 7 }, take)
  hub.write(toMeter, 'Time', { TimeStatus: 1, TimeZone: 3600, DstStart: 9 }, take)
  timers.run(seconds(1))
  expect(written).toEqual([7])
  expect(seen).toEqual([
    { ok: true },
    {
      ok: false,
      reason: 'refused',
      failed: {
        TimeStatus: Status.READ_ONLY,
        TimeZone: Status.INVALID_VALUE,
        DstStart: Status.UNSUPPORTED_ATTRIBUTE,
      },
    },
  ])
  inject(meterHan, [0x00, 9, 0x02, 0x00, 0x00, 0x23, 1, 0, 0, 0], { clusterId: 0x000a })
  expect(meterHan.frames().at(-1)).toBe('1809048d0000')
  expect(written).toEqual([7])
})

test('an undivided write changes nothing when one attribute may not be written', () => {
  const { meter, meterHan } = pair()
  const written: unknown[] = []
  meter.serve('Time', {
    attributes: { Time: 1, TimeStatus: 0 },
    writes: { Time: value => void written.push(value) },
  })
  inject(meterHan, [0x00, 9, 0x03, 0x00, 0x00, 0xe2, 1, 0, 0, 0, 0x01, 0x00, 0x18, 1], { clusterId: 0x000a })
  expect(meterHan.frames()).toEqual(['180904880100'])
  expect(written).toEqual([])
})

test('a request is answered under its own sequence number, by name and with typed fields', () => {
  const { timers, meter, hub, meterHan } = pair()
  meter.serve('Metering', {
    commands: {
      GetProfile: ({ numberOfPeriods }, from, reply) => {
        expect(from).toEqual(toHub)
        const intervals = Array.from({ length: numberOfPeriods }, (_, i) => i + 1)
        reply('GetProfileResponse', { endTime: 5, status: 0, profileIntervalPeriod: 2, intervals })
      },
    },
  })
  const seen: number[][] = []
  const ask = { intervalChannel: 0, endTime: 0, numberOfPeriods: 3 }
  hub.request(toMeter, 'Metering', 'GetProfile', ask, outcome => {
    if (outcome.ok) seen.push([...outcome.response.payload.intervals])
  })
  timers.run(seconds(1))
  expect(seen).toEqual([[1, 2, 3]])
  expect(meterHan.frames()).toEqual(['190100050000000002' + '03010000020000030000'])
})

test('a meter that serves asks its hub for a mirror: the direction follows from the command', () => {
  const { timers, meter, hub, meterHan } = pair()
  hub.use('Metering', {
    commands: { RequestMirror: (_payload, _from, reply) => reply('RequestMirrorResponse', { endpointId: 4 }) },
  })
  meter.serve('Metering')
  const { seen, take } = collector<unknown>()
  meter.request(toHub, 'Metering', 'RequestMirror', {}, take)
  timers.run(seconds(1))
  expect(seen).toEqual([{ ok: true, response: { command: 'RequestMirrorResponse', payload: { endpointId: 4 } } }])
  expect(meterHan.frames()).toEqual(['190101'])
})

test('a command of the same name both ways goes the way of the side the endpoint has', () => {
  const { timers, meter, hub, meterHan, hubHan } = pair()
  meter.use('Tunneling')
  hub.serve('Tunneling')
  const data = Uint8Array.of(1, 2)
  meter.send(toHub, 'Tunneling', 'TransferData', { tunnelId: 1, data })
  hub.send(toMeter, 'Tunneling', 'TransferData', { tunnelId: 1, data })
  timers.run(seconds(1))
  expect(meterHan.frames()).toEqual(['110102' + '01000102', ...meterHan.frames().slice(1)])
  expect(hubHan.frames()[0]).toBe('190101' + '01000102')
  hub.use('Tunneling')
  expect(() => hub.send(toMeter, 'Tunneling', 'TransferData', { tunnelId: 1, data })).toThrow(/both directions/)
})

test('a command without a response of its own ends with the default response', () => {
  const { timers, meter, hub } = pair()
  const { seen, take } = collector<unknown>()
  const text = { messageId: 1, messageControl: 0, startTime: 0, durationInMinutes: 5, message: 'hello' }
  let status: number | undefined
  meter.use('Messaging', { commands: { DisplayMessage: () => status ?? Status.SUCCESS } })
  hub.serve('Messaging')
  hub.request(toMeter, 'Messaging', 'DisplayMessage', text, take)
  timers.run(seconds(1))
  status = Status.INVALID_FIELD
  hub.request(toMeter, 'Messaging', 'DisplayMessage', text, take)
  hub.request(toMeter, 'Messaging', 'CancelMessage', { messageId: 1, messageControl: 0 }, take)
  timers.run(seconds(1))
  expect(seen).toEqual([
    { ok: true, response: undefined },
    { ok: false, reason: 'default-response', status: Status.INVALID_FIELD },
    { ok: false, reason: 'default-response', status: Status.UNSUP_CLUSTER_COMMAND },
  ])
})

test('a handler that answers later sends nothing at once, and its reply still finds the request', () => {
  const { timers, meter, hub, meterHan } = pair()
  meter.serve('Metering', {
    commands: {
      TakeSnapshot: (_payload, _from, reply) => {
        timers.after(seconds(3), 'later', () =>
          reply('TakeSnapshotResponse', { snapshotId: 9, snapshotConfirmation: 0 }),
        )
        return 'later'
      },
    },
  })
  const { seen, take } = collector<unknown>()
  hub.request(toMeter, 'Metering', 'TakeSnapshot', { snapshotCause: 1 }, take)
  timers.run(seconds(2))
  expect(meterHan.sent).toEqual([])
  timers.run(seconds(2))
  expect(seen).toHaveLength(1)
})

test('a device that takes its time answers that much later', () => {
  const { timers, meter, hub } = pair({ responseDelayUs: seconds(2) })
  meter.serve('Basic', { attributes: { ZCLVersion: 3 } })
  const { seen, take } = collector<unknown>()
  hub.read(toMeter, 'Basic', ['ZCLVersion'], take)
  timers.run(seconds(2))
  expect(seen).toEqual([])
  timers.run(seconds(1))
  expect(seen).toMatchObject([{ ok: true, values: { ZCLVersion: 3 } }])
})

test('a report reaches the client side by name; without a listener the reporter is told', () => {
  const { timers, meter, hub, hubHan } = pair()
  const { seen, take } = collector<unknown>()
  const confirmed: DeliveryOutcome[] = []
  hub.use('Metering', { onReport: (from, values) => take({ from, values }) })
  hub.use('Prepayment')
  meter.report(toHub, 'Metering', { CurrentSummationDelivered: 5, Status: 1 }, outcome => confirmed.push(outcome))
  meter.report(toHub, 'Prepayment', { CreditRemaining: -1 })
  timers.run(seconds(1))
  expect(seen).toEqual([{ from: toMeter, values: { CurrentSummationDelivered: 5, Status: 1 } }])
  expect(confirmed).toEqual(['delivered'])
  expect(hubHan.frames()).toEqual(['10020b0a82'])
})

test('attributes a client owns are read from its client side', () => {
  const { timers, meter, hub } = pair()
  meter.use('OtaUpgrade', { attributes: { CurrentFileVersion: 0x01020304 } })
  const { seen, take } = collector<unknown>()
  hub.read(toMeter, 'OtaUpgrade', ['CurrentFileVersion'], take)
  timers.run(seconds(1))
  expect(seen).toMatchObject([{ ok: true, values: { CurrentFileVersion: 0x01020304 } }])
})

test('default responses follow the rules of the library', () => {
  const { meter, meterHan, events } = pair()
  meter.serve('Metering', { commands: { LocalChangeSupply: () => {} } })
  const answers = (asdu: number[], over: Partial<ApsPayload> = {}) => {
    const before = meterHan.sent.length
    inject(meterHan, asdu, over)
    return meterHan.frames().slice(before)
  }
  // Handled: success, unless the sender does not want to know or it was a broadcast.
  expect(answers([0x01, 5, 0x0c, 0x02])).toEqual(['18050b0c00'])
  expect(answers([0x11, 5, 0x0c, 0x02])).toEqual([])
  expect(answers([0x01, 5, 0x0c, 0x02], { destinationEndpoint: 0xff })).toEqual([])
  // Trouble is told even when default responses are disabled.
  expect(answers([0x11, 5, 0x7f])).toEqual(['18050b7f81'])
  expect(answers([0x10, 5, 0x7f])).toEqual(['18050b7f82'])
  expect(answers([0x15, 0x34, 0x12, 5, 0x00])).toEqual(['1c3412050b0083'])
  expect(answers([0x14, 0x34, 0x12, 5, 0x00])).toEqual(['1c3412050b0084'])
  expect(answers([0x11, 5, 0x0c])).toEqual(['18050b0c80'])
  expect(answers([0x01, 5, 0x00], { clusterId: 0x0705 })).toEqual(['18050b00c3'])
  // Never to a default response, nor to another answer, nor to what has no header.
  expect(answers([0x00, 5, 0x0b, 0x01, 0x86])).toEqual([])
  expect(answers([0x00, 5, 0x0b])).toEqual([])
  expect(answers([0x08, 5, 0x01, 0x00, 0x00])).toEqual([])
  expect(answers([0x02, 5, 0x00])).toEqual([])
  expect(answers([])).toEqual([])
  expect(events.map(event => event.kind === 'zcl.malformed' && event.code)).toEqual([
    'wire.truncated',
    'wire.truncated',
    'zcl.reserved-frame-type',
    'wire.truncated',
  ])
})

test('a frame under the network key alone is refused where the link key is needed', () => {
  const { meter, meterHan, hubHan, hub, events } = pair()
  meter.serve('Metering', { attributes: { Status: 0 } })
  meter.serve('Basic', { attributes: { ZCLVersion: 3 } })
  meter.serve('Time', { attributes: { Time: 3 } })
  inject(meterHan, [0x10, 5, 0x00, 0x00, 0x02], { security: 'network' })
  inject(meterHan, [0x10, 5, 0x00, 0x00, 0x00], { security: 'network', clusterId: 0x0000 })
  inject(meterHan, [0x10, 5, 0x00, 0x00, 0x00], { security: 'network', clusterId: 0x000a })
  expect(meterHan.sent.map(({ payload }) => [payload.security, toHex(payload.asdu)])).toEqual([
    ['network', '18050b0001'],
    ['network', '18050100000020' + '03'],
    ['network', '180501000000e2' + '03000000'],
  ])
  expect(events).toMatchObject([{ kind: 'zcl.malformed', code: 'zcl.not-secured' }])
  hub.read(toMeter, 'Metering', ['Status'], () => {})
  hub.read(toMeter, 'Basic', ['ZCLVersion'], () => {})
  expect(hubHan.sent.map(({ payload }) => payload.security)).toEqual(['link', 'network'])
})

test('frames for another endpoint or profile are dropped and traced', () => {
  const { meter, meterHan, events } = pair()
  meter.serve('Metering', { attributes: { Status: 0 } })
  inject(meterHan, [0x10, 5, 0x00, 0x00, 0x02], { destinationEndpoint: 9 })
  inject(meterHan, [0x10, 5, 0x00, 0x00, 0x02], { profileId: 0x0104 })
  expect(meterHan.sent).toEqual([])
  expect(events).toHaveLength(2)
})

test('an answer of another peer, or of the same peer to something else, settles nothing', () => {
  const { timers, hub, hubHan } = pair()
  hubHan.other = undefined
  const { seen, take } = collector<unknown>()
  hub.read(toMeter, 'Metering', ['Status'], take)
  timers.run(seconds(1))
  const answer = (from: Eui64, over: Partial<ApsPayload>, asdu = [0x18, 1, 0x01, 0x00, 0x02, 0x00, 0x18, 7]) =>
    hubHan.listener?.onData(from, {
      profileId: SE,
      clusterId: 0x0702,
      sourceEndpoint: 1,
      destinationEndpoint: 3,
      security: 'link',
      asdu: Uint8Array.from(asdu),
      ...over,
    })
  answer(HUB, {})
  answer(METER, { sourceEndpoint: 2 })
  answer(METER, { clusterId: 0x0705 })
  answer(METER, {}, [0x10, 1, 0x01, 0x00, 0x02, 0x00, 0x18, 7])
  answer(METER, {}, [0x18, 2, 0x01, 0x00, 0x02, 0x00, 0x18, 7])
  answer(METER, {}, [0x18, 1, 0x0b, 0x02, 0x86])
  expect(seen).toEqual([])
  answer(METER, {})
  expect(seen).toMatchObject([{ ok: true, values: { Status: 7 } }])
  answer(METER, {})
  expect(seen).toHaveLength(1)
})

test('a peer that says it is done before it answers is waited for', () => {
  const { timers, hub, hubHan } = pair()
  hubHan.other = undefined
  const { seen, take } = collector<unknown>()
  hub.request(toMeter, 'Metering', 'TakeSnapshot', { snapshotCause: 1 }, take)
  const say = (...octets: number[]) =>
    hubHan.listener?.onData(METER, {
      profileId: SE,
      clusterId: 0x0702,
      sourceEndpoint: 1,
      destinationEndpoint: 3,
      security: 'link',
      asdu: Uint8Array.from(octets),
    })
  timers.run(seconds(1))
  say(0x18, 1, 0x0b, 0x05, 0x00)
  expect(seen).toEqual([])
  say(0x19, 1, 0x05, 9, 0, 0, 0, 0)
  const payload = { snapshotId: 9, snapshotConfirmation: 0 }
  expect(seen).toEqual([{ ok: true, response: { command: 'TakeSnapshotResponse', payload } }])
})

test('a late confirmation does not end the next request under the same sequence number', () => {
  const { timers, hub, hubHan } = pair()
  hubHan.other = undefined
  const confirms: ((outcome: DeliveryOutcome) => void)[] = []
  hubHan.send = (_to, _payload, onConfirm) => void (onConfirm && confirms.push(onConfirm))
  const reasons: string[] = []
  const read = () =>
    hub.read(toMeter, 'Basic', ['ZCLVersion'], outcome => reasons.push(outcome.ok ? '' : outcome.reason))
  read()
  timers.run(seconds(11))
  for (let i = 0; i < 256; i++) read()
  confirms[0]?.('no-ack')
  expect(reasons).toEqual(['timeout'])
  confirms[256]?.('expired')
  expect(reasons).toEqual(['timeout', 'expired'])
})

test('requests beyond the sequence numbers are refused as busy, later', () => {
  const { timers, hub, hubHan } = pair()
  hubHan.other = undefined
  const reasons: string[] = []
  for (let i = 0; i < 258; i++) {
    hub.read(toMeter, 'Metering', ['Status'], outcome => void reasons.push(outcome.ok ? 'ok' : outcome.reason))
  }
  expect(reasons).toEqual([])
  timers.run(seconds(1))
  expect(reasons).toEqual(['busy', 'busy'])
  expect(new Set(hubHan.frames()).size).toBe(256)
  timers.run(seconds(20))
  expect(reasons).toHaveLength(258)
})

test('a value of another type than the table says is not passed off as one', () => {
  const { timers, hub, hubHan } = pair()
  hubHan.other = undefined
  const { seen, take } = collector<unknown>()
  hub.read(toMeter, 'Metering', ['Status'], take)
  timers.run(seconds(1))
  const asdu = Uint8Array.of(0x18, 1, 0x01, 0x00, 0x02, 0x00, 0x42, 1, 0x41)
  const from = { profileId: SE, clusterId: 0x0702, sourceEndpoint: 1, destinationEndpoint: 3 }
  hubHan.listener?.onData(METER, { ...from, security: 'link', asdu })
  expect(seen).toMatchObject([{ ok: true, values: {}, failed: { Status: Status.INVALID_DATA_TYPE } }])
})

test('attributes are discovered in the order of their ids, in parts', () => {
  const { meter, meterHan } = pair()
  meter.serve('Metering', { attributes: { UnitOfMeasure: 0, CurrentSummationDelivered: 1, Status: 0 } })
  inject(meterHan, [0x00, 1, 0x0c, 0x00, 0x00, 2])
  inject(meterHan, [0x00, 1, 0x0c, 0x01, 0x02, 9])
  expect(meterHan.frames()).toEqual(['18010d00' + '000025' + '000218', '18010d01' + '000330'])
})

test('the simple descriptor follows the clusters served and used', () => {
  const { meter, meterHan } = pair()
  expect(meterHan.endpoints.get(1)).toMatchObject({ profileId: SE, deviceId: 0x0501, inputClusters: [] })
  meter.serve('Basic')
  meter.serve('Metering')
  meter.use('Time')
  expect(meterHan.endpoints.get(1)).toMatchObject({ inputClusters: [0x0000, 0x0702], outputClusters: [0x000a] })
  meter.remove()
  expect(meterHan.endpoints.size).toBe(0)
})

test('wrong names and values are the mistake of the caller, and say so', () => {
  const { meter, hub, meterNode } = pair()
  const wrong = { CurrentSumationDelivered: 1 }
  expect(() => meter.serve('Metering', { attributes: wrong as object })).toThrow(
    /did you mean CurrentSummationDelivered/,
  )
  expect(() => meter.use('Metering', { attributes: { Status: 1 } as object })).toThrow(/belongs to the server/)
  expect(() => meter.serve('Time', { writes: { Time: () => {} } })).toThrow(/not among the attributes/)
  expect(() => hub.write(toMeter, 'Time', { Time: -1 }, () => {})).toThrow(/Time.*0x0000: -1 is not UTC/)
  expect(() => hub.read(toMeter, 'Metering', ['Status', 'NotificationFlags2'], () => {})).toThrow(/one frame/)
  expect(() => meterNode.endpoint({ endpoint: 1, profileId: SE, deviceId: 0 })).toThrow(/exists already/)
})

test('the owner hears of everything besides data through its own listener', () => {
  const heard: string[] = []
  const { meterHan } = pair({
    listener: { onJoined: () => void heard.push('joined'), onLeft: () => void heard.push('left') },
  })
  meterHan.listener?.onJoined?.()
  meterHan.listener?.onLeft?.()
  meterHan.listener?.onHeard?.(HUB)
  expect(heard).toEqual(['joined', 'left'])
})

test('decoded frames name their cluster and command, for people who read a trace', () => {
  expect(decodeFrame(0x0702, Uint8Array.of(0x01, 5, 0x0c, 0x02))).toMatchObject({
    kind: 'cluster',
    cluster: 'Metering',
    command: 'LocalChangeSupply',
    payload: { proposedSupplyStatus: 2 },
    extra: 0,
  })
})
