/** Who goes from the network of a network processor, and what its host is told of it. */
import { describe, expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { LAMP, NETWORK, PLUG, ProcessorHome, SENSOR, STICK } from '../helpers/processor-home.ts'

const MANAGEMENT_LEAVE = 0x0034

/** A stick, a plug beside it, and a lamp and a sensor that hear the plug alone. */
function household() {
  const home = new ProcessorHome()
  const stick = home.stick()
  const plug = home.joined(PLUG)
  home.openRouters(stick)
  home.apart(STICK, LAMP)
  home.apart(STICK, SENSOR)
  const lamp = home.joined(LAMP)
  home.apart(LAMP, SENSOR)
  const sensor = home.joined(SENSOR, { role: 'sleepy-end-device' })
  stick.told.length = 0
  return { home, stick, processor: stick.processor, plug, lamp, sensor }
}

describe('a device that leaves', () => {
  it('is told of once, beside the stick and behind a router', () => {
    const { home, stick, processor, sensor, lamp, plug } = household()
    for (const { node, told } of [sensor, plug]) {
      node.leave()
      home.until(() => told.at(-1) === 'left')
      home.run(seconds(3))
    }
    expect(stick.told).toEqual([`gone: ${SENSOR}`, `gone: ${PLUG}`])
    expect(processor.addressOf(SENSOR)).toBeUndefined()
    expect(lamp.told).toEqual(['joined'])
  })
  it('and comes back at once, as its host asked it to, is not gone', () => {
    const { home, stick, processor, plug } = household()
    const [rejoin, itself] = [0x80, new Array(8).fill(0)]
    expect(home.ask(stick, processor.addressOf(PLUG) ?? 0, MANAGEMENT_LEAVE, ...itself, rejoin)).toMatch(/: 00$/)
    home.until(() => stick.told.length > 0)
    home.run(seconds(10))
    expect(stick.told).toEqual([`secured-rejoin: ${PLUG}`])
    expect(plug.told).toEqual(['joined', 'joined'])
  })
})

describe('a device that is removed', () => {
  it('leaves, and is told of once, beside the stick', () => {
    const { home, stick, processor, plug } = household()
    processor.remove(PLUG)
    expect(stick.told).toEqual([])
    home.run(seconds(30))
    expect(plug.told).toEqual(['joined', 'left'])
    expect(stick.told).toEqual([`gone: ${PLUG}`])
    expect([processor.addressOf(PLUG), processor.memory().trust.residents.map(([device]) => device)]).toEqual([
      undefined,
      [LAMP, SENSOR],
    ])
  })
  it('leaves behind a router too, a sleeper when it polls', () => {
    const { home, stick, processor, lamp, sensor } = household()
    processor.remove(LAMP)
    home.run(seconds(2))
    expect([lamp.told, stick.told]).toEqual([['joined', 'left'], [`gone: ${LAMP}`]])
    processor.remove(SENSOR)
    for (let polls = 0; polls < 20; polls++) {
      sensor.node.poll()
      home.run(seconds(0.2))
    }
    expect([sensor.told, stick.told]).toEqual([
      ['joined', 'left'],
      [`gone: ${LAMP}`, `gone: ${SENSOR}`],
    ])
  })
  it('is gone as far as the host knows though it is off', () => {
    const { home, stick, processor, plug } = household()
    home.air.inject({ kind: 'node-off', node: PLUG })
    processor.remove(PLUG)
    home.run(seconds(30))
    expect([plug.told, stick.told]).toEqual([['joined'], [`gone: ${PLUG}`]])
    processor.remove(PLUG)
    home.run(seconds(30))
    expect(stick.told).toEqual([`gone: ${PLUG}`])
  })
  it('may join again', () => {
    const { home, stick, processor, plug } = household()
    processor.remove(PLUG)
    home.until(() => plug.told.at(-1) === 'left')
    home.run(seconds(1))
    home.join(plug)
    home.run(seconds(30))
    expect(plug.told).toEqual(['joined', 'left', 'joined'])
    expect(stick.told).toEqual([`gone: ${PLUG}`, `joined: ${PLUG}`])
  })
})

describe('a device that comes back', () => {
  it('to the stick from behind a router is told with its new parent', () => {
    const { home, stick, sensor } = household()
    home.air.inject({ kind: 'node-off', node: PLUG })
    home.air.links.setBoth(STICK, SENSOR, { rssiDbm: -60 })
    for (let polls = 0; polls < 3; polls++) {
      sensor.node.poll()
      home.run(seconds(1))
    }
    home.until(() => sensor.node.joined)
    const address = stick.processor.addressOf(SENSOR)
    expect(stick.arrivals.at(-1)).toEqual({ device: SENSOR, address, parent: 0, how: 'secured-rejoin' })
    expect(stick.told).toEqual([`secured-rejoin: ${SENSOR}`])
    expect(home.send(stick, address ?? 0, { meanwhile: () => sensor.node.poll() })).toBe('delivered')
  })
})

describe('a device that moves', () => {
  it('from the stick to a router is told with its new parent, and reached there', () => {
    const home = new ProcessorHome()
    const stick = home.stick()
    const sensor = home.joined(SENSOR, { role: 'sleepy-end-device' })
    home.joined(PLUG)
    const { processor } = stick
    const [address = 0, parent = 0] = [SENSOR, PLUG].map(device => processor.addressOf(device))
    home.apart(STICK, SENSOR)
    for (let polls = 0; polls < 3; polls++) {
      sensor.node.poll()
      home.run(seconds(1))
    }
    home.until(() => sensor.node.joined && stick.arrivals.length === 3)
    expect(stick.arrivals.at(-1)).toEqual({ device: SENSOR, address, parent, how: 'secured-rejoin' })
    expect(home.send(stick, address, { meanwhile: () => sensor.node.poll() })).toBe('delivered')
    expect(stick.told).not.toContain(`gone: ${SENSOR}`)
  })
})

describe('a stick that leaves its network', () => {
  it('is down, and knows nobody', () => {
    const { home, stick, processor } = household()
    processor.leave()
    expect(processor.network).toBeUndefined()
    home.run(seconds(1))
    expect(stick.told).toEqual(['down'])
    expect(processor.addressOf(PLUG)).toBeUndefined()
    expect(processor.memory()).toMatchObject({ trust: { residents: [], centre: { listed: [], parents: [] } } })
    expect(processor.resume()).toBe(false)
    processor.leave()
    home.run(seconds(1))
    expect(stick.told).toEqual(['down'])
  })
  it('may form the next at once, with counters that go on', () => {
    const { home, stick, processor } = household()
    const before = processor.frameCounter
    const next = { ...NETWORK, panId: 0x2b73, channel: 20 }
    processor.leave()
    processor.form(next)
    home.run(seconds(1))
    expect(stick.told).toEqual(['down', 'up'])
    expect(processor.network).toEqual(next)
    expect(processor.frameCounter).toBeGreaterThan(before)
    expect(() => processor.form(NETWORK)).toThrow('on a network')
  })
  it('begins at the frame counter that a backup names', () => {
    const home = new ProcessorHome()
    const { processor } = home.unformed()
    processor.form(NETWORK, 70_000)
    expect(processor.frameCounter).toBeGreaterThanOrEqual(70_000)
  })
})
