/** What the hub tells a meter with commands of Device Management, and asks of it. @source ZigBee Smart Energy 1.2a, Device Management */
import type { Eui64 } from '../../base/ids.ts'
import type { SideOptions } from '../../zcl/endpoint-types.ts'
import type { ZclEndpoint } from '../../zcl/node.ts'
import { Status } from '../../zcl/status.ts'
import { alertKind } from '../events/alert-codes.ts'
import { codeOf, eventIdOf, type NativeCode } from '../events/event-codec.ts'
import { LOG_ID, type MeterEvents } from '../events/meter-events.ts'
import { unixMsOf } from '../zigbee-time.ts'
import type { MeterSettings } from './meter-settings.ts'
import type { COMMON_SETTINGS } from './settings.ts'

/** @source ZigBee Smart Energy 1.2a, Set Event Configuration: Configuration Control */
const APPLY_BY_LIST = 0x00
/** Events in one report of configurations: what one frame has room for. */
const EVENTS_PER_REPORT = 20

/** Commands of a meter's cluster of ours. */
export type SettingsCommands = NonNullable<SideOptions<'MeterSettings', 'server', 'toServer'>['commands']>

export interface ManagedMeter {
  endpoint: ZclEndpoint
  settings: MeterSettings<typeof COMMON_SETTINGS>
  events: MeterEvents
  natives: readonly NativeCode[]
  /** Nobody else configures. @source assumed */
  hub: () => Eui64
  /** Codes this model tells of. */
  supported: readonly string[]
  /** Shows the number that proves who lives here; false where it has no screen. */
  showCustomerId: (id: string) => boolean
}

export function serveManagement({
  endpoint,
  settings,
  events,
  natives,
  hub,
  supported,
  showCustomerId,
}: ManagedMeter): void {
  const fromHub = (from: { device: Eui64 }, act: () => boolean): number => {
    if (from.device !== hub()) return Status.NOT_AUTHORIZED
    return act() ? Status.SUCCESS : Status.INVALID_VALUE
  }
  endpoint.use('DeviceManagement', {
    commands: {
      PublishChangeOfTenancy: ({ implementationDateTime }, from) =>
        fromHub(from, () => settings.set('historyNotBeforeMs', unixMsOf(implementationDateTime) ?? Number.NaN)),
      PublishChangeOfSupplier: ({ proposedProviderName }, from) =>
        fromHub(from, () => settings.set('supplierName', textOf(proposedProviderName))),
      UpdateSiteId: ({ siteId }, from) => fromHub(from, () => settings.set('importMpxn', textOf(siteId))),
      UpdateCIN: ({ customerIdNumber }, from) => fromHub(from, () => showCustomerId(textOf(customerIdNumber))),
      SetEventConfiguration: ({ eventConfiguration, configurationControl, eventConfigurationPayload }, from) =>
        fromHub(from, () => {
          const ids = configurationControl === APPLY_BY_LIST ? idsOf(eventConfigurationPayload) : undefined
          const codes = ids?.map(id => codeOf(id, natives).code)
          // All of them or none.
          if (!codes || codes.some(code => !alertKind(code)) || !isConfiguration(eventConfiguration)) return false
          for (const code of codes) events.configure(code, eventConfiguration)
          return true
        }),
      GetEventConfiguration: ({ eventId }, _from, reply) => {
        const code = codeOf(eventId, natives).code
        const asked = eventId === ALL_EVENTS ? supported : alertKind(code) ? [code] : []
        if (asked.length === 0) return Status.NOT_FOUND
        const pages = Math.ceil(asked.length / EVENTS_PER_REPORT)
        for (let page = 0; page < pages; page++) {
          const codes = asked.slice(page * EVENTS_PER_REPORT, (page + 1) * EVENTS_PER_REPORT)
          reply('ReportEventConfiguration', {
            commandIndex: page,
            totalCommands: pages,
            eventConfigurationPayload: codes.map(one => ({
              eventId: eventIdOf(one, natives),
              eventConfiguration: events.configurationOf(one),
            })),
          })
        }
        return 'later'
      },
    },
  })
}

/** @source ZigBee Smart Energy 1.2a, Get Event Configuration: 0xFFFF asks for all */
export const ALL_EVENTS = 0xffff

/** The lowest bits name a log there is, or none; no bits beyond those that mean something. */
const isConfiguration = (bits: number): boolean => bits <= 0x7f && [0, ...Object.values(LOG_ID)].includes(bits & 0x07)

/** Apply by List: a count and the events. Undefined for what is none. */
function idsOf(octets: Uint8Array): number[] | undefined {
  const count = octets[0] ?? 0
  if (octets.length !== 1 + 2 * count) return undefined
  return Array.from({ length: count }, (_, i) => (octets[1 + 2 * i] ?? 0) | ((octets[2 + 2 * i] ?? 0) << 8))
}

const textOf = (octets: Uint8Array | null): string => new TextDecoder().decode(octets ?? new Uint8Array())
