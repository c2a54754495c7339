/** What every emulated device is given, and the facts every one serves the same way. */
import type { Eui64 } from '../base/ids.ts'
import type { HanNode } from '../ports/han.ts'
import type { Clock, Random, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Profile } from '../profiles/profile.ts'
import type { ZclEndpoint } from '../zcl/node.ts'

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
