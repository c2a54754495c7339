/** A concentrator and its routers: requests for many, records of ways, and frames sent along them. */
import { beforeEach, describe, expect, it } from 'vitest'
import { OUT_OF_RANGE } from '../../src/radio/links.ts'
import { Concentrators } from '../../src/zigbee/nwk/concentrators.ts'
import { relayed, SourceRoutes } from '../../src/zigbee/nwk/source-routes.ts'
import { Mesh, type MeshNode } from './zigbee-mesh-bench.ts'

describe('a table of recorded ways', () => {
  it('keeps the latest of each device, and the 64 recorded last', () => {
    const routes = new SourceRoutes()
    for (let address = 1; address <= 65; address++) routes.learn(address, [1000 + address])
    routes.learn(2, [7, 8])
    routes.learn(66, [9])
    expect([1, 2, 3, 4, 66].map(address => routes.get(address))).toEqual([undefined, [7, 8], undefined, [1004], [9]])
  })

  it.each([
    ['no relays', []],
    ['a relay twice', [1, 2, 1]],
    ['more relays than a frame goes over', Array.from({ length: 12 }, (_, at) => at)],
  ])('with %s forgets the way', (_, relays) => {
    const routes = new SourceRoutes()
    routes.learn(1, [5])
    routes.learn(1, relays)
    expect(routes.get(1)).toBeUndefined()
  })

  it('loses the ways that begin with a hop that is gone', () => {
    const routes = new SourceRoutes()
    routes.learn(1, [5, 6])
    routes.learn(2, [6, 5])
    routes.lost(5)
    expect([routes.get(1), routes.get(2)]).toEqual([[5, 6], undefined])
  })
})

describe('ways to a concentrator', () => {
  it.each([
    ['is recorded until the concentrator has used it', false, false],
    ['is always recorded for one that keeps no record', true, true],
  ])('a way %s', (_, forgetful, after) => {
    const concentrators = new Concentrators()
    concentrators.asked(9, { forgetful })
    expect(concentrators.isDue(9, 1)).toBe(true)
    concentrators.cameAlong(9, 1)
    expect([concentrators.isDue(9, 1), concentrators.isDue(9, 2)]).toEqual([after, true])
  })

  it('none is recorded for a node that is no concentrator, but for the trust centre', () => {
    const concentrators = new Concentrators()
    concentrators.cameAlong(9, 1)
    expect([concentrators.isDue(9, 1), concentrators.isDue(0, 1)]).toEqual([false, true])
    concentrators.cameAlong(0, 1)
    expect([concentrators.isDue(0, 1), concentrators.isDue(0, 2)]).toEqual([false, true])
  })

  it('the four that asked last are known', () => {
    const concentrators = new Concentrators()
    for (const address of [1, 2, 3, 4, 5]) concentrators.asked(address, { forgetful: false })
    expect([1, 2, 3, 4, 5].map(address => concentrators.isDue(address, 7))).toEqual([false, true, true, true, true])
  })
})

describe('a relay', () => {
  const relays = [0xb, 0xa]
  it.each([
    ['the first', { relayIndex: 1, relays }, 0xa, { hop: 0xb, sourceRoute: { relayIndex: 0, relays } }],
    ['the last', { relayIndex: 0, relays }, 0xb, { hop: 0x5, sourceRoute: { relayIndex: 0, relays } }],
    ['one whose turn it is not', { relayIndex: 1, relays }, 0xb, undefined],
    ['one that is not named', { relayIndex: 1, relays }, 0xc, undefined],
    ['none, for the index is beyond the list', { relayIndex: 2, relays }, 0xa, undefined],
  ])('that is %s', (_, route, own, expected) => {
    expect(relayed(route, own, 0x5)).toEqual(expected)
  })
})

describe('hub, two routers and a sleeper, of whom only neighbours hear each other', () => {
  let mesh: Mesh
  let hub: MeshNode
  let a: MeshNode
  let b: MeshNode
  let sleeper: MeshNode
  const poll = (forS = 2) => {
    sleeper.nwk.poll()
    mesh.pass(forS)
  }

  beforeEach(() => {
    mesh = new Mesh()
    mesh.link('hub', 'a')
    mesh.link('a', 'b')
    mesh.link('b', 'sleeper')
    hub = mesh.hub()
    a = mesh.join('a', 'router')
    b = mesh.join('b', 'router')
    sleeper = mesh.join('sleeper', 'end-device', { sleepy: true })
    // The hub asks each quarter of an hour, and has just done so.
    mesh.pass(16 * 60)
    mesh.hops.length = 0
  })

  it('the sleeper is heard without a route request, and its way is recorded by its parent', () => {
    expect(mesh.send(sleeper, hub, 1)).toBe('sent')
    expect(hub.heard.at(-1)).toBe('01')
    expect(mesh.way(sleeper, hub)).toEqual(['sleeper', 'b', 'a'])
    expect(mesh.commands('RouteRequest')).toEqual([])
    const records = mesh.commands('RouteRecord')
    expect(records.map(({ from, header, command }) => [from, header.source, command.relays])).toEqual([
      ['b', sleeper.nwk.address, [b.nwk.address]],
      ['a', sleeper.nwk.address, [b.nwk.address, a.nwk.address]],
    ])
  })

  it('the hub answers along the recorded way, and the sleeper collects it', () => {
    mesh.send(sleeper, hub, 1)
    mesh.hops.length = 0
    expect(mesh.send(hub, sleeper, 2)).toBe('sent')
    poll()
    expect(sleeper.heard.at(-1)).toBe('02')
    const relays = [b.nwk.address, a.nwk.address]
    expect(
      mesh.hops.filter(({ header }) => header.type === 'data').map(({ from, header }) => [from, header.sourceRoute]),
    ).toEqual([
      ['hub', { relayIndex: 1, relays }],
      ['a', { relayIndex: 0, relays }],
      ['b', { relayIndex: 0, relays }],
    ])
    expect(mesh.commands('RouteRequest')).toEqual([])
  })

  /** Hops of records; one that had to be said twice counts once. */
  const records = () =>
    new Set(mesh.commands('RouteRecord').map(({ from, header }) => `${from} ${header.sequence}`)).size

  it('a way is recorded with every frame until the hub has sent along it, and anew after each request of the hub', () => {
    for (const octet of [1, 2, 3]) mesh.send(sleeper, hub, octet)
    expect(records()).toBe(6)
    mesh.send(hub, sleeper, 4)
    poll()
    mesh.hops.length = 0
    for (const octet of [5, 6]) mesh.send(sleeper, hub, octet)
    expect(records()).toBe(0)
    mesh.pass(15 * 60)
    mesh.send(sleeper, hub, 7)
    expect(records()).toBe(2)
  })

  it('a router that joins between two requests of the hub records its way unasked', () => {
    mesh.link('b', 'late')
    const late = mesh.join('late', 'router')
    mesh.send(late, hub, 1)
    const relays = [b.nwk.address, a.nwk.address]
    expect(mesh.commands('RouteRecord').at(-1)?.command.relays).toEqual(relays)
    mesh.hops.length = 0
    mesh.send(hub, late, 2)
    expect(late.heard.at(-1)).toBe('02')
    expect(mesh.way(hub, late)).toEqual(['hub', 'a', 'b'])
    expect(mesh.commands('RouteRequest')).toEqual([])
    mesh.send(late, hub, 3)
    expect(records()).toBe(0)
  })

  it('who may have moved is recorded again', () => {
    mesh.send(sleeper, hub, 1)
    mesh.send(hub, sleeper, 2)
    poll()
    b.nwk.announced(sleeper.nwk.eui64, sleeper.nwk.address)
    mesh.hops.length = 0
    mesh.send(sleeper, hub, 3)
    expect(records()).toBe(2)
  })

  it('a frame too long for a source route goes over a route that is looked for', () => {
    mesh.send(sleeper, hub, 1)
    mesh.hops.length = 0
    hub.nwk.send(sleeper.nwk.address, new Uint8Array(90).fill(7))
    mesh.pass(3)
    poll()
    expect(sleeper.heard.at(-1)).toBe('07'.repeat(90))
    expect(mesh.hops.filter(({ header }) => header.type === 'data').map(({ header }) => header.sourceRoute)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('without a record the hub looks for a route', () => {
    expect(mesh.send(hub, b, 2)).toBe('sent')
    expect(b.heard.at(-1)).toBe('02')
    expect(mesh.commands('RouteRequest').length).toBeGreaterThan(0)
  })

  it('a recorded way that fails is told to the hub, which asks anew and finds another', () => {
    mesh.send(b, hub, 1)
    mesh.link('a', 'c')
    mesh.link('c', 'b')
    mesh.join('c', 'router')
    mesh.pass(60)
    mesh.link('a', 'b', OUT_OF_RANGE)
    mesh.hops.length = 0
    mesh.send(hub, b, 2)
    const told = mesh.commands('NetworkStatus')
    expect(told.map(({ from, command }) => [from, command.status, command.destination])).toEqual([
      ['a', 0x0b, b.nwk.address],
    ])
    expect(
      mesh.commands('RouteRequest').some(({ from, command }) => from === 'hub' && command.manyToOne !== 'no'),
    ).toBe(true)
    expect(mesh.send(hub, b, 3)).toBe('sent')
    expect(b.heard.at(-1)).toBe('03')
    expect(mesh.way(hub, b).slice(-3)).toEqual(['hub', 'a', 'c'])
  })

  it('a frame up that finds its way broken is told of, and the next arrives', () => {
    mesh.link('b', 'c')
    mesh.link('c', 'hub')
    mesh.join('c', 'router')
    mesh.pass(60)
    mesh.send(sleeper, hub, 1)
    mesh.link('a', 'b', OUT_OF_RANGE)
    mesh.send(sleeper, hub, 2, 5)
    mesh.send(sleeper, hub, 3, 5)
    expect(hub.heard.slice(-1)).toEqual(['03'])
    expect(mesh.way(sleeper, hub).slice(-3)).toEqual(['sleeper', 'b', 'c'])
  })
})
