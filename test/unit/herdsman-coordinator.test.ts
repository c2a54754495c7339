import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import type { Eui64, Micros } from '../../src/base/ids.ts'
import { seconds } from '../../src/base/time.ts'
import { linkKeyOfInstallCode } from '../../src/crypto/link-keys.ts'
import { STICK_TRAITS } from '../../src/host/herdsman/drivers.ts'
import { HerdsmanCoordinator } from '../../src/host/herdsman/herdsman-coordinator.ts'
import type { StickOrder, StickReport } from '../../src/host/herdsman/stick-messages.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { Tracer } from '../../src/kernel/tracer.ts'
import type { ApsPayload, DeliveryOutcome, DiscoveredEndpoint } from '../../src/ports/han.ts'
import { ids, installCodes, Witness } from '../contract/han-bench.ts'

const network = { panId: 0x1a62, extendedPanId: '00db1234567800aa', channel: 15 }
const ESME = 0x1234
const keyOfSix = toHex(linkKeyOfInstallCode(installCodes.six))
const HOME_AUTOMATION = 0x0104

/** A coordinator before a stick that does what the test says. */
class Bench {
  readonly kernel = new Kernel({ seed: 'stick', startUnixMs: 0 })
  readonly orders: StickOrder[] = []
  readonly coordinator: HerdsmanCoordinator
  readonly hub: Witness

  constructor(driver: keyof typeof STICK_TRAITS = 'ember') {
    const { kernel } = this
    this.coordinator = new HerdsmanCoordinator({
      eui64: ids.hub,
      traits: STICK_TRAITS[driver],
      clock: kernel,
      timers: kernel,
      random: kernel.random,
      trace: new Tracer({ clock: kernel, installation: 'home', sink: () => {} }).part('han'),
      order: order => this.orders.push(order),
    })
    this.hub = new Witness(this.coordinator)
  }
  static up(driver?: keyof typeof STICK_TRAITS): Bench {
    const bench = new Bench(driver)
    bench.coordinator.form(network)
    bench.report({ is: 'up', eui64: ids.hub })
    bench.taken()
    return bench
  }
  /** With one device that is listed and here. */
  static home(driver?: keyof typeof STICK_TRAITS): Bench {
    const bench = Bench.up(driver)
    bench.coordinator.authorise(ids.esme, installCodes.sixteen)
    bench.report({ is: 'announced', device: ids.esme, address: ESME })
    bench.taken()
    return bench
  }
  report(report: StickReport): void {
    this.coordinator.report(report)
  }
  pass(forUs: Micros): void {
    this.kernel.runUntil(this.kernel.nowUs() + forUs)
  }
  /** The orders since this was asked last. */
  taken(): StickOrder[] {
    return this.orders.splice(0)
  }
  send(to: Eui64, payload: Partial<ApsPayload> = {}): DeliveryOutcome[] {
    const outcomes: DeliveryOutcome[] = []
    this.coordinator.send(to, { ...frame, ...payload }, outcome => outcomes.push(outcome))
    expect(outcomes, 'confirmed inside the call').toEqual([])
    return outcomes
  }
}

const frame: ApsPayload = {
  profileId: HOME_AUTOMATION,
  clusterId: 0x0702,
  sourceEndpoint: 5,
  destinationEndpoint: 1,
  security: 'network',
  asdu: Uint8Array.of(1, 2, 3),
}
const dataFrom = (address: number, endpoint = 1): StickReport => ({
  ...{ is: 'data', address, clusterId: 0x0702, sourceEndpoint: 9, endpoint, asdu: '0a0b' },
})

test('a stick is told to form with a key of its own, and the coordinator is on its network when it has', () => {
  const { coordinator, orders, hub, ...bench } = new Bench()
  coordinator.form(network)
  expect(orders).toEqual([{ do: 'form', network: { ...network, networkKey: expect.stringMatching(/^[0-9a-f]{32}$/) } }])
  expect(coordinator.joined).toBe(false)
  coordinator.report({ is: 'up', eui64: ids.hub })
  expect([coordinator.joined, hub.joined]).toEqual([true, 1])
  coordinator.report({ is: 'down', reason: 'pulled' })
  coordinator.report({ is: 'up', eui64: ids.hub })
  bench.kernel.runUntil(seconds(1))
  expect(hub.joined).toBe(1)
})

test('the keys of those listed are told each time the door opens, for sticks forget them when it closes', () => {
  const bench = Bench.up()
  bench.coordinator.authorise(ids.esme, installCodes.six)
  expect(bench.taken()).toEqual([{ do: 'list', device: ids.esme, key: keyOfSix }])
  for (let n = 0; n < 2; n++) {
    bench.coordinator.permitJoining(seconds(60))
    expect(bench.taken()).toEqual([
      { do: 'list', device: ids.esme, key: keyOfSix },
      { do: 'permit', forS: 60 },
    ])
    bench.coordinator.permitJoining(0)
    expect(bench.taken()).toEqual([{ do: 'permit', forS: 0 }])
  }
})

test('a long window is opened anew before the stick would close it', () => {
  const bench = Bench.up()
  bench.coordinator.permitJoining(seconds(600))
  bench.pass(seconds(700))
  expect(bench.taken()).toEqual([254, 254, 120].map(forS => ({ do: 'permit', forS })))
})

test('a stick that comes back is told who is listed, and opens for what is left of the window', () => {
  const bench = Bench.home()
  bench.coordinator.permitJoining(seconds(100))
  bench.report({ is: 'down', reason: 'pulled' })
  bench.pass(seconds(30))
  bench.taken()
  bench.report({ is: 'up', eui64: ids.hub })
  expect(bench.taken()).toMatchObject([{ do: 'list' }, { do: 'permit', forS: 70 }])
})

test('a listed device is here once it was heard under the network key, not when it has an address', () => {
  const bench = Bench.up()
  bench.coordinator.authorise(ids.esme, installCodes.sixteen)
  bench.report({ is: 'arrived', device: ids.esme, address: ESME })
  expect([bench.hub.devicesJoined, bench.hub.heard]).toEqual([[], []])
  bench.report({ is: 'announced', device: ids.esme, address: ESME })
  bench.report(dataFrom(ESME))
  expect([bench.hub.devicesJoined, bench.hub.heard]).toEqual([[ids.esme], [ids.esme, ids.esme]])
})

test('a device that is not listed is sent off, and nothing of it is heard', () => {
  const bench = Bench.up()
  bench.report({ is: 'announced', device: ids.stranger, address: 7 })
  bench.report(dataFrom(7))
  expect(bench.taken()).toEqual(Array(2).fill({ do: 'remove', device: ids.stranger, address: 7 }))
  expect([bench.hub.devicesJoined, bench.hub.heard, bench.hub.data]).toEqual([[], [], []])
})

test('a device that is removed is sent off, its key is void, and it has left, once', () => {
  const bench = Bench.home()
  bench.coordinator.remove(ids.esme)
  bench.report({ is: 'left', address: ESME })
  bench.pass(seconds(1))
  expect(bench.taken()).toEqual([
    { do: 'list', device: ids.esme, key: expect.not.stringMatching(keyOfSix) },
    { do: 'remove', device: ids.esme, address: ESME },
  ])
  expect(bench.hub.devicesLeft).toEqual([ids.esme])
})

test('what comes for an endpoint of the stick goes to ours of that profile, from whom it came', () => {
  const bench = Bench.home('zstack')
  bench.coordinator.addEndpoint({
    ...{ endpoint: 2, profileId: 0x0109, deviceId: 0x0500, inputClusters: [], outputClusters: [] },
  })
  bench.report(dataFrom(ESME, 1))
  expect(bench.hub.data).toEqual([])
  bench.report(dataFrom(ESME, 6))
  expect(bench.hub.data).toEqual([
    {
      from: ids.esme,
      payload: {
        ...{ profileId: 0x0109, clusterId: 0x0702, sourceEndpoint: 9, destinationEndpoint: 2 },
        ...{ security: 'network', asdu: fromHex('0a0b') },
      },
    },
  ])
})

test('who sends from an address nobody knows is asked for its name, and then heard', () => {
  const bench = Bench.up()
  bench.coordinator.addEndpoint({ ...descriptor, endpoint: 1 })
  bench.coordinator.authorise(ids.esme, installCodes.sixteen)
  bench.report(dataFrom(ESME))
  expect(bench.taken().at(-1)).toEqual({ do: 'identify', address: ESME })
  expect(bench.hub.data).toEqual([])
  bench.report({ is: 'located', device: ids.esme, address: ESME })
  expect(bench.hub.data).toHaveLength(1)
})

test('a frame goes out from the endpoint of the stick for its profile, and is confirmed as the stick says', () => {
  const bench = Bench.home('zstack')
  const outcomes = bench.send(ids.esme, { profileId: 0x0109 })
  const [order] = bench.taken()
  expect(order).toEqual({
    do: 'send',
    id: expect.any(Number),
    frame: {
      ...{ device: ids.esme, address: ESME, profileId: 0x0109, clusterId: 0x0702 },
      ...{ sourceEndpoint: 6, destinationEndpoint: 1, asdu: '010203' },
    },
  })
  if (order?.do !== 'send') return
  bench.report({ is: 'sent', id: order.id, outcome: 'expired' })
  bench.report({ is: 'sent', id: order.id, outcome: 'delivered' })
  bench.pass(seconds(60))
  expect(outcomes).toEqual(['expired'])
})

test.each([
  ['under a link key', { security: 'link' }],
  ['of a profile that the stick does not carry', { profileId: 0x0109 }],
] as const)('a frame %s is not sent', (_, payload) => {
  const bench = Bench.home('ember')
  const outcomes = bench.send(ids.esme, payload)
  bench.pass(seconds(1))
  expect([outcomes, bench.taken()]).toEqual([['no-ack'], []])
})

test('a frame to a listed device is confirmed when nobody has said where that is', () => {
  const bench = Bench.up()
  bench.coordinator.authorise(ids.esme, installCodes.sixteen)
  bench.taken()
  const outcomes = bench.send(ids.esme)
  expect(bench.taken()).toEqual([{ do: 'locate', device: ids.esme }])
  bench.pass(seconds(30))
  expect(outcomes).toEqual(['unknown-destination'])
})

test('a frame to a device that says where it is goes there', () => {
  const bench = Bench.up()
  bench.coordinator.authorise(ids.esme, installCodes.sixteen)
  bench.send(ids.esme)
  bench.report({ is: 'located', device: ids.esme, address: 9 })
  expect(bench.taken().at(-1)).toMatchObject({ do: 'send', frame: { device: ids.esme, address: 9 } })
})

test('a frame to a device that is not listed goes nowhere', () => {
  const bench = Bench.home()
  bench.coordinator.remove(ids.esme)
  bench.taken()
  const outcomes = bench.send(ids.esme)
  bench.pass(seconds(1))
  expect([outcomes, bench.taken()]).toEqual([['unknown-destination'], []])
})

test('frames under way when the stick goes away are lost, and so are those sent while it is away', () => {
  const bench = Bench.home()
  const before = bench.send(ids.esme)
  bench.report({ is: 'down', reason: 'pulled' })
  const after = bench.send(ids.esme)
  bench.pass(seconds(1))
  expect([before, after]).toEqual([['no-ack'], ['no-ack']])
})

test('a stick that never says what became of a frame is not waited for', () => {
  const bench = Bench.home()
  const outcomes = bench.send(ids.esme)
  bench.pass(seconds(31))
  expect(outcomes).toEqual(['no-ack'])
})

test('frames beyond what may be under way are refused, and every frame is confirmed once', () => {
  const bench = Bench.home()
  const outcomes = Array.from({ length: 400 }, () => bench.send(ids.esme))
  bench.pass(seconds(1))
  const refused = outcomes.filter(list => list.length > 0)
  expect(refused).toEqual(Array(refused.length).fill(['expired']))
  expect(refused.length).toBeGreaterThan(0)
  bench.pass(seconds(60))
  expect(outcomes.map(list => list.length)).toEqual(Array(400).fill(1))
})

const descriptor = {
  ...{ endpoint: 3, profileId: HOME_AUTOMATION, deviceId: 0x0501 },
  ...{ inputClusters: [0x0702], outputClusters: [] },
}

test('a cluster is found where the matching endpoint describes itself so', () => {
  const bench = Bench.home()
  const answers: DiscoveredEndpoint[][] = []
  bench.coordinator.discover({ profileId: HOME_AUTOMATION, clusterId: 0x0702 }, found => answers.push(found))
  expect(bench.taken()).toEqual([{ do: 'match', profileId: HOME_AUTOMATION, clusterId: 0x0702 }])
  bench.report({ is: 'matched', address: ESME, endpoints: [3, 4] })
  bench.pass(seconds(2))
  const asked = bench.taken().flatMap(order => (order.do === 'describe' ? [order] : []))
  expect(asked.map(({ endpoint }) => endpoint)).toEqual([3, 4])
  for (const { id, endpoint } of asked) {
    const clusters = endpoint === 3 ? {} : { inputClusters: [0] }
    bench.report({ is: 'described', id, descriptor: { ...descriptor, endpoint, ...clusters } })
  }
  expect(answers).toEqual([[{ device: ids.esme, ...descriptor }]])
})

test('two questions at once are asked one after the other, and a silent device holds nobody up for ever', () => {
  const bench = Bench.home()
  const answers: DiscoveredEndpoint[][] = []
  for (const clusterId of [0x0702, 0x000a]) {
    bench.coordinator.discover({ profileId: HOME_AUTOMATION, clusterId }, found => answers.push(found))
  }
  bench.report({ is: 'matched', address: ESME, endpoints: [3] })
  bench.pass(seconds(2))
  expect(bench.taken().map(order => order.do)).toEqual(['match', 'describe'])
  bench.pass(seconds(15))
  expect(bench.taken()).toEqual([{ do: 'match', profileId: HOME_AUTOMATION, clusterId: 0x000a }])
  bench.pass(seconds(15))
  expect(answers).toEqual([[], []])
})
