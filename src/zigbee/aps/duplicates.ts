/**
 * Frames taken lately, so that a repetition is acknowledged again and not delivered again.
 *
 * A repetition has the APS counter and the payload of what it repeats. The counter alone would not do: it has one octet
 * and wraps within seconds on a fast sender. A frame is remembered for as long as its sender may repeat it, and for no
 * more than `PER_SENDER` frames, which is far fewer than it takes to come round.
 */
import type { Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'

/** Four attempts, 2.1 s and a route discovery of 2 s apart; the last waits for a route again and 7.68 s for a sleeper. */
const REMEMBERED_US = seconds(30)
const PER_SENDER = 32
const SENDERS = 64

interface Taken {
  counter: number
  digest: number
  atUs: Micros
}

export class Duplicates {
  private readonly bySender = new Map<number, Taken[]>()

  /** Whether this is a repetition; it is remembered either way. `sender`: short address. */
  isRepeated(sender: number, frame: { counter: number; octets: Uint8Array; nowUs: Micros }): boolean {
    const { counter, nowUs } = frame
    const digest = digestOf(frame.octets)
    const taken = (this.bySender.get(sender) ?? []).filter(({ atUs }) => nowUs - atUs < REMEMBERED_US)
    const known = taken.find(other => other.counter === counter && other.digest === digest)
    if (known) known.atUs = nowUs
    else taken.push({ counter, digest, atUs: nowUs })
    this.bySender.delete(sender)
    this.bySender.set(sender, taken.slice(-PER_SENDER))
    const longestSilent = this.bySender.keys().next()
    if (this.bySender.size > SENDERS && !longestSilent.done) this.bySender.delete(longestSilent.value)
    return known !== undefined
  }

  clear(): void {
    this.bySender.clear()
  }
}

/** FNV-1a, 32 bits: enough to tell one frame of a sender from the next without keeping either. */
function digestOf(octets: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const octet of octets) hash = Math.imul(hash ^ octet, 0x01000193)
  return hash >>> 0
}
