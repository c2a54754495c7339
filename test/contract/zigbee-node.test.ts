import type { InjectedFault } from '../../src/radio/air-faults.ts'
import { ZigbeeCoordinator } from '../../src/zigbee/zigbee-coordinator.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { zigbeeWorld } from '../helpers/zigbee-world.ts'
import { type HanBench, ids } from './han-bench.ts'
import { hanNodeContract } from './han-node-contract.ts'

/** Whatever the dice: who waits how long on the air decides who meets whom. */
for (const seed of ['contract', 'a', 'b', 'c']) hanNodeContract(`on the simulated air, seed ${seed}`, () => house(seed))

function house(seed: string): HanBench {
  const { kernel, air, of } = zigbeeWorld(seed)
  const off = new Map<string, InjectedFault>()
  return {
    coordinator: new ZigbeeCoordinator(of(ids.hub)),
    router: eui64 => new ZigbeeNode({ ...of(eui64), role: 'router' }),
    sleeper: eui64 => new ZigbeeNode({ ...of(eui64), role: 'sleepy-end-device' }),
    run: forUs => void kernel.runUntil(kernel.nowUs() + forUs),
    silence: eui64 => void off.set(eui64, air.inject({ kind: 'node-off', node: eui64 })),
    hear: eui64 => off.get(eui64)?.lift(),
  }
}
