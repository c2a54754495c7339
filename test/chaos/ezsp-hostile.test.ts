/** A line on which anything may come: the co-processor never stops, and the next good host starts on it. */
import { expect, test } from 'vitest'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { WELL_KNOWN_LINK_KEY } from '../../src/crypto/link-keys.ts'
import { type AshFrame, encodeAsh } from '../../src/wire/ash/frame.ts'
import { AshReader } from '../../src/wire/ash/reader.ts'
import { ezspCommands } from '../../src/wire/ezsp/commands.ts'
import { ANY_DEVICE } from '../../src/wire/ezsp/fields.ts'
import { encodeEzsp } from '../../src/wire/ezsp/frame.ts'
import { disturbed, octetSource } from '../helpers/disturbed-octets.ts'
import { COMMAND, EzspHost, ezspStick } from '../helpers/ezsp-host.ts'
import { PLUG, ProcessorHome, STICK } from '../helpers/processor-home.ts'

const MEGABYTE = 2 ** 20
const TOGGLE_PLUG = {
  apsFrame: {
    ...{ profileId: 0x0104, clusterId: 6, sourceEndpoint: 1, destinationEndpoint: 1 },
    ...{ options: 0x40, groupId: 0, sequence: 0 },
  },
  messageTag: 9,
  message: Uint8Array.of(1, 7, 2),
}

/** A stick that is on, its line in bad hands, and what it says. */
class Bench {
  readonly home = new ProcessorHome()
  private readonly stick = ezspStick(this.home.kernel, this.home.unformed().processor)
  readonly dongle = this.stick.dongle
  readonly line = this.stick.line
  /** Data the stick has sent: of each new number, once. */
  answers = 0
  /** What a host would acknowledge. */
  expected = 0

  /** Nobody answers the stick: what it says is only counted. */
  hijack(): void {
    const reader = new AshReader({ onFrame: frame => this.hear(frame), onBad: () => {} })
    this.line.host.listen({ onOctets: octets => reader.push(octets) })
  }
  private hear(frame: AshFrame): void {
    if (frame.type === 'rstack') this.expected = 0
    if (frame.type !== 'data' || frame.frame !== this.expected) return
    this.expected = (this.expected + 1) & 7
    this.answers++
  }
  write(octets: Uint8Array): void {
    this.line.host.write(octets)
  }
  run(forUs: number): void {
    this.home.run(forUs)
  }

  /** Another host on the line. */
  host(): EzspHost {
    return new EzspHost(this.home.kernel, this.stick)
  }
  /** A good host begins, forms a network or finds one, and has it up. */
  expectGoodHost(): void {
    const host = this.host().begin()
    if (host.ask('networkInit', { bitmask: 3 }).status === 'NOT_JOINED') {
      const none = '0'.repeat(16)
      const keys = { preconfiguredKey: new Uint8Array(16), networkKey: new Uint8Array(16), networkKeySequenceNumber: 0 }
      host.ask('setInitialSecurityState', { state: { bitmask: 0x0b84, ...keys, preconfiguredTrustCenterEui64: none } })
      const place = { extendedPanId: none, panId: 0xffff, radioTxPower: 5, radioChannel: 15, joinMethod: 0 }
      const parameters = { ...place, nwkManagerId: 0, nwkUpdateId: 0, channels: 0 }
      expect(host.ask('formNetwork', { parameters })).toEqual({ status: 'OK' })
    }
    host.until(() => host.said.some(({ name }) => name === 'stackStatusHandler'))
    expect(host.ask('networkState', {})).toEqual({ networkStatus: 2 })
    host.ash.mute = true
  }
}

/** Each command with parameters that are anything at all, as octets of EZSP. */
function everyCommand(seed: number): Uint8Array[] {
  const { bytes, next } = octetSource(seed)
  return Object.values(ezspCommands(14)).flatMap(({ id }) =>
    Array.from({ length: 4 }, () => encodeEzsp({ ...COMMAND, sequence: next(256), id, parameters: bytes(next(60)) })),
  )
}

test('a megabyte of noise, in pieces of any size', () => {
  const bench = new Bench()
  bench.hijack()
  const { next, bytes } = octetSource(7)
  for (let sent = 0; sent < MEGABYTE; ) {
    const piece = bytes(1 + next(2_000))
    bench.write(piece)
    sent += piece.length
    bench.run(milliseconds(2))
  }
  bench.run(seconds(1))
  expect(bench.dongle.lineCounts.damaged).toBeGreaterThan(1_000)
  bench.expectGoodHost()
})

test('a line full of one octet, whichever it is', () => {
  const bench = new Bench()
  bench.hijack()
  for (const octet of [0x55, 0x7d, 0x7e, 0x18, 0x1a, 0x11, 0xff, 0x00]) {
    bench.write(new Uint8Array(100_000).fill(octet))
    bench.run(milliseconds(10))
    bench.expectGoodHost()
    bench.hijack()
  }
})

test('frames cut short, with bits flipped, doubled, out of any window, drop by drop', () => {
  const bench = new Bench()
  bench.hijack()
  const { next } = octetSource(11)
  const told = (type: 'ack' | 'nak') =>
    Array.from({ length: 8 }, (_, ack): AshFrame => ({ type, ack, notReady: ack % 2 === 0 }))
  const data = Array.from(
    { length: 64 },
    (_, n): AshFrame => ({
      ...{ type: 'data', frame: n >> 3, ack: n & 7, retransmitted: n % 3 === 0, body: Uint8Array.of(0, 0, 0, 14) },
    }),
  )
  const rest: AshFrame[] = [{ type: 'rst' }, { type: 'rstack', version: 2, code: 11 }]
  const frames = [...told('ack'), ...told('nak'), ...data, ...rest].map(frame => encodeAsh(frame).slice())
  for (const broken of disturbed(frames, 13, 4_000)) {
    // A good one between two bad ones, in no order that makes sense.
    const octets = Uint8Array.from([...broken, 0x7e, ...(frames[next(frames.length)] ?? [])])
    for (let at = 0; at < octets.length; ) {
      const drop = 1 + next(5)
      bench.write(octets.subarray(at, at + drop))
      at += drop
      if (next(40) === 0) bench.run(milliseconds(next(100)))
    }
  }
  bench.run(seconds(30))
  const { lineCounts } = bench.dongle
  expect(lineCounts.resets).toBeGreaterThan(10)
  expect(lineCounts.duplicate + lineCounts.rejected + lineCounts['bad-acknowledgement']).toBeGreaterThan(100)
  bench.expectGoodHost()
})

test('commands whose parameters are anything at all, and words that are no commands', () => {
  const bench = new Bench()
  const { dongle } = bench
  for (const seed of [1, 2, 3]) {
    // The first time its network is not up, later it is.
    if (seed > 1) bench.expectGoodHost()
    bench.hijack()
    const version = encodeEzsp({ ...COMMAND, id: 0, parameters: Uint8Array.of(14) })
    let frame = 0
    const say = (body: Uint8Array) => {
      const { expected: ack } = bench
      bench.write(encodeAsh({ type: 'data', frame, ack, retransmitted: false, body }))
      frame = (frame + 1) & 7
      bench.run(milliseconds(20))
    }
    const begin = () => {
      bench.write(encodeAsh({ type: 'rst' }))
      bench.run(milliseconds(20))
      frame = 0
      say(version)
    }
    begin()
    const words = [...everyCommand(seed), ...disturbed(everyCommand(seed + 10), seed + 20, 2_000)]
    for (const [n, body] of words.entries()) {
      if (body.length < 3) continue
      const { resets } = dongle.lineCounts
      say(body.slice(0, 220))
      // It was told to reset itself, or given up.
      if (dongle.lineCounts.resets > resets || n % 100 === 0) begin()
    }
    bench.run(seconds(30))
  }
  expect(bench.answers).toBeGreaterThan(3_000)
  expect(dongle.counts.malformed).toBeGreaterThan(500)
  expect(dongle.counts.refused).toBeGreaterThan(1_000)
  expect(dongle.refusals).toHaveLength(32)
  bench.expectGoodHost()
})

test('hosts that come and go in the middle of what they say', () => {
  const bench = new Bench()
  const { next } = octetSource(23)
  bench.hijack()
  for (let n = 0; n < 100; n++) {
    bench.write(encodeAsh({ type: 'rst' }))
    bench.run(milliseconds(next(5)))
    for (const [frame, body] of everyCommand(n + 100)
      .slice(0, next(30))
      .entries()) {
      const octets = encodeAsh({ type: 'data', frame: frame & 7, ack: 0, retransmitted: false, body })
      bench.write(octets.subarray(0, next(octets.length + 1)))
    }
    bench.run(milliseconds(next(50)))
    bench.line.cut('pulled')
    bench.run(milliseconds(next(200)))
    bench.line.mend()
    bench.run(milliseconds(1))
  }
  bench.run(seconds(20))
  bench.expectGoodHost()
})

test('messages of any content, to the stick itself, to a device and to all, and what a device sends back', () => {
  const bench = new Bench()
  bench.expectGoodHost()
  const host = bench.host().begin()
  host.ask('networkInit', { bitmask: 3 })
  host.run(seconds(1))
  host.ask('importTransientKey', { eui64: ANY_DEVICE, key: Uint8Array.from(WELL_KNOWN_LINK_KEY), flags: 0 })
  host.ask('permitJoining', { durationS: 254 })
  const plug = bench.home.joined(PLUG)
  const { nodeId } = host.ask('lookupNodeIdByEui64', { eui64: PLUG })
  const { next, bytes } = octetSource(31)
  const statuses = new Set<string>()
  for (let n = 0; n < 1_500; n++) {
    const isZdo = next(2) === 0
    const apsFrame = {
      ...{ profileId: isZdo ? 0 : 0x0104, clusterId: isZdo ? next(0x40) : next(0x10), options: 0x40 * next(2) },
      ...{ sourceEndpoint: isZdo ? 0 : next(256), destinationEndpoint: isZdo ? 0 : next(256) },
      ...{ groupId: next(0x1_0000), sequence: next(256) },
    }
    const message = bytes(next(84))
    const what = { apsFrame, messageTag: n & 0xffff, message }
    const to = [0, nodeId, nodeId, 0x1234, 0xfffd, 0xfffe][next(6)] ?? 0
    const many = {
      alias: 0xffff,
      nwkSequence: 0,
      radius: next(256),
      hops: 1,
      nonmemberRadius: 0,
      broadcastAddress: 0xfffd,
    }
    // It must not be told to leave: that is a question of another kind.
    if (apsFrame.clusterId !== 0x34) {
      if (to < 0xfff8) statuses.add(host.ask('sendUnicast', { type: 0, indexOrDestination: to, ...what }).status)
      else if (next(2) === 0) statuses.add(host.ask('sendBroadcast', { ...many, destination: to, ...what }).status)
      else statuses.add(host.ask('sendMulticast', { ...many, ...what }).status)
    }
    if (n % 3 === 0) {
      const { profileId, clusterId, sourceEndpoint, destinationEndpoint } = apsFrame
      const payload = { profileId, clusterId: clusterId | (0x8000 * next(2)), sourceEndpoint, destinationEndpoint }
      plug.node.send(STICK, { ...payload, security: 'network', asdu: bytes(next(80)) })
    }
    host.run(milliseconds(50))
  }
  host.run(seconds(60))
  expect(statuses).toEqual(new Set(['OK', 'MESSAGE_TOO_LONG', 'INVALID_PARAMETER']))
  const tags = host.heard().filter(({ name }) => name === 'messageSentHandler')
  expect(tags.length).toBeGreaterThan(1_000)
  expect(host.ask('sendUnicast', { type: 0, indexOrDestination: nodeId, ...TOGGLE_PLUG }).status).toBe('OK')
  host.run(seconds(2))
  expect(host.heard().at(-1)?.value).toMatchObject({ status: 'OK', messageTag: 9 })
})
