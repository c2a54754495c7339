/** One APS frame under way in the in-memory HAN, from `send` to its one confirmation. */
import { toHex } from '../base/bytes.ts'
import type { ApsPayload, DeliveryOutcome } from '../ports/han.ts'
import type { MemoryAir } from './memory-air.ts'
import type { MemoryHanNode } from './memory-han-node.ts'

export class MemoryFrame {
  readonly from: MemoryHanNode
  readonly to: MemoryHanNode
  private readonly air: MemoryAir
  private readonly payload: ApsPayload
  private readonly confirm: ((outcome: DeliveryOutcome) => void) | undefined
  private hasArrived = false

  constructor(
    air: MemoryAir,
    frame: {
      from: MemoryHanNode
      to: MemoryHanNode
      payload: ApsPayload
      confirm: ((outcome: DeliveryOutcome) => void) | undefined
    },
  ) {
    this.air = air
    this.from = frame.from
    this.to = frame.to
    this.payload = { ...frame.payload, asdu: frame.payload.asdu.slice() }
    this.confirm = frame.confirm
  }

  /** Hands it to the receiver; a repetition of what already arrived is dropped. */
  arrive(): void {
    if (this.hasArrived) return
    this.hasArrived = true
    const { profileId, clusterId, sourceEndpoint, destinationEndpoint, asdu } = this.payload
    const addresses = { from: this.from.eui64, to: this.to.eui64 }
    const header = { profileId, clusterId, sourceEndpoint, destinationEndpoint }
    this.air.trace.emit({ kind: 'han.frame', ...addresses, ...header, asdu: toHex(asdu) })
    this.air.heard(this.from)
    this.to.receive(this.from.eui64, this.payload)
  }

  /** Its acknowledgement came back. */
  succeed(): void {
    this.air.heard(this.to)
    this.confirm?.('delivered')
  }

  fail(reason: Exclude<DeliveryOutcome, 'delivered'>): void {
    const { from, to, payload } = this
    traceLost(this.air, { from: from.eui64, to: to.eui64, clusterId: payload.clusterId, reason })
    this.confirm?.(reason)
  }
}

/** A frame nobody will receive, or that nobody acknowledged. */
export function traceLost(
  air: MemoryAir,
  lost: { from: string; to: string; clusterId: number; reason: DeliveryOutcome },
): void {
  air.trace.emit({ kind: 'han.frame-lost', ...lost })
}
