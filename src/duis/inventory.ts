/** The devices of a rig as the DCC has them in its inventory: behind which hub each one is. */
import type { Eui64 } from '../base/ids.ts'
import { alertKind } from '../devices/events/alert-codes.ts'
import type { Rig } from '../profiles/rig.ts'
import type { DeviceType } from '../wan/service-catalogue.ts'

export interface InventoryDevice {
  deviceId: Eui64
  deviceType: DeviceType
  /** Communications hub it is behind; of a hub, itself. */
  hub: Eui64
  manufacturer?: string
  model?: string
  /** As its rig file begins; what it runs now is what 11.2 reads. */
  firmwareVersion?: string
  /** Alerts that its model and this project know, 4 upper-case hex digits each. */
  alertCodes?: readonly string[]
  importMPAN?: string
  importMPRN?: string
}

/** By device. */
export type Inventory = ReadonlyMap<Eui64, InventoryDevice>

export function inventoryOf({ installations }: Pick<Rig, 'installations'>): Inventory {
  return new Map(
    installations.flatMap(({ devices, mpan, mprn }) => {
      const hub = devices.chf.deviceId
      return Object.values(devices).map(device => {
        const { deviceId, type: deviceType } = device
        const of = {
          ...(deviceType === 'ESME' && { importMPAN: mpan }),
          ...(deviceType === 'GSME' && mprn !== undefined && { importMPRN: mprn }),
        }
        if (!('profile' in device)) return [deviceId, { deviceId, deviceType, hub, ...of }] as const
        const { identity, firmware } = device.profile
        const is = {
          manufacturer: identity.manufacturerName,
          model: identity.modelId,
          firmwareVersion: firmware.version,
          ...('supportedAlertCodes' in device.profile && {
            alertCodes: device.profile.supportedAlertCodes.filter(alertKind),
          }),
        }
        return [deviceId, { deviceId, deviceType, hub, ...is, ...of }] as const
      })
    }),
  )
}
