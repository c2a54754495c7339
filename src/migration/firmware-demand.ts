/** Which firmware the Eligible Product Combinations list demands of a device, before anything is judged. */
import type { EligibleCombination, Group } from './group.ts'
import type { DeclaredDevice, DeclaredInstallation } from './step-context.ts'

/** Parts of an entry: IHD and CAD are none. */
export const PARTS = ['CHF', 'ESME', 'GSME', 'PPMID'] as const
export type EntryPart = (typeof PARTS)[number]
export type PartDemand = NonNullable<EligibleCombination[EntryPart]>

export const isPart = (device: { type: string }): device is DeclaredDevice & { type: EntryPart } =>
  PARTS.some(type => type === device.type)

/**
 * Whether a version is a valid identifier. @source DUIS schema v5.4: 1 to 8 characters; which ones: assumed. That SMSO data hold
 * others: TMAD consultation June 2021, 3.1
 */
export const isVersionIdentifier = (version: string): boolean => /^[A-Za-z0-9._-]{1,8}$/.test(version)

/** The entry whose models these are, whatever they run. */
export function entryByModels(group: Group, installation: DeclaredInstallation): EligibleCombination | undefined {
  return group.eligibleProductCombinations.find(entry =>
    PARTS.every(type => {
      const device = installation.devices.find(one => one.type === type)
      const part = entry[type]
      if (!device || !part) return !device && !part
      return part.manufacturerName === device.manufacturerName && part.modelId === device.modelId
    }),
  )
}
