/** Links of a house come and go at random; when they are back, everybody reaches everybody. */
import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import type { DeliveryOutcome } from '../../src/ports/han.ts'
import { OUT_OF_RANGE } from '../../src/radio/links.ts'
import { GAS, HUB, INSTALL_CODE, METER, METERING, ZigbeeHome } from '../helpers/zigbee-home.ts'

const UPSTAIRS = '00db1234567800b3'
const GARAGE = '00db1234567800b4'
const ROUTERS = [METER, UPSTAIRS, GARAGE]
const GOOD = { rssiDbm: -60 }
/** Levels a link may have while the house is in disorder, and the share of frames lost. */
const DISORDER = [OUT_OF_RANGE, { rssiDbm: -98, loss: 0.5 }, { rssiDbm: -90, loss: 0.1 }, GOOD]

describe.each(['a', 'b', 'c', 'd'])('after an hour of disorder, seed %s', seed => {
  it('the hub and everybody else reach each other, and each sleeper has one parent', () => {
    const home = new ZigbeeHome(`mesh ${seed}`)
    const hub = home.hub()
    const routers = ROUTERS.map(eui64 => home.joined(hub, eui64))
    const gas = home.joined(hub, GAS, { role: 'sleepy-end-device' })
    const dice = home.kernel.random.stream('disorder')
    const all = [HUB, ...ROUTERS, GAS]
    const pairs = all.flatMap((one, at) => all.slice(at + 1).map(other => [one, other] as const))
    /** The gas meter polls once a second, and once a minute tries to get back when it is lost. */
    const pass = (forS: number, fact = () => false) => {
      for (let s = 0; s < forS && !fact(); s++) {
        home.run(seconds(1))
        if (gas.node.joined) gas.node.poll()
        else if (s % 60 === 59) gas.node.join(INSTALL_CODE)
      }
    }

    for (let turn = 0; turn < 60; turn++) {
      for (const [from, to] of pairs.flatMap(([one, other]) => [[one, other] as const, [other, one] as const])) {
        if (dice.next() < 0.3) home.air.links.set({ from, to }, DISORDER[dice.int(DISORDER.length)] ?? GOOD)
      }
      for (const { node } of [...routers, gas]) node.send(HUB, METERING)
      hub.node.send(all[1 + dice.int(all.length - 1)] ?? METER, METERING)
      pass(60)
    }

    // A row again: only neighbours hear each other, the gas meter its last room.
    for (const [one, other] of pairs) home.air.links.setBoth(one, other, OUT_OF_RANGE)
    const row = [HUB, ...ROUTERS, GAS]
    for (const [at, one] of row.slice(1).entries()) home.air.links.setBoth(row[at] ?? HUB, one, GOOD)
    pass(20 * 60)

    const outcomes = new Map<string, DeliveryOutcome | undefined>()
    const deliver = (name: string, send: (done: (outcome: DeliveryOutcome) => void) => void) => {
      outcomes.set(name, undefined)
      send(outcome => outcomes.set(name, outcome))
      pass(40, () => outcomes.get(name) !== undefined)
    }
    for (const { node } of [...routers, gas]) {
      deliver(`${node.eui64} up`, done => node.send(HUB, METERING, done))
      deliver(`${node.eui64} down`, done => hub.node.send(node.eui64, METERING, done))
    }
    expect([...outcomes.entries()].filter(([, outcome]) => outcome !== 'delivered')).toEqual([])
    home.run(minutes(1))
    const parents = [hub, ...routers].filter(({ node }) => node.layers.nwk.children.of(GAS))
    expect(parents.map(({ node }) => node.eui64)).toEqual([GARAGE])
  })
})
