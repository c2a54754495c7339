/** A meter's Events cluster: its logs page by page, clearing them, and telling the hub what happens. */
import { minutes } from '../../base/time.ts'
import type { Timer, Timers } from '../../ports/time.ts'
import type { ZclEndpoint } from '../../zcl/node.ts'
import { Status } from '../../zcl/status.ts'
import type { Peer } from '../../zcl/transactions.ts'
import type { LogEntry } from '../event-log.ts'
import { unixMsOf, utcOf } from '../zigbee-time.ts'
import { alertKind, type LogName } from './alert-codes.ts'
import { eventIdOf, type NativeCode, toEventData } from './event-codec.ts'
import { EVENT_CONFIGURATION, LOG_ID, type MeterEvents } from './meter-events.ts'

/** Octets of one page of a log, fields of the command excluded. */
const PAGE_OCTETS = 64
/** Octets of an entry besides its detail. */
const ENTRY_OCTETS = 8
/** After an event that the hub did not acknowledge. @source assumed */
const AGAIN_US = minutes(1)
/** @source ZigBee Smart Energy 1.2a, Publish Event, Event Action Control */
const ACTION = { toHan: 0x01, toWan: 0x02 } as const
/** @source ZigBee Smart Energy 1.2a, Clear Event Log Response */
const EVENT_LOG_CLEARED = 0x08
const ALL_LOGS = 0x00

export interface ServeEventsOptions {
  endpoint: ZclEndpoint
  esi: Peer
  events: MeterEvents
  natives: readonly NativeCode[]
  timers: Timers
  /** It hears at any time: what waits is told at once, and again until it is acknowledged. */
  listens: boolean
}

/** Serves the cluster; what it gives back tells the hub what waits. */
export function serveEvents(options: ServeEventsOptions): () => void {
  const { endpoint, events, natives, listens } = options
  endpoint.serve('Events', {
    commands: {
      GetEventLog: (question, _from, reply) => {
        const page = pageOf(question, events, natives)
        if (!page) return Status.INVALID_VALUE
        reply('PublishEventLog', page)
        return 'later'
      },
      ClearEventLogRequest: ({ logId }, from, reply) => {
        // Nobody but the hub clears a log. @source assumed
        if (from.device !== options.esi.device) return Status.NOT_AUTHORIZED
        // The security log is nobody's to clear. @source assumed
        if (!logsOf(logId).includes('EVENT')) return Status.NOT_AUTHORIZED
        events.clear('EVENT')
        events.raise('8F52')
        reply('ClearEventLogResponse', { clearedEventsLogs: EVENT_LOG_CLEARED })
        return 'later'
      },
    },
  })
  const tell = teller(options)
  if (listens) events.onWaiting = tell
  return tell
}

/** Tells one event after the other, oldest first, while the hub acknowledges them. */
function teller({ endpoint, esi, events, natives, timers, listens }: ServeEventsOptions): () => void {
  let telling: LogEntry | undefined
  let again: Timer | undefined
  const tell = (): void => {
    const entry = events.next
    if (!entry || telling) return
    telling = entry
    again?.cancel()
    const { code, atMs, text } = entry
    const configuration = events.configurationOf(code)
    const event = {
      logId: LOG_ID[alertKind(code)?.log ?? 'EVENT'],
      eventId: eventIdOf(code, natives),
      eventTime: utcOf(atMs),
      eventControl:
        (configuration & EVENT_CONFIGURATION.toWan ? ACTION.toWan : 0) |
        (configuration & EVENT_CONFIGURATION.toHan ? ACTION.toHan : 0),
      eventData: toEventData(text),
    }
    endpoint.request(esi, 'Events', 'PublishEvent', event, outcome => {
      telling = undefined
      // A hub that refuses it has heard it.
      if (outcome.ok || outcome.reason === 'default-response') {
        events.told(entry)
        tell()
      } else if (listens) again = timers.after(AGAIN_US, 'meter event', tell)
    })
  }
  return tell
}

interface Question {
  eventControlLogId: number
  eventId: number
  startTime: number
  endTime: number
  numberOfEvents: number
  eventOffset: number
}

/** As many events as fit, newest first, from the offset on. Zero in a field of the question: any. */
function pageOf(question: Question, events: MeterEvents, natives: readonly NativeCode[]) {
  const { eventId, startTime, endTime, numberOfEvents, eventOffset } = question
  const names = logsOf(question.eventControlLogId & 0x0f)
  if (names.length === 0) return undefined
  const fromMs = unixMsOf(startTime) ?? 0
  const toMs = (endTime === 0 ? undefined : unixMsOf(endTime)) ?? Number.POSITIVE_INFINITY
  const found = names
    .flatMap(name => events.log(name).map(entry => ({ name, entry, id: eventIdOf(entry.code, natives) })))
    .filter(
      ({ entry, id }) =>
        (eventId === 0 || id === eventId) && (startTime === 0 || entry.atMs >= fromMs) && entry.atMs < toMs,
    )
    .toReversed()
  const wanted = found.slice(eventOffset, numberOfEvents === 0 ? undefined : eventOffset + numberOfEvents)
  const logPayload = []
  let room = PAGE_OCTETS
  for (const { name, entry, id } of wanted) {
    const eventData = toEventData(entry.text)
    room -= ENTRY_OCTETS + eventData.length
    if (room < 0) break
    logPayload.push({ logId: LOG_ID[name], eventId: id, eventTime: utcOf(entry.atMs), eventData })
  }
  // Number of Events stands in the upper half. @source ZigBee Smart Energy 1.2a, Publish Event Log, Log Payload Control
  const logPayloadControl = logPayload.length << 4
  return { totalNumberOfEvents: found.length, commandIndex: 0, totalCommands: 1, logPayloadControl, logPayload }
}

function logsOf(logId: number): LogName[] {
  return (['EVENT', 'SECURITY'] as const).filter(name => logId === ALL_LOGS || LOG_ID[name] === logId)
}
