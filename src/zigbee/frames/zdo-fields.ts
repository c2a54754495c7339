/** Structures inside ZDO commands. @source ZigBee PRO, 2.3.2 node descriptors, 2.4.4 server services */
import type { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { InvariantError } from '../../base/errors.ts'
import { controlled, type Field, joined, oneOf, record, type ValueOf, writeItems } from '../../base/frame.ts'
import { bits, choice, flag } from '../../base/frame-control.ts'
import { eui64, list, named, u8, u16 } from '../../base/frame-fields.ts'
import { capability } from './capability.ts'

/** What a node is; sizes in octets. */
export const nodeDescriptor = controlled(
  'node descriptor flags',
  2,
  {
    logicalType: choice(0, 3, { coordinator: 0, router: 1, 'end device': 2 }),
    complexDescriptor: flag(3),
    userDescriptor: flag(4),
    apsFlags: bits(8, 3),
    /** 8: 2.4 GHz; 1: 868 MHz; 4: 915 MHz. */
    frequencyBand: bits(11, 5),
  },
  {
    capability,
    manufacturerCode: u16,
    maximumBufferSize: u8,
    maximumIncomingTransferSize: u16,
    /** Bit 0: primary trust centre; bits 9 to 15: revision of the standard, 0 before R21. */
    serverMask: u16,
    maximumOutgoingTransferSize: u16,
    descriptorCapability: u8,
  },
)
export type NodeDescriptor = ValueOf<typeof nodeDescriptor>

/** What an endpoint is. Its names are those of the port's SimpleDescriptor. */
export const simpleDescriptor = joined(
  record({ endpoint: u8, profileId: u16, deviceId: u16 }),
  controlled(
    'device version',
    1,
    { deviceVersion: bits(0, 4) },
    { inputClusters: list(u16), outputClusters: list(u16) },
  ),
)

/** Where a binding leads. */
const bindingDestination = oneOf(
  controlled('destination address mode', 1, { mode: choice(0, 8, { group: 1 }) }, { groupAddress: u16 }),
  controlled('destination address mode', 1, { mode: choice(0, 8, { endpoint: 3 }) }, { device: eui64, endpoint: u8 }),
)

/** What is sent from a cluster of an endpoint, and where to. */
export const binding = record({ source: eui64, sourceEndpoint: u8, clusterId: u16, destination: bindingDestination })

/** A neighbour, as Mgmt_Lqi_rsp lists it. */
export const neighbour = joined(
  record({ extendedPanId: eui64, device: eui64, address: u16 }),
  controlled(
    'neighbour flags',
    1,
    {
      deviceType: choice(0, 2, { coordinator: 0, router: 1, 'end device': 2, unknown: 3 }),
      rxOnWhenIdle: choice(2, 2, { no: 0, yes: 1, unknown: 2 }),
      relationship: choice(4, 3, { parent: 0, child: 1, sibling: 2, none: 3, 'previous child': 4 }),
    },
    { permitJoining: named({ no: 0, yes: 1, unknown: 2 }), depth: u8, lqi: u8 },
  ),
)

const ROUTE_STATUS = {
  active: 0,
  'discovery underway': 1,
  'discovery failed': 2,
  inactive: 3,
  'validation underway': 4,
} as const

/** A route, as Mgmt_Rtg_rsp lists it. */
export const route = joined(
  record({ destination: u16 }),
  controlled(
    'route flags',
    1,
    {
      status: choice(0, 3, ROUTE_STATUS),
      memoryConstrained: flag(3),
      manyToOne: flag(4),
      routeRecordRequired: flag(5),
    },
    { nextHop: u16 },
  ),
)

/** Addresses of a node's children, as NWK_addr_rsp and IEEE_addr_rsp list them: with none, nothing follows the length. */
export const associatedDevices: Field<{ startIndex: number; addresses: readonly number[] }> = {
  read(reader: ByteReader) {
    const length = u8.read(reader)
    if (length === 0) return { startIndex: 0, addresses: [] }
    const startIndex = u8.read(reader)
    return { startIndex, addresses: Array.from({ length }, () => u16.read(reader)) }
  },
  write(writer: ByteWriter, { startIndex, addresses }, where) {
    if (addresses.length === 0 && startIndex > 0) {
      throw new InvariantError(`${where}.startIndex: ${startIndex} found, 0 expected, for there are no addresses`)
    }
    u8.write(writer, addresses.length, `${where}.addresses length`)
    if (addresses.length === 0) return
    u8.write(writer, startIndex, `${where}.startIndex`)
    writeItems(writer, u16, addresses, `${where}.addresses`)
  },
}
