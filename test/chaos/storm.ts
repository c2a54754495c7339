/** Draws of every fault the air knows, several at a time, set and lifted, under traffic; then calm. */
import { expect } from 'vitest'
import type { Eui64, Micros } from '../../src/base/ids.ts'
import { milliseconds, minutes, seconds } from '../../src/base/time.ts'
import type { RandomStream } from '../../src/ports/time.ts'
import type { AirFault } from '../../src/radio/air-fault.ts'
import type { HanFault } from '../../src/rig/home-network.ts'
import type { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { AirHouse, CHANNEL } from './air-house.ts'

/** Losing power is a matter of its own: `test/scenario/power.test.ts`. */
type StormFault = Exclude<HanFault, { kind: 'power-off' }>

/** How long faults come and go. */
const STORM = minutes(5)
/** A fault lasts at most this long, so that about four are in force at a time. */
const LONGEST_FAULT = minutes(1)
/** Between two faults that set in, on average. */
const FAULT_EVERY = seconds(8)
/**
 * Everyone is reachable again within this time of the last fault. A send may set out on a route that leads to a router which
 * the sleeper has left unheard: its four attempts fail, the router finds out that what it holds is not collected (7.68 s),
 * asks who has the child (10 to 20 s later) and gives it up; the next send takes a new route. The longest seen in 400 storms is
 * 24 s.
 */
const RECOVERY = seconds(60)

/** One fault of the storm. */
export function draw(dice: RandomStream, nodes: readonly Eui64[]): StormFault {
  const any = () => nodes[dice.int(nodes.length)] as Eui64
  const share = () => 0.05 + 0.5 * dice.next()
  const span = (most: Micros) => milliseconds(1) + dice.int(most)
  const way = () => {
    const kind = dice.int(4)
    return { ...(kind & 1 && { from: any() }), ...(kind & 2 && { to: any() }) }
  }
  const kinds: { [K in StormFault['kind']]: () => Extract<StormFault, { kind: K }> } = {
    loss: () => ({ kind: 'loss', share: share(), ...way() }),
    'burst-loss': () => ({ kind: 'burst-loss', burstUs: span(seconds(2)), gapUs: span(seconds(5)), ...way() }),
    delay: () => ({
      kind: 'delay',
      share: share(),
      delayUs: span(seconds(1)),
      jitterUs: dice.int(seconds(1)),
      ...way(),
    }),
    duplicate: () => ({ kind: 'duplicate', share: share(), afterUs: span(seconds(3)), ...way() }),
    corrupt: () => ({
      kind: 'corrupt',
      share: share(),
      bits: 1 + dice.int(8),
      undetected: dice.next() < 0.5,
      ...way(),
    }),
    interference: () => ({
      kind: 'interference',
      channel: CHANNEL,
      powerDbm: -70 + dice.int(40),
      onUs: span(seconds(2)),
      offUs: span(seconds(2)),
    }),
    replay: () => ({
      kind: 'replay',
      share: share(),
      afterUs: span(seconds(5)),
      ...(dice.next() < 0.5 && { from: any() }),
    }),
    'node-off': () => ({ kind: 'node-off', node: any() }),
    deaf: () => ({ kind: 'deaf', node: any() }),
    'counter-reset': () => ({ kind: 'counter-reset', node: any(), to: dice.int(20) }),
  }
  const names = Object.keys(kinds) as StormFault['kind'][]
  return kinds[names[dice.int(names.length)] as StormFault['kind']]()
}

/** What a storm came to, for judging many of them. */
export interface Storm {
  seed: string
  sends: number
  delivered: number
  kinds: Set<string>
  recoveredInUs: Micros
}

/** Carries a storm out and holds the home to what it promises. The seed is in every failure. */
export function weather(seed: string): Storm {
  const house = new AirHouse(seed)
  const { kernel, ledger, nodes, air } = house
  const dice = kernel.random.stream('storm')
  const any = () => nodes[dice.int(nodes.length)] as ZigbeeNode
  const inject = (fault: StormFault) =>
    fault.kind === 'counter-reset'
      ? { lift: house.node(fault.node).setBackCounter(fault.to) }
      : air.inject(fault satisfies AirFault)

  const kinds = new Set<string>()
  const end = kernel.nowUs() + STORM
  const active = new Set<() => void>()
  const strike = () => {
    if (kernel.nowUs() >= end) return
    const fault = draw(
      dice,
      nodes.map(({ eui64 }) => eui64),
    )
    kinds.add(fault.kind)
    const injected = inject(fault)
    const lift = () => {
      if (active.delete(lift)) injected.lift()
    }
    active.add(lift)
    kernel.after(dice.int(LONGEST_FAULT), 'fault lifts', lift)
    kernel.after(dice.int(2 * FAULT_EVERY), 'fault', strike)
  }
  strike()
  while (kernel.nowUs() < end) {
    for (let burst = dice.int(4); burst > 0; burst--) {
      const [from, to] = [any(), any()]
      const length = dice.next() < 0.1 ? 3 + dice.int(200) : 3 + dice.int(40)
      if (from !== to) ledger.send(from, to, { security: dice.next() < 0.5 ? 'link' : 'network', length })
    }
    kernel.runUntil(Math.min(end, kernel.nowUs() + dice.int(seconds(2))))
  }
  for (const lift of active) lift()
  const calm = kernel.nowUs()

  expect({ seed, unreachable: ledger.unreachable(RECOVERY) }).toEqual({ seed, unreachable: [] })
  const recoveredInUs = kernel.nowUs() - calm
  house.run(minutes(1))
  expect({ seed, imbalance: ledger.imbalance() }).toEqual({ seed, imbalance: [] })
  expect({ seed, left: house.told.filter(line => line.endsWith(' left')) }).toEqual({ seed, left: [] })
  return { seed, sends: ledger.sent.length, delivered: ledger.count('delivered'), kinds, recoveredInUs }
}
