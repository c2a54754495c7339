/** Records of the inlet in words: how an arrival becomes one, how one is compared and shown. */
import { fromHex, toHex } from '../../base/bytes.ts'
import { formatSpan } from '../../base/time.ts'
import type { InletEvent, InletRecord } from '../../evidence/inlet-file.ts'
import type { Arrival, LineEvent } from './inlet.ts'

/** Characters shown of what differs. */
const SHOWN = 160

/** An injection as a record has it. */
export function described(name: string, arrival: Arrival | undefined): InletEvent {
  if (arrival === undefined) return { what: 'injected', name }
  if (arrival.from === 'broker') {
    return { what: 'injected', name, topic: arrival.topic, octets: toHex(arrival.octets) }
  }
  const { part, event } = arrival
  if (event.on === 'octets') return { what: 'line', part, on: 'octets', octets: toHex(event.octets) }
  return { what: 'line', part, ...event }
}

/** What a line brought, from its record. */
export function lineEvent({ on, octets = '', reason = '' }: InletRecord & { what: 'line' }): LineEvent {
  switch (on) {
    case 'octets':
      return { on, octets: fromHex(octets) }
    case 'down':
      return { on, reason }
    case 'up':
      return { on }
    default:
      return on satisfies never
  }
}

/** Where and when, for people. */
export const when = ({ atUs, installation }: InletRecord): string => `${installation} at ${formatSpan(atUs)}`

/** What is compared: everything but when and where. */
export function textOf(event: InletEvent | InletRecord): string {
  switch (event.what) {
    case 'injected':
      return [event.name, event.topic, event.octets].filter(Boolean).join(' ')
    case 'received':
      return `${event.topic} received`
    case 'line':
      return ['line', event.part, event.on].join(' ')
    case 'waited':
      return `wait ${event.wait} over`
    case 'answered':
      return `${event.question} asked`
    case 'stopped':
      return 'the end'
    default:
      return event satisfies never
  }
}

/** A text for people: its beginning, when it is long. */
export const shown = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
