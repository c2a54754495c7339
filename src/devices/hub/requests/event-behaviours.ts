/** 6.2.10, 6.22: what a meter does with its events, code by code. @source ZigBee Smart Energy 1.2a, Device Management: event configuration */
import type { EventBehaviour } from '../../../wan/messages/wan-types.generated.ts'
import { alertKind } from '../../events/alert-codes.ts'
import { eventIdOf } from '../../events/event-codec.ts'
import { EVENT_CONFIGURATION, LOG_ID } from '../../events/meter-events.ts'
import type { Call } from './service.ts'
import { carryOutSteps } from './steps/carry-out.ts'
import { entriesIn } from './steps/found.ts'
import { stepsFor } from './steps/steps-for.ts'

const MOST_CODES = 16

type EventsCall = Call<'readEventBehaviours'> | Call<'setEventBehaviours'>

export function readEventBehaviours(call: Call<'readEventBehaviours'>): void {
  const { codes } = call.parameters
  const flaw = flawOf(codes, 'codes')
  if (flaw) return call.fail('S1RIG_PARAMETER', flaw)
  ask(call, codes, [])
}

export function setEventBehaviours(call: Call<'setEventBehaviours'>): void {
  const { behaviours } = call.parameters
  const codes = behaviours.map(({ code }) => code)
  const flaw = flawOf(codes, 'behaviours')
  if (flaw) return call.fail('S1RIG_PARAMETER', flaw)
  ask(call, codes, [...Map.groupBy(behaviours, configurationOf)])
}

/** `groups`: each configuration that is set, with all codes that get it. */
function ask(call: EventsCall, all: readonly string[], groups: readonly (readonly [number, EventBehaviour[]])[]): void {
  const natives = call.hub.models.get(call.device)?.nativeCodes ?? []
  const codes = all.map(code => ({ code, eventId: eventIdOf(code, natives) }))
  const parameters = {
    codes,
    groups: groups.map(([configuration, behaviours]) => {
      const ids = behaviours.map(({ code }) => eventIdOf(code, natives))
      return { configuration, events: Uint8Array.from([ids.length, ...ids.flatMap(id => [id & 0xff, id >> 8])]) }
    }),
  }
  carryOutSteps({ ...call, parameters }, stepsFor(call), found => {
    const configured = new Map(entriesIn(found, 'behaviours').map(one => [one.eventId, one.configuration]))
    const silent = codes.find(({ eventId }) => typeof configured.get(eventId) !== 'number')
    if (silent) return call.fail('E21', `the device says nothing of ${silent.code}`)
    call.succeed({
      behaviours: codes.map(({ code, eventId }) => behaviourOf(code, Number(configured.get(eventId)))),
    })
  })
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
