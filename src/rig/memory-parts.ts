/**
 * What an installation keeps, in parts that change apart from each other: a store need write those only that are not what they were,
 * and a full page of a log is the very same value each time.
 */
import type { LogMemory } from '../devices/paged-log.ts'
import type { OctetsMemory } from '../devices/paged-octets.ts'
import type { InstallationMemory } from './installation.ts'

/** Values by name, as JSON has them. Undefined: what was there under this name is there no more. */
export type MemoryParts = Record<string, unknown>

/** A log without its pages. */
interface LogHead {
  first: number
  count: number
}

/** The long logs of a meter without their pages. */
interface LedgerHeads {
  intervals: { log: LogHead }
  voltageLog?: { log: LogHead }
}

/** The memory in parts. */
export function partsOf({ home, hub, sms, ...life }: InstallationMemory): MemoryParts {
  const { han, devices } = home
  const parts: MemoryParts = { life, sms }
  const headOf = <T>(name: string, { first, pages }: LogMemory<T>): LogHead => {
    for (const [index, page] of pages.entries()) parts[`${name}/${first + index}`] = page
    if (first > 0) parts[`${name}/${first - 1}`] = undefined
    return { first, count: pages.length }
  }
  const sizeOf = (name: string, { pages }: OctetsMemory): number => {
    for (const [index, page] of pages.entries()) parts[`${name}/${index}`] = page
    return pages.length
  }
  const { esme, gsme, ...displays } = devices
  parts.han = han
  parts.displays = displays
  for (const [name, meter] of Object.entries({ esme, gsme })) {
    if (!meter) continue
    const { ledger } = meter.measurement
    const intervals = { ...ledger.intervals, log: headOf(name, ledger.intervals.log) }
    const volts = ledger.voltageLog && { ...ledger.voltageLog, log: headOf(`${name}-volts`, ledger.voltageLog.log) }
    const logs = { intervals, ...(volts && { voltageLog: volts }) }
    parts[name] = { ...meter, measurement: { ...meter.measurement, ledger: { ...ledger, ...logs } } }
  }
  if (hub) {
    const { mirror, wan, ota, ...own } = hub
    parts.hub = own
    parts.wan = wan
    const images = ota.shelf.images.map((image, index) => ({
      ...image,
      octets: sizeOf(`shelf-${index}`, image.octets),
    }))
    parts.ota = { ...ota, shelf: { ...ota.shelf, images } }
    parts.mirror = { ...mirror, log: headOf('mirror', mirror.log) }
  }
  return parts
}

/** The memory from its parts; undefined when there are none. `get` gives what was kept under a name. */
export function memoryOf(get: (name: string) => unknown): InstallationMemory | undefined {
  const life = get('life')
  if (life === undefined) return undefined
  const pagesOf = (name: string, { first, count }: LogHead) => ({
    first,
    pages: Array.from({ length: count }, (_, index) => get(`${name}/${first + index}`)),
  })
  const meterOf = (name: string) => {
    const meter = get(name) as { measurement: { ledger: LedgerHeads } } | undefined
    if (!meter) return {}
    const { measurement } = meter
    const { ledger } = measurement
    const { intervals, voltageLog } = ledger
    const logs = {
      intervals: { ...intervals, log: pagesOf(name, intervals.log) },
      ...(voltageLog && { voltageLog: { ...voltageLog, log: pagesOf(`${name}-volts`, voltageLog.log) } }),
    }
    return { [name]: { ...meter, measurement: { ...measurement, ledger: { ...ledger, ...logs } } } }
  }
  const octetsOf = (name: string, count: number): OctetsMemory => ({
    pages: Array.from({ length: count }, (_, index) => get(`${name}/${index}`) as string),
  })
  const otaOf = (ota: { shelf: { images: { octets: number }[] } }) => ({
    ...ota,
    shelf: {
      ...ota.shelf,
      images: ota.shelf.images.map((image, index) => ({ ...image, octets: octetsOf(`shelf-${index}`, image.octets) })),
    },
  })
  const hub = get('hub')
  const mirror = get('mirror') as { log: LogHead } | undefined
  const sms = get('sms')
  const memory: unknown = {
    ...(life as object),
    home: { han: get('han'), devices: { ...meterOf('esme'), ...meterOf('gsme'), ...(get('displays') as object) } },
    ...(hub !== undefined &&
      mirror && {
        hub: {
          ...(hub as object),
          wan: get('wan'),
          mirror: { ...mirror, log: pagesOf('mirror', mirror.log) },
          ota: otaOf(get('ota') as Parameters<typeof otaOf>[0]),
        },
      }),
    ...(sms !== undefined && { sms }),
  }
  return memory as InstallationMemory
}
