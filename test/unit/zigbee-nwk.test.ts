import { createCipheriv, createDecipheriv } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { encodeNwkCommand, type NwkCommand } from '../../src/zigbee/frames/nwk-commands.ts'
import { encodeNwk, type NwkHeader } from '../../src/zigbee/frames/nwk-frame.ts'
import type { Ccm } from '../../src/zigbee/frames/security.ts'
import { Nwk, type NwkManager, type NwkRole } from '../../src/zigbee/nwk/nwk.ts'
import type { Arrival } from '../../src/zigbee/nwk/parenthood.ts'
import type { NwkOutcome } from '../../src/zigbee/nwk-service.ts'
import { type EtherMac, MacEther } from '../helpers/mac-ether.ts'

/** AES-CCM of OpenSSL: a foreign implementation. */
const openssl: Ccm = {
  encrypt(key, nonce, aad, plaintext) {
    const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: 4 })
    cipher.setAAD(aad, { plaintextLength: plaintext.length })
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  },
  decrypt(key, nonce, aad, sealed) {
    const decipher = createDecipheriv('aes-128-ccm', key, nonce, { authTagLength: 4 })
    decipher.setAuthTag(sealed.subarray(-4))
    decipher.setAAD(aad, { plaintextLength: sealed.length - 4 })
    try {
      const plaintext = decipher.update(sealed.subarray(0, -4))
      decipher.final()
      return plaintext
    } catch {
      return undefined
    }
  },
}

const HUB = '00db1234567890a1'
const METER = '00db1234567890a3'
const GAS = '00db1234567890a4'
const FAR = '00db1234567890a5'
const KEY = { key: Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i), sequence: 0 }
const NETWORK = { panId: 0x1a62, extendedPanId: HUB, channel: 15 }

interface Node {
  nwk: Nwk
  mac: EtherMac
  heard: { apdu: string; source: number; secured: boolean; broadcast: boolean }[]
  arrivals: { device: Eui64; address: number; how: Arrival }[]
  left: Eui64[]
}

let kernel: Kernel
let ether: MacEther

beforeEach(() => {
  kernel = new Kernel({ seed: '1', startUnixMs: 0 })
  ether = new MacEther(kernel)
})

function node(eui64: Eui64, role: NwkRole, options: { sleepy?: boolean; manager?: NwkManager } = {}): Node {
  const mac = ether.node(eui64)
  const made: Omit<Node, 'nwk'> = { mac, heard: [], arrivals: [], left: [] }
  const nwk = new Nwk({
    mac,
    clock: kernel,
    timers: kernel,
    random: kernel.random.stream(eui64),
    ccm: openssl,
    role,
    sleepy: options.sleepy ?? false,
    manager: {
      onArrival: (device, address, _capability, how) => made.arrivals.push({ device, address, how }),
      onLeave: device => made.left.push(device),
      ...options.manager,
    },
  })
  nwk.listen({
    onData: (apdu, { source, secured, broadcast }) =>
      made.heard.push({ apdu: toHex(apdu), source, secured, broadcast }),
  })
  return { ...made, nwk }
}

const pass = (s: number) => kernel.runUntil(kernel.nowUs() + seconds(s))
const octets = (...values: number[]) => Uint8Array.from(values)

function hub(): Node {
  const made = node(HUB, 'coordinator')
  made.nwk.form(NETWORK, KEY)
  made.nwk.permitJoining(true)
  return made
}

/** Associated, and given the network key as a trust centre would. */
function member(eui64: Eui64, role: NwkRole, options: { sleepy?: boolean } = {}): Node {
  const made = node(eui64, role, options)
  let outcome = ''
  made.nwk.join([11, 15], result => {
    outcome = result
  })
  pass(3)
  expect(outcome).toBe('associated')
  made.nwk.keys.install(KEY)
  return made
}

function send(from: Node, to: number, apdu: Uint8Array): () => NwkOutcome[] {
  const outcomes: NwkOutcome[] = []
  from.nwk.send(to, apdu, {}, outcome => outcomes.push(outcome))
  return () => outcomes
}

describe('joining', () => {
  it('a joiner associates with the open network it hears and has an address there', () => {
    const coordinator = hub()
    const meter = member(METER, 'router')
    expect(meter.nwk.address).toBeGreaterThan(0)
    expect(coordinator.arrivals).toEqual([{ device: METER, address: meter.nwk.address, how: 'association' }])
    expect(coordinator.nwk.addressOf(METER)).toBe(meter.nwk.address)
  })

  it.each([
    ['closed', (coordinator: Node) => coordinator.nwk.permitJoining(false)],
    ['out of earshot', (coordinator: Node, joiner: Node) => ether.separate(coordinator.mac, joiner.mac)],
  ])('finds no network when it is %s', (_, hide) => {
    const coordinator = hub()
    const meter = node(METER, 'router')
    hide(coordinator, meter)
    let outcome = ''
    meter.nwk.join([15], result => {
      outcome = result
    })
    pass(3)
    expect(outcome).toBe('no-network')
    expect(meter.nwk.address).toBe(0xffff)
  })

  it('a parent that does not want the device refuses it', () => {
    const coordinator = node(HUB, 'coordinator', { manager: { mayAssociate: () => false } })
    coordinator.nwk.form(NETWORK, KEY)
    coordinator.nwk.permitJoining(true)
    let outcome = ''
    node(METER, 'router').nwk.join([15], result => {
      outcome = result
    })
    pass(3)
    expect(outcome).toBe('refused')
  })

  it('only what is meant for a joiner without a key goes out without network security', () => {
    const coordinator = hub()
    const meter = node(METER, 'router')
    meter.nwk.join([15], () => {})
    pass(3)
    coordinator.nwk.send(meter.nwk.address, octets(1), { unsecured: true })
    send(coordinator, meter.nwk.address, octets(2))
    pass(1)
    expect(meter.heard).toMatchObject([{ apdu: '01', secured: false }])
    expect(meter.nwk.refused.get('nwk.unknown-key')).toBe(1)
    meter.nwk.keys.install(KEY)
    send(coordinator, meter.nwk.address, octets(3))
    pass(1)
    expect(meter.heard.at(-1)).toMatchObject({ apdu: '03', secured: true })
  })
})

describe('data', () => {
  it('arrives unchanged both ways, and its sender is known', () => {
    const coordinator = hub()
    const meter = member(METER, 'router')
    const up = send(meter, 0, octets(1, 2, 3))
    pass(1)
    const down = send(coordinator, meter.nwk.address, octets(4, 5))
    pass(1)
    expect(coordinator.heard).toEqual([{ apdu: '010203', source: meter.nwk.address, secured: true, broadcast: false }])
    expect(meter.heard).toMatchObject([{ apdu: '0405', source: 0 }])
    expect([up(), down()]).toEqual([['sent'], ['sent']])
  })

  it('is encrypted on the air', () => {
    hub()
    const meter = member(METER, 'router')
    send(meter, 0, octets(0xde, 0xad, 0xbe, 0xef, 0xde, 0xad))
    pass(1)
    expect(ether.air.some(({ npdu }) => toHex(npdu).includes('deadbeef'))).toBe(false)
  })

  it('a sleeping child gets it when it polls, and the sender is told when it does not', () => {
    const coordinator = hub()
    const gas = member(GAS, 'end-device', { sleepy: true })
    send(gas, 0, octets(9))
    pass(1)
    const collected = send(coordinator, gas.nwk.address, octets(1))
    pass(2)
    expect(gas.heard).toEqual([])
    gas.nwk.poll()
    pass(1)
    expect(gas.heard).toMatchObject([{ apdu: '01' }])
    expect(collected()).toEqual(['sent'])
    const missed = send(coordinator, gas.nwk.address, octets(2))
    pass(10)
    expect(missed()).toEqual(['expired'])
  })

  it('reaches a device behind a router over a route that is looked for', () => {
    const coordinator = hub()
    const meter = member(METER, 'router')
    send(meter, 0, octets(0))
    pass(1)
    meter.nwk.permitJoining(true)
    coordinator.nwk.permitJoining(false)
    const far = node(FAR, 'router')
    ether.separate(far.mac, coordinator.mac)
    far.nwk.join([15], () => {})
    pass(3)
    far.nwk.keys.install(KEY)
    expect(meter.arrivals).toMatchObject([{ device: FAR }])
    const up = send(far, 0, octets(7))
    pass(12)
    const down = send(coordinator, far.nwk.address, octets(8))
    pass(12)
    expect([up(), down()]).toEqual([['sent'], ['sent']])
    expect(coordinator.heard.at(-1)).toMatchObject({ apdu: '07', source: far.nwk.address })
    expect(far.heard).toMatchObject([{ apdu: '08', source: 0 }])
  })

  it('without a way there ends as no-route, after the time of a discovery', () => {
    const coordinator = hub()
    const outcomes = send(coordinator, 0x1234, octets(1))
    pass(1)
    expect(outcomes()).toEqual([])
    pass(2)
    expect(outcomes()).toEqual(['no-route'])
  })

  it('is refused before there is a network', () => {
    const outcomes = send(node(METER, 'router'), 0, octets(1))
    pass(1)
    expect(outcomes()).toEqual(['not-joined'])
  })
})

describe('broadcasts', () => {
  it("reach those out of the sender's earshot through a router, each node once", () => {
    const coordinator = hub()
    const meter = member(METER, 'router')
    send(meter, 0, octets(0))
    pass(1)
    meter.nwk.permitJoining(true)
    const far = node(FAR, 'router')
    ether.separate(far.mac, coordinator.mac)
    far.nwk.join([15], () => {})
    pass(3)
    far.nwk.keys.install(KEY)
    coordinator.nwk.broadcast(0xfffd, octets(5))
    pass(2)
    expect([meter, far].map(n => n.heard.filter(h => h.broadcast).length)).toEqual([1, 1])
    expect(coordinator.heard.filter(h => h.broadcast)).toEqual([])
  })

  it('to all wait for a sleeping child', () => {
    const coordinator = hub()
    const gas = member(GAS, 'end-device', { sleepy: true })
    send(gas, 0, octets(9))
    pass(1)
    coordinator.nwk.broadcast(0xffff, octets(5))
    coordinator.nwk.broadcast(0xfffd, octets(6))
    pass(1)
    gas.nwk.poll()
    pass(1)
    expect(gas.heard.map(h => h.apdu)).toEqual(['05'])
  })
})

describe('what is not believed changes nothing and is counted', () => {
  const last = () => ether.air.at(-1)?.npdu ?? octets()

  it.each([
    ['replayed', (npdu: Uint8Array) => npdu, 'nwk.replay'],
    [
      'changed in one bit',
      (npdu: Uint8Array) => npdu.with(npdu.length - 5, (npdu.at(-5) ?? 0) ^ 1),
      'nwk.not-authentic',
    ],
    ['cut', (npdu: Uint8Array) => npdu.slice(0, 12), 'wire.truncated'],
  ])('%s', (_, spoil, reason) => {
    const coordinator = hub()
    const meter = member(METER, 'router')
    send(meter, 0, octets(1))
    pass(1)
    const heard = coordinator.heard.length
    const frame = reason === 'nwk.replay' ? last() : bump(spoil(last()))
    coordinator.mac.listener.onData(frame, { source: meter.nwk.address, broadcast: false, lqi: 1, rssiDbm: -50 })
    expect(coordinator.heard).toHaveLength(heard)
    expect(coordinator.nwk.refused.get(reason)).toBe(1)
  })

  /** A fresh frame counter, so that it is not the counter that is refused. */
  function bump(npdu: Uint8Array): Uint8Array {
    return npdu.length < 14 ? npdu : npdu.with(12, 0x7f)
  }

  it('under a key of another network', () => {
    const coordinator = hub()
    const meter = member(METER, 'router')
    meter.nwk.keys.forget()
    meter.nwk.keys.install({ key: new Uint8Array(16), sequence: 0 })
    send(meter, 0, octets(1))
    pass(1)
    expect(coordinator.heard).toEqual([])
    expect(coordinator.nwk.refused.get('nwk.not-authentic')).toBe(1)
  })

  it('a rejoin without security in the name of a child that sleeps', () => {
    const coordinator = hub()
    const gas = member(GAS, 'end-device', { sleepy: true })
    send(gas, 0, octets(9))
    pass(1)
    const before = { ...coordinator.nwk.children.of(GAS) }
    const capability = { ...gas.nwk.capability(), rxOnWhenIdle: true }
    const request = encodeNwk(
      {
        type: 'command',
        protocolVersion: 2,
        discoverRoute: 'suppress',
        endDeviceInitiator: false,
        destination: 0,
        source: gas.nwk.address,
        radius: 1,
        sequence: 77,
        sourceEui64: GAS,
      },
      encodeNwkCommand({ name: 'RejoinRequest', capability }),
    )
    coordinator.mac.listener.onData(request, { source: gas.nwk.address, broadcast: false, lqi: 1, rssiDbm: -50 })
    expect(coordinator.nwk.children.of(GAS)).toEqual(before)
    send(coordinator, gas.nwk.address, octets(4))
    pass(1)
    gas.nwk.poll()
    pass(1)
    expect(gas.heard.at(-1)).toMatchObject({ apdu: '04', secured: true })
  })

  it('an order to leave from anyone but the parent', () => {
    hub()
    const meter = member(METER, 'router')
    const other = member(FAR, 'router')
    const order = encodeNwkCommand({ name: 'Leave', rejoin: false, request: true, removeChildren: false })
    const header = {
      type: 'command' as const,
      protocolVersion: 2,
      discoverRoute: 'suppress' as const,
      endDeviceInitiator: false,
      destination: meter.nwk.address,
      source: other.nwk.address,
      radius: 1,
      sequence: 1,
      auxiliary: { keyId: 'network' as const, frameCounter: 9, source: FAR, keySequence: 0 },
    }
    const npdu = encodeNwk(header, order, { ccm: openssl, key: KEY.key, source: FAR })
    meter.mac.listener.onData(npdu, { source: other.nwk.address, broadcast: false, lqi: 1, rssiDbm: -50 })
    expect(meter.left).toEqual([])
    expect(meter.nwk.refused.get('nwk.leave-order')).toBe(1)
  })
})

describe('a member that does not keep to the rules', () => {
  let counter = 1_000
  /** A frame of a node that holds the network key, made by hand. */
  function forged(from: Node, command: NwkCommand | undefined, over: Partial<NwkHeader>): Uint8Array {
    const header: NwkHeader = {
      type: command ? 'command' : 'data',
      protocolVersion: 2,
      discoverRoute: 'suppress',
      endDeviceInitiator: false,
      destination: 0,
      source: from.nwk.address,
      radius: 5,
      sequence: counter & 0xff,
      ...over,
      auxiliary: { keyId: 'network', frameCounter: counter++, source: from.nwk.eui64, keySequence: 0 },
    }
    const payload = command ? encodeNwkCommand(command) : octets(1)
    return encodeNwk(header, payload, { ccm: openssl, key: KEY.key, source: from.nwk.eui64 })
  }

  it.each([
    [
      'a source route that does not name this node',
      { sourceRoute: { relayIndex: 0, relays: [0x1111] } },
      'nwk.source-route',
    ],
    ['a source route whose index leads beyond it', { sourceRoute: { relayIndex: 9, relays: [0] } }, 'nwk.source-route'],
  ])('%s leads nowhere', (_, over, reason) => {
    const coordinator = hub()
    const meter = member(METER, 'router')
    send(meter, 0, octets(1))
    pass(1)
    const before = ether.air.length
    const npdu = forged(meter, undefined, { destination: 0x2222, ...over })
    coordinator.mac.listener.onData(npdu, { source: meter.nwk.address, broadcast: false, lqi: 200, rssiDbm: -50 })
    pass(5)
    expect(coordinator.nwk.refused.get(reason)).toBe(1)
    expect(ether.air.slice(before).filter(({ to }) => to === 0x2222)).toEqual([])
  })

  it.each([
    ['whose last relay is not who brought it', [0x1111]],
    ['without relays', []],
    ['that comes back to this node', [0x0000, 0x1111]],
  ])('a record %s is not believed', (_, relays) => {
    const coordinator = hub()
    const meter = member(METER, 'router')
    send(meter, 0, octets(1))
    pass(1)
    const record = forged(meter, { name: 'RouteRecord', relays }, { source: 0x2222 })
    coordinator.mac.listener.onData(record, { source: meter.nwk.address, broadcast: false, lqi: 200, rssiDbm: -50 })
    expect(coordinator.nwk.refused.get('nwk.route-record')).toBe(1)
    expect(coordinator.nwk.routeTable()).toEqual([])
  })

  it('a record that went round and round is not passed on', () => {
    hub()
    const meter = member(METER, 'router')
    const other = member(FAR, 'router')
    send(other, 0, octets(1))
    pass(1)
    const relays = Array.from({ length: 11 }, (_, at) => at + 1)
    const record = forged(other, { name: 'RouteRecord', relays }, { destination: 0x0000, source: 0x2222 })
    meter.mac.listener.onData(record, { source: other.nwk.address, broadcast: false, lqi: 200, rssiDbm: -50 })
    expect(meter.nwk.refused.get('nwk.route-record')).toBe(1)
  })

  it('many requests for routes fill a table and no more', () => {
    const coordinator = hub()
    const meter = member(METER, 'router')
    send(meter, 0, octets(1))
    pass(1)
    for (let id = 0; id < 200; id++) {
      const request = {
        ...({ name: 'RouteRequest', manyToOne: 'no', multicast: false } as const),
        ...{ routeRequestId: id, destination: 0x3333, pathCost: 0 },
      }
      const npdu = forged(meter, request, { destination: 0xfffc, source: 0x4000 + id })
      coordinator.mac.listener.onData(npdu, { source: meter.nwk.address, broadcast: true, lqi: 200, rssiDbm: -50 })
    }
    expect(coordinator.nwk.routeTable().length).toBeLessThanOrEqual(64)
    const before = ether.air.length
    pass(5)
    expect(ether.air.length - before).toBeLessThan(200)
    pass(20)
    expect(send(coordinator, meter.nwk.address, octets(3))()).toEqual([])
    pass(1)
    expect(meter.heard.at(-1)).toMatchObject({ apdu: '03' })
  })
})

describe('coming and going', () => {
  it('a node that leaves says so, and has no address then', () => {
    const coordinator = hub()
    const meter = member(METER, 'router')
    send(meter, 0, octets(1))
    pass(1)
    meter.nwk.leave()
    pass(1)
    expect(coordinator.left).toEqual([METER])
    expect(meter.nwk.address).toBe(0xffff)
  })

  it('a child its parent dismisses is told to leave', () => {
    const coordinator = hub()
    const meter = member(METER, 'router')
    send(meter, 0, octets(1))
    pass(1)
    coordinator.nwk.dismiss(METER)
    pass(1)
    expect(meter.left).toEqual([METER])
  })

  it('a rejoin under the network key keeps the address', () => {
    const coordinator = hub()
    const gas = member(GAS, 'end-device', { sleepy: true })
    send(gas, 0, octets(1))
    pass(1)
    const { address } = gas.nwk
    let done: boolean | undefined
    gas.nwk.rejoin({ unsecured: false, channels: [15] }, result => {
      done = result
    })
    pass(2)
    gas.nwk.poll()
    pass(2)
    expect(done).toBe(true)
    expect(gas.nwk.address).toBe(address)
    expect(coordinator.arrivals.at(-1)).toEqual({ device: GAS, address, how: 'secured rejoin' })
  })

  it('a new network key is used once it is switched to, and a sleeper that missed the order follows the first frame', () => {
    const coordinator = hub()
    const gas = member(GAS, 'end-device', { sleepy: true })
    send(gas, 0, octets(1))
    pass(1)
    const next = { key: new Uint8Array(16).fill(7), sequence: 1 }
    coordinator.nwk.keys.install(next)
    gas.nwk.keys.install(next)
    coordinator.nwk.keys.switchTo(1)
    send(coordinator, gas.nwk.address, octets(2))
    pass(1)
    gas.nwk.poll()
    pass(1)
    expect(gas.heard.at(-1)).toMatchObject({ apdu: '02', secured: true })
    expect(gas.nwk.keys.current?.sequence).toBe(1)
  })

  it('counters go on above those of before a restart', () => {
    const coordinator = hub()
    const meter = member(METER, 'router')
    send(meter, 0, octets(1))
    pass(1)
    const memory = meter.nwk.keys.save()
    meter.nwk.keys.restore(memory)
    expect(meter.nwk.keys.nextCounter()).toBeGreaterThanOrEqual(memory.outgoing + 1_000)
    send(meter, 0, octets(2))
    pass(1)
    expect(coordinator.heard.at(-1)).toMatchObject({ apdu: '02' })
  })
})
