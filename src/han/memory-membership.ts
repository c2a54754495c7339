/** Who is on the in-memory network: joining, coming back, leaving, being removed. */
import { toHex } from '../base/bytes.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import { milliseconds, seconds } from '../base/time.ts'
import type { JoinFailure } from '../ports/han.ts'
import type { Timer } from '../ports/time.ts'
import type { MemoryAir } from './memory-air.ts'
import type { MemoryHanNode } from './memory-han-node.ts'

/** Listening on one channel at scan duration 3. @source IEEE 802.15.4: 138 ms */
const CHANNEL_SCAN_US = milliseconds(138)
/** A newcomer listens on all 16. */
const FULL_SCAN_US = 16 * CHANNEL_SCAN_US
/** A joiner without a network key gives up. @source ZigBee apsSecurityTimeOutPeriod, of the order of 10 s */
const NO_KEY_US = seconds(10)
/** Association, transport of the key, announcement. Assumed. */
const JOIN_US = milliseconds(160)

interface Attempt {
  node: MemoryHanNode
  /** The joiner's install code, hex. */
  code: string
  next?: Timer
}

export class MemoryMembership {
  private readonly air: MemoryAir
  private readonly onGone: (device: Eui64) => void
  private readonly attempts = new Map<MemoryHanNode, Attempt>()

  /** `onGone`: the trust centre no longer counts the device in. */
  constructor(air: MemoryAir, onGone: (device: Eui64) => void) {
    this.air = air
    this.onGone = onGone
  }

  /** Starts an attempt in place of one still under way. A node that holds the network key looks on its own channel only. */
  join(node: MemoryHanNode, installCode: Uint8Array): void {
    this.giveUpJoining(node)
    const attempt: Attempt = { node, code: toHex(installCode) }
    this.attempts.set(node, attempt)
    this.step(attempt, node.joined ? CHANNEL_SCAN_US : FULL_SCAN_US, () => this.associate(attempt))
  }

  /** The node lets go of the key at once; the trust centre learns it if it can hear the node. */
  leave(node: MemoryHanNode): void {
    this.giveUpJoining(node)
    const { air } = this
    const { centre } = air
    air.timers.after(air.nextArrival(node), 'han leave', () => {
      if (centre && node !== centre && air.audible(node, centre)) this.gone(node.eui64)
    })
  }

  /** A sleeper, and a node out of reach, learns of it when it next speaks. */
  remove(device: Eui64): void {
    const { air } = this
    const { centre } = air
    const node = air.find(device)
    this.gone(device)
    if (!centre || !node || node === centre || node.role === 'sleepy-end-device') return
    air.timers.after(air.nextArrival(centre), 'han remove', () => {
      if (air.carries(centre, node)) air.turnAwayStranger(node)
    })
  }

  private associate(attempt: Attempt): void {
    const { air } = this
    const { node } = attempt
    air.turnAwayStranger(node)
    // The node may have given up, or begun anew, when it was turned away.
    if (this.attempts.get(node) !== attempt) return
    const centre = air.centreInReachOf(node)
    const returning = node.joined
    if (!centre || node === centre || !(centre.open || returning)) {
      this.fail(attempt, 'no-network')
      return
    }
    const trusted = () => (returning ? centre.admits(node.eui64) : centre.knows(node.eui64, attempt.code))
    if (!trusted()) {
      this.step(attempt, NO_KEY_US, () => this.fail(attempt, 'no-key'))
      return
    }
    this.step(attempt, JOIN_US + air.hop(), () => {
      if (air.centreInReachOf(node) && trusted()) this.admit(attempt)
      else this.fail(attempt, 'no-key')
    })
  }

  private admit({ node }: Attempt): void {
    const { air } = this
    this.attempts.delete(node)
    air.trace.emit({ kind: 'han.joined', device: node.eui64 })
    air.centre?.admit(node.eui64)
    node.becomeJoined()
    air.heard(node)
    air.centre?.deviceJoined(node.eui64)
  }

  private fail({ node }: Attempt, reason: JoinFailure): void {
    this.attempts.delete(node)
    this.air.trace.emit({ kind: 'han.join-failed', device: node.eui64, reason })
    node.joinFailed(reason)
  }

  private giveUpJoining(node: MemoryHanNode): void {
    this.attempts.get(node)?.next?.cancel()
    this.attempts.delete(node)
  }

  private step(attempt: Attempt, afterUs: Micros, then: () => void): void {
    attempt.next = this.air.timers.after(afterUs, 'han join', then)
  }

  private gone(device: Eui64): void {
    const { air } = this
    const { centre } = air
    if (!centre?.admits(device)) return
    centre.forget(device)
    this.onGone(device)
    air.trace.emit({ kind: 'han.left', device })
    air.timers.after(0, 'han left', () => centre.deviceLeft(device))
  }
}
