/** How an APS frame crosses the in-memory HAN: attempts, acknowledgement, and the way to a sleeper's parent. */
import type { Eui64 } from '../base/ids.ts'
import { milliseconds } from '../base/time.ts'
import type { ApsPayload, DeliveryOutcome } from '../ports/han.ts'
import type { MemoryAir } from './memory-air.ts'
import { MemoryFrame, traceLost } from './memory-frame.ts'
import type { MemoryHanNode } from './memory-han-node.ts'
import type { MemoryIndirect } from './memory-indirect.ts'

/** Waiting for an APS acknowledgement, and attempts. @source measured on zigbee-on-host: 2.1 s, 3 retries */
const APS_ACK_WAIT_US = milliseconds(2_100)
const APS_ATTEMPTS = 4

export class MemoryDelivery {
  private readonly air: MemoryAir
  private readonly indirect: MemoryIndirect

  constructor(air: MemoryAir, indirect: MemoryIndirect) {
    this.air = air
    this.indirect = indirect
  }

  send(
    from: MemoryHanNode,
    to: Eui64,
    payload: ApsPayload,
    confirm: ((outcome: DeliveryOutcome) => void) | undefined,
  ): void {
    const { air } = this
    const receiver = air.find(to)
    if (!from.joined || !receiver || !air.admits(to)) {
      const reason = from.joined ? 'unknown-destination' : 'not-joined'
      return void air.timers.after(milliseconds(1), 'aps confirm', () => {
        traceLost(air, { from: from.eui64, to, clusterId: payload.clusterId, reason })
        confirm?.(reason)
      })
    }
    const frame = new MemoryFrame(air, { from, to: receiver, payload, confirm })
    const parent = air.centre
    if (receiver.role !== 'sleepy-end-device' || !parent) this.attempt(frame, receiver, APS_ATTEMPTS)
    else if (from === parent) this.indirect.hold(frame)
    else this.attempt(frame, parent, APS_ATTEMPTS)
  }

  /** One transmission to `next`: the receiver, or its parent when it sleeps. */
  private attempt(frame: MemoryFrame, next: MemoryHanNode, attempts: number): void {
    const { air } = this
    const { from, to } = frame
    air.timers.after(air.nextArrival(from), 'han frame', () => {
      air.turnAwayStranger(from)
      if (!from.joined) return frame.fail('not-joined')
      const answered = air.connects(from, next) && air.carries(from, next)
      if (!answered) return this.repeat(frame, next, attempts)
      if (next !== to) return this.indirect.hold(frame)
      frame.arrive()
      if (!air.carries(to, from)) return this.repeat(frame, next, attempts)
      air.timers.after(air.hop(), 'aps confirm', () => frame.succeed())
    })
  }

  private repeat(frame: MemoryFrame, next: MemoryHanNode, attempts: number): void {
    this.air.timers.after(APS_ACK_WAIT_US, 'aps acknowledgement', () => {
      if (attempts > 1) this.attempt(frame, next, attempts - 1)
      else frame.fail('no-ack')
    })
  }
}
