/**
 * A rig file reduced to what the rules between its parts need. Each part that reads well is there even when others do
 * not, so that rules can speak about a file that still has mistakes elsewhere.
 */
import type { z } from 'zod'
import { valueAt } from './pointer.ts'
import { profileId } from './profile-file.ts'
import { DEVICE_TYPES, type DeviceType } from './rig-file.ts'
import { digits, eui64, ipv4, slug } from './scalars.ts'

/** Something read from a file, and where. */
export interface Spot<T> {
  value: T
  pointer: string
}

/** A rule reports through this. */
export type Report = (pointer: string, code: string, message: string, hint?: string) => void

export interface DeviceOutline {
  pointer: string
  type: Spot<DeviceType> | undefined
  name: Spot<string> | undefined
  deviceId: Spot<string> | undefined
  profile: Spot<string> | undefined
}

export interface InstallationOutline {
  pointer: string
  id: Spot<string> | undefined
  mprn: Spot<unknown> | undefined
  imsi: Spot<string> | undefined
  iccid: Spot<string> | undefined
  msisdn: Spot<string> | undefined
  /** Every address of the SIM; `value` is `<apn> <ip>`. */
  addresses: Spot<string>[]
  /** Undefined when there is no list of devices. */
  devices: DeviceOutline[] | undefined
}

export function outline(root: unknown): InstallationOutline[] {
  const spot = <T>(pointer: string, schema: z.ZodType<T>): Spot<T> | undefined => {
    const read = schema.safeParse(valueAt(root, pointer))
    return read.success ? { value: read.data, pointer } : undefined
  }
  const entries = (pointer: string): string[] => {
    const list = valueAt(root, pointer)
    return Array.isArray(list) ? list.map((_, index) => `${pointer}/${index}`) : []
  }
  const addresses = (pointer: string): Spot<string>[] => {
    const record = valueAt(root, pointer)
    if (typeof record !== 'object' || record === null) return []
    return Object.keys(record).flatMap(apn => {
      const ip = spot(`${pointer}/${apn}`, ipv4)
      return ip ? [{ value: `${apn} ${ip.value}`, pointer: ip.pointer }] : []
    })
  }
  const device = (pointer: string): DeviceOutline => {
    const type = DEVICE_TYPES.find(known => known === valueAt(root, `${pointer}/type`))
    return {
      pointer,
      type: type && { value: type, pointer: `${pointer}/type` },
      name: spot(`${pointer}/id`, slug) ?? (type && { value: type.toLowerCase(), pointer: `${pointer}/type` }),
      deviceId: spot(`${pointer}/deviceId`, eui64),
      profile: spot(`${pointer}/profile`, profileId),
    }
  }
  return entries('/installations').map(pointer => {
    const mprn = valueAt(root, `${pointer}/mprn`)
    return {
      pointer,
      id: spot(`${pointer}/id`, slug),
      mprn: mprn === undefined ? undefined : { value: mprn, pointer: `${pointer}/mprn` },
      imsi: spot(`${pointer}/sim/imsi`, digits(15)),
      iccid: spot(`${pointer}/sim/iccid`, digits(19, 20)),
      msisdn: spot(`${pointer}/sim/msisdn`, digits(7, 15)),
      addresses: [...addresses(`${pointer}/sim/addresses`), ...addresses(`${pointer}/sim/staticAddress`)],
      devices: Array.isArray(valueAt(root, `${pointer}/devices`))
        ? entries(`${pointer}/devices`).map(device)
        : undefined,
    }
  })
}
