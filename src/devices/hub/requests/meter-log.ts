/** 6.13 of a meter: its log page by page, and what the hub has refused in its name. */
import type { LogEntry } from '../../../wan/messages/wan-types.generated.ts'
import { codeOf, describe } from '../../events/event-codec.ts'
import { LOG_ID } from '../../events/meter-events.ts'
import { unixMsOf } from '../../zigbee-time.ts'
import { commandTo, whenReachable } from './asking.ts'
import type { Call } from './service.ts'

export function readMeterLog(call: Call<'readLog'>): void {
  whenReachable(call, () => readPage(call, []))
}

/** `found`: newest first, as the meter gives them. */
function readPage(call: Call<'readLog'>, found: readonly LogEntry[]): void {
  const { hub, device, parameters } = call
  const { maxEntries } = parameters
  const log = parameters.log === 'SECURITY' ? 'SECURITY' : 'EVENT'
  const question = {
    ...{ eventControlLogId: LOG_ID[log], eventId: 0, startTime: 0, endTime: 0 },
    ...{ numberOfEvents: maxEntries - found.length, eventOffset: found.length },
  }
  commandTo(call, 'Events', 'GetEventLog', question, ({ payload }) => {
    const natives = hub.models.get(device)?.nativeCodes ?? []
    const page = payload.logPayload.map(({ eventId, eventTime, eventData }) => {
      const { code } = codeOf(eventId, natives)
      return { atMs: unixMsOf(eventTime) ?? 0, code, text: describe(code, eventData) }
    })
    const all = [...found, ...page]
    const isEnd = page.length === 0 || all.length >= Math.min(maxEntries, payload.totalNumberOfEvents)
    if (!isEnd) return readPage(call, all)
    const refused = log === 'SECURITY' ? hub.alerts.refusals(device) : []
    const entries = [...all.toReversed(), ...refused].toSorted((a, b) => a.atMs - b.atMs).slice(-maxEntries)
    call.succeed({ log, entries })
  })
}
