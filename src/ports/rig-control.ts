/**
 * How a driver stands beside a rig: it learns the time and waits; everything it says to a device goes through the broker.
 * Messages under way are declared here, so that virtual time stands still until they have arrived.
 */
import type { Eui64, Micros } from '../base/ids.ts'
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
  /** Declares a message received that is for none of our parties: it is under way no more. */
  overheard?(message: { topic: string; payload: Uint8Array }): void
  /** Asks something of the world outside, on which the run depends: it is recorded, and on a replay not asked again. */
  ask<A extends string>(
    installation: string,
    question: { name: string; answers: readonly A[]; ask: () => Promise<A> },
  ): Promise<A>
  /** Forgets what is under way; what was lost will be sent again. */
  forgetUnderWay(installation: string): void
  /** A phase of the migration begins: faults may be tied to it. */
  phaseBegins(installation: string, phase: string): void
  trace(installation: string): Trace
  /** Why one of these devices, for none the hub itself, cannot be reached now, for people: hardware on the way to it is away. */
  away?(installation: string, devices: readonly Eui64[]): string | undefined
  /** A step begins that asks these devices: from now on waiting rejects with HardwareAwayError once one cannot be reached. */
  relyOn?(installation: string, devices: readonly Eui64[]): Reliance
  /** Why a party that steps may need is out, for people; undefined while it is there. */
  partyOut?(installation: string, party: Party): string | undefined
  /** As what the SMSO names the SIM when the batch is closed, where it errs. */
  listedAs?(installation: string): 'migrated' | 'retained' | undefined
  /** Why what is needed cannot be done between the hub and a device, for people; undefined when it can. */
  lacks?(installation: string, need: Need, device: Eui64): string | undefined
}

/** Parties that may be lost, with all their data centres. */
export type Party = 's1sp' | 'dco'

/** What a step counts on while it is carried out. */
export interface Reliance {
  /** Why it could not be counted on at some time since it began; undefined when it could. */
  readonly lapse: string | undefined
  end(): void
}

/** What a step may need of the HAN between hub and device. */
export type Need =
  /** Data protected with a link key. */
  | 'link-keys'
  /** Data of the Smart Energy profile. */
  | 'smart-energy'

/** Hardware is away: a stick, or the line to it. */
export class HardwareAwayError extends Error {
  override readonly name = 'HardwareAwayError'
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
