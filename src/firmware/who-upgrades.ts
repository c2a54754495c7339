/** Who sees to the firmware of a device of a migrated home. */

/**
 * `coordinating supplier`: the electricity import supplier, for what suppliers of a home share. `responsible supplier`: that of the
 * device. `nobody`: an IHD is one that no instruction over the SM WAN upgrades, and a CAD is the consumer's.
 */
export type FirmwareParty = 'coordinating supplier' | 'responsible supplier' | 'nobody'

/** Groups without a coordinating supplier. @source TMAD consultation, table 1 rows 1-4 [seed] */
const WITHOUT_COORDINATION: readonly string[] = ['EA', 'EB', 'EC']

/**
 * @param group id of the Group, e.g. `CB`
 * @source TMAD consultation, table 1 rows 1-4 [seed]: hub and PPMID; who it is in the Groups without one: assumed
 */
export function firmwareParty(
  device: 'CHF' | 'GPF' | 'ESME' | 'GSME' | 'PPMID' | 'IHD' | 'CAD',
  group: string,
): FirmwareParty {
  switch (device) {
    case 'CHF':
    case 'GPF':
    case 'PPMID':
      return WITHOUT_COORDINATION.includes(group) ? 'responsible supplier' : 'coordinating supplier'
    case 'ESME':
    case 'GSME':
      return 'responsible supplier'
    case 'IHD':
    case 'CAD':
      return 'nobody'
    default:
      return device satisfies never
  }
}
