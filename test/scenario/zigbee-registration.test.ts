/** Joiners come to their link keys over the air: which suite, at which endpoint, and what when it does not work out. */
import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { failuresOf, GAS, HUB, INSTALL_CODE, METER, suitesAgreed, ZigbeeHome } from '../helpers/zigbee-home.ts'

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
