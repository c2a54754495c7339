import { MemoryHan } from '../../src/han/memory-han.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { Tracer } from '../../src/kernel/tracer.ts'
import { ids } from './han-bench.ts'
import { hanNodeContract } from './han-node-contract.ts'

hanNodeContract('in memory', () => {
  const kernel = new Kernel({ seed: 'contract', startUnixMs: 0 })
  const trace = new Tracer({ clock: kernel, installation: 'house', sink: () => {} }).part('han')
  const han = new MemoryHan({ clock: kernel, timers: kernel, random: kernel.random.stream('han'), trace })
  return {
    coordinator: han.coordinator(ids.hub),
    router: eui64 => han.node(eui64, 'router'),
    sleeper: eui64 => han.node(eui64, 'sleepy-end-device'),
    run: forUs => void kernel.runUntil(kernel.nowUs() + forUs),
    silence: eui64 => han.silence(eui64),
    hear: eui64 => han.hear(eui64),
  }
})
