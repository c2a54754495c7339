/** 6.2.4 and 11.2: what a device is, and which firmware it runs. */
import type { AttributeValues } from '../../../zcl/clusters.ts'
import { type Asking, readFrom } from './asking.ts'
import type { Call } from './service.ts'

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
  readBasic(call, basic =>
    succeed({
      manufacturer: basic.ManufacturerName ?? '',
      model: basic.ModelIdentifier ?? '',
      deviceId: device,
      hardwareVersion: `${basic.HardwareVersion ?? ''}`,
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
  readBasic(asking, basic => use(basic.SwBuildId ?? ''))
}

const WANTED = ['ManufacturerName', 'ModelIdentifier', 'HardwareVersion', 'SwBuildId'] as const

/** A sleeping gas meter's facts come from the mirror; everybody else is asked. */
function readBasic(asking: Asking, use: (basic: AttributeValues<'Basic', 'server'>) => void): void {
  const { hub, target, fail } = asking
  if (target === 'GSME') {
    const { identity } = hub.mirror
    return identity ? use(identity) : fail('E21', 'the gas meter has not reported yet')
  }
  readFrom(asking, 'Basic', WANTED, use)
}
