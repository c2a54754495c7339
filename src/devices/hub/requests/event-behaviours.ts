/** 6.2.10, 6.22: what a meter does with its events, code by code. @source ZigBee Smart Energy 1.2a, Device Management: event configuration */
import type { EventBehaviour } from '../../../wan/messages/wan-types.generated.ts'
import { alertKind } from '../../events/alert-codes.ts'
import { eventIdOf } from '../../events/event-codec.ts'
import { EVENT_CONFIGURATION, LOG_ID } from '../../events/meter-events.ts'
import { utcOf } from '../../zigbee-time.ts'
import { commandTo, whenReachable } from './asking.ts'
import type { Call } from './service.ts'

const MOST_CODES = 16
/** @source ZigBee Smart Energy 1.2a, Set Event Configuration: a list of events */
const APPLY_BY_LIST = 0x00

type EventsCall = Call<'readEventBehaviours'> | Call<'setEventBehaviours'>

export function readEventBehaviours(call: Call<'readEventBehaviours'>): void {
  const { codes } = call.parameters
  const flaw = flawOf(codes, 'codes')
  if (flaw) return call.fail('S1RIG_PARAMETER', flaw)
  whenReachable(call, () => read(call, codes, []))
}

export function setEventBehaviours(call: Call<'setEventBehaviours'>): void {
  const { behaviours } = call.parameters
  const codes = behaviours.map(({ code }) => code)
  const flaw = flawOf(codes, 'behaviours')
  if (flaw) return call.fail('S1RIG_PARAMETER', flaw)
  const groups = [...Map.groupBy(behaviours, configurationOf)]
  whenReachable(call, () => set(call, groups, () => read(call, codes, [])))
}

/** Each configuration with all codes that get it. */
function set(
  call: EventsCall,
  groups: readonly (readonly [number, readonly EventBehaviour[]])[],
  done: () => void,
): void {
  const [first, ...others] = groups
  if (!first) return done()
  const [eventConfiguration, behaviours] = first
  const now = utcOf(call.hub.clock.unixMs())
  const order = {
    ...{ issuerEventId: now, startDateTime: 0, eventConfiguration, configurationControl: APPLY_BY_LIST },
    eventConfigurationPayload: listOf(call, behaviours),
  }
  commandTo(call, 'DeviceManagement', 'SetEventConfiguration', order, () => set(call, others, done))
}

function read(call: EventsCall, codes: readonly string[], found: EventBehaviour[]): void {
  const [code, ...others] = codes
  if (code === undefined) return call.succeed({ behaviours: found })
  const eventId = eventIdOf(code, call.hub.models.get(call.device)?.nativeCodes ?? [])
  commandTo(call, 'DeviceManagement', 'GetEventConfiguration', { eventId }, ({ payload }) => {
    const [configured] = payload.eventConfigurationPayload
    if (!configured) return call.fail('E21', `the device says nothing of ${code}`)
    read(call, others, [...found, behaviourOf(code, configured.eventConfiguration)])
  })
}

function listOf({ hub, device }: EventsCall, behaviours: readonly EventBehaviour[]): Uint8Array {
  const natives = hub.models.get(device)?.nativeCodes ?? []
  const ids = behaviours.map(({ code }) => eventIdOf(code, natives))
  return Uint8Array.from([ids.length, ...ids.flatMap(id => [id & 0xff, id >> 8])])
}

function configurationOf({ code, logged, toWan, toHan }: EventBehaviour): number {
  const log = logged ? LOG_ID[alertKind(code)?.log ?? 'EVENT'] : 0
  return log | (toWan ? EVENT_CONFIGURATION.toWan : 0) | (toHan ? EVENT_CONFIGURATION.toHan : 0)
}

function behaviourOf(code: string, configuration: number): EventBehaviour {
  const has = (bits: number) => (configuration & bits) !== 0
  return {
    code,
    logged: has(EVENT_CONFIGURATION.logAction),
    toWan: has(EVENT_CONFIGURATION.toWan),
    toHan: has(EVENT_CONFIGURATION.toHan),
  }
}

function flawOf(codes: readonly string[], field: string): string | undefined {
  if (codes.length < 1 || codes.length > MOST_CODES)
    return `${field}: 1 to ${MOST_CODES} expected, found ${codes.length}`
  const unknown = codes.find(code => !alertKind(code))
  if (unknown !== undefined)
    return `${field}: codes of the table expected, found ${JSON.stringify(unknown.slice(0, 8))}`
  return new Set(codes).size === codes.length ? undefined : `${field}: codes that differ expected`
}
