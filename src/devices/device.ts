/** What every emulated device is given, how it stands on the HAN, and the facts every one serves the same way. */
import type { Eui64, Micros } from '../base/ids.ts'
import { milliseconds } from '../base/time.ts'
import type { HanNode } from '../ports/han.ts'
import type { Clock, Random, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Profile } from '../profiles/profile.ts'
import { type ZclEndpoint, ZclNode } from '../zcl/node.ts'
import type { ReportMemory } from '../zcl/reporting.ts'
import type { Peer } from '../zcl/transactions.ts'
import { Joining } from './joining.ts'
import { KeepAlive } from './keep-alive.ts'
import type { FirmwareWorks } from './ota/firmware-slots.ts'
import { OtaClient, type OtaClientMemory, type OtaFacts } from './ota/ota-client.ts'
import { nodeQuirks } from './quirks/node-quirks.ts'

/** Smart Energy profile and device ids. @source ZigBee Smart Energy profile 1.x */
export const SE_PROFILE = 0x0109
/** Home automation profile id. @source ZigBee Home Automation profile 05-3520 */
export const HA_PROFILE = 0x0104
export const SE_DEVICE = { esi: 0x0500, meter: 0x0501, display: 0x0502 } as const

/** The surroundings of one device: all it can see and do. */
export interface Surroundings {
  deviceId: Eui64
  han: HanNode
  clock: Clock
  timers: Timers
  random: Random
  trace: Trace
  /** Application profile of the HAN; Smart Energy unless given. */
  profileId?: number
  /** What can change its firmware; absent: nothing can. */
  works?: FirmwareWorks
}

/** What an installer gives a device. */
export interface Installed {
  installCode: Uint8Array
  /** The hub's Energy Service Interface. */
  esi: Peer
  /** Somebody presses its button so often until it is on a network; it goes by itself, ever more seldom, unless given. */
  joinEveryUs?: Micros
}

/** What every device keeps while it has no power, besides what its radio does. */
export interface DeviceMemory {
  firmware: string
  /** What its peers have reported to them. */
  reports: readonly ReportMemory[]
  /** Of its firmware over the air. */
  ota?: OtaClientMemory
}

export interface HanPlace extends Installed {
  endpoint: number
  deviceId: number
  onJoined?: () => void
  onLeft?: () => void
  /** It has asked for firmware: a sleeper listens for the answer. */
  onAsked?: () => void
  /** Its own civil time, and what it kept of its firmware over the air. */
  clock: Clock
  ota: OtaClientMemory | undefined
}

/** Where a device stands. */
export interface HanStand {
  node: ZclNode
  endpoint: ZclEndpoint
  joining: Joining
  /** Absent where nothing can change its firmware. */
  ota: OtaClient | undefined
}

/** A device's place on the HAN: its endpoint, and how it gets onto the network, stays there and gets back onto it. */
export function standOnHan(
  around: Surroundings,
  profile: Exclude<Profile, { device: 'CHF' }>,
  options: HanPlace,
): HanStand {
  const { han, timers, trace, random, profileId = SE_PROFILE } = around
  const { installCode, joinEveryUs } = options
  const joining = new Joining({ han, timers, random: random.stream('joining'), installCode, joinEveryUs })
  const node = new ZclNode({
    han,
    timers,
    trace,
    responseDelayUs: milliseconds(profile.zcl.responseDelayMs),
    quirks: nodeQuirks(profile.quirks, around.clock),
    listener: {
      onJoined: () => {
        joining.joined()
        keepAlive?.start()
        ota?.joined()
        options.onJoined?.()
      },
      onJoinFailed: () => joining.again(),
      onLeft: () => {
        keepAlive?.stop()
        ota?.left()
        options.onLeft?.()
        joining.again()
      },
    },
  })
  const { deviceId, esi } = options
  const endpoint = node.endpoint({ endpoint: options.endpoint, profileId, deviceId })
  // Who sleeps finds out at its own wake-ups.
  const keepAlive =
    han.role === 'sleepy-end-device'
      ? undefined
      : new KeepAlive({ endpoint, esi, timers, random: random.stream('keep alive'), onLost: () => joining.start() })
  const ota = firmwareOf(around, endpoint, profile.ota, options)
  return { node, endpoint, joining, ota }
}

function firmwareOf(
  { deviceId, han, timers, trace, random, works }: Surroundings,
  endpoint: ZclEndpoint,
  facts: OtaFacts & { overTheAir: boolean },
  { esi, clock, onAsked = () => {}, ota: memory }: HanPlace,
): OtaClient | undefined {
  if (!works || !facts.overTheAir) return undefined
  return new OtaClient({
    ...{ device: deviceId, endpoint, esi, clock, timers, trace, facts, works, onAsked, memory },
    random: random.stream('ota'),
    sleeps: han.role === 'sleepy-end-device',
  })
}

/** @source ZigBee Cluster Library, Basic: PowerSource. A gas meter has nothing but its battery */
const POWER_SOURCE = { mains: 0x01, battery: 0x03 } as const

/** Serves Basic: who made it, which model, which firmware runs. `version` is asked each time. */
export function serveBasic(endpoint: ZclEndpoint, profile: Profile, version: () => string): void {
  endpoint.serve('Basic', {
    attributes: {
      ZCLVersion: 1,
      ManufacturerName: profile.identity.manufacturerName,
      ModelIdentifier: profile.identity.modelId,
      HardwareVersion: profile.firmware.hardwareVersion,
      PowerSource: profile.device === 'GSME' ? POWER_SOURCE.battery : POWER_SOURCE.mains,
      // SE 1.1 has no version text of its own: this attribute stands in for it. @source assumed
      SwBuildId: version,
    },
  })
}
