/** What every emulated device is given, how it stands on the HAN, and the facts every one serves the same way. */
import type { Eui64 } from '../base/ids.ts'
import { milliseconds } from '../base/time.ts'
import type { HanNode } from '../ports/han.ts'
import type { Clock, Random, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Profile } from '../profiles/profile.ts'
import { type ZclEndpoint, ZclNode } from '../zcl/node.ts'
import { Joining } from './joining.ts'

/** Smart Energy profile and device ids. @source ZigBee Smart Energy profile 1.x */
export const SE_PROFILE = 0x0109
export const SE_DEVICE = { esi: 0x0500, meter: 0x0501, display: 0x0502 } as const

/** The surroundings of one device: all it can see and do. */
export interface Surroundings {
  deviceId: Eui64
  han: HanNode
  clock: Clock
  timers: Timers
  random: Random
  trace: Trace
}

/** A device's place on the HAN: its endpoint, and how it gets onto the network and back onto it. */
export function standOnHan(
  { han, timers, trace, random }: Surroundings,
  profile: Profile,
  options: { installCode: Uint8Array; endpoint: number; deviceId: number; onJoined?: () => void; onLeft?: () => void },
): { endpoint: ZclEndpoint; joining: Joining } {
  const joining = new Joining({ han, timers, random: random.stream('joining'), installCode: options.installCode })
  const node = new ZclNode({
    han,
    timers,
    trace,
    responseDelayUs: milliseconds(profile.zcl.responseDelayMs),
    listener: {
      onJoined: () => {
        joining.joined()
        options.onJoined?.()
      },
      onJoinFailed: () => joining.again(),
      onLeft: () => {
        options.onLeft?.()
        joining.again()
      },
    },
  })
  const { endpoint, deviceId } = options
  return { endpoint: node.endpoint({ endpoint, profileId: SE_PROFILE, deviceId }), joining }
}

/** Serves Basic: who made it, which model, which firmware runs. `version` is asked each time. */
export function serveBasic(endpoint: ZclEndpoint, profile: Profile, version: () => string): void {
  endpoint.serve('Basic', {
    attributes: {
      ZCLVersion: 1,
      ManufacturerName: profile.identity.manufacturerName,
      ModelIdentifier: profile.identity.modelId,
      HardwareVersion: profile.firmware.hardwareVersion,
      // SE 1.1 has no version text of its own: this attribute stands in for it. @source assumed
      SwBuildId: version,
    },
  })
}
