/**
 * The device object of a ZNP as hosts use it: what they ask other nodes, or this one, goes over the air, and the answers
 * come back as the air brought them. @source TI, Z-Stack Monitor and Test API, 3.12; Z-Stack, MT_ZDO.c, ZDProfile.c
 */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { WireError } from '../../base/errors.ts'
import { type Field, record, trailing } from '../../base/frame.ts'
import { eui64, rest, u8, u16, u32 } from '../../base/frame-fields.ts'
import { seconds } from '../../base/time.ts'
import type { NetworkProcessor, ReceivedMessage } from '../../ports/network-processor.ts'
import type { Timer, Timers } from '../../ports/time.ts'
import { type AreqName, mtName, type RequestOf } from '../../wire/znp/mt.ts'
import { ADDRESS_MODE, STATUS } from '../../wire/znp/status.ts'
import { LONGEST_DATA, SUBSYSTEM } from '../../wire/znp/unpi.ts'
import { encodeZdo, type ZdoCommand } from '../../zigbee/frames/zdo.ts'
import type { DeviceTable } from './device-table.ts'
import type { Handlers, Tell } from './handlers.ts'
import type { Standing } from './standing.ts'

export interface DeviceObjectOptions {
  network: NetworkProcessor
  standing: Standing
  devices: DeviceTable
  timers: Timers
  tell: Tell
}

/** Clusters whose requests have no frame of their own in our stack. @source ZigBee PRO, table 2-93 */
const [POWER_DESCRIPTOR, NETWORK_UPDATE] = [0x0003, 0x0038]
const DEVICE_ANNOUNCE = 0x0013
const RESPONSE = 0x8000
/** Responses to clusters below this have a command of their own. */
const FIRST_WITHOUT_COMMAND = 0x0040
const OWN_ADDRESS = 0
/** An answer that no frame of the line has room for: behind who gave it. */
const LONGEST_BODY = LONGEST_DATA - 2
/** Nodes that listen; routers and coordinator. @source ZigBee PRO, 3.6.5 */
const [LISTENING, ROUTERS] = [0xfffd, 0xfffc]
const FIRST_BROADCAST = 0xfff8
const FOR_EVER_S = 255
/** Scan durations that are no scan but a change of the channel or of the manager. @source ZigBee PRO, 2.4.3.3.9 */
const [CHANGE_CHANNEL, LONGEST_SCAN] = [0xfe, 5]

type Unnumbered = ZdoCommand extends infer C ? (C extends ZdoCommand ? Omit<C, 'sequence'> : never) : never
const powerRequest = record({ address: u16 })
const updateRequest = record({ channels: u32, scanDuration: u8, scanCount: trailing(u8) })
const announcement = record({ address: u16, device: eui64, capability: u8 })
/** As on the air: the number of associated devices first. */
const addressResponse = record({
  status: u8,
  device: trailing(eui64),
  address: trailing(u16),
  associatedCount: trailing(u8),
  startIndex: trailing(u8),
  associated: trailing(rest),
})

export class DeviceObject {
  readonly handlers: Handlers
  /** Answers of others that could not be read, or are longer than any. */
  malformed = 0
  private readonly options: DeviceObjectOptions
  private sequence = 0
  private door: Timer | undefined

  constructor(options: DeviceObjectOptions) {
    this.options = options
    const { network } = options
    this.handlers = {
      ZDO_NWK_ADDR_REQ: ({ device, requestType, startIndex }) => {
        const to = device === network.eui64 ? OWN_ADDRESS : LISTENING
        return this.ask(to, { name: 'NwkAddressRequest', device, requestType, startIndex })
      },
      ZDO_IEEE_ADDR_REQ: ({ address, requestType, startIndex }) =>
        this.ask(address, { name: 'IeeeAddressRequest', address, requestType, startIndex }),
      ZDO_NODE_DESC_REQ: ({ destination, addressOfInterest: address }) =>
        this.ask(destination, { name: 'NodeDescriptorRequest', address }),
      ZDO_POWER_DESC_REQ: ({ destination, addressOfInterest: address }) =>
        this.askRaw(destination, POWER_DESCRIPTOR, powerRequest, { address }),
      ZDO_SIMPLE_DESC_REQ: ({ destination, addressOfInterest: address, endpoint }) =>
        this.ask(destination, { name: 'SimpleDescriptorRequest', address, endpoint }),
      ZDO_ACTIVE_EP_REQ: ({ destination, addressOfInterest: address }) =>
        this.ask(destination, { name: 'ActiveEndpointsRequest', address }),
      ZDO_MATCH_DESC_REQ: ({ destination, addressOfInterest: address, ...wanted }) =>
        this.ask(destination, { name: 'MatchDescriptorRequest', address, ...wanted }),
      ZDO_BIND_REQ: request => this.askToBind('BindRequest', request),
      ZDO_UNBIND_REQ: request => this.askToBind('UnbindRequest', request),
      ZDO_MGMT_LQI_REQ: ({ destination, startIndex }) =>
        this.ask(destination, { name: 'ManagementLqiRequest', startIndex }),
      ZDO_MGMT_RTG_REQ: ({ destination, startIndex }) =>
        this.ask(destination, { name: 'ManagementRoutingRequest', startIndex }),
      ZDO_MGMT_BIND_REQ: ({ destination, startIndex }) =>
        this.ask(destination, { name: 'ManagementBindRequest', startIndex }),
      ZDO_MGMT_LEAVE_REQ: ({ destination, device, flags }) => {
        const wish = { removeChildren: (flags & 0x40) !== 0, rejoin: (flags & 0x80) !== 0 }
        return this.ask(destination, { name: 'ManagementLeaveRequest', device, ...wish })
      },
      ZDO_MGMT_PERMIT_JOIN_REQ: request => this.permitJoining(request),
      ZDO_MGMT_NWK_UPDATE_REQ: request => this.update(request),
      // Routes are found when something is sent; there is no order to look for one beforehand.
      ZDO_EXT_ROUTE_DISC: () => ({ status: options.standing.isUp ? STATUS.SUCCESS : STATUS.NWK_INVALID_REQUEST }),
    }
  }

  /** The stick starts: the network is closed. */
  restart(): void {
    this.door?.cancel()
    this.door = undefined
    if (this.options.network.network) this.options.network.permitJoining(0)
  }

  received({ clusterId, asdu, from }: ReceivedMessage): void {
    const body = asdu.subarray(1)
    if (body.length > LONGEST_BODY) {
      this.malformed++
      return
    }
    try {
      if (clusterId === DEVICE_ANNOUNCE) this.announced(from, body)
      else if (clusterId >= RESPONSE && clusterId < RESPONSE + FIRST_WITHOUT_COMMAND)
        this.answered(from, clusterId, body)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.malformed++
    }
  }

  private announced(source: number, body: Uint8Array): void {
    const { devices, tell } = this.options
    const announced = announcement.read(new ByteReader(body))
    devices.announced(announced.device, announced.address, announced.capability)
    tell('ZDO_END_DEVICE_ANNCE_IND', { source, ...announced })
  }
  private answered(source: number, clusterId: number, body: Uint8Array): void {
    const name = mtName(SUBSYSTEM.ZDO, 0x80 | (clusterId & 0x7f)) as AreqName | undefined
    const { tell } = this.options
    switch (name) {
      case undefined:
        return
      case 'ZDO_NWK_ADDR_RSP':
      case 'ZDO_IEEE_ADDR_RSP': {
        const { associated, ...known } = addressResponse.read(new ByteReader(body))
        // A single device has nothing behind its address on the air; here both numbers stand there.
        const counts = known.address === undefined ? {} : { startIndex: 0, associatedCount: 0 }
        return tell(name, { ...counts, ...known, ...(associated && { associated }) })
      }
      default:
        return tell(name, { source, body: body.slice() })
    }
  }

  private ask(to: number, command: Unnumbered): { status: number } {
    return this.send(to, encodeZdo({ ...command, sequence: this.nextSequence() } as ZdoCommand))
  }
  private askRaw<T>(to: number, clusterId: number, fields: Field<T>, value: T): { status: number } {
    const writer = new ByteWriter().uint(1, this.nextSequence())
    fields.write(writer, value, 'zdo')
    return this.send(to, { clusterId, asdu: writer.finish() })
  }
  private askToBind(
    name: 'BindRequest' | 'UnbindRequest',
    { destination: to, source, sourceEndpoint, clusterId, mode, target, targetEndpoint }: RequestOf<'ZDO_BIND_REQ'>,
  ): { status: number } {
    const reader = new ByteReader(target)
    switch (mode) {
      case ADDRESS_MODE.GROUP: {
        const destination = { mode: 'group', groupAddress: reader.uint(2) } as const
        return this.ask(to, { name, source, sourceEndpoint, clusterId, destination })
      }
      case ADDRESS_MODE.EXTENDED: {
        const destination = { mode: 'endpoint', device: reader.eui64(), endpoint: targetEndpoint } as const
        return this.ask(to, { name, source, sourceEndpoint, clusterId, destination })
      }
      default:
        return { status: STATUS.INVALID_PARAMETER }
    }
  }

  /** As Z-Stack asks: without acknowledgement; a question that nobody hears is never answered. */
  private send(to: number, { clusterId, asdu }: { clusterId: number; asdu: Uint8Array }): { status: number } {
    const { network, standing } = this.options
    if (!standing.isUp) return { status: STATUS.NWK_INVALID_REQUEST }
    const message = { profileId: 0, clusterId, sourceEndpoint: 0, destinationEndpoint: 0, asdu }
    if (to >= FIRST_BROADCAST) network.broadcast(to, message)
    else network.unicast(to, message, { ackRequest: false }, () => {})
    return { status: STATUS.SUCCESS }
  }
  private nextSequence(): number {
    this.sequence = (this.sequence + 1) % 256
    return this.sequence
  }

  /** By unicast to 0xfffc the coordinator alone is meant. @source Z-Stack, MT_ZDO.c */
  private permitJoining(request: RequestOf<'ZDO_MGMT_PERMIT_JOIN_REQ'>): { status: number } {
    const { mode, destination, durationS, trustCentreSignificance } = request
    if (!this.options.standing.isUp) return { status: STATUS.NWK_INVALID_REQUEST }
    const isBroadcast = mode === ADDRESS_MODE.BROADCAST || destination > ROUTERS
    const isOwn = isBroadcast || destination === OWN_ADDRESS || destination === ROUTERS
    if (isBroadcast || !isOwn) {
      const significance = trustCentreSignificance !== 0
      const name = 'ManagementPermitJoiningRequest'
      this.ask(destination, { name, durationS, trustCentreSignificance: significance })
    }
    if (isOwn) {
      this.open(durationS)
      this.options.tell('ZDO_MGMT_PERMIT_JOIN_RSP', { source: OWN_ADDRESS, body: Uint8Array.of(STATUS.SUCCESS) })
    }
    return { status: STATUS.SUCCESS }
  }
  private open(durationS: number): void {
    const { network, timers, tell } = this.options
    network.permitJoining(durationS)
    tell('ZDO_PERMIT_JOIN_IND', { durationS })
    this.door?.cancel()
    this.door = undefined
    if (durationS === 0 || durationS === FOR_EVER_S) return
    this.door = timers.after(seconds(durationS), 'znp: join window', () =>
      tell('ZDO_PERMIT_JOIN_IND', { durationS: 0 }),
    )
  }

  /** Measurements are asked of others; this node cannot change its channel while it is on a network. */
  private update(request: RequestOf<'ZDO_MGMT_NWK_UPDATE_REQ'>): { status: number } {
    const { destination, channels, scanDuration, scanCount } = request
    if (scanDuration >= CHANGE_CHANNEL) return { status: STATUS.FAILURE }
    const count = scanDuration <= LONGEST_SCAN ? { scanCount } : {}
    return this.askRaw(destination, NETWORK_UPDATE, updateRequest, { channels, scanDuration, ...count })
  }
}
