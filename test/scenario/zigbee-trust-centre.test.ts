/** What the trust centre and its devices put up with, over the air: keys that must not carry data, and who has to go. */
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { minutes, seconds } from '../../src/base/time.ts'
import type { ApsOutcome, CommandOptions } from '../../src/zigbee/aps/aps.ts'
import {
  DISPLAY,
  failuresOf,
  GAS,
  HUB,
  INSTALL_CODE,
  METER,
  METERING,
  type OpenHub,
  type OpenNode,
  type Party,
  suitesAgreed,
  ZigbeeHome,
} from '../helpers/zigbee-home.ts'

const OTHER_CODE = fromHex('83fed3407a939723a5c639ff4c12')

/** A meter with the network key that finds nobody to establish a key with. */
function stranded(options: Parameters<ZigbeeHome['hub']>[0] = {}) {
  const home = new ZigbeeHome()
  const hub = home.hub(options)
  hub.node.removeEndpoint(1)
  const meter = home.node(METER)
  home.open(hub, METER)
  meter.node.join(INSTALL_CODE)
  home.until(() => hub.told.includes(`joined: ${METER}`))
  return { home, hub, meter }
}
/** A hub, a router in its reach, and a meter that only the router hears. */
function behindARouter(role: 'router' | 'sleepy-end-device' = 'router') {
  const home = new ZigbeeHome()
  const hub = home.hub()
  const router = home.joined(hub, DISPLAY)
  home.apart(HUB, METER)
  const meter = home.joined(hub, METER, { role })
  home.run(seconds(5))
  return { home, hub, router, meter }
}
/** Sends data under the link key, whatever the node thinks of it. */
function sendUnderLinkKey(home: ZigbeeHome, from: Party<OpenNode | OpenHub>, to: Eui64): ApsOutcome | undefined {
  const { linkKeys, aps } = from.node.layers
  const key = linkKeys.get(to)
  if (key) key.state = 'verified'
  const outcomes: ApsOutcome[] = []
  aps.send(to, METERING, {}, outcome => outcomes.push(outcome))
  home.until(() => outcomes.length > 0)
  if (key) key.state = 'preconfigured'
  return outcomes[0]
}
const stateOf = ({ node }: Party<OpenNode | OpenHub>, peer: Eui64) => node.layers.linkKeys.get(peer)?.state

describe('a device without a link key of its own', () => {
  it('is sent off the network after 20 min, and may join again', () => {
    const { home, hub, meter } = stranded()
    home.run(minutes(19))
    expect(meter.node.layers.nwk.address).not.toBe(0xffff)
    home.run(minutes(2))
    expect(hub.told.filter(word => word.endsWith(METER))).toEqual([`joined: ${METER}`, `left: ${METER}`])
    expect(meter.node.layers.nwk.address).toBe(0xffff)
    hub.node.addEndpoint({ endpoint: 1, profileId: 0x0109, deviceId: 0x0500, inputClusters: [], outputClusters: [] })
    hub.node.permitJoining(seconds(60))
    meter.node.join(INSTALL_CODE)
    home.until(() => meter.node.joined)
    home.run(minutes(30))
    expect(meter.node.joined).toBe(true)
  })

  it('gets the time that the trust centre grants, an hour at most', () => {
    const { home, meter } = stranded({ keyEstablishmentUs: minutes(3) })
    home.run(minutes(4))
    expect(meter.node.layers.nwk.address).toBe(0xffff)
    expect(() => new ZigbeeHome().hub({ keyEstablishmentUs: minutes(61) })).toThrow('at most 3600000000 expected')
  })

  it('is not heard under its preconfigured key, nor hears data under it, and nobody acknowledges any', () => {
    const { home, hub, meter } = stranded()
    expect(sendUnderLinkKey(home, meter, HUB)).toBe('no-ack')
    expect(sendUnderLinkKey(home, hub, METER)).toBe('no-ack')
    for (const { node, data } of [hub, meter]) {
      expect(node.layers.aps.refused.get('preconfigured-key')).toBe(4)
      expect(data).toEqual([])
    }
  })
})

describe('a retired link key', () => {
  it('carries nothing more, and its use makes for a new one, under which the frame comes again', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const meter = home.joined(hub, METER)
    hub.node.retireLinkKey(METER)
    meter.node.send(HUB, METERING)
    home.run(seconds(1))
    expect([hub.data, hub.node.layers.aps.refused.get('stale-key')]).toEqual([[], 1])
    home.run(seconds(20))
    expect([suitesAgreed(meter), suitesAgreed(hub), stateOf(hub, METER)]).toEqual([[1, 1], [1, 1], 'verified'])
    expect(hub.data).toHaveLength(1)
  })

  it('of a device makes the device ask for a new one', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const meter = home.joined(hub, METER)
    const key = meter.node.layers.linkKeys.get(HUB)
    if (key) key.state = 'stale'
    hub.node.send(METER, METERING)
    home.run(seconds(1))
    expect([meter.data, meter.node.layers.aps.refused.get('stale-key')]).toEqual([[], 1])
    home.run(seconds(20))
    expect([suitesAgreed(meter), stateOf(meter, HUB)]).toEqual([[1, 1], 'verified'])
    expect(meter.data).toHaveLength(1)
  })
})

describe('key establishment between two devices', () => {
  it('is refused for want of resources, and the one asked goes on as before', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const [meter, display] = [home.joined(hub, METER), home.joined(hub, DISPLAY)]
    const asdu = Uint8Array.of(0x11, 0x21, 0x00, 0x01, 0x00, 0x03, 0x06, ...new Uint8Array(48))
    expect(home.send(display, METER, { clusterId: 0x0800, security: 'network', asdu })).toBe('delivered')
    home.run(seconds(2))
    const answers = display.events.flatMap(event =>
      event.kind === 'han.frame' && event.clusterId === 0x0800 && event.from === METER ? [event.asdu] : [],
    )
    expect(answers).toEqual(['192103041e0100'])
    expect(stateOf(meter, DISPLAY)).toBeUndefined()
  })
})

describe('a key for two devices', () => {
  it('is handed to nobody while one of them has not proved itself', () => {
    const { home, hub, meter } = stranded()
    hub.node.addEndpoint({ endpoint: 1, profileId: 0x0109, deviceId: 0x0500, inputClusters: [], outputClusters: [] })
    const display = home.joined(hub, DISPLAY)
    hub.node.removeEndpoint(1)
    const key = hub.node.layers.linkKeys.get(METER)
    if (key) key.state = 'preconfigured'
    expect(home.send(display, METER)).toBe('no-ack')
    expect([stateOf(display, METER), stateOf(meter, DISPLAY)]).toEqual([undefined, undefined])
    if (key) key.state = 'verified'
    home.send(display, METER)
    expect([stateOf(display, METER), stateOf(meter, DISPLAY)]).toEqual(['verified', 'verified'])
  })
})

describe('a device that is removed', () => {
  it.each(['router', 'sleepy-end-device'] as const)(
    'behind a router (%s) goes by an order to its parent, and its link key with it',
    role => {
      const { home, hub, router, meter } = behindARouter(role)
      hub.node.remove(METER)
      home.run(seconds(1))
      if (role === 'sleepy-end-device') meter.node.poll()
      home.run(seconds(5))
      expect(meter.told).toEqual(['joined', 'left'])
      expect(hub.told).toContain(`left: ${METER}`)
      expect(stateOf(hub, METER)).toBeUndefined()
      expect(router.node.joined).toBe(true)
      meter.node.join(INSTALL_CODE)
      home.run(minutes(1))
      expect(meter.told).toEqual(['joined', 'left', 'failed: no-key'])
    },
  )

  it('that is a child of the trust centre goes at once', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const meter = home.joined(hub, METER)
    hub.node.remove(METER)
    home.run(seconds(5))
    expect([meter.told, stateOf(hub, METER)]).toEqual([['joined', 'left'], undefined])
  })
})

describe('Remove Device', () => {
  const order = { name: 'RemoveDevice', target: METER } as const

  it.each([
    { from: 'the trust centre', options: { key: 'data' }, obeyed: true },
    { from: 'the trust centre under the network key alone', options: { key: 'none' }, obeyed: false },
    { from: 'the trust centre under a key meant for keys', options: { key: 'key-load' }, obeyed: false },
  ] as const)('from $from is obeyed: $obeyed', ({ options, obeyed }) => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const meter = home.joined(hub, METER)
    sendOrder(hub, options)
    home.run(seconds(5))
    expect(meter.told).toEqual(obeyed ? ['joined', 'left'] : ['joined'])
  })

  it('from another device that shares a link key is not obeyed', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const [meter, display] = [home.joined(hub, METER), home.joined(hub, DISPLAY)]
    expect(home.send(display, METER)).toBe('delivered')
    expect(stateOf(meter, DISPLAY)).toBe('verified')
    sendOrder(display, { key: 'data' })
    home.run(seconds(5))
    expect(meter.told).toEqual(['joined'])
  })

  function sendOrder({ node }: Party<OpenNode | OpenHub>, options: CommandOptions): void {
    const { aps, nwk } = node.layers
    aps.sendCommand(nwk.addressOf(METER) ?? 0xffff, METER, order, options)
  }
})

describe('the link key of a device', () => {
  it('stays with the trust centre when the device leaves', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const meter = home.joined(hub, METER)
    meter.node.leave()
    home.until(() => hub.told.includes(`left: ${METER}`))
    expect(stateOf(hub, METER)).toBe('verified')
  })

  it('stays when the device is listed again, by whatever install code', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const meter = home.joined(hub, METER)
    home.open(hub, METER)
    hub.node.authorise(METER, OTHER_CODE)
    expect(home.send(meter, HUB)).toBe('delivered')
    meter.node.leave()
    home.until(() => meter.told.includes('left'))
    meter.node.join(INSTALL_CODE)
    home.until(() => meter.told.includes('failed: no-key'))
    meter.node.join(OTHER_CODE)
    home.until(() => meter.node.joined)
    expect(suitesAgreed(meter)).toEqual([1, 1])
  })

  it('is gone with the device that is removed, though key establishment with it was just about to end', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const meter = home.node(METER)
    home.open(hub, METER)
    meter.node.join(INSTALL_CODE)
    const confirmed = () =>
      hub.events.some(event => event.kind === 'han.frame' && event.clusterId === 0x0800 && /^11..02/.test(event.asdu))
    home.until(confirmed)
    hub.node.remove(METER)
    home.run(seconds(30))
    expect([suitesAgreed(hub), stateOf(hub, METER), meter.node.joined]).toEqual([[1], undefined, false])
  })

  it('is established anew when the device joins anew, after it lost everything', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const before = home.joined(hub, GAS)
    const agreed = before.node.layers.linkKeys.get(HUB)?.octets('data')
    before.node.leave()
    home.until(() => hub.told.includes(`left: ${GAS}`))
    before.node.layers.linkKeys.delete(HUB)
    hub.node.permitJoining(seconds(100))
    before.node.join(INSTALL_CODE)
    home.until(() => before.node.joined)
    expect(failuresOf(before)).toEqual([])
    const now = before.node.layers.linkKeys.get(HUB)?.octets('data')
    expect(toHex(now ?? new Uint8Array())).not.toBe(toHex(agreed ?? new Uint8Array()))
    expect(home.send(hub, GAS)).toBe('delivered')
  })
})
