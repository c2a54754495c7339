/** Rules that follow from a header alone: which key, which status, what an answer looks like. */
import type { ApsPayload } from '../ports/han.ts'
import { clusterNameOf, clusterSpec } from './clusters.ts'
import { type GlobalName, globalName } from './foundation.ts'
import type { Addressing } from './frame.ts'
import { opposite, type ZclHeader } from './header.ts'
import { Status } from './status.ts'

/** Profile id of ZigBee Smart Energy, whose endpoints must protect most clusters with the link key. */
export const SMART_ENERGY = 0x0109

/** Alarms, Time, Keep-Alive. Sources differ on whether they need the link key: sent with it, accepted without. */
const EITHER_KEY: readonly number[] = [0x0009, 0x000a, 0x0025]
/** OTA Upgrade: Image Notify may go to everybody, and so without a link key. */
const OTA_UPGRADE = 0x0019
const IMAGE_NOTIFY = 0x00
/** Global commands that answer; they are never answered themselves. */
const ANSWERS: ReadonlySet<GlobalName> = new Set([
  'ReadAttributesResponse',
  'WriteAttributesResponse',
  'ConfigureReportingResponse',
  'ReadReportingConfigurationResponse',
  'DefaultResponse',
  'DiscoverAttributesResponse',
])

/** Which key a cluster is protected with on an endpoint of a profile. Clusters outside the tables need the link key. */
export function securityOf(profileId: number, clusterId: number): ApsPayload['security'] {
  if (profileId !== SMART_ENERGY) return 'network'
  const name = clusterNameOf(clusterId)
  return name ? clusterSpec(name).security : 'link'
}

/** What an answer to a frame is addressed with. */
export function answering({ manufacturerCode, direction, sequence }: ZclHeader): Addressing {
  const manufacturer = manufacturerCode === undefined ? {} : { manufacturerCode }
  return { ...manufacturer, direction: opposite(direction), disableDefaultResponse: true, sequence }
}

/** The status for a command that is not known here. */
export function unsupported({ frameType, manufacturerCode }: ZclHeader): number {
  if (manufacturerCode === undefined) {
    return frameType === 'global' ? Status.UNSUP_GENERAL_COMMAND : Status.UNSUP_CLUSTER_COMMAND
  }
  return frameType === 'global' ? Status.UNSUP_MANUF_GENERAL_COMMAND : Status.UNSUP_MANUF_CLUSTER_COMMAND
}

/** Whether a frame is an answer, which is never answered itself. */
export function isAnswer({ frameType, commandId }: ZclHeader): boolean {
  const name = frameType === 'global' ? globalName(commandId) : undefined
  return name !== undefined && ANSWERS.has(name)
}

/**
 * Whether a frame is accepted under the network key alone although its cluster is sent under the link key.
 * @source ZigBee Smart Energy 5.4.6, as read in published stacks
 */
export function takesEitherKey(clusterId: number, header: ZclHeader, unicast: boolean): boolean {
  if (EITHER_KEY.includes(clusterId)) return true
  const { frameType, direction, commandId } = header
  const isNotify = frameType === 'cluster' && direction === 'toClient' && commandId === IMAGE_NOTIFY
  return clusterId === OTA_UPGRADE && isNotify && !unicast
}
