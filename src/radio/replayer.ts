/** A foreign transmitter that sends frames it heard again, byte for byte: what an attacker without keys can do. */
import type { Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import { FRAME_TYPE, frameType } from './address-filter.ts'
import type { AirFaults } from './air-faults.ts'
import { FCS_LENGTH } from './fcs.ts'
import type { SimulatedRadio } from './simulated-radio.ts'

/** Frames held for sending again; what is heard beyond is let go. */
const HELD = 64

export class Replayer {
  private readonly radio: SimulatedRadio
  private readonly timers: Timers
  private readonly trace: Trace
  private readonly faults: AirFaults
  private held = 0

  constructor(world: { radio: SimulatedRadio; timers: Timers; trace: Trace; faults: AirFaults }) {
    this.radio = world.radio
    this.timers = world.timers
    this.trace = world.trace
    this.faults = world.faults
    this.radio.configure({ rxOnWhenIdle: false })
  }

  /** A frame (with FCS) begins. Acknowledgements mean nothing later, and its own frames it leaves alone. */
  hear({ from, octets, channel }: { from: string; octets: Uint8Array; channel: number }): void {
    if (from === this.radio.name || frameType(octets) === FRAME_TYPE.ack) return
    for (const { afterUs, stillOn } of this.faults.replays(from)) {
      if (this.held >= HELD) return
      this.held++
      const psdu = octets.slice(0, -FCS_LENGTH)
      this.timers.after(afterUs, 'frame replayed', () => {
        this.held--
        if (!stillOn()) return
        this.trace.emit({ kind: 'radio.frame-replayed', from, channel })
        this.radio.transmit(psdu, { channel, attempts: 1 })
      })
    }
  }
}
