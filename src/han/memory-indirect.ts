/** What waits at the parent for sleepers of the in-memory HAN, until they poll. The coordinator is everyone's parent. */
import type { Eui64 } from '../base/ids.ts'
import { milliseconds } from '../base/time.ts'
import type { Timer } from '../ports/time.ts'
import type { MemoryAir } from './memory-air.ts'
import type { MemoryFrame } from './memory-frame.ts'
import type { MemoryHanNode } from './memory-han-node.ts'

/** How long a parent holds a frame. @source IEEE 802.15.4 macTransactionPersistenceTime 500 x 15.36 ms */
const PERSISTENCE_US = milliseconds(7_680)
/** Frames a parent holds per child; one more expires at once. Assumed. */
const QUEUE_LIMIT = 16

interface HeldFrame {
  frame: MemoryFrame
  expiry: Timer
}

type PollDone = (received: boolean) => void

export class MemoryIndirect {
  private readonly air: MemoryAir
  private readonly held = new Map<Eui64, HeldFrame[]>()
  /** Sleepers whose data request is under way, and who waits for its outcome. */
  private readonly polling = new Map<MemoryHanNode, PollDone[]>()

  constructor(air: MemoryAir) {
    this.air = air
  }

  hold(frame: MemoryFrame): void {
    const queue = this.held.get(frame.to.eui64) ?? []
    this.held.set(frame.to.eui64, queue)
    if (queue.length >= QUEUE_LIMIT)
      return void this.air.timers.after(0, 'han indirect full', () => frame.fail('expired'))
    const expiry = this.air.timers.after(PERSISTENCE_US, 'han indirect expiry', () => {
      queue.splice(
        queue.findIndex(entry => entry.frame === frame),
        1,
      )
      frame.fail('expired')
    })
    queue.push({ frame, expiry })
  }

  /** The device is off the network: nobody will collect its frames. */
  drop(device: Eui64): void {
    for (const { frame, expiry } of this.held.get(device)?.splice(0) ?? []) {
      expiry.cancel()
      this.air.timers.after(0, 'han indirect dropped', () => frame.fail('expired'))
    }
  }

  /** Hands over what waits, one frame per data request, until the queue is empty. A poll under way answers later ones too. */
  poll(node: MemoryHanNode, onDone: PollDone): void {
    const waiting = this.polling.get(node)
    if (waiting) return void waiting.push(onDone)
    this.polling.set(node, [onDone])
    this.request(node, false)
  }

  private request(node: MemoryHanNode, received: boolean): void {
    const { air } = this
    air.timers.after(air.nextArrival(node), 'han data request', () => {
      air.turnAwayStranger(node)
      const { centre } = air
      if (!centre || !air.connects(node, centre) || !air.carries(node, centre)) return this.finish(node, received)
      air.heard(node)
      const first = this.held.get(node.eui64)?.[0]
      if (!first) return this.finish(node, received)
      air.timers.after(air.hop(), 'han indirect', () => {
        // Meanwhile it may have expired, or the node may have gone.
        const queue = this.held.get(node.eui64) ?? []
        const arrives = queue[0] === first && air.connects(centre, node) && air.carries(centre, node)
        if (!arrives) return this.finish(node, received)
        queue.shift()
        first.expiry.cancel()
        first.frame.arrive()
        air.timers.after(air.hop(), 'aps confirm', () => first.frame.succeed())
        if (queue.length > 0) this.request(node, true)
        else this.finish(node, true)
      })
    })
  }

  private finish(node: MemoryHanNode, received: boolean): void {
    const waiting = this.polling.get(node) ?? []
    this.polling.delete(node)
    for (const onDone of waiting) onDone(received)
  }
}
