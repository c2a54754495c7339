/** Parents and their children over hours: who is kept, who is given up, and who is told to look for another parent. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Eui64 } from '../../src/base/ids.ts'
import type { NwkOptions } from '../../src/zigbee/nwk/nwk.ts'
import { Mesh, type MeshNode } from './zigbee-mesh-bench.ts'

let mesh: Mesh
beforeEach(() => {
  mesh = new Mesh()
  mesh.link('hub', 'gas')
})

const TEN_SECONDS = { sleepy: true, endDeviceTimeout: 0 }

function pair(hubOptions: Partial<NwkOptions>, gasOptions: Partial<NwkOptions> = TEN_SECONDS) {
  const hub = mesh.hub(hubOptions)
  const gas = mesh.join('gas', 'end-device', gasOptions)
  poll(gas)
  return { hub, gas }
}
function poll(node: MeshNode, times = 1, everyS = 1): void {
  for (let n = 0; n < times; n++) {
    node.nwk.poll()
    mesh.pass(everyS)
  }
}
const knows = (parent: MeshNode, child: MeshNode) => parent.nwk.children.of(child.nwk.eui64)?.life

describe('a child of a parent whose children age', () => {
  it('stays as long as it polls, and is given up when it does not within the time it asked for', () => {
    const { hub, gas } = pair({ childAgeing: 'by timeout' })
    poll(gas, 10, 9)
    expect(knows(hub, gas)).toBe('present')
    mesh.pass(11)
    expect(knows(hub, gas)).toBeUndefined()
  })

  it('is kept 256 min where it asks for nothing else', () => {
    const { hub, gas } = pair({ childAgeing: 'by timeout' }, { sleepy: true })
    mesh.pass(255 * 60)
    expect(knows(hub, gas)).toBe('present')
    poll(gas)
    mesh.pass(255 * 60)
    expect(knows(hub, gas)).toBe('present')
    mesh.pass(60)
    expect(knows(hub, gas)).toBeUndefined()
  })

  it('that was given up is told at its next polls to come back, and does', () => {
    const { hub, gas } = pair({ childAgeing: 'by timeout' })
    mesh.pass(11)
    poll(gas, 2)
    expect(gas.left).toEqual([{ device: gas.nwk.eui64, rejoin: true }])
    let done: boolean | undefined
    gas.nwk.rejoin({ unsecured: false, channels: [15] }, result => {
      done = result
    })
    mesh.pass(1)
    poll(gas, 2)
    expect([done, knows(hub, gas)]).toEqual([true, 'present'])
  })

  it('that has never shown the network key is given up, whatever the parent keeps', () => {
    const hub = mesh.hub({ childAgeing: 'never' })
    const gas = mesh.add('gas', 'end-device', { sleepy: true })
    gas.nwk.join([15], () => {})
    mesh.pass(3)
    expect(knows(hub, gas)).toBe('arriving')
    mesh.pass(60)
    expect(knows(hub, gas)).toBeUndefined()
  })
})

it('a hub keeps its children for ever, unless told', () => {
  const { hub, gas } = pair({})
  mesh.pass(3 * 24 * 3_600)
  expect(knows(hub, gas)).toBe('present')
  expect(mesh.send(hub, gas, 1, 0)).toBeUndefined()
  poll(gas)
  expect(gas.heard.at(-1)).toBe('01')
})

describe('the time a child is kept', () => {
  it('is asked for after joining and after coming back, and granted', () => {
    const { gas } = pair({}, { sleepy: true, endDeviceTimeout: 5 })
    gas.nwk.rejoin({ unsecured: false, channels: [15] }, () => {})
    mesh.pass(1)
    poll(gas, 2)
    expect(mesh.commands('EndDeviceTimeoutRequest').map(({ command }) => command.requestedTimeout)).toEqual([5, 5])
    expect(mesh.commands('EndDeviceTimeoutResponse').map(({ command }) => command.status)).toEqual([0, 0])
  })

  it('is refused when there is no such time, and the default stays', () => {
    const { hub, gas } = pair({}, { sleepy: true, endDeviceTimeout: 15 })
    expect(mesh.commands('EndDeviceTimeoutResponse').map(({ command }) => command.status)).toEqual([1])
    expect(hub.nwk.children.of(gas.nwk.eui64)?.timeoutUs).toBe(256 * 60 * 1_000_000)
  })

  it('is prolonged by requests where the parent takes no polls for a sign of life', () => {
    const { hub, gas } = pair({ childAgeing: 'by timeout', keepAlive: { poll: false, request: true } })
    poll(gas, 30, 2)
    expect(mesh.commands('EndDeviceTimeoutRequest').length).toBeGreaterThan(15)
    expect(knows(hub, gas)).toBe('present')
  })
})

describe('who takes a node wrongly for its parent', () => {
  it('is told by it at its second poll', () => {
    const { hub, gas } = pair({})
    hub.nwk.disown(gas.nwk.eui64)
    mesh.hops.length = 0
    poll(gas)
    expect(mesh.commands('Leave')).toEqual([])
    poll(gas)
    expect(mesh.commands('Leave').map(({ command }) => [command.request, command.rejoin])).toEqual([[true, true]])
  })

  it('is told to go for good where it is not wanted any more', () => {
    const removed = new Set<Eui64>()
    const { hub, gas } = pair({ manager: { mayCommunicate: device => !removed.has(device) } })
    removed.add(gas.nwk.eui64)
    hub.nwk.disown(gas.nwk.eui64)
    poll(gas, 2)
    expect(gas.left).toEqual([{ device: gas.nwk.eui64, rejoin: false }])
  })

  it('is told when it sends data, which goes nowhere', () => {
    const { hub, gas } = pair({})
    hub.nwk.disown(gas.nwk.eui64)
    expect(mesh.send(gas, hub, 7)).toBe('sent')
    poll(gas)
    expect(hub.heard).not.toContain('07')
    expect(hub.nwk.refused.get('nwk.unknown-child')).toBe(1)
    expect(gas.left).toEqual([{ device: gas.nwk.eui64, rejoin: true }])
  })
})

describe('of two parents', () => {
  let announced: { by: string; children: readonly Eui64[] }[]
  let unheard: boolean
  let hub: MeshNode
  let meter: MeshNode
  let gas: MeshNode

  /** As the device objects do: one parent announces, the other answers, the first hears the answer. */
  const announce = (by: 'hub' | 'meter') => (children: readonly Eui64[]) => {
    announced.push({ by, children })
    if (unheard) return
    const [from, to] = by === 'hub' ? [hub, meter] : [meter, hub]
    const claimed = to.nwk.claimed(children)
    if (claimed.length > 0) from.nwk.contested(claimed)
  }
  const listens = (by: 'hub' | 'meter') => ({ manager: { onParentAnnounce: announce(by) } })
  /** Comes back, to the only parent in earshot. */
  const comeBack = (to: 'hub' | 'meter') => {
    mesh.link('gas', to === 'hub' ? 'meter' : 'hub', { rssiDbm: -150 })
    mesh.link('gas', to)
    gas.nwk.rejoin({ unsecured: false, channels: [15] }, () => {})
    mesh.pass(1)
    poll(gas, 2)
  }

  beforeEach(() => {
    announced = []
    unheard = false
    mesh.link('hub', 'meter')
    hub = mesh.hub(listens('hub'))
    meter = mesh.join('meter', 'router', listens('meter'))
    gas = mesh.join('gas', 'end-device', { sleepy: true })
    poll(gas)
    expect(knows(hub, gas)).toBe('present')
  })

  it('the one a child came to announces it, and the one it left gives it up', () => {
    comeBack('meter')
    expect([knows(hub, gas), knows(meter, gas)]).toEqual(['present', 'present'])
    // The hub objects once, for it has not heard it go; then hears of it again, and not of the child.
    for (let s = 0; s < 60; s += 5) poll(gas, 1, 5)
    expect(announced.map(({ by }) => by)).toEqual(['meter', 'meter'])
    expect([knows(hub, gas), knows(meter, gas)]).toEqual([undefined, 'present'])
  })

  it('the one it left gives it up at once when it hears its announcement through the other', () => {
    comeBack('meter')
    gas.nwk.broadcast(0xfffd, Uint8Array.of(1))
    mesh.pass(1)
    hub.nwk.announced(gas.nwk.eui64, gas.nwk.address)
    meter.nwk.announced(gas.nwk.eui64, gas.nwk.address)
    expect([knows(hub, gas), knows(meter, gas)]).toEqual([undefined, 'present'])
    comeBack('hub')
    gas.nwk.broadcast(0xfffd, Uint8Array.of(2))
    mesh.pass(1)
    hub.nwk.announced(gas.nwk.eui64, gas.nwk.address)
    meter.nwk.announced(gas.nwk.eui64, gas.nwk.address)
    expect([knows(hub, gas), knows(meter, gas)]).toEqual(['present', undefined])
  })

  it('the one it left gives it up when a frame of it comes through the other', () => {
    comeBack('meter')
    expect(mesh.send(gas, hub, 1)).toBe('sent')
    expect(hub.heard).toContain('01')
    expect([knows(hub, gas), knows(meter, gas)]).toEqual([undefined, 'present'])
  })

  it('the one it left doubts when it does not collect what is held, and asks who has it', () => {
    unheard = true
    comeBack('meter')
    poll(gas, 25)
    unheard = false
    hub.nwk.send(gas.nwk.address, Uint8Array.of(1))
    poll(gas, 9)
    expect([knows(hub, gas), announced.map(({ by }) => by)]).toEqual(['doubtful', ['meter']])
    poll(gas, 20)
    expect(announced.map(({ by }) => by)).toEqual(['meter', 'hub'])
    expect([knows(hub, gas), knows(meter, gas)]).toEqual([undefined, 'present'])
  })

  it('a restarted one gives up the children another has by now, and keeps the others', () => {
    const before = hub.nwk.memory()
    comeBack('meter')
    hub.nwk.disown(gas.nwk.eui64)
    mesh.pass(60)
    announced.length = 0
    if (before) hub.nwk.restore(before)
    expect(knows(hub, gas)).toBe('doubtful')
    mesh.pass(30)
    expect(announced).toEqual([{ by: 'hub', children: [gas.nwk.eui64] }])
    expect([knows(hub, gas), knows(meter, gas)]).toEqual([undefined, 'doubtful'])
    poll(gas)
    expect(knows(meter, gas)).toBe('present')
  })
})
