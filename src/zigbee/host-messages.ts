/** Messages between a network and the host of a network processor: what the host sends, and what of the rest it hears. */
import type { ApsPayload, DeliveryOutcome } from '../ports/han.ts'
import type { ApsMessage, ReceivedMessage } from '../ports/network-processor.ts'
import type { Timers } from '../ports/time.ts'
import type { ApsArrival } from './aps/aps.ts'
import { outcomeOf } from './delivery-outcome.ts'
import { ZDO_PROFILE, zdoClusterId } from './frames/zdo.ts'
import type { ZigbeeStack } from './stack.ts'
import { RESPONSE } from './zdo/zdo-names.ts'

/** The host opens its own door itself. */
const PERMIT_JOINING = zdoClusterId('ManagementPermitJoiningRequest')
/** So that a host hears of it before it gives up by itself, after 10 s. @source assumed */
const ATTEMPTS_AT_UNKNOWN = 2

export interface HostMessagesOptions {
  stack: ZigbeeStack
  timers: Timers
  /** The processor is on its network. */
  isUp: () => boolean
  onMessage: (message: ReceivedMessage) => void
}

export class HostMessages {
  private readonly options: HostMessagesOptions

  constructor(options: HostMessagesOptions) {
    this.options = options
  }

  unicast(
    to: number,
    message: ApsMessage,
    options: { ackRequest: boolean },
    onDone: (outcome: DeliveryOutcome) => void,
  ): number {
    const { aps, nwk } = this.options.stack
    const isKnown = () => nwk.eui64Of(to) !== undefined
    const attempts = isKnown() ? {} : { attempts: ATTEMPTS_AT_UNKNOWN }
    return aps.send(to, { ...message, security: 'network' }, { ...options, ...attempts }, reached => {
      const outcome = outcomeOf(reached)
      onDone(outcome === 'no-ack' && !isKnown() ? 'unknown-destination' : outcome)
    })
  }
  /** Its own device object hears it too. */
  broadcast(to: number, message: ApsMessage): number {
    const { stack, timers, isUp } = this.options
    const payload: ApsPayload = { ...message, security: 'network' }
    const counter = stack.aps.broadcast(to, payload)
    if (!isOfDeviceObject(message) || message.clusterId === PERMIT_JOINING) return counter
    const own = { ...payload, asdu: payload.asdu.slice() }
    timers.after(0, 'zigbee overhears itself', () => {
      if (isUp()) stack.zdo.overhear(own)
    })
    return counter
  }
  multicast(group: number, message: Omit<ApsMessage, 'destinationEndpoint'>): number {
    return this.options.stack.aps.multicast(group, message)
  }

  received(from: ApsArrival, { security: _, ...message }: ApsPayload): void {
    const { stack, isUp, onMessage } = this.options
    const { address, eui64: device, delivery, counter, lqi, rssiDbm } = from
    // What a host asks its own device object, it does not hear.
    const isOwnRequest = address === stack.nwk.address && isOfDeviceObject(message) && !isResponse(message)
    if (!isUp() || isOwnRequest) return
    onMessage({ ...message, from: address, device, delivery, counter, lqi, rssiDbm })
  }
}

const isOfDeviceObject = ({ profileId, destinationEndpoint }: ApsMessage): boolean =>
  profileId === ZDO_PROFILE && destinationEndpoint === 0
const isResponse = ({ clusterId }: ApsMessage): boolean => (clusterId & RESPONSE) !== 0
