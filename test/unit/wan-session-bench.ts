/** A hub's session on a link played by hand, and a party that talks to it. */
import { toHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import type { AttachRefusal, WanLink, WanListener } from '../../src/ports/wan.ts'
import { type AcceptedRequest, HubSession, type HubSessionOptions } from '../../src/wan/hub-session.ts'
import { decodeMessage, encodeMessage, type Message, verifyMessage } from '../../src/wan/messages/codec.ts'
import { requestOf, resultOf } from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'

export const HUB = '00db1234567890a1'
export const SMSO_KEY = new Uint8Array(32).fill(0x51)
export const S1SP_KEY = new Uint8Array(32).fill(0x52)

export const readFirmware = requestOf('readFirmwareVersion', {})
export const firmwareIs = (version: string): Response => resultOf('readFirmwareVersion', { version })

/** Attaches when the test says so; notes what it was asked and what passed, in order. */
export class HandLink implements WanLink {
  readonly log: string[] = []
  readonly sent: Uint8Array[] = []
  listener: WanListener | undefined
  attached = false

  listen(listener: WanListener): void {
    this.listener = listener
  }
  attach(apn: string): void {
    this.log.push(`attach ${apn}`)
  }
  detach(): void {
    this.attached = false
    this.log.push('detach')
  }
  send(octets: Uint8Array): boolean {
    if (!this.attached) return false
    this.log.push('send')
    this.sent.push(octets)
    return true
  }

  accept(apn: string): void {
    this.attached = true
    this.listener?.onAttached({ apn, ip: '10.0.0.1' })
  }
  refuse(apn: string, reason: AttachRefusal = 'plan'): void {
    this.listener?.onAttachRefused(apn, reason)
  }
  drop(reason = 'network'): void {
    this.attached = false
    this.listener?.onDetached(reason)
  }
}

/** A message as a party sends it; the SMSO's first unless said otherwise. */
export function from(over: Partial<Message> & { request?: Request }, key = SMSO_KEY): Uint8Array {
  const counter = over.counter ?? 1
  const message: Message = {
    id: `m-${counter}`,
    correlationId: '',
    originator: 'smso',
    targetDevice: HUB,
    counter,
    sentAtMs: 0,
    ...(over.response || over.alert ? {} : { request: readFirmware }),
    ...over,
  }
  return encodeMessage(message, key)
}

export interface SessionWishes extends Partial<Pick<HubSessionOptions, 'sleep' | 'sms' | 'memory'>> {
  /** How requests are answered; `later` keeps them in work. */
  answer?: (request: AcceptedRequest) => Response | 'later'
}

export function session(
  settings: Partial<HubSessionOptions['settings']> = {},
  { answer = () => firmwareIs('2.1.0'), ...more }: SessionWishes = {},
) {
  const kernel = new Kernel({ seed: 'session', startUnixMs: 1_634_104_800_000 })
  const link = new HandLink()
  const events: TraceEvent[] = []
  const taken: AcceptedRequest[] = []
  const later: ((response: Response) => void)[] = []
  /** How requests are answered; `later` keeps them in work. */
  const service = { answer }
  const hub = new HubSession({
    hub: HUB,
    link,
    clock: kernel,
    timers: kernel,
    trace: { emit: event => events.push(event) },
    memory: { apn: 'newcastle', keys: [['smso', toHex(SMSO_KEY)]], counters: [], ownCounter: 0 },
    operators: { newcastle: 'smso', elster: 's1sp' },
    settings: { attachAttempts: 3, attachRetryUs: seconds(60), apnFallback: true, detachUs: seconds(1.5), ...settings },
    onRequest: (request, answer) => {
      taken.push(request)
      const response = service.answer(request)
      if (response === 'later') later.push(answer)
      else answer(response)
    },
    ...more,
  })
  hub.start()
  link.accept('newcastle')
  link.log.length = 0
  return {
    kernel,
    link,
    hub,
    events,
    taken,
    later,
    service,
    run: (forUs: number) => void kernel.runUntil(kernel.nowUs() + forUs),
    say: (octets: Uint8Array) => link.listener?.onMessage(octets),
    /** What the hub sent, verified under `key` (undefined where it does not verify). */
    answers: (key = SMSO_KEY) =>
      link.sent.map(octets => {
        const decoded = decodeMessage(octets)
        return verifyMessage(decoded, key) ? decoded.message : undefined
      }),
    /** Response codes the hub sent, in order. */
    codes: () => link.sent.map(octets => decodeMessage(octets).message.response?.code),
    refusals: () => Object.fromEntries(hub.refused),
  }
}
