/** A radio that is no part of the home forges, repeats and garbles frames: they are dropped and counted, and change nothing. */
import { beforeEach, describe, expect, it } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { milliseconds, minutes, seconds } from '../../src/base/time.ts'
import { decodeMacFrame, encodeMacFrame } from '../../src/radio/mac-frame.ts'
import type { SimulatedRadio } from '../../src/radio/simulated-radio.ts'
import type { Aps } from '../../src/zigbee/aps/aps.ts'
import { ccmStar } from '../../src/zigbee/ccm.ts'
import { type ApsCommand, encodeApsCommand } from '../../src/zigbee/frames/aps-commands.ts'
import { encodeAps } from '../../src/zigbee/frames/aps-frame.ts'
import { encodeNwkCommand, type NwkCommand } from '../../src/zigbee/frames/nwk-commands.ts'
import { encodeNwk } from '../../src/zigbee/frames/nwk-frame.ts'
import { encodeZdo } from '../../src/zigbee/frames/zdo.ts'
import type { Mac } from '../../src/zigbee/mac/mac.ts'
import type { Nwk } from '../../src/zigbee/nwk/nwk.ts'
import type { Zdo } from '../../src/zigbee/zdo/zdo.ts'
import type { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { octetSource } from '../helpers/disturbed-octets.ts'
import { AirHouse, CHANNEL, HUB, PAN, ROUTERS, SLEEPERS } from './air-house.ts'

const STRANGER: Eui64 = 'ffffffffffff0001'
const [METER = '', , PORCH = ''] = ROUTERS
const [GAS = ''] = SLEEPERS
const wrongKey = fromHex('00112233445566778899aabbccddeeff')
const ccm = ccmStar()

let house: AirHouse
let intruder: SimulatedRadio
/** Every frame since the home was made, acknowledgements left out. */
let heard: Uint8Array[]

beforeEach(() => {
  const onAir: Uint8Array[] = []
  house = new AirHouse('hostile', octets => void onAir.push(octets.slice(0, -2)))
  for (const node of house.nodes.slice(1)) {
    for (const security of ['network', 'link'] as const) {
      house.ledger.send(house.hub, node, { security })
      house.ledger.send(node, house.hub, { security, length: 150 })
    }
  }
  house.run(minutes(2))
  heard = onAir.filter(({ length }) => length > 3)
  intruder = house.air.radio('intruder', STRANGER)
})

const inside = (node: ZigbeeNode) => node as unknown as { nwk: Nwk; aps: Aps; zdo: Zdo }
const addressOf = (eui64: Eui64) => inside(house.node(eui64)).nwk.address

const COUNTERS = ['outgoing', 'incoming', 'floor']

/** What a node holds, but for counters of frames and who was heard last; and what its owner and the air were told. */
function state() {
  const nodes = house.nodes.map(node => {
    const memory = JSON.stringify(node.memory(), (name, value) =>
      COUNTERS.includes(name) ? undefined : name === 'addresses' ? [...value].sort() : value,
    )
    return [node.eui64, node.joined, JSON.parse(memory)]
  })
  const told = house.events.filter(({ kind }) => kind.startsWith('han.') && kind !== 'han.frame')
  return { nodes, told, owners: [...house.told], arrivals: house.ledger.sent.map(({ arrivals }) => arrivals.length) }
}

/** Frame counters that a node takes next of each other: none beyond what that one has used. */
function countersBeyond(): string[] {
  const outgoing = new Map(house.nodes.map(node => [node.eui64, node.memory()?.nwk.keys.outgoing ?? 0]))
  return house.nodes.flatMap(node =>
    (node.memory()?.nwk.keys.incoming ?? []).flatMap(([name, counter]) => {
      const [sender = ''] = name.split(' ')
      return counter > (outgoing.get(sender) ?? -1) ? [`${node.eui64}: ${name} ${counter}`] : []
    }),
  )
}

/** Frames not taken, of all nodes and layers. */
function refused(): number {
  const sum = (counts: Iterable<number>) => [...counts].reduce((total, count) => total + count, 0)
  return sum(
    house.nodes.map(node => {
      const { nwk, aps, zdo } = inside(node)
      const { mac } = (nwk as unknown as { options: { mac: Mac } }).options
      return sum([nwk, aps, zdo].flatMap(layer => [...layer.refused.values()])) + sum(Object.values(mac.counters))
    }),
  )
}

function transmit(psdus: readonly Uint8Array[]): void {
  for (const psdu of psdus) {
    intruder.transmit(psdu, { channel: CHANNEL, attempts: 1 })
    house.run(milliseconds(30))
  }
  house.run(minutes(1))
}

/** Holds the home to it that nothing has changed, each frame that was certainly heard was counted, and all goes on. */
function expectNothingButCounts(psdus: readonly Uint8Array[], certain = psdus.length): void {
  const [before, countedBefore] = [state(), refused()]
  transmit(psdus)
  expect(psdus.length).toBeGreaterThan(20)
  expect(state()).toEqual(before)
  expect(countersBeyond()).toEqual([])
  expect(refused() - countedBefore).toBeGreaterThanOrEqual(0.95 * certain)
  expect(house.ledger.unreachable(seconds(30))).toEqual([])
  house.run(seconds(30))
  expect(house.ledger.imbalance()).toEqual([])
}

let sequence = 0
const inMac = (from: number, to: number, payload: Uint8Array) =>
  encodeMacFrame({
    type: 'data',
    sequence: sequence++ & 0xff,
    ackRequest: to !== 0xffff,
    destination: { panId: PAN, short: to },
    source: { panId: PAN, short: from },
    payload,
  })

type Protection = 'none' | 'wrong key' | 'unknown key'

/** A frame as `from` would send it to `to`, if it had no key or another. */
function forge(
  from: Eui64,
  to: Eui64,
  type: 'data' | 'command',
  payload: Uint8Array,
  protection: Protection,
): Uint8Array {
  const [source, destination] = [addressOf(from), addressOf(to)]
  const header = {
    type,
    protocolVersion: 2,
    discoverRoute: 'suppress',
    endDeviceInitiator: false,
    destination,
    source,
    radius: 5,
    sequence: sequence & 0xff,
    sourceEui64: from,
  } as const
  if (protection === 'none') return inMac(source, destination, encodeNwk(header, payload))
  const auxiliary = {
    keyId: 'network',
    frameCounter: 0x7fff_0000 + sequence,
    source: from,
    keySequence: protection === 'wrong key' ? 0 : 77,
  } as const
  return inMac(source, destination, encodeNwk({ ...header, auxiliary }, payload, { ccm, key: wrongKey, source: from }))
}

const nwkCommands = (): NwkCommand[] => [
  { name: 'Leave', rejoin: false, request: true, removeChildren: true },
  { name: 'Leave', rejoin: true, request: true, removeChildren: false },
  { name: 'Leave', rejoin: false, request: false, removeChildren: false },
  { name: 'NetworkStatus', status: 0, destination: addressOf(METER) },
  { name: 'NetworkStatus', status: 0x0d, destination: addressOf(HUB) },
  { name: 'RejoinResponse', address: 0x4444, status: 0 },
  {
    name: 'RouteReply',
    multicast: false,
    routeRequestId: 1,
    originator: addressOf(HUB),
    responder: addressOf(METER),
    pathCost: 0,
  },
  { name: 'RouteRecord', relays: [0x4444] },
  { name: 'LinkStatus', firstFrame: true, lastFrame: true, links: [] },
  { name: 'NetworkUpdate', update: 'PAN id', extendedPanId: '00db1234567800aa', updateId: 9, panIds: [0x4444] },
]

const apsCommands = (): ApsCommand[] => [
  {
    name: 'TransportKey',
    keyType: 'network',
    key: wrongKey,
    keySequence: 1,
    destination: METER,
    source: HUB,
  },
  { name: 'TransportKey', keyType: 'trust-centre-link', key: wrongKey, destination: METER, source: HUB },
  { name: 'TransportKey', keyType: 'application-link', key: wrongKey, partner: HUB, initiator: false },
  { name: 'SwitchKey', keySequence: 1 },
  { name: 'RemoveDevice', target: METER },
  { name: 'RemoveDevice', target: GAS },
  { name: 'UpdateDevice', device: GAS, address: 0x4444, status: 'left' },
  { name: 'RequestKey', keyType: 'trust-centre-link' },
]

/** Data and commands above the NWK layer. */
function apdus(): Uint8Array[] {
  const data = { type: 'data', delivery: 'unicast', ackRequest: true, counter: 200 } as const
  const { asdu, clusterId } = encodeZdo({
    name: 'ManagementLeaveRequest',
    device: METER,
    rejoin: false,
    removeChildren: true,
    sequence: 1,
  })
  const zdo = { ...data, destinationEndpoint: 0, clusterId, profileId: 0, sourceEndpoint: 0 }
  const application = { ...data, destinationEndpoint: 1, clusterId: 0x0702, profileId: 0x0109, sourceEndpoint: 1 }
  return [
    encodeAps(zdo, asdu),
    encodeAps(application, Uint8Array.of(0, 0, 0)),
    ...apsCommands().flatMap(command => {
      const header = { type: 'command', delivery: 'unicast', ackRequest: false, counter: 201 } as const
      const auxiliary = { keyId: 'key-transport', frameCounter: 0x7fff_0000, source: HUB } as const
      const payload = encodeApsCommand(command)
      return [
        encodeAps(header, payload),
        encodeAps({ ...header, auxiliary }, payload, { ccm, key: wrongKey, source: HUB }),
        encodeAps({ ...header, auxiliary: { ...auxiliary, keyId: 'data' } }, payload, {
          ccm,
          key: wrongKey,
          source: HUB,
        }),
      ]
    }),
  ]
}

/** Between nodes that hear each other, towards those that listen. */
const WAYS: [Eui64, Eui64][] = [
  [HUB, METER],
  [HUB, PORCH],
  [METER, HUB],
  [GAS, HUB],
]

function forgeries(protection: Protection): Uint8Array[] {
  return WAYS.flatMap(([from, to]) => [
    ...nwkCommands().map(command => forge(from, to, 'command', encodeNwkCommand(command), protection)),
    ...apdus().map(apdu => forge(from, to, 'data', apdu, protection)),
  ])
}

describe('a stranger on the air', () => {
  it('that repeats every frame there ever was changes nothing', () => {
    const secured = heard.filter(psdu => {
      const frame = decodeMacFrame(psdu)
      const to = frame.destination && 'short' in frame.destination ? frame.destination.short : undefined
      return frame.type === 'data' && [HUB, ...ROUTERS].some(device => addressOf(device) === to)
    })
    expect(secured.length).toBeGreaterThan(100)
    expectNothingButCounts(heard, secured.length)
  })

  it('that repeats them under MAC sequence numbers of its own changes nothing', () => {
    const frames = heard.flatMap(psdu => {
      const frame = decodeMacFrame(psdu)
      const to = frame.destination && 'short' in frame.destination ? frame.destination.short : undefined
      const listens = to === 0xffff || [HUB, ...ROUTERS].some(device => addressOf(device) === to)
      return frame.type === 'data' && listens ? [encodeMacFrame({ ...frame, sequence: sequence++ & 0xff })] : []
    })
    expectNothingButCounts(frames)
  })

  it('that changes an octet of what it repeats changes nothing', () => {
    const { next } = octetSource(3)
    const frames = heard.flatMap(psdu => {
      const frame = decodeMacFrame(psdu)
      const to = frame.destination && 'short' in frame.destination ? frame.destination.short : undefined
      if (frame.type !== 'data' || ![HUB, ...ROUTERS].some(device => addressOf(device) === to)) return []
      const payload = frame.payload.slice()
      const at = next(payload.length)
      payload[at] = (payload[at] ?? 0) ^ (1 + next(255))
      return [encodeMacFrame({ ...frame, payload, sequence: sequence++ & 0xff })]
    })
    expectNothingButCounts(frames)
  })

  it.each(['none', 'wrong key', 'unknown key'] as const)(
    'that forges commands and data with protection "%s" changes nothing',
    protection => {
      expectNothingButCounts(forgeries(protection))
    },
  )

  it('that throws noise, cut frames and MAC commands changes nothing', () => {
    const { next, bytes } = octetSource(5)
    const meter = { panId: PAN, short: addressOf(METER) }
    const stranger = { panId: PAN, extended: STRANGER }
    const commands = [
      { name: 'disassociationNotification', reason: 1 },
      { name: 'panIdConflictNotification' },
      { name: 'orphanNotification' },
      { name: 'coordinatorRealignment', panId: 0x4444, coordinatorShortAddress: 0, channel: 20, shortAddress: 0x4444 },
      { name: 'associationResponse', shortAddress: 0x4444, status: 0 },
    ] as const
    const frames = [
      ...commands.flatMap(command =>
        [stranger, { panId: PAN, short: addressOf(HUB) }].map(source =>
          encodeMacFrame({ type: 'command', sequence: sequence++ & 0xff, destination: meter, source, command }),
        ),
      ),
      ...heard.slice(0, 200).map(psdu => psdu.slice(0, 3 + next(psdu.length - 3))),
      ...Array.from({ length: 200 }, () => bytes(3 + next(100))),
      ...Array.from({ length: 200 }, () => inMac(addressOf(HUB), addressOf(METER), bytes(1 + next(80)))),
    ]
    expectNothingButCounts(frames, 200)
  })

  it('that asks for its place back in the name of others leaves them reachable', () => {
    const capability = {
      alternatePanCoordinator: false,
      fullFunctionDevice: false,
      mainsPowered: false,
      rxOnWhenIdle: false,
      security: false,
      allocateAddress: true,
    }
    const request = encodeNwkCommand({ name: 'RejoinRequest', capability })
    const devices = [...ROUTERS, ...SLEEPERS]
    transmit(devices.flatMap(device => [HUB, METER, PORCH].map(to => forge(device, to, 'command', request, 'none'))))
    house.run(minutes(2))
    expect(house.ledger.unreachable(minutes(1))).toEqual([])
    house.run(seconds(30))
    expect(house.ledger.imbalance()).toEqual([])
    expect(house.told.filter(line => line.endsWith(' left'))).toEqual([])
  })
})
