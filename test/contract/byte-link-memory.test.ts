import { Kernel } from '../../src/kernel/kernel.ts'
import { type MemoryLinkOptions, memoryLinks } from '../../src/links/memory.ts'
import { type ByteLinkBench, byteLinkContract } from './byte-link-contract.ts'

function bench(options: (kernel: Kernel) => MemoryLinkOptions): ByteLinkBench {
  const kernel = new Kernel({ seed: 'memory links', startUnixMs: 0 })
  const links = memoryLinks(kernel, options(kernel))
  return {
    ends: links.ends,
    cut: () => links.cut(),
    mend: () => links.mend(),
    step: () => void kernel.runUntil(kernel.nowUs() + 500),
  }
}

byteLinkContract('memory', () => bench(() => ({})))
byteLinkContract('memory, pieces cut anew,', () => bench(kernel => ({ dice: kernel.random.stream('pieces') })))
