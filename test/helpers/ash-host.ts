/** A host's end of ASH for tests: careful and plain, sends again until it is acknowledged, and keeps what it was told. */

import { milliseconds } from '../../src/base/time.ts'
import type { ByteLink } from '../../src/ports/byte-link.ts'
import type { Timers } from '../../src/ports/time.ts'
import { type AshFrame, encodeAsh } from '../../src/wire/ash/frame.ts'
import { AshReader } from '../../src/wire/ash/reader.ts'

const WINDOW = 3
const AGAIN_US = milliseconds(600)

export class AshHost {
  /** Data, in order. */
  readonly told: Uint8Array[] = []
  /** Every frame as it came. */
  readonly frames: AshFrame[] = []
  onData: (body: Uint8Array) => void = () => {}
  connected = false
  notReady = false
  /** Says nothing any more. */
  mute = false
  private readonly link: ByteLink
  private readonly waiting: Uint8Array[] = []
  private readonly underWay: Uint8Array[] = []
  private next = 0
  private expected = 0

  constructor(link: ByteLink, timers: Timers) {
    this.link = link
    const reader = new AshReader({
      onFrame: frame => this.take(frame),
      onBad: () => this.say({ type: 'nak', ack: this.expected, notReady: this.notReady }),
    })
    link.listen({ onOctets: octets => reader.push(octets) })
    const again = () => {
      this.again()
      timers.after(AGAIN_US, 'host: again', again)
    }
    again()
  }

  /** Resets the NCP; says so until it answers. */
  reset(): void {
    this.connected = false
    this.waiting.length = this.underWay.length = 0
    this.next = this.expected = 0
    this.say({ type: 'rst' })
  }
  send(body: Uint8Array): void {
    this.waiting.push(body)
    this.pump()
  }
  acknowledge(): void {
    this.say({ type: 'ack', ack: this.expected, notReady: this.notReady })
  }
  get idle(): boolean {
    return this.waiting.length + this.underWay.length === 0
  }

  private say(frame: AshFrame): void {
    if (!this.mute) this.link.write(encodeAsh(frame))
  }
  private again(): void {
    if (!this.connected) return this.say({ type: 'rst' })
    const first = this.next - this.underWay.length
    for (const [at, body] of this.underWay.entries()) this.data((first + at) & 7, body, true)
  }
  private data(frame: number, body: Uint8Array, retransmitted: boolean): void {
    this.say({ type: 'data', frame, ack: this.expected, retransmitted, body })
  }
  private pump(): void {
    while (this.connected && this.underWay.length < WINDOW) {
      const body = this.waiting.shift()
      if (!body) return
      this.underWay.push(body)
      this.data(this.next, body, false)
      this.next = (this.next + 1) & 7
    }
  }

  private take(frame: AshFrame): void {
    this.frames.push(frame)
    if (frame.type === 'rstack' && frame.code === 0x0b) {
      this.connected = true
      return this.pump()
    }
    if (frame.type === 'error' || (frame.type === 'rstack' && this.connected)) this.reset()
    if (!this.connected || !('ack' in frame)) return
    const left = (this.next - frame.ack) & 7
    if (left <= this.underWay.length) this.underWay.splice(0, this.underWay.length - left)
    if (frame.type === 'nak') this.again()
    if (frame.type === 'data') {
      if (frame.frame === this.expected) {
        this.expected = (this.expected + 1) & 7
        this.told.push(frame.body)
        this.onData(frame.body)
        this.acknowledge()
      } else if (frame.retransmitted) this.acknowledge()
      else this.say({ type: 'nak', ack: this.expected, notReady: this.notReady })
    }
    this.pump()
  }
}
