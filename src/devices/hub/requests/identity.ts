/** 6.2.4 and 11.2: what a device is, and which firmware it runs. */
import type { ClusterName } from '../../../zcl/clusters.ts'
import type { Asking } from './asking.ts'
import type { Call } from './service.ts'
import { carryOutSteps, type Fields } from './steps/carry-out.ts'
import { stepsFor } from './steps/steps-for.ts'

export function readIdentity(call: Call<'readIdentity'>): void {
  const { hub, device, target, succeed } = call
  if (target === 'CHF' || target === 'GPF') {
    const { identity, firmware } = hub.profile
    return succeed({
      manufacturer: identity.manufacturerName,
      model: identity.modelId,
      deviceId: device,
      hardwareVersion: `${firmware.hardwareVersion}`,
    })
  }
  ask(call, '6.2.4', found =>
    succeed({
      manufacturer: textIn(found, 'manufacturer'),
      model: textIn(found, 'model'),
      deviceId: device,
      hardwareVersion: `${found.hardwareVersion ?? ''}`,
    }),
  )
}

export function readFirmwareVersion(call: Call<'readFirmwareVersion'>): void {
  const { hub, target, succeed } = call
  if (target === 'CHF' || target === 'GPF') return succeed({ version: hub.firmware })
  readVersion(call, version => succeed({ version }))
}

/** Which firmware a device of the HAN says that it executes. */
export function readVersion(asking: Asking, use: (version: string) => void): void {
  ask(asking, '11.2', found => use(textIn(found, 'version')))
}

/** A sleeping gas meter's facts come from the mirror; everybody else is asked. */
function ask(asking: Asking, variant: string, use: (found: Fields) => void): void {
  const { hub, target, fail } = asking
  const call = { ...asking, parameters: {} }
  const steps = stepsFor({ ...asking, variant })
  if (target !== 'GSME') return carryOutSteps(call, steps, use)
  const { identity } = hub.mirror
  if (!identity) return fail('E21', 'the gas meter has not reported yet')
  const atHand = (cluster: ClusterName, name: string) => (cluster === 'Basic' ? (identity as Fields)[name] : undefined)
  carryOutSteps({ ...call, atHand }, steps, use)
}

const textIn = (found: Fields, name: string): string => {
  const text = found[name]
  return typeof text === 'string' ? text : ''
}
