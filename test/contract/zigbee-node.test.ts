import { ZigbeeCoordinator } from '../../src/zigbee/zigbee-coordinator.ts'
import { zigbeeWorld } from '../helpers/zigbee-world.ts'
import { airBench } from './air-bench.ts'
import { type HanBench, ids } from './han-bench.ts'
import { hanNodeContract } from './han-node-contract.ts'

/** Whatever the dice: who waits how long on the air decides who meets whom. */
for (const seed of ['contract', 'a', 'b', 'c']) hanNodeContract(`on the simulated air, seed ${seed}`, () => house(seed))

function house(seed: string): HanBench {
  const world = zigbeeWorld(seed)
  return airBench(world, new ZigbeeCoordinator(world.of(ids.hub)))
}
