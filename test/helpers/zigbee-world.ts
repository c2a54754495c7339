/** What nodes are made of, on an air of their own in virtual time. */
import type { Eui64 } from '../../src/base/ids.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { Trace } from '../../src/ports/trace.ts'
import { Air } from '../../src/radio/air.ts'
import type { ZigbeeNodeOptions } from '../../src/zigbee/zigbee-node.ts'

export interface ZigbeeWorld {
  kernel: Kernel
  air: Air
  /** What a node of that name is made of; each has dice of its own. */
  of: (eui64: Eui64) => Omit<ZigbeeNodeOptions, 'role' | 'memory'>
}

export function zigbeeWorld(seed: string, trace: Trace = { emit: () => {} }): ZigbeeWorld {
  const kernel = new Kernel({ seed, startUnixMs: 0 })
  const air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace })
  const of = (eui64: Eui64) => ({
    eui64,
    radio: air.radio(eui64, eui64),
    clock: kernel,
    timers: kernel,
    random: { stream: (label: string) => kernel.random.stream(`${eui64}/${label}`) },
    trace,
  })
  return { kernel, air, of }
}
