/**
 * Broadcasts: to everybody in earshot, said again because nobody acknowledges them, passed on once by routers, and kept for
 * children that sleep.
 * @source ZigBee PRO, 3.6.5
 */
import { milliseconds } from '../../base/time.ts'
import type { RandomStream, Timers } from '../../ports/time.ts'
import type { NwkHeader } from '../frames/nwk-frame.ts'
import type { MacService } from '../mac-service.ts'
import { NWK_BROADCAST, type NwkOutcome } from '../nwk-service.ts'
import { BroadcastTable } from './broadcast-table.ts'
import type { Child } from './children.ts'

export interface BroadcastingOptions {
  mac: MacService
  timers: Timers
  random: RandomStream
  children: () => readonly Child[]
  /** False for an end device: it passes nothing on. */
  floods: boolean
  /** The frame under the network key; undefined while there is none. */
  seal: (header: NwkHeader, payload: Uint8Array) => Uint8Array | undefined
}

/** @source ZigBee PRO, 3.5.2: nwkMaxBroadcastJitter 64 ms */
const JITTER_US = milliseconds(64)
/** @source ZigBee PRO, 3.5.2: nwkMaxBroadcastRetries 2; without passive acknowledgement. The pause: assumed */
const REPEATS = 2
const REPEAT_US = milliseconds(120)

export class Broadcasting {
  private readonly options: BroadcastingOptions
  private readonly table: BroadcastTable

  constructor(options: BroadcastingOptions) {
    this.options = options
    this.table = new BroadcastTable(options.timers)
  }

  /** True the first time a broadcast is seen. */
  isNew({ source, sequence }: NwkHeader): boolean {
    return this.table.isNew(source, sequence)
  }

  flood(header: NwkHeader, payload: Uint8Array, onDone: (outcome: NwkOutcome) => void = () => {}): void {
    const { mac, seal, children } = this.options
    const npdu = seal(header, payload)
    if (!npdu) return
    mac.broadcast(npdu, outcome => onDone(outcome === 'sent' ? 'sent' : 'no-ack'))
    // What goes one hop only is periodic: it need not be said again.
    if (header.radius > 1) this.repeat(header, payload, REPEATS)
    if (header.destination !== NWK_BROADCAST.all) return
    for (const child of children()) {
      const copy = child.sleepy && child.life !== 'arriving' && child.address !== header.source && seal(header, payload)
      if (copy) mac.sendIndirect(child.address, copy)
    }
  }

  /** Another node's broadcast, one hop further. */
  passOn(header: NwkHeader, payload: Uint8Array): void {
    const { floods, timers, random } = this.options
    if (!floods || header.radius <= 1) return
    const onward = { ...header, radius: header.radius - 1 }
    timers.after(random.int(JITTER_US), 'nwk rebroadcast', () => this.flood(onward, payload))
  }

  private repeat(header: NwkHeader, payload: Uint8Array, times: number): void {
    const { mac, timers, random, seal } = this.options
    timers.after(REPEAT_US + random.int(JITTER_US), 'nwk broadcast again', () => {
      const npdu = seal(header, payload)
      if (!npdu) return
      mac.broadcast(npdu)
      if (times > 1) this.repeat(header, payload, times - 1)
    })
  }
}
