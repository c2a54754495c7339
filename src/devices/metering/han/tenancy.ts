/**
 * What was used before the present tenant moved in is not for the home to see: whoever asks but the hub is given what came after.
 * @source DUIS, Restrict Access For Change Of Tenancy; what exactly is held back: assumed
 */
import type { CommandPayload } from '../../../zcl/clusters.ts'
import { intervalMinutes, PROFILE_STATUS } from '../../meter-registers.ts'

type Profile = CommandPayload<'Metering', 'GetProfileResponse', 'toClient'>

/** The intervals of an answer that begin at `notBefore` or later, ZigBee UTC. */
export function sinceTenancy(profile: Profile, notBefore: number): Profile {
  const lengthS = (intervalMinutes(profile.profileIntervalPeriod) ?? 0) * 60
  const mayBeSeen = lengthS === 0 ? 0 : Math.max(0, Math.floor((profile.endTime - notBefore) / lengthS))
  if (profile.intervals.length === 0 || mayBeSeen >= profile.intervals.length) return profile
  const intervals = profile.intervals.slice(0, mayBeSeen)
  return intervals.length > 0
    ? { ...profile, intervals }
    : { ...profile, endTime: 0, status: PROFILE_STATUS.noIntervals, intervals }
}
