/** What a hub writes down, and what it tells the party in control: its own events and those its devices tell it. */
import type { Eui64 } from '../../../base/ids.ts'
import { seconds } from '../../../base/time.ts'
import type { Clock, Timers } from '../../../ports/time.ts'
import type { Trace } from '../../../ports/trace.ts'
import type { ChfProfile } from '../../../profiles/profile.ts'
import type { Message } from '../../../wan/messages/codec.ts'
import type { Alert } from '../../../wan/messages/wan-types.generated.ts'
import type { CommandPayload } from '../../../zcl/clusters.ts'
import { EventLog, type LogEntry } from '../../event-log.ts'
import { codeOf, describe, type NativeCode } from '../../events/event-codec.ts'
import { unixMsOf } from '../../zigbee-time.ts'
import { AlertThrottle, type ThrottleMemory } from './alert-throttle.ts'

/** @source ZigBee Smart Energy 1.2a, Publish Event, Event Action Control: Report Event to WAN */
const TO_WAN = 0x02

/** @source codes: GBCS alert codes; which of them for what: assumed */
const STRANGER = {
  'no-key': { code: '8F3E', flaw: 'it holds no key' },
  'wrong-code': { code: '8F3D', flaw: 'the authentication code does not match' },
} as const
/** A stranger's word as a log takes it: 16 octets. */
const inShort = (word: string): string => word.slice(0, 16).replaceAll(/[^ -~]/g, '?')

/** An entry of the hub's security log: what was refused in the name of a device. */
export interface SecurityEntry extends LogEntry {
  device: Eui64
}

/** What survives a restart. */
export interface HubAlertsMemory {
  events: readonly LogEntry[]
  security: readonly SecurityEntry[]
  windows: ThrottleMemory
}

export interface HubAlertsOptions {
  profile: Pick<ChfProfile, 'log' | 'supportedAlertCodes'>
  clock: Clock
  timers: Timers
  trace: Trace
  /** Native codes of a device's model. */
  natives: (device: Eui64) => readonly NativeCode[]
  send: (alert: Alert) => void
  memory?: HubAlertsMemory | undefined
}

export class HubAlerts {
  readonly eventLog: EventLog
  private readonly securityLog: EventLog<SecurityEntry>
  private readonly options: HubAlertsOptions
  private readonly throttle: AlertThrottle

  constructor(options: HubAlertsOptions) {
    const { profile, clock, timers, send, memory } = options
    const { eventCapacity, securityCapacity, throttleBurst, throttleWindowS } = profile.log
    this.options = options
    this.eventLog = new EventLog(eventCapacity, memory?.events)
    this.securityLog = new EventLog(securityCapacity, memory?.security)
    const limits = { burst: throttleBurst, windowUs: seconds(throttleWindowS) }
    this.throttle = new AlertThrottle({ limits, clock, timers, pass: send, memory: memory?.windows })
  }

  memory(): HubAlertsMemory {
    const { eventLog, securityLog, throttle } = this
    return { events: eventLog.memory(), security: securityLog.memory(), windows: throttle.memory() }
  }

  /** Writes an event down and, where this model knows the code, tells the party in control. */
  raise(code: string, text: string, device: Eui64): void {
    const atMs = this.options.clock.unixMs()
    this.eventLog.add({ atMs, code, text: `${text} ${device}` })
    this.tell(code, text, device, atMs)
  }

  /** Fault: raises an event as a hub does whose own restraint fails. */
  flood(code: string, description: string, device: Eui64): void {
    const { clock, trace, send } = this.options
    const atMs = clock.unixMs()
    this.eventLog.add({ atMs, code, text: `${description} ${device}` })
    trace.emit({ kind: 'device.event', code, text: `${description} ${device}` })
    send({ code, description, atMs, device })
  }

  /** Somebody asked for what he may not: it stands in the security log, in the name of the device that was asked. */
  refused(code: string, text: string, device: Eui64): void {
    const atMs = this.options.clock.unixMs()
    this.securityLog.add({ atMs, code, text, device })
    this.tell(code, text, device, atMs)
  }

  /** A message that is not authentic: told in the hub's own name, for a stranger may name any device. */
  stranger({ originator, targetDevice, request }: Message, why: 'no-key' | 'wrong-code', hub: Eui64): void {
    const { code, flaw } = STRANGER[why]
    const [asked, who, to] = [request?.serviceReferenceVariant || 'a message', originator, targetDevice].map(inShort)
    this.refused(code, `${asked} of ${who}: ${flaw}, to ${to}`, hub)
  }

  /** What was refused in a device's name, oldest first; without a name, all. */
  refusals(device?: Eui64): LogEntry[] {
    const entries = this.securityLog.memory().filter(entry => device === undefined || entry.device === device)
    return entries.map(({ device: about, ...entry }) => (device ? entry : { ...entry, text: `${entry.text} ${about}` }))
  }

  /** What a device of the HAN tells: passed on when it says that the WAN is to know. */
  fromDevice(device: Eui64, event: CommandPayload<'Events', 'PublishEvent'>): void {
    const { clock, natives } = this.options
    const { code, native } = codeOf(event.eventId, natives(device))
    if (!(event.eventControl & TO_WAN)) return
    const atMs = unixMsOf(event.eventTime) ?? clock.unixMs()
    const description = describe(code, event.eventData)
    this.throttle.add({ code, description, atMs, device, ...(native && { nativeCode: native }) })
  }

  private tell(code: string, description: string, device: Eui64, atMs: number): void {
    const { trace, profile } = this.options
    trace.emit({ kind: 'device.event', code, text: `${description} ${device}` })
    if (profile.supportedAlertCodes.includes(code)) this.throttle.add({ code, description, atMs, device })
  }
}
