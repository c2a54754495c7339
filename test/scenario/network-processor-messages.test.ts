/** What passes between the host of a network processor and the devices, and what becomes of it. */
import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import { DEFAULT_LINK } from '../../src/radio/links.ts'
import {
  LAMP,
  OF_DEVICE_OBJECT,
  PLUG,
  ProcessorHome,
  REPORT,
  SENSOR,
  STICK,
  TOGGLE,
} from '../helpers/processor-home.ts'

const ACTIVE_ENDPOINTS = 0x0005
const SIMPLE_DESCRIPTOR = 0x0004
const NODE_DESCRIPTOR = 0x0002
const NWK_ADDRESS = 0x0000
const little = (address: number) => [address & 0xff, address >> 8]

/** A stick, a plug beside it, and a sensor that sleeps behind the plug. */
function behindAPlug() {
  const home = new ProcessorHome()
  const stick = home.stick()
  const plug = home.joined(PLUG)
  home.openRouters(stick)
  home.apart(STICK, SENSOR)
  const sensor = home.joined(SENSOR, { role: 'sleepy-end-device' })
  const { processor } = stick
  const at = (device: string) => processor.addressOf(device) ?? 0xfffe
  return { home, stick, processor, plug, sensor, at }
}

describe('the device object', () => {
  it('of a device answers the host, which hears the answer and nobody counts it as unexpected', () => {
    const { home, stick, plug, sensor, at } = behindAPlug()
    const plugAt = toHex(Uint8Array.from(little(at(PLUG))))
    expect(home.ask(stick, at(PLUG), ACTIVE_ENDPOINTS, ...little(at(PLUG)))).toBe(
      `${at(PLUG).toString(16)}: 00${plugAt}0101`,
    )
    const answers = stick.messages.length
    home.send(stick, at(SENSOR), {
      ...{ ...OF_DEVICE_OBJECT, clusterId: ACTIVE_ENDPOINTS, asdu: Uint8Array.of(0x56, ...little(at(SENSOR))) },
      meanwhile: () => sensor.node.poll(),
    })
    home.run(seconds(1))
    expect(stick.messages.slice(answers).map(({ clusterId, asdu }) => [clusterId, asdu[0]])).toEqual([[0x8005, 0x56]])
    expect(plug.node.layers.zdo.refused.size).toBe(0)
  })
  it('of the stick answers its own host, from address 0', () => {
    const { home, stick } = behindAPlug()
    expect(home.ask(stick, 0, ACTIVE_ENDPOINTS, 0, 0)).toBe('0: 0000000101')
    expect(home.ask(stick, 0, SIMPLE_DESCRIPTOR, 0, 0, 1)).toBe('0: 0000000c010401050000010000010600')
    // Coordinator, primary trust centre, revision 22: newer joiners ask it for a link key of their own.
    expect(home.ask(stick, 0, NODE_DESCRIPTOR, 0, 0)).toBe('0: 00000000408e000052dc05012cdc0500')
    const own = stick.messages.filter(({ from }) => from === 0)
    expect(own.map(({ clusterId, device, delivery }) => [clusterId, device, delivery])).toEqual(
      [0x8005, 0x8004, 0x8002].map(clusterId => [clusterId, STICK, 'unicast']),
    )
  })
  it('of the stick answers devices, and the host hears what they ask', () => {
    const { home, stick, plug } = behindAPlug()
    const answers: unknown[] = []
    plug.node.layers.zdo.ask(0, { name: 'ActiveEndpointsRequest', address: 0 }, answer => answers.push(answer))
    home.run(seconds(1))
    expect(answers).toMatchObject([{ status: 0, endpoints: [1] }])
    expect(stick.messages.at(-1)).toMatchObject({ profileId: 0, clusterId: ACTIVE_ENDPOINTS, device: PLUG })
  })
  it('of the stick answers for a child that sleeps, when its host asks everybody', () => {
    const home = new ProcessorHome()
    const stick = home.stick()
    home.joined(SENSOR, { role: 'sleepy-end-device' })
    const name =
      SENSOR.match(/../g)
        ?.reverse()
        .map(octet => Number.parseInt(octet, 16)) ?? []
    const asdu = Uint8Array.of(0x42, ...name, 0, 0)
    stick.processor.broadcast(0xfffd, { ...OF_DEVICE_OBJECT, clusterId: NWK_ADDRESS, asdu })
    home.run(seconds(2))
    const address = Uint8Array.from(little(stick.processor.addressOf(SENSOR) ?? 0))
    const answer = stick.messages.find(({ clusterId }) => clusterId === 0x8000)
    expect(toHex(answer?.asdu ?? new Uint8Array())).toBe(`4200${toHex(Uint8Array.from(name))}${toHex(address)}`)
  })
})

describe('a message to one', () => {
  it('is delivered, to its own endpoints too, and names its APS counter', () => {
    const { home, stick, processor, plug, at } = behindAPlug()
    const outcomes: string[] = []
    const counters = [at(PLUG), at(PLUG), 0].map(to =>
      processor.unicast(to, TOGGLE, { ackRequest: true }, outcome => outcomes.push(outcome)),
    )
    expect(outcomes).toEqual([])
    home.run(seconds(1))
    expect(outcomes).toEqual(['delivered', 'delivered', 'delivered'])
    expect(counters.map(counter => (counter - (counters[0] ?? 0) + 256) % 256)).toEqual([0, 1, 2])
    expect(plug.data).toEqual(['010702', '010702'])
    expect(stick.messages.at(-1)).toMatchObject({ ...TOGGLE, from: 0, counter: counters[2] })
  })
  it('ends without acknowledgement where the device is off', () => {
    const { home, stick, at } = behindAPlug()
    home.air.inject({ kind: 'node-off', node: PLUG })
    expect(home.send(stick, at(PLUG))).toBe('no-ack')
    expect(home.send(stick, at(PLUG), { ackRequest: false })).toBe('no-ack')
  })
  it('ends without acknowledgement where a device behind a router sleeps on', () => {
    const { home, stick, at } = behindAPlug()
    expect(home.send(stick, at(SENSOR))).toBe('no-ack')
  })
  it('has no destination at an address nobody has, or one that many have', () => {
    const { home, stick } = behindAPlug()
    const sentUs = home.kernel.nowUs()
    expect(home.send(stick, 0x1234)).toBe('unknown-destination')
    expect(home.kernel.nowUs() - sentUs, 'before hosts give up').toBeLessThan(seconds(10))
    expect(home.send(stick, 0xfffc)).toBe('unknown-destination')
    expect(home.send(stick, 0xffff)).toBe('unknown-destination')
  })
  it('goes in blocks when it is long, both ways', () => {
    const { home, stick, plug, at } = behindAPlug()
    const asdu = Uint8Array.from({ length: 400 }, (_, i) => i & 0xff)
    expect(home.send(stick, at(PLUG), { asdu })).toBe('delivered')
    expect(plug.data).toEqual([toHex(asdu)])
    plug.node.send(STICK, { ...REPORT, asdu })
    home.run(seconds(2))
    expect(toHex(stick.messages.at(-1)?.asdu ?? new Uint8Array())).toBe(toHex(asdu))
  })
  it('goes nowhere while there is no network', () => {
    const home = new ProcessorHome()
    const stick = home.unformed()
    expect(home.send(stick, 0)).toBe('not-joined')
    expect(home.send(stick, 0x1234)).toBe('not-joined')
    stick.processor.broadcast(0xfffd, {
      ...OF_DEVICE_OBJECT,
      clusterId: ACTIVE_ENDPOINTS,
      asdu: Uint8Array.of(0, 0, 0),
    })
    home.run(seconds(1))
    expect(stick.messages).toEqual([])
  })
})

describe('a message to many', () => {
  it('reaches those who listen', () => {
    const { home, processor, plug } = behindAPlug()
    processor.broadcast(0xfffd, TOGGLE)
    home.run(seconds(1))
    expect(plug.data).toEqual(['010702'])
  })
  it('to a group is passed over by devices of ours, which are in none', () => {
    const { home, processor, plug } = behindAPlug()
    processor.multicast(0x0b84, TOGGLE)
    home.run(seconds(1))
    expect(plug.data).toEqual([])
    expect(plug.node.layers.aps.refused.get('group')).toBe(1)
  })
  it('of a device to a group is heard by the host once, with the group', () => {
    const { home, stick, plug, at } = behindAPlug()
    const before = stick.messages.length
    plug.node.layers.aps.multicast(0x0b84, TOGGLE)
    home.run(seconds(1))
    expect(stick.messages.slice(before)).toMatchObject([
      { clusterId: TOGGLE.clusterId, from: at(PLUG), delivery: { group: 0x0b84 }, destinationEndpoint: 0xff },
    ])
  })
  it('must fit a frame', () => {
    const { processor } = behindAPlug()
    const asdu = new Uint8Array(120)
    expect(() => processor.broadcast(0xfffd, { ...TOGGLE, asdu })).toThrow('120 octets found, at most 82 expected')
    expect(() => processor.multicast(1, { ...TOGGLE, asdu })).toThrow('120 octets found, at most 82 expected')
  })
})

it('a message tells how well its last hop was heard', () => {
  const home = new ProcessorHome()
  const stick = home.stick()
  for (const [device, rssiDbm] of [
    [PLUG, -40],
    [LAMP, -70],
  ] as const) {
    home.air.links.setBoth(STICK, device, { ...DEFAULT_LINK, rssiDbm })
    const { node } = home.joined(device)
    node.send(STICK, REPORT)
    home.run(seconds(1))
    expect(stick.messages.at(-1)).toMatchObject({ device, rssiDbm })
  }
  const [near, far] = [PLUG, LAMP].map(
    device => stick.messages.findLast(message => message.device === device)?.lqi ?? 0,
  )
  expect(near).toBeGreaterThan(far ?? 0)
})
