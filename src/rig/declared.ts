/** What the parties' files say of an installation: the rig file as it was written, whatever the devices really run. */
import { fromHex } from '../base/bytes.ts'
import { withCrc } from '../crypto/install-code.ts'
import type { DeclaredDevice, DeclaredInstallation } from '../migration/step-context.ts'
import type { Installation as InstallationRecord } from '../profiles/rig.ts'

export function declared(record: InstallationRecord, apnBefore: string): DeclaredInstallation {
  const { chf, gpf, ...others } = record.devices
  const hub = factsOfDevice(chf.profile)
  const han = Object.values(others).map(
    (device): DeclaredDevice => ({
      type: device.type,
      deviceId: device.deviceId,
      installCode: withCrc(fromHex(device.installCode)),
      ...factsOfDevice(device.profile),
    }),
  )
  return {
    id: record.id,
    supplier: record.supplier,
    imsi: record.sim.imsi,
    addressBefore: record.sim.addresses[apnBefore] ?? '',
    devices: [{ type: 'CHF', deviceId: chf.deviceId, ...hub }, { type: 'GPF', deviceId: gpf.deviceId, ...hub }, ...han],
  }
}

function factsOfDevice(profile: {
  identity: { manufacturerName: string; modelId: string }
  firmware: { version: string }
}): Pick<DeclaredDevice, 'manufacturerName' | 'modelId' | 'firmware'> {
  const { manufacturerName, modelId } = profile.identity
  return { manufacturerName, modelId, firmware: profile.firmware.version }
}
