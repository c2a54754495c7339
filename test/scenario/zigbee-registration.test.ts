/** Joiners come to their link keys over the air: which suite, at which endpoint, and what when it does not work out. */
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { minutes, seconds } from '../../src/base/time.ts'
import { DEFAULT_LINK } from '../../src/radio/links.ts'
import { DISPLAY, failuresOf, GAS, HUB, INSTALL_CODE, METER, suitesAgreed, ZigbeeHome } from '../helpers/zigbee-home.ts'

describe('the suite of a join', () => {
  it.each([
    { hub: { suites: [1] }, meter: { suites: [1] }, agreed: 1 },
    { hub: { suites: [2] }, meter: { suites: [2] }, agreed: 2 },
    { hub: { suites: [1, 2] }, meter: { suites: [1, 2] }, agreed: 2 },
    { hub: { suites: [1, 2] }, meter: { suites: [1] }, agreed: 1 },
    { hub: { suites: [1] }, meter: { suites: [1, 2] }, agreed: 1 },
    { hub: { suites: [1, 2] }, meter: { suites: [1, 2], forcedSuite: 1 }, agreed: 1 },
  ] as const)('of a hub with $hub and a meter with $meter is $agreed', ({ hub: there, meter: here, agreed }) => {
    const home = new ZigbeeHome()
    const hub = home.hub(there)
    const meter = home.joined(hub, METER, here)
    expect([suitesAgreed(meter), suitesAgreed(hub), failuresOf(meter)]).toEqual([[agreed], [agreed], []])
    expect(home.send(meter, HUB)).toBe('delivered')
    expect(home.send(hub, METER)).toBe('delivered')
  })

  it.each([
    { how: 'in one piece', room: {} },
    { how: 'in blocks', room: { maxApduOctets: 50 } },
  ])('is 2 for a sleeper too, whose parent holds the long messages $how', ({ room }) => {
    const home = new ZigbeeHome()
    const hub = home.hub({ suites: [1, 2], ...room })
    const gas = home.joined(hub, GAS, { suites: [1, 2], role: 'sleepy-end-device', ...room })
    expect([suitesAgreed(gas), failuresOf(gas)]).toEqual([[2], []])
  })

  it('that nobody shares ends every attempt, and the node is never a member', () => {
    const home = new ZigbeeHome()
    const hub = home.hub({ suites: [1] })
    const meter = home.node(METER, { suites: [2] })
    home.open(hub, METER)
    meter.node.join(INSTALL_CODE)
    home.run(minutes(3))
    expect(new Set(failuresOf(meter))).toEqual(new Set(['UNSUPPORTED_SUITE']))
    expect([meter.node.joined, meter.told]).toEqual([false, []])
  })
})

describe('the endpoint', () => {
  it('of the trust centre is whichever serves key establishment there, and so is the own one', () => {
    const home = new ZigbeeHome()
    const hub = home.hub({ endpoint: 42 })
    const meter = home.joined(hub, METER, { endpoint: 7 })
    expect(suitesAgreed(meter)).toEqual([1])
  })

  it('is asked for again when the trust centre has none yet', () => {
    const home = new ZigbeeHome()
    const hub = home.hub({ endpoint: 42 })
    hub.node.removeEndpoint(42)
    const meter = home.node(METER)
    home.open(hub, METER)
    meter.node.join(INSTALL_CODE)
    home.run(seconds(30))
    expect(meter.told).toEqual([])
    hub.node.addEndpoint({ endpoint: 9, profileId: 0x0109, deviceId: 0x0500, inputClusters: [], outputClusters: [] })
    home.until(() => meter.told.includes('joined'))
    expect(suitesAgreed(meter)).toEqual([1])
  })
})

describe('an authority that the other side does not know', () => {
  it('makes the joiner leave the network and say why', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const meter = home.node(METER, { authority: 'another' })
    home.open(hub, METER)
    meter.node.join(INSTALL_CODE)
    home.until(() => meter.told.length > 0)
    home.run(seconds(5))
    expect(meter.told).toEqual(['failed: unknown-issuer'])
    expect(failuresOf(meter)).toEqual(['UNKNOWN_ISSUER'])
    expect(hub.told).toContain(`left: ${METER}`)
    home.run(minutes(20))
    expect(failuresOf(meter)).toEqual(['UNKNOWN_ISSUER'])
  })
})

describe('an install code', () => {
  /** Of each length, with its CRC. @source ZigBee Smart Energy 1.1b, 5.4.8.1.1 */
  const codes = ['83fed3407a932b70', '83fed3407a939738c552', '83fed3407a939723a5c639ff4c12'].map(fromHex)

  it.each([...codes, INSTALL_CODE].map(code => ({ octets: code.length - 2, code })))(
    'of $octets octets lets a device in, up to its link key',
    ({ code }) => {
      const home = new ZigbeeHome()
      const hub = home.hub()
      const meter = home.node(METER)
      home.open(hub, METER, code)
      meter.node.join(code)
      home.until(() => meter.told.length > 0)
      expect([meter.told, suitesAgreed(hub)]).toEqual([['joined'], [1]])
    },
  )

  it('other than the listed one, or of a device that is not listed, gets no network key and no key establishment', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const [meter, stranger] = [home.node(METER), home.node(GAS)]
    home.open(hub, METER)
    meter.node.join(codes[0] ?? INSTALL_CODE)
    home.run(seconds(30))
    stranger.node.join(INSTALL_CODE)
    home.run(seconds(30))
    for (const { node, told } of [meter, stranger]) {
      expect(told).toEqual(['failed: no-key'])
      expect(node.layers.nwk.keys.current).toBeUndefined()
    }
    expect([hub.told, suitesAgreed(hub), failuresOf(hub)]).toEqual([['joined'], [], []])
  })
})

describe('devices that join at the same moment', () => {
  it.each([
    { loss: 0, seeds: 4 },
    { loss: 0.1, seeds: 4 },
    { loss: 0.3, seeds: 4 },
  ])('all come to their keys one after the other, with $loss of all frames lost', ({ loss, seeds }) => {
    for (let seed = 0; seed < seeds; seed++) {
      const home = new ZigbeeHome(`together ${seed}`)
      const hub = home.hub({ suites: [1, 2] })
      home.air.links.setDefault({ ...DEFAULT_LINK, loss })
      const wishes = {
        [METER]: { suites: [1, 2] },
        [DISPLAY]: { suites: [1] },
        [GAS]: { suites: [1, 2], role: 'sleepy-end-device' },
      } as const
      const devices = Object.entries(wishes).map(([eui64, wish]) => home.node(eui64, wish))
      for (const { node } of devices) home.open(hub, node.eui64)
      const missing = () => devices.filter(({ node }) => !node.joined)
      for (const { node } of missing()) node.join(INSTALL_CODE)
      for (let minute = 0; minute < 15 && missing().length > 0; minute++) {
        home.run(minutes(1))
        hub.node.permitJoining(seconds(200))
        // As a device does that was told that it failed.
        for (const { node, told } of missing()) if (told.splice(0).length > 0) node.join(INSTALL_CODE)
      }
      expect({ seed, missing: missing().map(({ node, events }) => [node.eui64, events.at(-1)]) }).toEqual({
        seed,
        missing: [],
      })
      home.air.links.setDefault(DEFAULT_LINK)
      home.run(seconds(30))
      for (const device of devices) expect([seed, home.send(device, HUB)]).toEqual([seed, 'delivered'])
    }
  })
})
