/** Whether the declared devices stand on the Eligible Product Combinations list. */
import { isPart, PARTS } from './firmware-demand.ts'
import type { EligibleCombination } from './group.ts'
import { asFound, type DeclaredDevice, fail, type Outcome, pass, type StepContext } from './step-context.ts'

/** Judges models and declared firmware, as upgrades left it; what the devices really run is checked on the devices. */
export function matchEligibleCombination(context: StepContext): Outcome {
  const { group, found } = context
  const devices = asFound(context)
  const expected = `an EPCL entry for ${devices.filter(isPart).map(named).join(', ')}`
  const differences = group.eligibleProductCombinations.map(entry => ({
    entry,
    difference: differenceFrom(entry, devices),
  }))
  const match = differences.find(({ difference }) => difference.length === 0)
  if (match) {
    found.combination = match.entry
    const displays = (found.asIhd ?? []).map(id => `, ${id} as an IHD`)
    return pass(expected, `${match.entry.id}${displays.join('')}`)
  }
  const nearest = differences.toSorted((a, b) => a.difference.length - b.difference.length)[0]
  return fail(expected, `MA110 no entry; nearest ${nearest?.entry.id}: ${nearest?.difference.join('; ')}`)
}

function differenceFrom(entry: EligibleCombination, devices: readonly DeclaredDevice[]): string[] {
  return PARTS.flatMap(type => {
    const device = devices.find(d => d.type === type)
    const part = entry[type]
    if (!device && !part) return []
    if (!device) return [`the entry has a ${type}`]
    if (!part) return [`the entry has no ${type}`]
    const sameModel = part.manufacturerName === device.manufacturerName && part.modelId === device.modelId
    if (!sameModel) return [`${type} is ${modelOf(device)}, the entry has ${part.manufacturerName} ${part.modelId}`]
    if (!part.firmware.includes(device.firmware)) {
      return [`${type} firmware is ${device.firmware}, the entry has ${part.firmware.join(' or ')}`]
    }
    return []
  })
}

const named = (device: DeclaredDevice): string => `${device.type} ${modelOf(device)}`
const modelOf = (device: DeclaredDevice): string => `${device.manufacturerName} ${device.modelId} ${device.firmware}`
