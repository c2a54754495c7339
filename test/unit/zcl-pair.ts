/** Two ZCL nodes over a fake HAN, with time cranked by hand. */
import { toHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import type { ApsPayload, DeliveryOutcome, HanListener, HanNode, SimpleDescriptor } from '../../src/ports/han.ts'
import type { Timers } from '../../src/ports/time.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { ZclNode, type ZclNodeOptions } from '../../src/zcl/node.ts'

export const METER: Eui64 = '00db1234567890a1'
export const HUB: Eui64 = '00db1234567890b2'
export const SE = 0x0109

/** A timer queue that is cranked by hand. */
export class Crank implements Timers {
  nowUs = 0
  queue: { at: number; fire: () => void }[] = []
  after(delayUs: number, _name: string, fire: () => void) {
    const entry = { at: this.nowUs + delayUs, fire }
    this.queue.push(entry)
    const cancel = () => {
      this.queue = this.queue.filter(other => other !== entry)
    }
    return { cancel }
  }
  run(forUs: number): void {
    const until = this.nowUs + forUs
    for (;;) {
      const next = this.queue.filter(entry => entry.at <= until).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.queue = this.queue.filter(entry => entry !== next)
      this.nowUs = next.at
      next.fire()
    }
    this.nowUs = until
  }
}

/** One end of a wire between two nodes; frames arrive a millisecond later. */
export class FakeHan implements HanNode {
  readonly eui64: Eui64
  readonly role = 'router'
  joined = true
  other: FakeHan | undefined
  listener: HanListener | undefined
  outcome: DeliveryOutcome = 'delivered'
  readonly endpoints = new Map<number, SimpleDescriptor>()
  readonly sent: { to: Eui64; payload: ApsPayload }[] = []
  private readonly timers: Timers
  constructor(eui64: Eui64, timers: Timers) {
    this.eui64 = eui64
    this.timers = timers
  }
  listen(listener: HanListener) {
    this.listener = listener
  }
  addEndpoint(descriptor: SimpleDescriptor) {
    this.endpoints.set(descriptor.endpoint, descriptor)
  }
  removeEndpoint(endpoint: number) {
    this.endpoints.delete(endpoint)
  }
  send(to: Eui64, payload: ApsPayload, onConfirm?: (outcome: DeliveryOutcome) => void) {
    this.sent.push({ to, payload })
    const outcome = this.outcome
    this.timers.after(1000, 'air', () => {
      if (outcome === 'delivered') this.other?.listener?.onData(this.eui64, payload)
      onConfirm?.(outcome)
    })
  }
  join() {}
  leave() {}
  discover() {}
  poll() {}
  /** Sent frames as hex, oldest first. */
  frames(): string[] {
    return this.sent.map(({ payload }) => toHex(payload.asdu))
  }
}

export function pair(options: Partial<ZclNodeOptions> = {}) {
  const timers = new Crank()
  const events: TraceEvent[] = []
  const trace = { emit: (event: TraceEvent) => void events.push(event) }
  const meterHan = new FakeHan(METER, timers)
  const hubHan = new FakeHan(HUB, timers)
  meterHan.other = hubHan
  hubHan.other = meterHan
  const meterNode = new ZclNode({ han: meterHan, timers, trace, ...options })
  const hubNode = new ZclNode({ han: hubHan, timers, trace, ...options })
  const meter = meterNode.endpoint({ endpoint: 1, profileId: SE, deviceId: 0x0501 })
  const hub = hubNode.endpoint({ endpoint: 3, profileId: SE, deviceId: 0x0500 })
  return { timers, events, meterHan, hubHan, meterNode, hubNode, meter, hub }
}
export const toMeter = { device: METER, endpoint: 1 }
export const toHub = { device: HUB, endpoint: 3 }

/** What callbacks were told. */
export function collector<T>() {
  const seen: T[] = []
  return { seen, take: (value: T) => void seen.push(value) }
}

/** Puts octets into a node as the other would have sent them. */
export function inject(to: FakeHan, asdu: number[], over: Partial<ApsPayload> = {}) {
  to.listener?.onData(HUB, {
    profileId: SE,
    clusterId: 0x0702,
    sourceEndpoint: 3,
    destinationEndpoint: 1,
    security: 'link',
    asdu: Uint8Array.from(asdu),
    ...over,
  })
}
