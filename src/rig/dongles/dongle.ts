/** What a stick of any protocol is to the rig: made in front of the simulated air, at the end of a line to a foreign host. */
import type { Eui64 } from '../../base/ids.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { NetworkFacts, NetworkProcessor } from '../../ports/network-processor.ts'
import type { Radio } from '../../ports/radio.ts'
import type { Clock, Random, Timers } from '../../ports/time.ts'
import type { Trace } from '../../ports/trace.ts'

/** What a stick is made of. */
export interface DongleParts {
  /** To the host, inside simulated time. */
  link: ByteLink
  /** The maker's address. */
  eui64: Eui64
  radio: Radio
  clock: Clock
  timers: Timers
  random: Random
  trace: Trace
  /** Time waits for the host: so long, or (`untilSpoken`) at most so long, in milliseconds of the wall clock. */
  yield: (forMs: number, options?: { untilSpoken: boolean }) => void
  /** What `Dongle.memory` gave when it was on the last time; it may have been written as JSON. */
  memory?: unknown
}

/** A stick that is plugged in. */
export interface Dongle {
  /** What a host did that made no sense, and what did not reach it. */
  readonly counts: Readonly<Record<string, number>>
  /** Loses power for a moment. */
  powerCycle(): void
  /** What it keeps in its flash, plain values that can be written as JSON; undefined for nothing. */
  memory(): unknown
  /** The coordinator inside it; a bare radio has none. */
  readonly processor?: NetworkProcessor
}

/** A kind of stick: how hosts name it, and how one is made. */
export interface DongleKind {
  /** Adapter of zigbee-herdsman and zigbee2mqtt that drives it. */
  adapter: 'zoh' | 'ember' | 'zstack'
  /** Of a bare radio: the address that the coordinator of the usual host goes by. */
  coordinator?: Eui64
  make(parts: DongleParts): Dongle
  /** The memory of a stick that is on a network, with what the host that formed it would have left there beside it. */
  commissioned?(memory: unknown, on: { network: NetworkFacts; eui64: Eui64 }): unknown
}
