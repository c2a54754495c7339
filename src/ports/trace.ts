/**
 * What happened, as typed events. Rooms report facts; the kernel adds when, where and order.
 * Octets are lower-case hex. Secrets never enter a trace.
 */
import type { Eui64 } from '../base/ids.ts'
import type { Party } from './rig-control.ts'
import type { Verdict } from './verdict.ts'

export type TraceEvent =
  | { kind: 'han.formed'; panId: number; channel: number }
  | { kind: 'han.join-window'; forS: number }
  | { kind: 'han.joined'; device: Eui64 }
  /** A new network key is in use; `missed`, commas between: who has not confirmed to have it. */
  | { kind: 'han.network-key'; sequence: number; missed: string }
  | { kind: 'han.join-failed'; device: Eui64; reason: string }
  | { kind: 'han.left'; device: Eui64 }
  /** Key establishment gave this node a link key with the partner. */
  | { kind: 'han.link-key'; partner: Eui64; suite: 1 | 2 }
  | { kind: 'han.link-key-failed'; partner: Eui64; reason: string; detail: string }
  | {
      kind: 'han.frame'
      from: Eui64
      to: Eui64
      profileId: number
      clusterId: number
      sourceEndpoint: number
      destinationEndpoint: number
      asdu: string
    }
  | { kind: 'han.frame-lost'; from: Eui64; to: Eui64; clusterId: number; reason: string }
  /** A radio for which the frame was meant did not hear it: collision, sending, loss, a fault, bad-fcs. */
  | { kind: 'radio.frame-lost'; from: string; to: string; channel: number; reason: string }
  /** A frame was heard, but disturbed by a fault. */
  | { kind: 'radio.frame-disturbed'; from: string; to: string; channel: number; fault: string }
  /** A foreign transmitter sends a frame again that a radio of the home once sent. */
  | { kind: 'radio.frame-replayed'; from: string; channel: number }
  | { kind: 'zcl.malformed'; from: Eui64; clusterId: number; code: string; detail: string }
  /** A message of key establishment was not taken: why, by a short name. */
  | { kind: 'cbke.refused'; from: Eui64; reason: string; detail: string }
  | { kind: 'wan.attached'; apn: string; ip: string }
  | { kind: 'wan.attach-refused'; apn: string; reason: string }
  | { kind: 'wan.detached'; apn: string; ip: string; reason: string }
  /** The one inlet: octets that came from outside. */
  | { kind: 'wan.down'; apn: string; ip: string; octets: string }
  | { kind: 'wan.up'; apn: string; ip: string; octets: string }
  /** The data centre whose endpoint the hub held on to no longer answers. */
  | { kind: 'wan.endpoint-lost'; apn: string; endpoint: string }
  /** The hub holds on to this endpoint from now on. */
  | { kind: 'wan.endpoint'; apn: string; endpoint: string }
  | { kind: 'wan.refused'; reason: string; originator?: string; detail: string }
  /** A hub says more unasked than its share of the way up: what is over it stays with the hub. */
  | { kind: 'wan.capped' }
  /** It is within its share again, after so many refusals. */
  | { kind: 'wan.uncapped'; refused: number }
  | { kind: 'csp.request'; verb: string; party: string; body: string }
  | { kind: 'csp.response'; verb: string; code: string; body: string }
  | { kind: 'device.event'; code: string; text: string }
  | { kind: 'device.state'; name: string; value: string | number | boolean }
  /** How far a device has come with the image that is for it: named by manufacturer, type and version in hex. */
  | {
      kind: 'ota.progress'
      device: Eui64
      image: string
      state: string
      failure?: string
      octets: number
      total: number
    }
  /** A coordinator stick had no room for what it had to tell its host. */
  | { kind: 'dongle.callback-lost'; callback: string }
  | { kind: 'fault.injected'; fault: string }
  | { kind: 'fault.lifted'; fault: string }
  /** A step had to wait for a party it needs; it begins now, or is given up. */
  | { kind: 'step.waited'; step: string; for: Party; why: string; us: number }
  | { kind: 'step.started'; step: string; party: string }
  | { kind: 'step.ended'; step: string; verdict: Verdict; observed: string }

/** One line of a trace: an event of one part of one installation. */
export interface TraceRecord {
  /** Microseconds since the start of the run. */
  atUs: number
  installation: string
  /** Named part, e.g. `hub`, `esme`, `sim`, `driver`. */
  part: string
  event: TraceEvent
}

/** The trace as one part sees it. */
export interface Trace {
  emit(event: TraceEvent): void
}
