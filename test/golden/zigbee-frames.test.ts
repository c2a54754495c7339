/** ZigBee frames we did not make: opened to the stated plaintext, read to the last octet and written again. */
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { WireError } from '../../src/base/errors.ts'
import { decodeApsCommand, encodeApsCommand } from '../../src/zigbee/frames/aps-commands.ts'
import { decodeAps, encodeAps } from '../../src/zigbee/frames/aps-frame.ts'
import { decodeNwkCommand, encodeNwkCommand } from '../../src/zigbee/frames/nwk-commands.ts'
import { decodeNwk, encodeNwk } from '../../src/zigbee/frames/nwk-frame.ts'
import { ccmInputs, type Keying, type Securable, unsecure } from '../../src/zigbee/frames/security.ts'
import { decodeZdo, encodeZdo } from '../../src/zigbee/frames/zdo.ts'
import { nwkOctets, opensslCcm, type Sample, samples } from './zigbee-samples.ts'

interface Expected {
  key: string | undefined
  nonce: string | undefined
  aad: string | undefined
  plaintext: string | undefined
  /** Whom the nonce names when the frame does not. */
  source?: string
}

/** Opens what is secured, compares each stage, and says with what to protect it again. */
function open(frame: Securable, { key, nonce, aad, plaintext, source }: Expected): [Uint8Array, Keying?] {
  const { auxiliary } = frame.header
  if (!auxiliary) {
    expect(key && plaintext ? 'secured' : 'not secured').toBe('not secured')
    return [frame.payload]
  }
  const inputs = ccmInputs(auxiliary, frame.headerOctets, auxiliary.source ?? source ?? '')
  if (nonce) expect(toHex(inputs.nonce)).toBe(nonce)
  if (aad) expect(toHex(inputs.aad)).toBe(aad)
  const keying = { ccm: opensslCcm, key: fromHex(key ?? ''), source }
  const opened = unsecure(frame, keying)
  expect(opened && toHex(opened)).toBe(plaintext)
  return [fromHex(plaintext ?? ''), keying]
}

/** Reads a frame through all layers, writes each layer again from its words, and returns the words. */
function through(sample: Sample): { nwk: object; aps?: object; command?: object } {
  const octets = nwkOctets(sample)
  const nwk = decodeNwk(octets)
  const { networkKey: key, nwkNonce: nonce, nwkAad: aad, nwkPlaintext } = sample
  const secured = nwk.header.auxiliary !== undefined
  const [npdu, nwkKeying] = open(nwk, { key: secured ? key : undefined, nonce, aad, plaintext: nwkPlaintext })
  expect(toHex(encodeNwk(nwk.header, npdu, nwkKeying))).toBe(toHex(octets))
  if (nwk.header.type === 'command') {
    const command = decodeNwkCommand(npdu)
    expect(toHex(encodeNwkCommand(command))).toBe(toHex(npdu))
    return { nwk: nwk.header, command }
  }
  const aps = decodeAps(npdu)
  const { header } = aps
  const source = nwk.header.auxiliary?.source
  const expected = { key: sample.apsKey, nonce: sample.apsNonce, aad: sample.apsAad, plaintext: sample.apsPlaintext }
  const [apdu, apsKeying] = open(aps, { ...expected, ...(source ? { source } : {}) })
  expect(toHex(encodeAps(header, apdu, apsKeying))).toBe(toHex(npdu))
  const words = { nwk: nwk.header, aps: header }
  if (header.type === 'command') {
    const command = decodeApsCommand(apdu)
    expect(toHex(encodeApsCommand(command))).toBe(toHex(apdu))
    return { ...words, command }
  }
  if (header.type !== 'data' || header.profileId !== 0) return words
  const command = decodeZdo(header.clusterId, apdu)
  expect(encodeZdo(command)).toEqual({ clusterId: header.clusterId, asdu: Uint8Array.from(apdu) })
  return { ...words, command }
}

test.each(samples)('$name is opened, read and written again octet for octet', sample => {
  through(sample)
})

const TC = '0000000000000001'
const METER = '0000000000000002'
const nothing = {
  alternatePanCoordinator: false,
  fullFunctionDevice: false,
  mainsPowered: false,
  rxOnWhenIdle: false,
  security: false,
  allocateAddress: false,
}

/** What the frames mean, as their source states it. */
const MEANINGS: Record<string, object> = {
  'transport key: network key under key-transport key of install-code link key': {
    nwk: { type: 'data', destination: 0x1234, source: 0, radius: 30 },
    aps: { type: 'command', ackRequest: false, auxiliary: { keyId: 'key-transport', frameCounter: 1000, source: TC } },
    command: { name: 'TransportKey', keyType: 'network', keySequence: 0, destination: METER, source: TC },
  },
  'device announce': {
    nwk: { destination: 0xfffd, auxiliary: { keyId: 'network', frameCounter: 200, source: METER, keySequence: 0 } },
    aps: { type: 'data', delivery: 'broadcast', destinationEndpoint: 0, clusterId: 0x0013, counter: 2 },
    command: {
      name: 'DeviceAnnounce',
      sequence: 0x81,
      address: 0x1234,
      device: METER,
      capability: { ...nothing, allocateAddress: true },
    },
  },
  'match descriptor request KE 0x0800': {
    command: { name: 'MatchDescriptorRequest', address: 0, profileId: 0x0109, inputClusters: [0x0800] },
  },
  'match descriptor response': { command: { name: 'MatchDescriptorResponse', status: 0, endpoints: [10] } },
  'APS-secured read response (CBKE link key, no extended nonce)': {
    aps: { profileId: 0x0109, clusterId: 0x0702, auxiliary: { keyId: 'data', frameCounter: 1001 } },
  },
  'transport key: application (partner) link key under key-load key of CBKE link key': {
    aps: { auxiliary: { keyId: 'key-load' } },
    command: { name: 'TransportKey', keyType: 'application-link', partner: '0000000000000003', initiator: true },
  },
  'request key: application link key with device 3 (APS-secured with CBKE link key)': {
    command: { name: 'RequestKey', keyType: 'application-link', partner: '0000000000000003' },
  },
  'remove device (APS-secured)': { command: { name: 'RemoveDevice', target: '0000000000000003' } },
  'update device: standard unsecured join (APS-secured)': {
    command: { name: 'UpdateDevice', device: '0000000000000003', address: 0x4321, status: 'unsecured join' },
  },
  'switch key to sequence 1 (NWK-secured broadcast, no APS security)': {
    aps: { type: 'command', delivery: 'broadcast' },
    command: { name: 'SwitchKey', keySequence: 1 },
  },
  NETDEF_ACK_FRAME_TO_COORD: {
    nwk: { source: 0x96ba, destination: 0 },
    aps: { type: 'ack', ackOf: 'data', profileId: 0x0104, clusterId: 0xef00, counter: 0x33 },
  },
  NETDEF_ACK_FRAME_FROM_COORD: {
    nwk: { source: 0, destination: 0x96ba, radius: 30 },
    aps: { type: 'ack', counter: 0x4d },
  },
  NETDEF_LINK_STATUS_FROM_DEV: {
    nwk: { type: 'command', sourceEui64: '00124b0024c34da0', radius: 1 },
    command: { name: 'LinkStatus', firstFrame: true, lastFrame: true },
  },
  NETDEF_ROUTE_RECORD_TO_COORD: { command: { name: 'RouteRecord', relays: [0xf1f0] } },
  NETDEF_MTORR_FRAME_FROM_COORD: {
    command: { name: 'RouteRequest', manyToOne: 'with route record', routeRequestId: 0x2d, destination: 0xfffc },
  },
  NET2_DEVICE_LEAVE_BROADCAST: {
    command: { name: 'Leave', rejoin: false, request: false, removeChildren: false },
  },
  NET2_DEVICE_ANNOUNCE_BCAST: {
    command: {
      capability: {
        ...nothing,
        fullFunctionDevice: true,
        mainsPowered: true,
        rxOnWhenIdle: true,
        allocateAddress: true,
      },
    },
  },
  NET2_TRANSPORT_KEY_TC_FROM_COORD: { command: { name: 'TransportKey', keyType: 'trust-centre-link' } },
  NET2_VERIFY_KEY_TC_FROM_DEVICE: {
    command: {
      name: 'VerifyKey',
      keyType: 'trust-centre-link',
      source: 'a4c1386d9b280fdf',
      hash: fromHex('1ab128df1639a1246aaba72a6a559124'),
    },
  },
  NET2_CONFIRM_KEY_TC_SUCCESS: {
    command: { name: 'ConfirmKey', status: 0, keyType: 'trust-centre-link', destination: 'a4c1386d9b280fdf' },
  },
}

test.each(Object.entries(MEANINGS))('%s has the meaning its source states', (name, meaning) => {
  const sample = samples.find(each => each.name === name)
  if (!sample) throw new Error(`no sample ${name}`)
  expect(through(sample)).toMatchObject(meaning)
})

test('a frame opens under no other key, and not after any octet has changed', () => {
  const [sample] = samples.filter(each => each.name === 'device announce')
  if (!sample) throw new Error('no device announce')
  const octets = nwkOctets(sample)
  const keying = { ccm: opensslCcm, key: fromHex(sample.networkKey ?? '') }
  expect(unsecure(decodeNwk(octets), { ...keying, key: new Uint8Array(16) })).toBeUndefined()
  const opened = [...octets].map((octet, at) => {
    const changed = octets.slice()
    changed[at] = octet ^ 0x10
    try {
      return unsecure(decodeNwk(changed), keying)
    } catch (error) {
      return error instanceof WireError ? undefined : error
    }
  })
  expect(opened.filter(one => one !== undefined)).toEqual([])
})
