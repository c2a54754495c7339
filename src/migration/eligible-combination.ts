/** Whether the declared devices stand on the Eligible Product Combinations list. */
import type { EligibleCombination } from './group.ts'
import { type DeclaredDevice, fail, type Outcome, pass, type StepContext } from './step-context.ts'

const PARTS = ['CHF', 'ESME', 'GSME', 'PPMID'] as const

/** Judges models and declared firmware; what the devices really run is checked on the devices. */
export function matchEligibleCombination(context: StepContext): Outcome {
  const { group, installation, found } = context
  const expected = `an EPCL entry for ${installation.devices.filter(isPart).map(named).join(', ')}`
  const differences = group.eligibleProductCombinations.map(entry => ({
    entry,
    difference: differenceFrom(entry, installation.devices),
  }))
  const match = differences.find(({ difference }) => difference.length === 0)
  if (match) {
    found.combination = match.entry
    return pass(expected, match.entry.id)
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

const isPart = (device: DeclaredDevice): boolean => PARTS.some(type => type === device.type)
const named = (device: DeclaredDevice): string => `${device.type} ${modelOf(device)}`
const modelOf = (device: DeclaredDevice): string => `${device.manufacturerName} ${device.modelId} ${device.firmware}`
