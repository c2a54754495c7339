/** Data from and to the endpoints of a ZNP. @source TI, Z-Stack Monitor and Test API, 3.2; Z-Stack, MT_AF.c, AF.c */
import type { Eui64 } from '../../base/ids.ts'
import { milliseconds } from '../../base/time.ts'
import type { DeliveryOutcome } from '../../ports/han.ts'
import type { ApsMessage, NetworkProcessor, ReceivedMessage } from '../../ports/network-processor.ts'
import type { Clock, Timers } from '../../ports/time.ts'
import type { RequestOf } from '../../wire/znp/mt.ts'
import { ACK_REQUEST, ADDRESS_MODE, STATUS } from '../../wire/znp/status.ts'
import { LONGEST_DATA } from '../../wire/znp/unpi.ts'
import type { Endpoints } from './endpoints.ts'
import type { Handlers, Tell } from './handlers.ts'
import type { Standing } from './standing.ts'

export interface ApplicationFrameworkOptions {
  network: NetworkProcessor
  standing: Standing
  endpoints: Endpoints
  clock: Clock
  timers: Timers
  tell: Tell
}

/** Data requests whose outcome is not known yet. @source assumed */
const MOST_UNDER_WAY = 64
/** Long messages that wait to be fetched. @source assumed */
const MOST_LONG = 16
/** What stands beside the data in AF_INCOMING_MSG, the last hop included. */
const INCOMING_OVERHEAD = 20
/** A broadcast counts as sent after this. @source assumed */
const BROADCAST_US = milliseconds(5)
/** Timestamps count backoff periods. @source IEEE 802.15.4-2006, aUnitBackoffPeriod at 2.4 GHz */
const BACKOFF_PERIOD_US = 320
/** From here on, short addresses are those of broadcasts. @source ZigBee PRO, 3.6.5 */
const FIRST_BROADCAST = 0xfff8

type Common = Pick<
  RequestOf<'AF_DATA_REQUEST'>,
  'destinationEndpoint' | 'sourceEndpoint' | 'clusterId' | 'transaction' | 'options' | 'data'
>
type Destination = { short: number } | { group: number }

export class ApplicationFramework {
  readonly handlers: Handlers
  /** Long messages that no host has fetched before too many others came. */
  unfetched = 0
  private readonly options: ApplicationFrameworkOptions
  private underWay = 0
  /** Counts starts and hosts: outcomes of an earlier life are nobody's. */
  private life = 0
  /** By their timestamps. */
  private readonly long = new Map<number, Uint8Array>()

  constructor(options: ApplicationFrameworkOptions) {
    this.options = options
    this.handlers = {
      ...options.endpoints.handlers,
      AF_DATA_REQUEST: request => ({ status: this.request({ short: request.destination }, request) }),
      AF_DATA_REQUEST_EXT: request => {
        const destination = this.destinationOf(request)
        return { status: typeof destination === 'number' ? destination : this.request(destination, request) }
      },
      AF_DATA_RETRIEVE: ({ timestamp, index, length }) => this.retrieve(timestamp, index, length),
    }
  }

  /** Another host, or another start of the stick. */
  restart(): void {
    this.life++
    this.underWay = 0
    this.long.clear()
  }

  received(message: ReceivedMessage): void {
    for (const endpoint of this.options.endpoints.addressedBy(message)) this.incoming(message, endpoint)
  }

  private incoming(message: ReceivedMessage, destinationEndpoint: number): void {
    const { asdu, clusterId, delivery, from, sourceEndpoint, lqi, counter } = message
    const { standing, tell } = this.options
    const common = {
      group: typeof delivery === 'object' ? delivery.group : 0,
      clusterId,
      sourceEndpoint,
      destinationEndpoint,
      wasBroadcast: delivery === 'unicast' ? 0 : 1,
      lqi,
      securityUse: 0,
      timestamp: this.timestamp(),
      sequence: counter,
    }
    if (asdu.length + INCOMING_OVERHEAD <= LONGEST_DATA) {
      tell('AF_INCOMING_MSG', { ...common, source: from, data: asdu })
      return
    }
    const [oldest] = this.long.keys()
    if (oldest !== undefined && this.long.size >= MOST_LONG) {
      this.long.delete(oldest)
      this.unfetched++
    }
    this.long.set(common.timestamp, asdu.slice())
    tell('AF_INCOMING_MSG_EXT', {
      ...common,
      mode: ADDRESS_MODE.SHORT,
      source: from.toString(16).padStart(16, '0'),
      sourcePanId: standing.network?.panId ?? 0,
      length: asdu.length,
    })
  }
  /** By which a long message is fetched: no two that wait have the same. */
  private timestamp(): number {
    let timestamp = Math.floor(this.options.clock.nowUs() / BACKOFF_PERIOD_US) % 2 ** 32
    while (this.long.has(timestamp)) timestamp = (timestamp + 1) % 2 ** 32
    return timestamp
  }
  /** A length of 0 says that it has been fetched. */
  private retrieve(timestamp: number, index: number, length: number): { status: number; data: Uint8Array } {
    const message = this.long.get(timestamp)
    const nothing = new Uint8Array()
    if (!message) return { status: STATUS.FAILURE, data: nothing }
    if (length === 0) {
      this.long.delete(timestamp)
      return { status: STATUS.SUCCESS, data: nothing }
    }
    if (index + length > message.length || length > LONGEST_DATA - 2) {
      return { status: STATUS.INVALID_PARAMETER, data: nothing }
    }
    return { status: STATUS.SUCCESS, data: message.slice(index, index + length) }
  }

  /** A status when it is none that can be reached. */
  private destinationOf(request: RequestOf<'AF_DATA_REQUEST_EXT'>): Destination | number {
    const { mode, destination, destinationPanId } = request
    const { network, standing } = this.options
    // Frames to other networks are not played.
    if (destinationPanId !== 0 && destinationPanId !== standing.network?.panId) return STATUS.INVALID_PARAMETER
    const low = Number.parseInt(destination.slice(-4), 16)
    switch (mode) {
      case ADDRESS_MODE.GROUP:
        return { group: low }
      case ADDRESS_MODE.SHORT:
      case ADDRESS_MODE.BROADCAST:
        return { short: low }
      case ADDRESS_MODE.EXTENDED:
        return this.shortOf(destination, network)
      default:
        return STATUS.INVALID_PARAMETER
    }
  }
  private shortOf(device: Eui64, network: NetworkProcessor): Destination | number {
    const short = device === network.eui64 ? 0 : network.addressOf(device)
    return short === undefined ? STATUS.NWK_NO_ROUTE : { short }
  }

  /** The status of the request; what becomes of it is told later. @throws InvariantError when it does not fit */
  private request(to: Destination, request: Common): number {
    const { sourceEndpoint, destinationEndpoint, clusterId, data, transaction, options } = request
    const { network, standing, endpoints, timers, tell } = this.options
    const profileId = endpoints.profileOf(sourceEndpoint)
    if (profileId === undefined) return STATUS.INVALID_PARAMETER
    if (!standing.isUp) return STATUS.NWK_INVALID_REQUEST
    if (this.underWay >= MOST_UNDER_WAY) return STATUS.MEM_ERROR
    const message: ApsMessage = { profileId, clusterId, sourceEndpoint, destinationEndpoint, asdu: data }
    const { life } = this
    const confirm = (status: number) => {
      if (life !== this.life) return
      this.underWay--
      tell('AF_DATA_CONFIRM', { status, endpoint: sourceEndpoint, transaction })
    }
    if ('short' in to && to.short < FIRST_BROADCAST) {
      const ackRequest = (options & ACK_REQUEST) !== 0
      network.unicast(to.short, message, { ackRequest }, outcome => confirm(statusOf(outcome, ackRequest)))
    } else {
      if ('group' in to) network.multicast(to.group, message)
      else network.broadcast(to.short, message)
      timers.after(BROADCAST_US, 'znp: broadcast sent', () => confirm(STATUS.SUCCESS))
    }
    this.underWay++
    return STATUS.SUCCESS
  }
}

function statusOf(outcome: DeliveryOutcome, ackRequest: boolean): number {
  switch (outcome) {
    case 'delivered':
      return STATUS.SUCCESS
    case 'no-ack':
      return ackRequest ? STATUS.APS_NO_ACK : STATUS.MAC_NO_ACK
    case 'expired':
      return STATUS.MAC_TRANSACTION_EXPIRED
    case 'not-joined':
      return STATUS.NWK_INVALID_REQUEST
    case 'unknown-destination':
      return STATUS.NWK_NO_ROUTE
    default:
      return outcome satisfies never
  }
}
