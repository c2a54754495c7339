import type { InjectedFault } from '../../src/radio/air-faults.ts'
import { ZigbeeCoordinator } from '../../src/zigbee/zigbee-coordinator.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { spinelStick } from '../helpers/spinel-stick.ts'
import { zigbeeWorld } from '../helpers/zigbee-world.ts'
import { type HanBench, ids } from './han-bench.ts'
import { hanNodeContract } from './han-node-contract.ts'

/** The hub has a stick; then everybody. */
hanNodeContract('with the hub on a Spinel stick', () => house(true))
hanNodeContract('with every node on a Spinel stick', () => house(false))

function house(hubOnly: boolean): HanBench {
  const { kernel, air, of } = zigbeeWorld('contract')
  const off = new Map<string, InjectedFault>()
  const onStick = (eui64: string) => {
    const parts = of(eui64)
    return { ...parts, radio: spinelStick(kernel, parts.radio).radio }
  }
  const other = hubOnly ? of : onStick
  return {
    coordinator: new ZigbeeCoordinator(onStick(ids.hub)),
    router: eui64 => new ZigbeeNode({ ...other(eui64), role: 'router' }),
    sleeper: eui64 => new ZigbeeNode({ ...other(eui64), role: 'sleepy-end-device' }),
    run: forUs => void kernel.runUntil(kernel.nowUs() + forUs),
    silence: eui64 => void off.set(eui64, air.inject({ kind: 'node-off', node: eui64 })),
    hear: eui64 => off.get(eui64)?.lift(),
  }
}
