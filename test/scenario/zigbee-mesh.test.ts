/** Whole nodes in a house of which not every room hears every other. */
import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import type { Air } from '../../src/radio/air.ts'
import { DEFAULT_LINK, OUT_OF_RANGE } from '../../src/radio/links.ts'
import { ZigbeeCoordinator } from '../../src/zigbee/zigbee-coordinator.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { House, ids } from '../contract/han-bench.ts'
import { GAS, HUB, METER, METERING, ZigbeeHome } from '../helpers/zigbee-home.ts'
import { zigbeeWorld } from '../helpers/zigbee-world.ts'

/** Rooms in a row, from the hub to the gas meter: only neighbours hear each other. */
const ROW = [ids.hub, ids.esme, ids.ppmid, ids.gsme]

async function row(seed: string): Promise<{ house: House; air: Air }> {
  const { kernel, air, of } = zigbeeWorld(seed)
  air.links.setDefault(OUT_OF_RANGE)
  for (const [at, room] of ROW.slice(1).entries()) air.links.setBoth(ROW[at] ?? '', room, DEFAULT_LINK)
  const house = await House.formed(() => ({
    coordinator: new ZigbeeCoordinator(of(ids.hub)),
    router: eui64 => new ZigbeeNode({ ...of(eui64), role: 'router' }),
    sleeper: eui64 => new ZigbeeNode({ ...of(eui64), role: 'sleepy-end-device' }),
    run: forUs => void kernel.runUntil(kernel.nowUs() + forUs),
    silence: () => {},
    hear: () => {},
  }))
  return { house, air }
}

describe.each(['1', '2', '3'])('a sleeper behind a router behind a router, seed %s', seed => {
  async function settled() {
    const { house, air } = await row(seed)
    const esme = await house.joined('router', ids.esme)
    const ppmid = await house.joined('router', ids.ppmid)
    const gsme = await house.joined('sleeper', ids.gsme)
    return { house, air, esme, ppmid, gsme }
  }

  it('joins through them, is heard, and collects its answer', async () => {
    const { house, gsme } = await settled()
    for (const waitUs of [0, minutes(20), minutes(40)]) {
      await house.run(waitUs)
      const [before, answered] = [house.hub.data.length, gsme.data.length]
      expect(await house.outcome(gsme.node, ids.hub, 7)).toBe('delivered')
      expect(house.hub.data.slice(before).map(({ from }) => from)).toEqual([ids.gsme])
      const outcomes = house.send(house.coordinator, ids.gsme, 9)
      await house.run(seconds(1))
      await house.poll(gsme.node)
      await house.until(() => outcomes.length > 0)
      expect(outcomes).toEqual(['delivered'])
      expect(gsme.marks.slice(answered)).toEqual([9])
    }
  })

  it('is found by the hub before it has said anything more', async () => {
    const { house, gsme } = await settled()
    await house.run(minutes(30))
    const outcomes = house.send(house.coordinator, ids.gsme, 9)
    for (let polls = 0; polls < 20 && outcomes.length === 0; polls++) {
      await house.run(seconds(1))
      await house.poll(gsme.node)
    }
    expect(outcomes).toEqual(['delivered'])
    expect(gsme.marks).toEqual([9])
  })
})

describe('a sleeper that changes parents', () => {
  function moved() {
    const home = new ZigbeeHome('moving')
    const hub = home.hub()
    const meter = home.joined(hub, METER)
    const gas = home.joined(hub, GAS, { role: 'sleepy-end-device' })
    const parents = { hub: hub.node.layers.nwk.children, meter: meter.node.layers.nwk.children }
    const holders = () => Object.entries(parents).flatMap(([name, children]) => (children.of(GAS) ? [name] : []))
    /** Comes back to the only parent it hears. */
    const moveTo = (parent: string) => {
      const other = parent === HUB ? METER : HUB
      home.air.links.setBoth(GAS, parent, DEFAULT_LINK)
      home.apart(GAS, other)
      const { length } = gas.told
      gas.node.join(new Uint8Array())
      home.until(() => gas.told.length > length)
      home.run(seconds(1))
    }
    return { home, hub, gas, holders, moveTo }
  }

  it('is claimed by one of them only, there and back', () => {
    const { holders, moveTo } = moved()
    const seen = [holders()]
    for (const parent of [METER, HUB, METER]) {
      moveTo(parent)
      seen.push(holders())
    }
    expect(seen.map(each => each.join())).toEqual(['hub', 'meter', 'hub', 'meter'])
  })

  it('is reached there and back', () => {
    const { home, hub, gas, moveTo } = moved()
    for (const parent of [METER, HUB, METER]) {
      moveTo(parent)
      const outcomes: string[] = []
      hub.node.send(GAS, { ...METERING, security: 'network' }, outcome => outcomes.push(outcome))
      for (let polls = 0; polls < 10 && outcomes.length === 0; polls++) {
        home.run(seconds(1))
        gas.node.poll()
      }
      expect({ parent, outcomes }).toEqual({ parent, outcomes: ['delivered'] })
    }
  })
})
