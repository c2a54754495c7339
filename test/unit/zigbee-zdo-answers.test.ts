/** What a device object answers: by the octets of the requests and responses. */
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { ZdoStatus } from '../../src/zigbee/frames/zdo.ts'
import type { ZdoAsker } from '../../src/zigbee/zdo/zdo-host.ts'
import { HUB, LONG, METER, type Node } from './zigbee-aps-bench.ts'
import { descriptor, home, nodeDescriptor, say } from './zigbee-zdo-bench.ts'

const METER_LE = 'b10078563412db00'

/** Cluster id and payload of what a node said to the network, hex. */
function said(node: Node): string[] {
  return node.frames.flatMap(({ header, payload }) =>
    header.type === 'data' ? [`${header.clusterId.toString(16).padStart(4, '0')} ${toHex(payload)}`] : [],
  )
}

describe('a request about this node', () => {
  test.each([
    ['node descriptor', 0x0002, '013412', '8002 0100 3412 0140 8e 3412 52 8000 0000 8000 00'],
    ['simple descriptor', 0x0004, '01341201', '8004 0100 3412 0e 01 0901 0105 00 02 0000 0207 01 0008'],
    ['simple descriptor of no endpoint', 0x0004, '01341209', '8004 0183 3412 00'],
    ['simple descriptor of endpoint 0', 0x0004, '01341200', '8004 0182 3412 00'],
    ['active endpoints', 0x0005, '013412', '8005 0100 3412 02 01 0a'],
    ['address', 0x0000, `01${METER_LE}0000`, `8000 0100 ${METER_LE} 3412`],
    ['address of another', 0x0000, '01ffffffffffffffff0000', '8000 0181 ffffffffffffffff ffff'],
    ['EUI-64', 0x0001, '0134120000', `8001 0100 ${METER_LE} 3412`],
    ['EUI-64, with children', 0x0001, '0134120100', `8001 0100 ${METER_LE} 3412 02 00 0111 0222`],
    ['EUI-64 of a child', 0x0001, '0101110000', '8001 0100 c10078563412db00 0111'],
    ['EUI-64, request type 7', 0x0001, '0134120700', `8001 0180 ${METER_LE} 3412`],
    ['match', 0x0006, '013412 0901 01 0207 00', '8006 0100 3412 02 01 0a'],
    ['match by output cluster', 0x0006, '013412 0901 00 01 0b00', '8006 0100 3412 01 0a'],
    ['match of any profile', 0x0006, '013412 ffff 01 0207 00', '8006 0100 3412 02 01 0a'],
    ['match of no cluster', 0x0006, '013412 0901 01 0707 00', '8006 0186 3412 00'],
    ['match of another profile', 0x0006, '013412 0401 01 0207 00', '8006 0186 3412 00'],
    ['match at another address', 0x0006, '019999 0901 01 0207 00', '8006 0181 9999 00'],
    ['binding', 0x0021, `01${METER_LE}01000803${METER_LE}01`, '8021 0100'],
    ['binding of an endpoint it lacks', 0x0021, `01${METER_LE}02000803${METER_LE}01`, '8021 0182'],
    ["binding of another's endpoint", 0x0021, '01ffffffffffffffff01000801efbe', '8021 0184'],
    ['unbinding of what is not bound', 0x0022, `01${METER_LE}01000801efbe`, '8022 0188'],
    ['bindings, of which there are none', 0x0033, '0100', '8033 0100 000000'],
    ['leaving, where nobody may ask', 0x0034, `01${METER_LE}00`, '8034 0184'],
    ['neighbours, where none are kept', 0x0031, '0100', '8031 0184'],
    ['routes, where none are kept', 0x0032, '0100', '8032 0184'],
    ['joining, where it is not opened', 0x0036, '01b400', '8036 0184'],
    ['something this stack does not know', 0x0038, '01aabbcc', '8038 0184'],
  ])('for its %s is answered', (_, clusterId, request, answer) => {
    const children = () => [
      { device: '00db1234567800c1', address: 0x1101 },
      { device: '00db1234567800c2', address: 0x2202 },
    ]
    const { meter, meterZdo, run } = home({ meter: { children } })
    meterZdo.endpoints.set(descriptor(10, { outputClusters: [0x000b] }))
    meterZdo.endpoints.set(descriptor(1))
    say(meter, clusterId, request.replaceAll(' ', ''), { source: 0 })
    run(LONG)
    const [cluster, ...rest] = answer.split(' ')
    expect(said(meter)).toEqual([`${cluster} ${rest.join('')}`])
  })

  test('at another address is not answered by an end device for want of a table', () => {
    const { meter, run } = home({ meter: { nodeDescriptor: () => nodeDescriptor('end device') } })
    say(meter, 0x0002, '019999', { source: 0 })
    run(LONG)
    expect(said(meter)).toEqual(['8002 01809999'])
  })
})

describe('a broadcast', () => {
  test.each([
    ['match of no cluster', 0x0006, '01fdff0901010707 00'],
    ['match at another address', 0x0006, '0199990901010207 00'],
    ['search for another node', 0x0000, '01ffffffffffffffff0000'],
    ['question for one node', 0x0005, '013412'],
    ['opening', 0x0036, '01b400'],
    ['something this stack does not know', 0x0038, '01aabbcc'],
  ])('%s is met with silence', (_, clusterId, request) => {
    const { meter, meterZdo, run } = home()
    meterZdo.endpoints.set(descriptor(1))
    say(meter, clusterId, request.replaceAll(' ', ''), { source: 0, broadcast: true })
    run(LONG)
    expect(meter.octets).toEqual([])
  })

  test('match or search for this node is answered to the asker alone', () => {
    const { network, meter, meterZdo, run } = home()
    meterZdo.endpoints.set(descriptor(1))
    say(meter, 0x0006, '01fdff090101020700', { source: 0x5678, broadcast: true })
    say(meter, 0x0000, `02${METER_LE}0000`, { source: 0x5678, broadcast: true })
    run(LONG)
    expect(said(meter)).toEqual(['8006 010034120101', `8000 0200${METER_LE}3412`])
    expect(network.sent.filter(({ from }) => from === METER).map(({ to }) => to)).toEqual([0x5678, 0x5678])
  })

  test('to open or close the network reaches who may do that', () => {
    const opened: number[] = []
    const permitJoining = (durationS: number) => {
      opened.push(durationS)
      return ZdoStatus.SUCCESS
    }
    const { hub, run } = home({ hub: { permitJoining } })
    say(hub, 0x0036, '01b400', { broadcast: true })
    say(hub, 0x0036, '020000')
    run(LONG)
    expect(opened).toEqual([180, 0])
    expect(said(hub)).toEqual(['8036 0200'])
  })
})

test('a table longer than a frame is answered window by window', () => {
  const entry = (at: number) => ({
    extendedPanId: HUB,
    device: METER,
    address: at,
    deviceType: 'router' as const,
    rxOnWhenIdle: 'yes' as const,
    relationship: 'sibling' as const,
    permitJoining: 'unknown' as const,
    depth: 1,
    lqi: 255,
  })
  const { hub, meterZdo, run } = home({ hub: { neighbours: () => Array.from({ length: 7 }, (_, at) => entry(at)) } })
  const windows: (readonly number[] | undefined)[] = []
  for (const startIndex of [0, 3, 6, 7, 255]) {
    meterZdo.ask(0, { name: 'ManagementLqiRequest', startIndex }, answer =>
      windows.push(answer?.neighbours?.map(({ address }) => address)),
    )
  }
  run(LONG)
  expect(windows).toEqual([[0, 1, 2], [3, 4, 5], [6], [], []])
  expect(hub.frames.every(({ header }) => header.type !== 'data' || header.fragment === undefined)).toBe(true)
})

describe('bindings', () => {
  const bind = (clusterId: number, what: string) => `${clusterId.toString(16)}${METER_LE}01${what}`
  const GROUP = '000801efbe'
  const UNICAST = `000803${METER_LE}01`

  function bindable() {
    const made = home()
    made.meterZdo.endpoints.set(descriptor(1))
    const request = (cluster: number, asdu: string): string => {
      const { length } = said(made.meter)
      say(made.meter, cluster, asdu, { source: 0 })
      made.run(LONG)
      return said(made.meter).slice(length).join()
    }
    return { ...made, request }
  }

  test('are kept once each, listed in the order they were made, and removed', () => {
    const { request } = bindable()
    for (const what of [GROUP, UNICAST, GROUP]) expect(request(0x0021, bind(0x11, what))).toBe('8021 1100')
    expect(request(0x0033, '1200')).toBe(`8033 1200020002${METER_LE}01${GROUP}${METER_LE}01${UNICAST}`)
    expect(request(0x0022, bind(0x13, GROUP))).toBe('8022 1300')
    expect(request(0x0022, bind(0x14, GROUP))).toBe('8022 1488')
    expect(request(0x0033, '1500')).toBe(`8033 1500010001${METER_LE}01${UNICAST}`)
  })

  test('beyond the sixteenth are refused, and shown window by window', () => {
    const { request, meterZdo } = bindable()
    const group = (at: number) => `000801${at.toString(16).padStart(2, '0')}00`
    const answers = Array.from({ length: 17 }, (_, at) => request(0x0021, bind(0x11, group(at))))
    expect(answers.slice(-2)).toEqual(['8021 1100', '8021 118c'])
    const shown = [0, 3, 15, 16].map(start => request(0x0033, `12${start.toString(16).padStart(2, '0')}`).slice(9, 15))
    expect(shown).toEqual(['100003', '100303', '100f01', '101000'])
    meterZdo.reset()
    expect(request(0x0033, '1200')).toBe('8033 1200000000')
  })
})

describe('of the children another parent announces', () => {
  const [ONE, OTHER] = ['c10078563412db00', 'c20078563412db00']

  test('those that are children here are claimed', () => {
    const claimed: unknown[] = []
    const host = {
      claimed: (devices: readonly string[]) => {
        claimed.push(devices)
        return devices.slice(1)
      },
    }
    const { meter, run } = home({ meter: host })
    say(meter, 0x001f, `0702${ONE}${OTHER}`, { source: 0x5678, broadcast: true })
    run(LONG)
    expect(claimed).toEqual([['00db1234567800c1', '00db1234567800c2']])
    expect(said(meter)).toEqual([`801f 070001${OTHER}`])
  })

  test('none is claimed by a node that has none of them', () => {
    const { meter, run } = home({ meter: { claimed: () => [] } })
    say(meter, 0x001f, `0701${ONE}`, { source: 0x5678, broadcast: true })
    run(LONG)
    expect(said(meter)).toEqual([])
  })

  test('the claims of others are heard', () => {
    const contested: unknown[] = []
    const { meter, run } = home({ meter: { contested: devices => contested.push(devices) } })
    say(meter, 0x801f, `070001${ONE}`, { source: 0x5678 })
    run(LONG)
    expect(contested).toEqual([['00db1234567800c1']])
  })

  test('as many are announced as there are, in frames that fit', () => {
    const { meter, meterZdo, run } = home()
    const children = Array.from({ length: 19 }, (_, at) => `00db12345678${(0x1000 + at).toString(16)}`)
    meterZdo.announceChildren(children)
    run(LONG)
    const lengths = said(meter).map(each => Number.parseInt(each.slice(7, 9), 16))
    expect(lengths).toEqual([8, 8, 3])
  })
})

test('a request to leave names this node when it names nobody, and is answered with what the node makes of it', () => {
  const asked: unknown[] = []
  const leave = (request: unknown, { address }: ZdoAsker) => {
    asked.push([request, address])
    return ZdoStatus.NOT_AUTHORIZED
  }
  const { meter, run } = home({ meter: { leave } })
  say(meter, 0x0034, '01000000000000000080', { source: 0 })
  run(LONG)
  expect(asked).toEqual([[{ device: METER, rejoin: true, removeChildren: false }, 0x0000]])
  expect(said(meter)).toEqual(['8034 018d'])
})

test.each([
  ['a truncated request', 0x0004, '0134'],
  ['an empty frame', 0x0038, ''],
  ['a list longer than the frame', 0x0006, '01fdff0901ff0207'],
  ['an unknown structure', 0x0021, '01000000000000000001000807'],
])('%s is counted and not answered', (_, clusterId, request) => {
  const { meter, meterZdo, run } = home()
  say(meter, clusterId, request)
  run(LONG)
  expect([meter.octets, meterZdo.refused.get('malformed')]).toEqual([[], 1])
})

test('a frame for endpoint 0 of another profile is counted and not answered', () => {
  const { meter, meterZdo, run } = home()
  meter.nwk.hear(fromHex('0000020009010077013412'), { source: 0 })
  run(LONG)
  expect([meter.octets, meterZdo.refused.get('wrong-profile')]).toEqual([[], 1])
})

test('an endpoint that cannot be is refused', () => {
  const { meterZdo } = home()
  for (const endpoint of [0, 255, 1.5]) {
    expect(() => meterZdo.endpoints.set(descriptor(endpoint))).toThrow('a whole number 1..254 expected')
  }
})
