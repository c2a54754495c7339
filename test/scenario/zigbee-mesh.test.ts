/** Whole nodes in a house of which not every room hears every other. */
import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { Tracer } from '../../src/kernel/tracer.ts'
import { Air } from '../../src/radio/air.ts'
import { DEFAULT_LINK, OUT_OF_RANGE } from '../../src/radio/links.ts'
import { ZigbeeCoordinator } from '../../src/zigbee/zigbee-coordinator.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { House, ids } from '../contract/han-bench.ts'

/** Rooms in a row, from the hub to the gas meter: only neighbours hear each other. */
const ROW = [ids.hub, ids.esme, ids.ppmid, ids.gsme]

async function row(seed: string): Promise<{ house: House; air: Air }> {
  const kernel = new Kernel({ seed, startUnixMs: 0 })
  const trace = new Tracer({ clock: kernel, installation: 'row', sink: () => {} }).part('han')
  const air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace })
  air.links.setDefault(OUT_OF_RANGE)
  for (const [at, room] of ROW.slice(1).entries()) air.links.setBoth(ROW[at] ?? '', room, DEFAULT_LINK)
  const world = (eui64: string) => ({
    eui64,
    radio: air.radio(eui64, eui64),
    clock: kernel,
    timers: kernel,
    random: { stream: (label: string) => kernel.random.stream(`${eui64}/${label}`) },
    trace,
  })
  const house = await House.formed(() => ({
    coordinator: new ZigbeeCoordinator(world(ids.hub)),
    router: eui64 => new ZigbeeNode({ ...world(eui64), role: 'router' }),
    sleeper: eui64 => new ZigbeeNode({ ...world(eui64), role: 'sleepy-end-device' }),
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
