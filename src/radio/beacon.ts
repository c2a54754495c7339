/** What a beacon carries: the superframe specification of the MAC and the network information of ZigBee. */
import { ByteReader, ByteWriter } from '../base/bytes.ts'
import { WireError } from '../base/errors.ts'
import { controlled, record, type ValueOf } from '../base/frame.ts'
import { bits, flag } from '../base/frame-control.ts'
import { eui64, u8, u24 } from '../base/frame-fields.ts'

/** Superframe specification; a ZigBee network has no beacon intervals: orders and slot are 15. @source IEEE 802.15.4-2006, 7.2.2.1.2 */
export const superframeSpecification = controlled(
  'superframeSpecification',
  2,
  {
    beaconOrder: bits(0, 4),
    superframeOrder: bits(4, 4),
    finalCapSlot: bits(8, 4),
    batteryLifeExtension: flag(12),
    panCoordinator: flag(14),
    associationPermit: flag(15),
  },
  {},
)
export type SuperframeSpecification = ValueOf<typeof superframeSpecification>

const networkInformation = controlled(
  'networkInformation',
  2,
  {
    /** 2: ZigBee PRO. */
    stackProfile: bits(0, 4),
    /** 2 since ZigBee 2006. */
    protocolVersion: bits(4, 4),
    routerCapacity: flag(10),
    deviceDepth: bits(11, 4),
    endDeviceCapacity: flag(15),
  },
  {},
)

const beaconPayload = record({
  /** 0: ZigBee. */
  protocolId: u8,
  network: networkInformation,
  extendedPanId: eui64,
  /** 0xffffff where there are no beacon intervals. */
  txOffset: u24,
  updateId: u8,
})
/** The beacon payload of a ZigBee network. @source ZigBee PRO (05-3474), 3.6.7 */
export type ZigbeeBeacon = ValueOf<typeof beaconPayload>

/**
 * Reads the payload of a beacon. Octets behind it belong to later versions and are left.
 * @throws WireError `wire.truncated`, `zigbee.beacon-protocol` when it is not a ZigBee beacon
 */
export function readZigbeeBeacon(payload: Uint8Array): ZigbeeBeacon {
  const beacon = beaconPayload.read(new ByteReader(payload))
  if (beacon.protocolId !== 0) {
    const message = `${beacon.protocolId} found, 0 (ZigBee) expected`
    throw new WireError('zigbee.beacon-protocol', { offset: 0, field: 'protocolId', message })
  }
  return beacon
}

/** @throws InvariantError when a field does not fit */
export function writeZigbeeBeacon(beacon: ZigbeeBeacon): Uint8Array {
  const writer = new ByteWriter(15)
  beaconPayload.write(writer, beacon, 'zigbeeBeacon')
  return writer.finish()
}
