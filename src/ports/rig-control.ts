/**
 * How a driver stands beside a rig: it learns the time and waits; everything it says to a device goes through the broker.
 * Messages under way are declared here, so that virtual time stands still until they have arrived.
 */
import type { Micros } from '../base/ids.ts'
import type { Trace } from './trace.ts'

export interface RigControl {
  nowUs(installation: string): Micros
  /** Civil time in the simulation, Unix milliseconds. */
  unixMs(installation: string): number
  /**
   * Lets time pass until `until` holds (true) or `withinUs` have passed (false).
   * Rejects with MessageLostError when the broker does not deliver what is under way.
   */
  waitFor(installation: string, until: () => boolean, withinUs: Micros): Promise<boolean>
  /** Declares a message to be published: call before publishing. */
  sending(installation: string, topic: string, payload: Uint8Array): void
  /** Declares a message received; `take`, which takes it in, is called when it counts as received: at once, but on a replay. */
  received(installation: string, message: { topic: string; payload: Uint8Array }, take: () => void): void
  /** Forgets what is under way; what was lost will be sent again. */
  forgetUnderWay(installation: string): void
  /** A phase of the migration begins: faults may be tied to it. */
  phaseBegins(installation: string, phase: string): void
  trace(installation: string): Trace
}

/** The broker took a message and did not deliver it in time. */
export class MessageLostError extends Error {
  override readonly name = 'MessageLostError'
}

/** Somebody asked the run to stop. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  constructor() {
    super('the run was stopped')
  }
}
