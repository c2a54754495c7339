/** Messages between the host and the network, those of the device object (profile 0) included. */
import { ByteReader } from '../../base/bytes.ts'
import { InvariantError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import type { DeliveryOutcome } from '../../ports/han.ts'
import type { ApsMessage, NetworkProcessor, ReceivedMessage } from '../../ports/network-processor.ts'
import type { Clock, Timers } from '../../ports/time.ts'
import { ANY_DEVICE, APS_OPTION, type ApsFrame, INCOMING, NO_INDEX, OUTGOING } from '../../wire/ezsp/fields.ts'
import { LONGEST_FRAME } from '../../wire/ezsp/frame.ts'
import { TAG_AND_CONTENTS, ZDO_REQUESTS_TO_HOST } from '../../wire/ezsp/settings.ts'
import type { Status } from '../../wire/ezsp/status.ts'
import type { Counters } from './counters.ts'
import type { CallBack, Handlers } from './handlers.ts'
import type { Settings } from './settings.ts'

export interface MessagesOptions {
  processor: NetworkProcessor
  settings: Settings
  counters: Counters
  clock: Clock
  timers: Timers
  isUp: () => boolean
  callBack: CallBack
  onAnnounced: (device: Eui64, address: number, capability: number) => void
}

/** @source EmberZNet, emberMaximumApsPayloadLength without link key and source route */
const LONGEST_PAYLOAD = 82
/** What stands around a message in the longest callback: header, kind, APS frame, packet info, length. */
const LONGEST_INCOMING = LONGEST_FRAME - (5 + 1 + 11 + 18 + 1)
const FIRST_BROADCAST = 0xfff8
const BROADCASTS: readonly number[] = [0xffff, 0xfffd, 0xfffc]
const ZDO_PROFILE = 0
const DEVICE_ANNCE = 0x0013
const ZDO_RESPONSE = 0x8000
/** A place of the multicast table that is not used. */
const UNUSED = { multicastId: 0, endpoint: 0, networkIndex: 0 }

export interface MessageCounts {
  /** Messages from the network while the host had none up. */
  unheard: number
  /** Messages longer than a frame to the host may be. */
  oversized: number
  /** Messages to groups that the host is not a member of. */
  otherGroups: number
}

export class Messages {
  readonly counts: MessageCounts = { unheard: 0, oversized: 0, otherGroups: 0 }
  private readonly options: MessagesOptions
  private groups: (typeof UNUSED)[] = []
  private underWay = 0
  /** Counts starts: of what was sent before the last one the host hears nothing. */
  private life = 0

  constructor(options: MessagesOptions) {
    this.options = options
  }

  reset(): void {
    this.life++
    this.underWay = 0
    this.groups = []
  }

  onMessage(message: ReceivedMessage): void {
    const { from, device, delivery, counter, lqi, rssiDbm, asdu, ...addressed } = message
    const { settings, counters, clock, callBack, isUp } = this.options
    if (addressed.profileId === ZDO_PROFILE) {
      this.heedAnnouncement(message)
      const isForHost = addressed.clusterId === DEVICE_ANNCE || (addressed.clusterId & ZDO_RESPONSE) !== 0
      if (!isForHost && !(settings.config('applicationZdoFlags') & ZDO_REQUESTS_TO_HOST)) return
    }
    if (!isUp()) return void this.counts.unheard++
    if (asdu.length > LONGEST_INCOMING) return void this.counts.oversized++
    const groupId = typeof delivery === 'object' ? delivery.group : 0
    if (typeof delivery === 'object' && !this.isMember(groupId)) return void this.counts.otherGroups++
    counters.count(delivery === 'unicast' ? 'apsDataRxUnicast' : 'apsDataRxBroadcast')
    callBack('incomingMessageHandler', {
      type: typeof delivery === 'object' ? INCOMING.multicast : INCOMING[delivery],
      apsFrame: { ...addressed, options: APS_OPTION.enableRouteDiscovery, groupId, sequence: counter },
      senderShortId: from,
      senderLongId: device ?? ANY_DEVICE,
      ...{ bindingIndex: NO_INDEX, addressIndex: NO_INDEX },
      lastHopLqi: Math.max(0, Math.min(255, Math.round(lqi))),
      lastHopRssi: Math.max(-128, Math.min(127, Math.round(rssiDbm))),
      lastHopTimestamp: Math.floor(clock.nowUs() / 1_000) % 2 ** 32,
      message: asdu.slice(),
    })
  }

  readonly handlers = {
    maximumPayloadLength: () => ({ apsLength: LONGEST_PAYLOAD }),
    sendUnicast: ({ type, indexOrDestination, apsFrame, messageTag, message }) => {
      // Without an address table and bindings there is only one way to say where to.
      if (type !== OUTGOING.direct || indexOrDestination >= FIRST_BROADCAST) return refused('INVALID_PARAMETER')
      return this.unicast(indexOrDestination, { apsFrame, message }, messageTag)
    },
    // No room for answers is kept in acknowledgements: it goes as a message of its own. @source assumed
    sendReply: ({ sender, apsFrame, message }) => this.unicast(sender, { apsFrame, message }, 0),
    sendBroadcast: ({ destination, apsFrame, messageTag, message }) => {
      if (!BROADCASTS.includes(destination)) return refused('INVALID_PARAMETER')
      const where = { type: OUTGOING.broadcast, indexOrDestination: destination }
      return this.toMany(where, { apsFrame, message }, messageTag, sent =>
        this.options.processor.broadcast(destination, sent),
      )
    },
    sendMulticast: ({ apsFrame, messageTag, message }) => {
      const where = { type: OUTGOING.multicast, indexOrDestination: apsFrame.groupId }
      return this.toMany(where, { apsFrame, message }, messageTag, sent =>
        this.options.processor.multicast(apsFrame.groupId, sent),
      )
    },
    getMulticastTableEntry: ({ index }) => {
      if (index >= this.options.settings.config('multicastTableSize')) return { status: 'INVALID_INDEX', entry: UNUSED }
      return { status: 'OK', entry: this.groups[index] ?? UNUSED }
    },
    setMulticastTableEntry: ({ index, entry }) => {
      if (index >= this.options.settings.config('multicastTableSize')) return { status: 'INVALID_INDEX' }
      while (this.groups.length <= index) this.groups.push(UNUSED)
      this.groups[index] = entry
      return { status: 'OK' }
    },
  } satisfies Partial<Handlers>

  private unicast(to: number, { apsFrame, message }: Said, messageTag: number) {
    const { processor, settings, counters } = this.options
    const refusal = this.refusal(apsFrame, message)
    if (refusal) return refused(refusal)
    if (this.underWay >= settings.config('apsUnicastMessageCount')) return refused('ZIGBEE_MAX_MESSAGE_LIMIT_REACHED')
    const { life } = this
    const ackRequest = (apsFrame.options & APS_OPTION.retry) !== 0
    this.underWay++
    const sequence = processor.unicast(to, apsMessage(apsFrame, message), { ackRequest }, outcome => {
      if (life !== this.life) return
      this.underWay--
      counters.count(outcome === 'delivered' ? 'apsDataTxUnicastSuccess' : 'apsDataTxUnicastFailed')
      const where = { type: OUTGOING.direct, indexOrDestination: to }
      this.sent(STATUS_OF[outcome], where, { apsFrame: { ...apsFrame, sequence }, message }, messageTag)
    })
    return { status: 'OK' as const, sequence }
  }

  private toMany(where: Where, { apsFrame, message }: Said, messageTag: number, send: (sent: ApsMessage) => number) {
    const { timers, counters } = this.options
    const refusal = this.refusal(apsFrame, message)
    if (refusal) return refused(refusal)
    let sequence: number
    try {
      sequence = send(apsMessage(apsFrame, message))
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error
      return refused('MESSAGE_TOO_LONG')
    }
    counters.count('apsDataTxBroadcast')
    const { life } = this
    timers.after(0, 'ncp: sent to many', () => {
      if (life === this.life) this.sent('OK', where, { apsFrame: { ...apsFrame, sequence }, message }, messageTag)
    })
    return { status: 'OK' as const, sequence }
  }

  private refusal({ options }: ApsFrame, message: Uint8Array): Status | undefined {
    if (!this.options.isUp()) return 'NETWORK_DOWN'
    // The network processor has no link keys that a message could be encrypted with.
    if (options & APS_OPTION.encryption) return 'ZIGBEE_APS_ENCRYPTION_ERROR'
    if (options & APS_OPTION.fragment || message.length > LONGEST_PAYLOAD) return 'MESSAGE_TOO_LONG'
    return undefined
  }

  private sent(status: Status, where: Where, { apsFrame, message }: Said, messageTag: number): void {
    const isWanted = this.options.settings.policy('messageContentsInCallback') === TAG_AND_CONTENTS
    const contents = isWanted ? message : new Uint8Array()
    this.options.callBack('messageSentHandler', { status, ...where, apsFrame, messageTag, message: contents })
  }

  private isMember(group: number): boolean {
    return this.groups.some(({ multicastId, endpoint }) => endpoint !== 0 && multicastId === group)
  }

  private heedAnnouncement({ clusterId, asdu }: ReceivedMessage): void {
    // Sequence, short address, EUI-64, capability.
    if (clusterId !== DEVICE_ANNCE || asdu.length < 12) return
    const reader = new ByteReader(asdu.subarray(1))
    const address = reader.uint(2)
    this.options.onAnnounced(reader.eui64(), address, reader.uint(1))
  }
}

interface Said {
  apsFrame: ApsFrame
  message: Uint8Array
}
interface Where {
  type: number
  indexOrDestination: number
}

const refused = (status: Status) => ({ status, sequence: 0 })

const apsMessage = (apsFrame: ApsFrame, asdu: Uint8Array): ApsMessage => {
  const { profileId, clusterId, sourceEndpoint, destinationEndpoint } = apsFrame
  return { profileId, clusterId, sourceEndpoint, destinationEndpoint, asdu }
}

const STATUS_OF: Record<DeliveryOutcome, Status> = {
  delivered: 'OK',
  'no-ack': 'ZIGBEE_DELIVERY_FAILED',
  expired: 'ZIGBEE_DELIVERY_FAILED',
  'unknown-destination': 'ZIGBEE_DELIVERY_FAILED',
  'not-joined': 'NETWORK_DOWN',
}
