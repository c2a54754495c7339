/** What a device object asks and tells: announcements, discovery, addresses. */
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import type { DiscoveredEndpoint } from '../../src/ports/han.ts'
import { samples } from '../golden/zigbee-samples.ts'
import { DISPLAY, HUB, LONG, METER, only } from './zigbee-aps-bench.ts'
import { ALL, descriptor, home, router, say } from './zigbee-zdo-bench.ts'

const METERING = { profileId: 0x0109, clusterId: 0x0702 }

describe('an announcement', () => {
  test('stands on the air as the join of the documents has it', () => {
    const { meter, meterZdo } = home()
    meterZdo.announce({ ...router, fullFunctionDevice: false, mainsPowered: false, rxOnWhenIdle: false })
    const sample = samples.find(({ name }) => name === 'device announce')?.nwkPlaintext ?? ''
    const octets = only(meter.octets)
    // All but the APS counter, the ZDO sequence and the EUI-64 are the same.
    expect(toHex(octets.subarray(0, 7))).toBe(sample.slice(0, 14))
    expect(toHex(octets.subarray(9))).toBe(`3412b10078563412db00${sample.slice(-2)}`)
  })

  test('teaches every listener where the node is now', () => {
    const heard: unknown[] = []
    const { hub, meter, display, meterZdo, run } = home({ hub: { onAnnounce: (...said) => heard.push(said) } })
    meter.nwk.address = 0x4321
    meterZdo.announce(router)
    run(LONG)
    expect([hub.nwk.addressOf(METER), display.nwk.addressOf(METER)]).toEqual([0x4321, 0x4321])
    expect(heard).toEqual([[METER, 0x4321, router]])
  })

  test.each([
    ['an address it does not send from', '019999b10078563412db008e', 0x1234],
    ['the EUI-64 of the listener', '01aaaaa10078563412db008e', 0xaaaa],
    ['the address of the listener', '010000b10078563412db008e', 0x0000],
  ])('of %s is not believed', (_, asdu, source) => {
    const { hub, hubZdo } = home()
    say(hub, 0x0013, asdu, { source, broadcast: true })
    expect([...hub.nwk.known]).toEqual([[METER, 0x1234]])
    expect(hubZdo.refused.get('false-announce')).toBe(1)
  })
})

describe('discovery', () => {
  test('finds every endpoint that serves the cluster, and learns who they belong to', () => {
    const { display, hubZdo, meterZdo, displayZdo, run } = home()
    hubZdo.endpoints.set(descriptor(3))
    meterZdo.endpoints.set(descriptor(1))
    meterZdo.endpoints.set(descriptor(2))
    meterZdo.endpoints.set(descriptor(4, { inputClusters: [0x0700] }))
    const found: DiscoveredEndpoint[][] = []
    displayZdo.discover(METERING, all => found.push(all))
    expect(found).toEqual([])
    run(LONG)
    expect(only(found)).toEqual([
      { device: HUB, ...descriptor(3) },
      { device: METER, ...descriptor(1) },
      { device: METER, ...descriptor(2) },
    ])
    expect(display.nwk.addressOf(METER)).toBe(0x1234)
    expect(displayZdo.pending).toBe(0)
  })

  test('ends with what answered when a node falls silent in between', () => {
    const { network, hubZdo, meterZdo, displayZdo, run } = home()
    hubZdo.endpoints.set(descriptor(3))
    meterZdo.endpoints.set(descriptor(1))
    const found: DiscoveredEndpoint[][] = []
    displayZdo.discover(METERING, all => found.push(all))
    run(seconds(1))
    network.carries = ({ from, to }) => from !== METER && to !== 0x1234
    run(seconds(29))
    expect(only(found).map(({ device }) => device)).toEqual([HUB])
  })

  test('with nobody there ends with nothing', () => {
    const { network, displayZdo, run } = home()
    network.carries = () => false
    const found: DiscoveredEndpoint[][] = []
    displayZdo.discover(METERING, all => found.push(all))
    run(LONG)
    expect(found).toEqual([[]])
  })

  test('looks at no more endpoints than it can ask for', () => {
    const { display, displayZdo, run, network } = home()
    const found: DiscoveredEndpoint[][] = []
    displayZdo.discover(METERING, all => found.push(all))
    const { payload } = only(display.frames)
    const sequence = toHex(payload.subarray(0, 1))
    for (let source = 1; source < 20; source++) {
      const numbers = Array.from({ length: 40 }, (_, at) => (at + 1).toString(16).padStart(2, '0')).join('')
      say(display, 0x8006, `${sequence}00${source.toString(16).padStart(2, '0')}0028${numbers}`, { source })
    }
    const before = network.sent.length
    network.carries = () => false
    run(seconds(3))
    expect(network.sent.length - before).toBe(32)
    run(LONG)
    expect([found, displayZdo.pending]).toEqual([[[]], 0])
  })

  test.each([
    ['of another endpoint', '0034120a06090101050001020700'],
    ['without the cluster', '0034120a05090101050001000700'],
    ['that is none', '00341200'],
    ['refused', '83341200'],
  ])('takes no endpoint with a descriptor %s', (_, answer) => {
    const { network, display, displayZdo, run } = home()
    display.nwk.learn(METER, 0x1234)
    const found: DiscoveredEndpoint[][] = []
    displayZdo.discover(METERING, all => found.push(all))
    const sequence = () => toHex(display.frames.at(-1)?.payload.subarray(0, 1) ?? new Uint8Array())
    say(display, 0x8006, `${sequence()}0034120105`)
    network.carries = () => false
    run(seconds(2.1))
    expect(display.frames.at(-1)?.header).toMatchObject({ clusterId: 0x0004 })
    say(display, 0x8004, sequence() + answer)
    expect(displayZdo.refused.get('malformed')).toBeUndefined()
    run(LONG)
    expect(found).toEqual([[]])
  })

  test('takes no endpoint that its node knows nothing of', () => {
    const { display, displayZdo, run } = home()
    const found: DiscoveredEndpoint[][] = []
    displayZdo.discover(METERING, all => found.push(all))
    const asked = toHex(only(display.frames).payload.subarray(0, 1))
    say(display, 0x8006, `${asked}0034120105`, { source: 0x1234 })
    run(LONG)
    // The meter has no endpoint 5: it says so.
    expect(found).toEqual([[]])
  })
})

describe('an address', () => {
  test('is asked of the node itself, and learned', () => {
    const { display, displayZdo, run } = home()
    const known: unknown[] = []
    displayZdo.ieeeAddressOf(0x1234, device => known.push(device))
    run(LONG)
    expect([known, display.nwk.addressOf(METER)]).toEqual([[METER], 0x1234])
  })

  test('is looked for among all, and learned', () => {
    const { meter, display, displayZdo, run } = home()
    meter.nwk.address = 0x4444
    const known: unknown[] = []
    displayZdo.nwkAddressOf(METER, address => known.push(address))
    run(seconds(1))
    expect([known, display.nwk.addressOf(METER)]).toEqual([[0x4444], 0x4444])
    run(LONG)
    expect(known).toHaveLength(1)
  })

  test('is not believed when the answer is about another', () => {
    const { network, display, displayZdo, run } = home()
    network.carries = () => false
    const known: unknown[] = []
    displayZdo.ieeeAddressOf(0x1234, device => known.push(device))
    displayZdo.nwkAddressOf(METER, address => known.push(address))
    const [about, search] = display.frames.map(({ payload }) => toHex(payload.subarray(0, 1)))
    say(display, 0x8001, `${about}00c10078563412db007777`)
    say(display, 0x8000, `${search}00c10078563412db003412`)
    run(seconds(9))
    expect([known, [...display.nwk.known]]).toEqual([[undefined, undefined], [[HUB, 0]]])
  })

  test('of a node that is not there stays unknown', () => {
    const { displayZdo, run } = home()
    const known: unknown[] = []
    displayZdo.ieeeAddressOf(0x7777, device => known.push(device))
    displayZdo.nwkAddressOf('00db1234567800ff', address => known.push(address))
    run(LONG)
    expect(known).toEqual([undefined, undefined])
  })
})

describe('an answer', () => {
  test.each([
    ['from another node', 0x8005, '00', 0x5678],
    ['to another question', 0x8006, '00', 0x1234],
    ['with another sequence', 0x8005, '01', 0x1234],
  ])('%s is not taken', (_, clusterId, shift, source) => {
    const { network, hub, hubZdo, run } = home()
    network.carries = () => false
    const answers: unknown[] = []
    hubZdo.ask(0x1234, { name: 'ActiveEndpointsRequest', address: 0x1234 }, answer => answers.push(answer))
    const sequence = (only(hub.frames).payload[0] ?? 0) + Number(shift)
    say(hub, clusterId, `${sequence.toString(16).padStart(2, '0')}0034120101`, { source })
    expect([answers, hubZdo.refused.get('unexpected-answer')]).toEqual([[], 1])
    run(LONG)
    expect(answers).toEqual([undefined])
  })

  test('comes once, though it came twice', () => {
    const { hub, hubZdo, run } = home()
    const answers: unknown[] = []
    hubZdo.ask(0x1234, { name: 'ActiveEndpointsRequest', address: 0x1234 }, answer => answers.push(answer?.endpoints))
    const sequence = toHex(only(hub.frames).payload.subarray(0, 1))
    for (let times = 0; times < 2; times++) say(hub, 0x8005, `${sequence}0034120101`)
    run(LONG)
    expect(answers).toEqual([[1]])
  })

  test('that never comes ends the question after 10 s', () => {
    const { network, hubZdo, run } = home()
    network.carries = ({ from }) => from === HUB
    const answers: unknown[] = []
    hubZdo.ask(0x5678, { name: 'ActiveEndpointsRequest', address: 0x5678 }, answer => answers.push(answer))
    run(seconds(11))
    expect([answers, hubZdo.pending]).toEqual([[undefined], 0])
  })
})

test('questions are bounded: the surplus ends without an answer, the rest is answered', () => {
  const { hubZdo, run } = home()
  const answers: boolean[] = []
  for (let at = 0; at < 100; at++) {
    hubZdo.ask(0x1234, { name: 'ActiveEndpointsRequest', address: 0x1234 }, answer =>
      answers.push(answer !== undefined),
    )
  }
  expect(hubZdo.pending).toBe(64)
  run(LONG)
  expect(answers.filter(answered => answered)).toHaveLength(64)
  expect(answers).toHaveLength(100)
})

test('a node that leaves the network ends its questions, once each', () => {
  const { network, hubZdo, run } = home()
  network.carries = () => false
  const ends: unknown[] = []
  hubZdo.ask(0x1234, { name: 'ActiveEndpointsRequest', address: 0x1234 }, answer => ends.push(answer))
  hubZdo.discover(METERING, found => ends.push(found))
  hubZdo.nwkAddressOf(DISPLAY, address => ends.push(address))
  run(1_000)
  hubZdo.reset()
  run(LONG)
  expect(ends).toEqual([undefined, [], undefined])
})

test('what is told to all is answered by nobody', () => {
  const opened: number[] = []
  const permitJoining = (durationS: number) => opened.push(durationS)
  const { network, meterZdo, run } = home({ hub: { permitJoining } })
  meterZdo.tell(ALL, { name: 'ManagementPermitJoiningRequest', durationS: 180, trustCentreSignificance: false })
  run(LONG)
  expect([opened, network.sent.length]).toEqual([[180], 1])
})
