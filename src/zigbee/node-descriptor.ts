/** What a node says of itself to those who ask. */
import type { HanRole } from '../ports/han.ts'
import type { Capability } from './frames/capability.ts'
import type { NodeDescriptor } from './frames/zdo-fields.ts'

const LOGICAL_TYPE = { coordinator: 'coordinator', router: 'router', 'sleepy-end-device': 'end device' } as const
const BAND_2400_MHZ = 8
const PRIMARY_TRUST_CENTRE = 1
/** Where the revision begins in the server mask. */
const REVISION = 9
/** Octets of the longest APS payload in one frame, and in blocks. */
const BUFFER = 82
const TRANSFER = 1_500

/** `revision`: of the standard, 0 before R21. */
export const nodeDescriptor = (role: HanRole, capability: Capability, revision = 0): NodeDescriptor => ({
  logicalType: LOGICAL_TYPE[role],
  complexDescriptor: false,
  userDescriptor: false,
  apsFlags: 0,
  frequencyBand: BAND_2400_MHZ,
  capability,
  // No manufacturer's code: none is known publicly for the models here. @source assumed
  manufacturerCode: 0,
  maximumBufferSize: BUFFER,
  maximumIncomingTransferSize: TRANSFER,
  serverMask: (role === 'coordinator' ? PRIMARY_TRUST_CENTRE : 0) | (revision << REVISION),
  maximumOutgoingTransferSize: TRANSFER,
  descriptorCapability: 0,
})
