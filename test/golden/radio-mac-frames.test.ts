/** MAC frames against octets that others wrote. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { readZigbeeBeacon, writeZigbeeBeacon } from '../../src/radio/beacon.ts'
import { fcs, hasGoodFcs, withFcs } from '../../src/radio/fcs.ts'
import { decodeMacFrame, encodeMacFrame, type MacFrame } from '../../src/radio/mac-frame.ts'

interface Frames {
  frames: { name: string; psdu: string }[]
}
const golden: { sniffed: Frames; constructed: Frames } = JSON.parse(
  readFileSync(new URL('data/mac-frames.json', import.meta.url), 'utf8'),
)
const all = [...golden.sniffed.frames, ...golden.constructed.frames]

function decoded(name: string): MacFrame {
  const found = all.find(frame => frame.name === name)
  if (!found) throw new Error(`no golden frame ${name}`)
  return decodeMacFrame(fromHex(found.psdu))
}

test.each(all)('$name is read and written again octet for octet', ({ psdu }) => {
  expect(toHex(encodeMacFrame(decodeMacFrame(fromHex(psdu))))).toBe(psdu)
})

test('a beacon request goes to everybody, from nobody', () => {
  expect(decoded('NET2_BEACON_REQ_FROM_DEVICE')).toEqual({
    type: 'command',
    frameVersion: 0,
    framePending: false,
    ackRequest: false,
    sequence: 0x64,
    destination: { panId: 0xffff, short: 0xffff },
    source: undefined,
    command: { name: 'beaconRequest' },
  })
})

test('a sniffed beacon tells the PAN, whether it lets devices in, and the ZigBee network', () => {
  const beacon = decoded('NET2_BEACON_RESP_FROM_COORD')
  expect(beacon).toMatchObject({
    type: 'beacon',
    destination: undefined,
    source: { panId: 0x1a64, short: 0 },
    superframe: {
      beaconOrder: 15,
      superframeOrder: 15,
      finalCapSlot: 15,
      batteryLifeExtension: false,
      panCoordinator: true,
      associationPermit: true,
    },
    gtsPermit: false,
    pendingShort: [],
    pendingExtended: [],
  })
  const payload = beacon.type === 'beacon' ? beacon.payload : new Uint8Array()
  const network = readZigbeeBeacon(payload)
  expect(network).toEqual({
    protocolId: 0,
    network: {
      stackProfile: 2,
      protocolVersion: 2,
      routerCapacity: true,
      deviceDepth: 0,
      endDeviceCapacity: true,
    },
    extendedPanId: 'dddddddddddddddd',
    txOffset: 0xffffff,
    updateId: 0,
  })
  expect(toHex(writeZigbeeBeacon(network))).toBe(toHex(payload))
})

test('an association request comes from outside the PAN and tells what the device is', () => {
  expect(decoded('NET2_ASSOC_REQ_FROM_DEVICE')).toMatchObject({
    type: 'command',
    ackRequest: true,
    sequence: 0x74,
    destination: { panId: 0x1a64, short: 0 },
    source: { panId: 0xffff, extended: 'a4c1386d9b280fdf' },
    command: {
      name: 'associationRequest',
      capability: {
        alternatePanCoordinator: false,
        fullFunctionDevice: true,
        mainsPowered: true,
        rxOnWhenIdle: true,
        security: false,
        allocateAddress: true,
      },
    },
  })
})

test('a sleepy meter asks for an address and nothing more', () => {
  const request = decoded('association request (sleepy end device, alloc addr)')
  expect(request.type === 'command' && request.command).toEqual({
    name: 'associationRequest',
    capability: {
      alternatePanCoordinator: false,
      fullFunctionDevice: false,
      mainsPowered: false,
      rxOnWhenIdle: false,
      security: false,
      allocateAddress: true,
    },
  })
})

test('a joiner polls by its extended address; one PAN id stands for both', () => {
  expect(decoded('NET2_DATA_RQ_FROM_DEVICE')).toMatchObject({
    destination: { panId: 0x1a64, short: 0 },
    source: { panId: 0x1a64, extended: 'a4c1386d9b280fdf' },
    command: { name: 'dataRequest' },
  })
})

test('an association response gives the short address', () => {
  expect(decoded('NET2_ASSOC_RESP_FROM_COORD')).toMatchObject({
    destination: { panId: 0x1a64, extended: 'a4c1386d9b280fdf' },
    source: { panId: 0x1a64, extended: '804b50fffe0599f9' },
    command: { name: 'associationResponse', shortAddress: 0xa18f, status: 0 },
  })
})

test('a data frame carries the NWK frame as it is', () => {
  const announce = decoded('NET2_DEVICE_ANNOUNCE_BCAST')
  expect(announce).toMatchObject({
    type: 'data',
    ackRequest: false,
    sequence: 0x76,
    destination: { panId: 0x1a64, short: 0xffff },
    source: { panId: 0x1a64, short: 0xa18f },
  })
  expect(toHex(announce.type === 'data' ? announce.payload : new Uint8Array())).toMatch(/^0802fdff8fa11e1b28cc82/)
})

/** @source IEEE 802.15.4-2006, 7.2.1.9: an acknowledgement and its FCS, written there in order of transmission */
test('the FCS of the example in the standard', () => {
  const bits = (text: string) =>
    Uint8Array.from(text.split(' '), octet => Number.parseInt([...octet].reverse().join(''), 2))
  const frame = bits('01000000 00000000 01010110')
  const check = bits('00100111 10011110')
  expect(toHex(frame)).toBe('02006a')
  expect(fcs(frame)).toBe((check[0] ?? 0) | ((check[1] ?? 0) << 8))
  expect(toHex(withFcs(frame))).toBe(toHex(frame) + toHex(check))
  expect(hasGoodFcs(Uint8Array.of(...frame, ...check))).toBe(true)
  expect(decodeMacFrame(frame)).toMatchObject({ type: 'ack', sequence: 0x6a, framePending: false })
})
