import { Kernel } from '../../src/kernel/kernel.ts'
import { Tracer } from '../../src/kernel/tracer.ts'
import { Air } from '../../src/radio/air.ts'
import type { InjectedFault } from '../../src/radio/air-faults.ts'
import { ZigbeeCoordinator } from '../../src/zigbee/zigbee-coordinator.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { type HanBench, ids } from './han-bench.ts'
import { hanNodeContract } from './han-node-contract.ts'

/** Whatever the dice: who waits how long on the air decides who meets whom. */
for (const seed of ['contract', 'a', 'b', 'c']) hanNodeContract(`on the simulated air, seed ${seed}`, () => house(seed))

function house(seed: string): HanBench {
  const kernel = new Kernel({ seed, startUnixMs: 0 })
  const trace = new Tracer({ clock: kernel, installation: 'house', sink: () => {} }).part('han')
  const air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace })
  const off = new Map<string, InjectedFault>()
  const world = (eui64: string) => ({
    eui64,
    radio: air.radio(eui64, eui64),
    clock: kernel,
    timers: kernel,
    random: { stream: (label: string) => kernel.random.stream(`${eui64}/${label}`) },
    trace,
  })
  return {
    coordinator: new ZigbeeCoordinator(world(ids.hub)),
    router: eui64 => new ZigbeeNode({ ...world(eui64), role: 'router' }),
    sleeper: eui64 => new ZigbeeNode({ ...world(eui64), role: 'sleepy-end-device' }),
    run: forUs => void kernel.runUntil(kernel.nowUs() + forUs),
    silence: eui64 => void off.set(eui64, air.inject({ kind: 'node-off', node: eui64 })),
    hear: eui64 => off.get(eui64)?.lift(),
  }
}
