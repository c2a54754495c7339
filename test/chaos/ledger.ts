/** What was sent in a home, what became of it, and whether everyone can be reached. */
import { expect } from 'vitest'
import type { Eui64, Micros } from '../../src/base/ids.ts'
import { seconds } from '../../src/base/time.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import type { ApsPayload, DeliveryOutcome, HanNode } from '../../src/ports/han.ts'

export interface Sent {
  from: Eui64
  to: Eui64
  atUs: Micros
  outcomes: DeliveryOutcome[]
  arrivals: Micros[]
}

/** Octets that say which send this is. */
const numbered = (number: number, length: number) => {
  const asdu = new Uint8Array(length)
  asdu.set([number & 0xff, (number >> 8) & 0xff, number >> 16])
  return asdu
}
const numberOf = (asdu: Uint8Array) => (asdu[0] ?? 0) + 256 * (asdu[1] ?? 0) + 65_536 * (asdu[2] ?? 0)

export class Ledger {
  readonly sent: Sent[] = []
  private readonly kernel: Kernel
  private readonly nodes: readonly HanNode[]

  /** The first node is the hub. */
  constructor(kernel: Kernel, nodes: readonly HanNode[]) {
    this.kernel = kernel
    this.nodes = nodes
  }

  /** Writes down what the node is given; for its listener. */
  took(node: HanNode, from: Eui64, { asdu }: ApsPayload): void {
    const record = this.sent[numberOf(asdu)]
    expect([record?.from, record?.to]).toEqual([from, node.eui64])
    expect(asdu).toEqual(numbered(numberOf(asdu), asdu.length))
    record?.arrivals.push(this.kernel.nowUs())
  }

  send(from: HanNode, to: HanNode, how: { security?: ApsPayload['security']; length?: number } = {}): Sent {
    const { security = 'network', length = 3 } = how
    const record: Sent = { from: from.eui64, to: to.eui64, atUs: this.kernel.nowUs(), outcomes: [], arrivals: [] }
    const asdu = numbered(this.sent.push(record) - 1, length)
    const header = { profileId: 0x0109, clusterId: 0x0702, sourceEndpoint: 1, destinationEndpoint: 1 }
    from.send(to.eui64, { ...header, security, asdu }, outcome => record.outcomes.push(outcome))
    return record
  }

  /**
   * The ways between the hub and the others, `from>to`, that do not work again within a time: the caller repeats what was
   * not confirmed.
   */
  unreachable(within: Micros, security: ApsPayload['security'] = 'network'): string[] {
    const { kernel } = this
    const waiting = new Set<string>()
    const reach = (from: HanNode, to: HanNode) => {
      const way = `${from.eui64}>${to.eui64}`
      const record = this.send(from, to, { security })
      waiting.add(way)
      const look = () => {
        if (record.outcomes.includes('delivered')) waiting.delete(way)
        else if (record.outcomes.length > 0) reach(from, to)
        else kernel.after(seconds(1), 'look', look)
      }
      kernel.after(seconds(1), 'look', look)
    }
    const [hub, ...others] = this.nodes
    for (const node of hub ? others : []) {
      reach(hub as HanNode, node)
      reach(node, hub as HanNode)
    }
    kernel.runUntil(kernel.nowUs() + within, () => waiting.size === 0)
    return [...waiting]
  }

  /**
   * What is wrong once nothing is under way: a send that was not confirmed once, arrived more than once, or was confirmed
   * and did not arrive.
   */
  imbalance(): Sent[] {
    return this.sent.filter(
      ({ outcomes, arrivals }) =>
        outcomes.length !== 1 || arrivals.length > 1 || (outcomes[0] === 'delivered' && arrivals.length !== 1),
    )
  }

  count(outcome: DeliveryOutcome): number {
    return this.sent.filter(({ outcomes }) => outcomes[0] === outcome).length
  }
}
