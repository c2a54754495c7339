/** What the record of a home says for its devices: which there are, what an installer gives them, what is known of them. */
import { fromHex } from '../base/bytes.ts'
import type { Eui64 } from '../base/ids.ts'
import { withCrc } from '../crypto/install-code.ts'
import type { HanDeviceType, HubOptions, KnownModel } from '../devices/hub/hub-options.ts'
import { openingOf } from '../devices/prepayment/opening.ts'
import type { Part } from '../profiles/parts.ts'
import type { InstallationDevices, Installation as InstallationRecord } from '../profiles/rig.ts'
import type { RigPrepayment } from '../profiles/rig-prepayment.ts'

/** A device of a home that joins its HAN. */
export type HomePart = Exclude<Part, 'hub'>
/** All that a home may have, in the order in which they are switched on. */
export const HOME_PARTS = ['esme', 'gsme', 'ppmid', 'ihd', 'cad'] as const satisfies HomePart[]

/** Displays and the like: whoever installs them joins them to the meters. @source assumed */
export const displaysOf = ({ ppmid, ihd, cad }: InstallationRecord['devices']): Eui64[] =>
  [ppmid, ihd, cad].flatMap(device => device?.deviceId ?? [])

/** The install code with its CRC, as it is typed and whitelisted. */
export const codeOf = (device: { installCode: string }): Uint8Array => withCrc(fromHex(device.installCode))

/** What stands on the accounts of new meters, and the keys of their tokens. */
export function accountsOf({ esme, gsme }: InstallationRecord['devices']) {
  const of = (written: RigPrepayment | undefined) =>
    written && { account: openingOf(written), ...(written.utrnKey !== undefined && { utrnKey: written.utrnKey }) }
  return { esme: of(esme.prepayment), gsme: of(gsme?.prepayment) }
}

/** What is known of the meters' models. */
export const modelsOf = ({ esme, gsme }: InstallationDevices): NonNullable<HubOptions['models']> =>
  new Map(
    [esme, ...(gsme ? [gsme] : [])].map(({ deviceId, profile: { events, requests } }) => [
      deviceId,
      { nativeCodes: events.nativeCodes, equivalentSteps: requests.equivalentSteps as KnownModel['equivalentSteps'] },
    ]),
  )

/** Which type each device of the HAN is. */
export function inventoryOf(devices: InstallationDevices): Map<Eui64, HanDeviceType> {
  return new Map(
    HOME_PARTS.flatMap(part => {
      const device = devices[part]
      return device ? [[device.deviceId, device.type]] : []
    }),
  )
}
