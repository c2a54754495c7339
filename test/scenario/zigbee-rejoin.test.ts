/** A node finds back to its network by itself: its parent is gone, its key is old, its hub was away. */
import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import type { HanNode } from '../../src/ports/han.ts'
import { DISPLAY, GAS, HUB, METER, type Party, ZigbeeHome } from '../helpers/zigbee-home.ts'

/** A gas meter's life in short: polls each so often, for ever. */
function pollEvery(home: ZigbeeHome, { node }: Party<HanNode>, everyUs: number): void {
  node.poll()
  home.kernel.after(everyUs, 'test poll', () => pollEvery(home, { node } as Party<HanNode>, everyUs))
}
/** What the owner of a node was told since it was first on the network. */
const since = ({ told }: Party<HanNode>) => told.slice(told.indexOf('joined') + 1)

describe('a sleeper whose parent is gone', () => {
  test('finds another after three polls without an answer, and is reached there', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    home.joined(hub, METER)
    home.apart(HUB, GAS)
    const gas = home.joined(hub, GAS, { role: 'sleepy-end-device' })
    expect(home.send(gas, HUB)).toBe('delivered')
    home.air.inject({ kind: 'node-off', node: METER })
    home.air.links.setBoth(HUB, GAS, { rssiDbm: -60 })
    pollEvery(home, gas, seconds(2))
    home.until(() => since(gas).includes('joined'))
    expect(since(gas)).toEqual(['joined'])
    expect(home.send(gas, HUB)).toBe('delivered')
    expect(home.send(hub, GAS)).toBe('delivered')
    expect(hub.told).not.toContain(`left: ${GAS}`)
  })

  test('is lost while there is none, tells its owner, and is back when asked again', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const gas = home.joined(hub, GAS, { role: 'sleepy-end-device' })
    const off = home.air.inject({ kind: 'node-off', node: HUB })
    for (let polls = 0; polls < 3; polls++) {
      gas.node.poll()
      home.run(seconds(2))
    }
    home.until(() => since(gas).length > 0)
    expect(since(gas)).toEqual(['failed: no-network'])
    expect(home.send(gas, HUB)).toBe('not-joined')
    off.lift()
    gas.node.join(Uint8Array.of())
    home.until(() => gas.node.joined)
    expect(home.send(gas, HUB)).toBe('delivered')
  })
})

describe('a new network key', () => {
  test('is used by all once all have it, sleepers included', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const meter = home.joined(hub, METER)
    home.apart(HUB, GAS)
    const gas = home.joined(hub, GAS, { role: 'sleepy-end-device' })
    const display = home.joined(hub, DISPLAY, { role: 'sleepy-end-device' })
    expect(hub.node.updateNetworkKey()).toBe(true)
    expect(hub.node.updateNetworkKey()).toBe(false)
    home.run(minutes(30))
    const inUse = () => hub.events.filter(({ kind }) => kind === 'han.network-key')
    expect(inUse()).toEqual([])
    for (const sleeper of [gas, display]) {
      expect(home.send(sleeper, HUB)).toBe('delivered')
      for (let polls = 0; polls < 8; polls++) {
        sleeper.node.poll()
        home.run(seconds(0.25))
      }
    }
    home.run(seconds(10))
    expect(inUse()).toEqual([{ kind: 'han.network-key', sequence: 1, missed: '' }])
    for (const party of [meter, gas, display]) expect(home.send(party, HUB)).toBe('delivered')
    expect(home.send(meter, GAS, { security: 'network' })).toBe('expired')
    expect(home.send(hub, METER)).toBe('delivered')
    for (const party of [meter, gas, display]) expect(since(party)).toEqual([])
  })

  test('is fetched by a rejoin without it where a device missed it twice', () => {
    const home = new ZigbeeHome()
    const hub = home.hub()
    const meter = home.joined(hub, METER)
    const gas = home.joined(hub, GAS, { role: 'sleepy-end-device' })
    const off = [METER, GAS].map(node => home.air.inject({ kind: 'node-off', node }))
    for (const sequence of [1, 2]) {
      expect(hub.node.updateNetworkKey()).toBe(true)
      home.run(hours(26))
      const missed = `${METER},${GAS}`
      expect(hub.events.at(-1)).toEqual({ kind: 'han.network-key', sequence, missed })
    }
    for (const fault of off) fault.lift()
    for (const party of [meter, gas]) {
      expect(home.send(party, HUB)).not.toBe('delivered')
      party.node.join(Uint8Array.of())
      home.until(() => since(party).includes('joined'))
      // The link key is the one there was: nobody pairs again.
      expect(party.events.filter(({ kind }) => kind === 'han.link-key')).toHaveLength(1)
      expect(home.send(party, HUB)).toBe('delivered')
    }
    expect(home.send(hub, METER)).toBe('delivered')
  })
})
