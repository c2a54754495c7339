/** Nodes of ours on one simulated air as the HAN node contract wants them, whoever coordinates. */
import type { HanCoordinator } from '../../src/ports/han.ts'
import type { InjectedFault } from '../../src/radio/air-faults.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import type { ZigbeeWorld } from '../helpers/zigbee-world.ts'
import type { HanBench } from './han-bench.ts'

export function airBench({ kernel, air, of }: ZigbeeWorld, coordinator: HanCoordinator): HanBench {
  const off = new Map<string, InjectedFault>()
  return {
    coordinator,
    router: eui64 => new ZigbeeNode({ ...of(eui64), role: 'router' }),
    sleeper: eui64 => new ZigbeeNode({ ...of(eui64), role: 'sleepy-end-device' }),
    run: forUs => void kernel.runUntil(kernel.nowUs() + forUs),
    silence: eui64 => void off.set(eui64, air.inject({ kind: 'node-off', node: eui64 })),
    hear: eui64 => off.get(eui64)?.lift(),
  }
}
