import { describe, expect, it } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { minutes, seconds } from '../../src/base/time.ts'
import { MemoryHan } from '../../src/han/memory-han.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { DeliveryOutcome, HanNode } from '../../src/ports/han.ts'

const code = fromHex('83fed3407a939723a5c639b26916d505c3b5')
const hubId = '00db123456780000'
const routerIds = [1, 2, 3].map(n => `00db12345678010${n}`)
const sleeperIds = [1, 2].map(n => `00db12345678020${n}`)

/** Faults last this long; then every node must be reachable again within `recovery`. */
const storm = minutes(30)
/** A sleeper's poll interval, a frame's whole life (4 attempts, 7.68 s at the parent), and a second try. */
const recovery = seconds(60)
const pollEvery = seconds(2)

interface Sent {
  from: Eui64
  to: Eui64
  outcomes: DeliveryOutcome[]
  arrivals: number
}

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
  const sent: Sent[] = []
  const send = (from: HanNode, to: HanNode) => {
    const record: Sent = { from: from.eui64, to: to.eui64, outcomes: [], arrivals: 0 }
    const number = sent.push(record) - 1
    const asdu = Uint8Array.of(number & 0xff, (number >> 8) & 0xff, number >> 16)
    const header = { profileId: 0x0109, clusterId: 0x0702, sourceEndpoint: 1, destinationEndpoint: 1 }
    from.send(to.eui64, { ...header, security: 'network', asdu }, outcome => record.outcomes.push(outcome))
    return record
  }
  for (const node of nodes) {
    node.listen({
      onData: (from, { asdu }) => {
        const record = sent[(asdu[0] ?? 0) + 256 * (asdu[1] ?? 0) + 65_536 * (asdu[2] ?? 0)]
        expect([record?.from, record?.to]).toEqual([from, node.eui64])
        if (record) record.arrivals++
      },
    })
  }
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
  return { kernel, dice, han, hub, nodes, sent, send }
}

describe('a HAN that loses three transmissions in ten while nodes fall silent', () => {
  it.each(Array.from({ length: 20 }, (_, n) => `han-loss-${n}`))(
    'confirms every send once, and recovers (%s)',
    seed => {
      const { kernel, dice, han, hub, nodes, sent, send } = lossyHouse(seed)
      expect(nodes.every(node => node.joined)).toBe(true)
      const any = () => nodes[dice.int(nodes.length)] as HanNode

      const end = kernel.nowUs() + storm
      while (kernel.nowUs() < end) {
        const node = any()
        if (dice.next() < 0.5) han.silence(node.eui64)
        else han.hear(node.eui64)
        for (let burst = dice.int(8); burst > 0; burst--) {
          const [from, to] = [any(), any()]
          if (from !== to) send(from, to)
        }
        kernel.runUntil(kernel.nowUs() + dice.int(seconds(5)))
      }
      for (const node of nodes) han.hear(node.eui64)

      // A caller that repeats what was not confirmed gets through, both ways, to everyone.
      const calm = kernel.nowUs()
      const reached = new Set<string>()
      const reach = (from: HanNode, to: HanNode) => {
        const record = send(from, to)
        const look = () => {
          if (record.outcomes.includes('delivered')) reached.add(`${from.eui64}>${to.eui64}`)
          else if (record.outcomes.length > 0) reach(from, to)
          else kernel.after(seconds(1), 'look', look)
        }
        kernel.after(seconds(1), 'look', look)
      }
      for (const node of nodes.slice(1)) {
        reach(hub, node)
        reach(node, hub)
      }
      const everyone = 2 * (nodes.length - 1)
      kernel.runUntil(calm + recovery, () => reached.size === everyone)
      expect([...reached]).toHaveLength(everyone)

      kernel.runUntil(kernel.nowUs() + minutes(2))
      expect(sent.length).toBeGreaterThan(1_000)
      expect(sent.filter(({ outcomes }) => outcomes.length !== 1)).toEqual([])
      expect(sent.filter(({ arrivals }) => arrivals > 1)).toEqual([])
      expect(sent.filter(({ outcomes, arrivals }) => outcomes[0] === 'delivered' && arrivals !== 1)).toEqual([])
      // The storm did bite, and did not swallow everything.
      const count = (outcome: DeliveryOutcome) => sent.filter(({ outcomes }) => outcomes[0] === outcome).length
      expect(Math.min(count('delivered'), count('no-ack'), count('expired'))).toBeGreaterThan(20)
      expect(nodes.every(node => node.joined)).toBe(true)
    },
  )
})
