/** A simulated air with its clock, for tests; everything on it is recorded. */

import type { Micros } from '../../src/base/ids.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { ReceiveInfo, TransmitOptions, TransmitOutcome } from '../../src/ports/radio.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { Air, type AirOptions, type CapturedFrame } from '../../src/radio/air.ts'
import { withFcs } from '../../src/radio/fcs.ts'
import { encodeMacFrame, type MacFrame } from '../../src/radio/mac-frame.ts'
import type { SimulatedRadio } from '../../src/radio/simulated-radio.ts'

export const PAN = 0x1a62

/** A radio of the PAN, and all it heard. */
export interface Node {
  radio: SimulatedRadio
  short: number
  heard: { atUs: Micros; psdu: Uint8Array; info: ReceiveInfo }[]
}

export class RadioBench {
  readonly kernel: Kernel
  readonly air: Air
  readonly events: TraceEvent[] = []
  readonly captured: CapturedFrame[] = []

  constructor(options: { seed?: string } & Partial<Pick<AirOptions, 'captureDb'>> = {}) {
    const { seed = '1', ...rest } = options
    this.kernel = new Kernel({ seed, startUnixMs: Date.UTC(2026, 0, 1) })
    this.air = new Air({
      clock: this.kernel,
      timers: this.kernel,
      random: this.kernel.random,
      trace: { emit: event => void this.events.push(event) },
      ...rest,
    })
    this.air.tap(frame => this.captured.push({ ...frame, octets: frame.octets.slice() }))
  }

  /** A radio on the PAN, listening. */
  node(name: string, short: number): Node {
    const radio = this.air.radio(name, short.toString(16).padStart(16, '0'))
    const heard: Node['heard'] = []
    radio.configure({ channel: 15, panId: PAN, shortAddress: short })
    radio.listen({
      onReceive: (psdu, info) => void heard.push({ atUs: this.kernel.nowUs(), psdu: psdu.slice(), info: { ...info } }),
    })
    return { radio, short, heard }
  }

  run(forUs: Micros): void {
    this.kernel.runUntil(this.kernel.nowUs() + forUs)
  }

  /** Sends and waits for the outcome. */
  send(from: Node, psdu: Uint8Array, options: TransmitOptions = {}): TransmitOutcome | undefined {
    let outcome: TransmitOutcome | undefined
    from.radio.transmit(psdu, options, found => {
      outcome = found
    })
    this.run(1_000_000)
    return outcome
  }

  /** Reasons of the losses traced at a radio. */
  losses(to: string): string[] {
    return this.events
      .filter(event => event.kind === 'radio.frame-lost' && event.to === to)
      .map(event => ('reason' in event ? event.reason : ''))
  }
}

/** A data frame between short addresses of the PAN. */
export const data = (from: number, to: number, more: Partial<MacFrame & { type: 'data' }> = {}): Uint8Array =>
  encodeMacFrame({
    type: 'data',
    sequence: 1,
    ackRequest: to !== 0xffff,
    destination: { panId: PAN, short: to },
    source: { panId: PAN, short: from },
    payload: Uint8Array.of(1, 2, 3),
    ...more,
  })

/** A poll by short address. */
export const poll = (from: number, to: number, sequence = 1): Uint8Array =>
  encodeMacFrame({
    type: 'command',
    sequence,
    ackRequest: true,
    destination: { panId: PAN, short: to },
    source: { panId: PAN, short: from },
    command: { name: 'dataRequest' },
  })

export { withFcs }
