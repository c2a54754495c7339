/** Ways through a mesh: whom a node hands its frames to, as the links and the failures of the air have it. */
import { beforeEach, describe, expect, it } from 'vitest'
import { OUT_OF_RANGE } from '../../src/radio/links.ts'
import { GOOD, Mesh, POOR, WEAK } from './zigbee-mesh-bench.ts'

let mesh: Mesh
beforeEach(() => {
  mesh = new Mesh()
})

describe('a poor direct link', () => {
  function triangle() {
    mesh.link('hub', 'a')
    mesh.link('a', 'b')
    const hub = mesh.hub()
    const a = mesh.join('a', 'router')
    const b = mesh.join('b', 'router')
    mesh.link('hub', 'b', WEAK)
    mesh.pass(40)
    return { hub, a, b }
  }

  it('is passed by where a router between hears both well', () => {
    const { hub, b } = triangle()
    expect(mesh.send(hub, b, 1)).toBe('sent')
    expect(mesh.send(b, hub, 2)).toBe('sent')
    expect([mesh.way(hub, b), mesh.way(b, hub)]).toEqual([
      ['hub', 'a'],
      ['b', 'a'],
    ])
    expect([b.heard.at(-1), hub.heard.at(-1)]).toEqual(['01', '02'])
  })

  it('is taken where there is nothing else', () => {
    const { hub, b } = triangle()
    mesh.link('a', 'b', OUT_OF_RANGE)
    mesh.pass(90)
    expect(mesh.send(hub, b, 1)).toBe('sent')
    expect(mesh.way(hub, b)).toEqual(['hub'])
  })

  it('is taken at once when it has become a good one', () => {
    const { hub, b } = triangle()
    mesh.link('hub', 'b', GOOD)
    mesh.pass(90)
    mesh.hops.length = 0
    mesh.send(hub, b, 1)
    expect(mesh.way(hub, b)).toEqual(['hub'])
    expect(mesh.commands('RouteRequest')).toEqual([])
  })
})

it('a node that is heard, but does not hear, is no neighbour', () => {
  mesh.link('hub', 'a')
  mesh.link('a', 'b')
  const hub = mesh.hub()
  mesh.join('a', 'router')
  const b = mesh.join('b', 'router')
  mesh.air.links.set({ from: 'hub', to: 'b' }, POOR)
  mesh.pass(40)
  expect(mesh.send(b, hub, 2)).toBe('sent')
  expect(mesh.way(b, hub)).toEqual(['b', 'a'])
  const links = mesh.commands('LinkStatus').filter(({ from }) => from === 'b')
  const toHub = links.at(-1)?.command.links.find(({ address }) => address === 0)
  expect(toHub?.cost).toEqual({ incoming: 7, outgoing: 0 })
})

it('link statuses say what the links cost both ways', () => {
  mesh.link('hub', 'a')
  mesh.hub()
  mesh.join('a', 'router')
  mesh.air.links.set({ from: 'hub', to: 'a' }, WEAK)
  mesh.pass(300)
  const costs = (name: string) =>
    mesh
      .commands('LinkStatus')
      .findLast(({ from }) => from === name)
      ?.command.links.map(({ cost }) => cost)
  expect(costs('hub')).toEqual([{ incoming: 1, outgoing: 5 }])
  expect(costs('a')).toEqual([{ incoming: 5, outgoing: 1 }])
})

describe('a way that fails', () => {
  /** Two ways from hub to far: over a, and over b which hears less well. */
  function diamond() {
    for (const router of ['a', 'b']) mesh.link('hub', router)
    mesh.link('a', 'far')
    mesh.link('b', 'far', { rssiDbm: -82 })
    const hub = mesh.hub()
    const a = mesh.join('a', 'router')
    const b = mesh.join('b', 'router')
    const far = mesh.join('far', 'router')
    mesh.pass(40)
    expect(mesh.send(hub, far, 1)).toBe('sent')
    expect(mesh.way(hub, far)).toEqual(['hub', 'a'])
    mesh.hops.length = 0
    return { hub, a, b, far }
  }

  it('at a router further on is told to who sent, who finds another', () => {
    const { hub, far } = diamond()
    mesh.link('a', 'far', OUT_OF_RANGE)
    mesh.send(hub, far, 2)
    const told = mesh.commands('NetworkStatus')
    expect(told.map(({ from, command }) => [from, command.status, command.destination])).toEqual([
      ['a', 0x02, far.nwk.address],
    ])
    mesh.send(hub, far, 3)
    expect(far.heard.slice(-2)).toEqual(['01', '03'])
    expect(mesh.way(hub, far).slice(-2)).toEqual(['hub', 'b'])
  })

  it('at the first hop is replaced at the next frame', () => {
    const { hub, far } = diamond()
    mesh.link('hub', 'a', OUT_OF_RANGE)
    expect(mesh.send(hub, far, 2)).toBe('no-ack')
    expect(mesh.send(hub, far, 3)).toBe('sent')
    expect(far.heard.slice(-2)).toEqual(['01', '03'])
  })

  it('because a router fell silent is replaced before a frame is lost', () => {
    const { hub, far } = diamond()
    mesh.air.inject({ kind: 'node-off', node: 'a' })
    mesh.pass(100)
    expect(mesh.send(hub, far, 2)).toBe('sent')
    expect(far.heard.at(-1)).toBe('02')
    expect(mesh.way(hub, far)).toEqual(['hub', 'b'])
  })

  it('with no other is told too, and then ends as no-route', () => {
    const { hub, far } = diamond()
    mesh.air.inject({ kind: 'node-off', node: 'far' })
    mesh.pass(100)
    mesh.send(hub, far, 2, 10)
    expect(mesh.commands('NetworkStatus').map(({ from, command }) => [from, command.status])).toEqual([['a', 0x00]])
    expect(mesh.send(hub, far, 3, 10)).toBe('no-route')
  })
})
