import { describe, expect, it } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { minutes, seconds } from '../../src/base/time.ts'
import { MemoryHan } from '../../src/han/memory-han.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { HanNode } from '../../src/ports/han.ts'
import { Ledger } from './ledger.ts'

const code = fromHex('83fed3407a939723a5c639b26916d505c3b5')
const hubId = '00db123456780000'
const routerIds = [1, 2, 3].map(n => `00db12345678010${n}`)
const sleeperIds = [1, 2].map(n => `00db12345678020${n}`)

/** Faults last this long; then every node must be reachable again within `recovery`. */
const storm = minutes(30)
/** A sleeper's poll interval, a frame's whole life (4 attempts, 7.68 s at the parent), and a second try. */
const recovery = seconds(60)
const pollEvery = seconds(2)

function lossyHouse(seed: string) {
  const kernel = new Kernel({ seed, startUnixMs: 0 })
  const dice = kernel.random.stream('chaos')
  const trace = { emit: () => {} }
  const random = kernel.random.stream('han')
  const han = new MemoryHan({ clock: kernel, timers: kernel, random, trace, loss: 0.3 })
  const hub = han.coordinator(hubId)
  const nodes: HanNode[] = [
    hub,
    ...routerIds.map(id => han.node(id, 'router')),
    ...sleeperIds.map(id => han.node(id, 'sleepy-end-device')),
  ]
  const ledger = new Ledger(kernel, nodes)
  for (const node of nodes) node.listen({ onData: (from, payload) => ledger.took(node, from, payload) })
  hub.form({ panId: 0x1a62, extendedPanId: '00db1234567800aa', channel: 15 })
  hub.permitJoining(seconds(60))
  for (const node of nodes.slice(1)) {
    hub.authorise(node.eui64, code)
    node.join(code)
  }
  const pollForEver = (node: HanNode) => {
    node.poll()
    kernel.after(pollEvery, 'poll', () => pollForEver(node))
  }
  for (const node of nodes) if (node.role === 'sleepy-end-device') pollForEver(node)
  kernel.runUntil(seconds(10))
  return { kernel, dice, han, nodes, ledger }
}

describe('a HAN that loses three transmissions in ten while nodes fall silent', () => {
  it.each(Array.from({ length: 20 }, (_, n) => `han-loss-${n}`))(
    'confirms every send once, and recovers (%s)',
    seed => {
      const { kernel, dice, han, nodes, ledger } = lossyHouse(seed)
      expect(nodes.every(node => node.joined)).toBe(true)
      const any = () => nodes[dice.int(nodes.length)] as HanNode

      const end = kernel.nowUs() + storm
      while (kernel.nowUs() < end) {
        const node = any()
        if (dice.next() < 0.5) han.silence(node.eui64)
        else han.hear(node.eui64)
        for (let burst = dice.int(8); burst > 0; burst--) {
          const [from, to] = [any(), any()]
          if (from !== to) ledger.send(from, to)
        }
        kernel.runUntil(kernel.nowUs() + dice.int(seconds(5)))
      }
      for (const node of nodes) han.hear(node.eui64)

      // A caller that repeats what was not confirmed gets through, both ways, to everyone.
      expect(ledger.unreachable(recovery)).toEqual([])

      kernel.runUntil(kernel.nowUs() + minutes(2))
      expect(ledger.sent.length).toBeGreaterThan(1_000)
      expect(ledger.imbalance()).toEqual([])
      // The storm did bite, and did not swallow everything.
      const least = Math.min(...(['delivered', 'no-ack', 'expired'] as const).map(outcome => ledger.count(outcome)))
      expect(least).toBeGreaterThan(20)
      expect(nodes.every(node => node.joined)).toBe(true)
    },
  )
})
