/** 8.11: who may be on the HAN. */
import { INSTALL_CODE_OCTETS, isInstallCode, withCrc } from '../../crypto/install-code.ts'
import type { UpdateDeviceLog } from '../../wan/messages/wan-types.generated.ts'
import { type Fields, hexOf, refuse } from '../fields.ts'
import type { XmlElement } from '../xml-reader.ts'

export function updateDeviceLog(fields: Fields): UpdateDeviceLog {
  const deviceId = fields.eui64('DeviceID')
  if (fields.choice('RequestType', ['Add', 'Remove']) === 'Remove') return { remove: { deviceId } }
  const add = fields.inside('AddDeviceToCHFWhitelist', inside => {
    // Which meter points it belongs to is nothing a hub is told.
    inside.unused('ImportMPxN', 'SecondaryImportMPAN', 'ExportMPAN')
    return {
      deviceId,
      installCode: installCode(inside.required('InstallCode')),
      joinWindowS: inside.whole('JoinTimePeriod', 1, 3_600),
    }
  })
  return { add }
}

/** With its CRC or without. */
function installCode(element: XmlElement): Uint8Array {
  const octets = hexOf(element, { least: 6, greatest: 18 })
  if (isInstallCode(octets)) return octets
  if (INSTALL_CODE_OCTETS.includes(octets.length)) return withCrc(octets)
  return refuse(element, `${INSTALL_CODE_OCTETS.join(', ')} octets, or these and their CRC`, element.text)
}
