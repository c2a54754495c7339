/** A hub is replaced by another that has only its backup: the devices find to it and agree on new link keys, over the air. */
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { seconds } from '../../src/base/time.ts'
import type { TrustCentreBackup } from '../../src/zigbee/trust-centre.ts'
import {
  DISPLAY,
  GAS,
  HUB,
  METER,
  METERING,
  type OpenHub,
  type OpenNode,
  type Party,
  suitesAgreed,
  ZigbeeHome,
} from '../helpers/zigbee-home.ts'

const REPLACEMENT: Eui64 = '00db1234567800a7'
/** @source ZigBee Smart Energy, trust centre swap-out: link key c0..cf and its hash */
const [LINK_KEY, HASHED] = ['c0c1c2c3c4c5c6c7c8c9cacbcccdcecf', 'a7977e88bc0b61e8210827109a228f2d']

const stateOf = ({ node }: Party<OpenNode | OpenHub>, peer: Eui64) => node.layers.linkKeys.get(peer)?.state

/** A home whose hub is gone. */
function hubless(roles: Record<Eui64, 'router' | 'sleepy-end-device'>) {
  const home = new ZigbeeHome()
  const hub = home.hub()
  const devices = Object.entries(roles).map(([eui64, role]) => home.joined(hub, eui64, { role }))
  home.run(seconds(5))
  const backup = hub.node.backup()
  if (!backup) throw new Error('no backup')
  home.air.inject({ kind: 'node-off', node: HUB })
  return { home, devices, backup }
}
function replaced(home: ZigbeeHome, backup: TrustCentreBackup): Party<OpenHub> {
  const hub = home.unformedHub(REPLACEMENT)
  hub.node.restore(JSON.parse(JSON.stringify(backup)))
  hub.node.form(backup.network)
  home.run(seconds(1))
  return hub
}

describe('a backup', () => {
  it('keeps of each device the hash of its link key, and of the network what the devices know it by', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    home.open(hub, METER)
    hub.node.layers.linkKeys.set(METER, fromHex(LINK_KEY), 'verified')
    expect(hub.node.backup()).toEqual({
      trustCentre: HUB,
      network: { panId: 0x1a62, extendedPanId: '00db1234567800aa', channel: 15 },
      devices: [{ device: METER, hashedKey: HASHED }],
    })
    expect(new ZigbeeHome().unformedHub(HUB).node.backup()).toBeUndefined()
  })
})

describe('a replacement', () => {
  it.each(['router', 'sleepy-end-device'] as const)('takes a %s back, and the two agree on a new link key', role => {
    const { home, devices, backup } = hubless({ [METER]: role })
    const [meter] = devices as [Party<OpenNode>]
    const old = meter.node.layers.linkKeys.get(HUB)?.octets('data')
    const hub = replaced(home, backup)
    expect(stateOf(hub, METER)).toBe('preconfigured')
    meter.node.join(new Uint8Array())
    home.until(() => meter.told.length > 1)
    expect(meter.told).toEqual(['joined', 'joined'])
    expect([suitesAgreed(meter), stateOf(meter, REPLACEMENT), stateOf(meter, HUB)]).toEqual([
      [1, 1],
      'verified',
      undefined,
    ])
    expect(meter.node.layers.linkKeys.get(REPLACEMENT)?.equals(old ?? new Uint8Array())).toBe(false)
    expect(home.send(meter, REPLACEMENT)).toBe('delivered')
    expect(hub.data).toHaveLength(1)
  })

  it('takes routers back, though each would have the other back, and then the sleeper that hears only them', () => {
    const { home, devices, backup } = hubless({ [METER]: 'router', [DISPLAY]: 'router', [GAS]: 'sleepy-end-device' })
    const hub = replaced(home, backup)
    home.apart(REPLACEMENT, GAS)
    for (const device of devices) {
      device.node.join(new Uint8Array())
      home.until(() => device.told.length > 1)
      home.run(seconds(2))
    }
    for (const device of devices) {
      expect(home.send(device, REPLACEMENT)).toBe('delivered')
    }
    expect(hub.data.map(({ from }) => from)).toEqual([METER, DISPLAY, GAS])
  })

  it('takes no data under the hash, nor gives any', () => {
    const { home, devices, backup } = hubless({ [METER]: 'router' })
    const [meter] = devices as [Party<OpenNode>]
    const hub = replaced(home, backup)
    hub.node.removeEndpoint(1)
    meter.node.join(new Uint8Array())
    home.until(() => stateOf(meter, REPLACEMENT) === 'preconfigured')
    expect(meter.node.joined).toBe(false)
    const outcomes: string[] = []
    meter.node.layers.aps.send(REPLACEMENT, METERING, {}, outcome => outcomes.push(outcome))
    hub.node.send(METER, METERING, outcome => outcomes.push(outcome))
    home.run(seconds(15))
    expect([outcomes, hub.data, meter.data]).toEqual([['no-link-key', 'no-ack'], [], []])
  })

  it.each([
    { what: 'whose hash is another', devices: [{ device: METER, hashedKey: HASHED }] },
    { what: 'that is not in the backup', devices: [] },
  ])('gives no key to a device $what', ({ devices: listed }) => {
    const { home, devices, backup } = hubless({ [METER]: 'router' })
    const [meter] = devices as [Party<OpenNode>]
    const hub = replaced(home, { ...backup, devices: listed })
    meter.node.join(new Uint8Array())
    home.until(() => meter.told.length > 1)
    expect(meter.told).toEqual(['joined', 'failed: no-key'])
    expect([stateOf(meter, HUB), stateOf(meter, REPLACEMENT), hub.data]).toEqual(['verified', undefined, []])
  })
})

describe('a device that comes back to the hub it has been with', () => {
  it('keeps its link key, whatever it is ready to take', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const meter = home.joined(hub, METER)
    meter.node.layers.linkKeys.expectReplacement(HUB)
    meter.node.layers.nwk.keys.forget()
    meter.node.join(new Uint8Array())
    home.until(() => meter.told.length > 1)
    expect([meter.told, suitesAgreed(meter)]).toEqual([['joined', 'joined'], [1]])
    expect(home.send(hub, METER)).toBe('delivered')
  })
})
