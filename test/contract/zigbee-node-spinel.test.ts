import { ZigbeeCoordinator } from '../../src/zigbee/zigbee-coordinator.ts'
import { spinelStick } from '../helpers/spinel-stick.ts'
import { zigbeeWorld } from '../helpers/zigbee-world.ts'
import { airBench } from './air-bench.ts'
import { type HanBench, ids } from './han-bench.ts'
import { hanNodeContract } from './han-node-contract.ts'

/** The hub has a stick; then everybody. */
hanNodeContract('with the hub on a Spinel stick', () => house(true))
hanNodeContract('with every node on a Spinel stick', () => house(false))

function house(hubOnly: boolean): HanBench {
  const world = zigbeeWorld('contract')
  const onStick = (eui64: string) => {
    const parts = world.of(eui64)
    return { ...parts, radio: spinelStick(world.kernel, parts.radio).radio }
  }
  const coordinator = new ZigbeeCoordinator(onStick(ids.hub))
  return airBench(hubOnly ? world : { ...world, of: onStick }, coordinator)
}
