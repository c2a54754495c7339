/** What became of a frame, as each kind of stick tells it. */
import type { DeliveryOutcome } from '../../ports/han.ts'
import type { HerdsmanDriver } from './drivers.ts'
import type { Adapter, EzspLayer } from './library.ts'

export interface Delivery {
  /** Hands a frame over by `send`, which is given these very octets; resolves with the frame's outcome, never rejects. */
  of(octets: Buffer, send: () => Promise<unknown>): Promise<DeliveryOutcome>
}

export function deliveryOf(driver: HerdsmanDriver, adapter: Adapter): Delivery {
  if (driver === 'ember' && 'ezsp' in adapter) return new EzspDelivery(adapter.ezsp as EzspLayer)
  return { of: (_, send) => handedOver(send) }
}

/** Resolves when the stick has told: a frame that was refused says why in its error. */
async function handedOver(send: () => Promise<unknown>): Promise<DeliveryOutcome> {
  try {
    await send()
    return 'delivered'
  } catch (error) {
    return outcomeOf(error)
  }
}

/** @source Z-Stack, ZComDef.h: MAC and NWK status codes */
const MAC_TRANSACTION_EXPIRED = 0xf0
const BUFFER_FULL = 0x11

/** @source zigbee-herdsman 10.9.5: a DataConfirmError has a code; other errors have words */
function outcomeOf(error: unknown): DeliveryOutcome {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === MAC_TRANSACTION_EXPIRED || code === BUFFER_FULL) return 'expired'
  const text = error instanceof Error ? error.message : ''
  if (/NETWORK_DOWN/.test(text)) return 'not-joined'
  return /MESSAGE_LIMIT|BUSY|ALLOCATION_FAILED/.test(text) ? 'expired' : 'no-ack'
}

/** Sent, and never told of: as many are remembered. */
const MOST_UNDER_WAY = 256
const OK = 0
/** @source ZigBee PRO, 2.4: the ZigBee device profile */
const DEVICE_OBJECT = 0
/** APS option: asks for an acknowledgement, and repeats without one. @source UG100, EmberApsOption */
const RETRY = 0x0040

/**
 * An EZSP stick says later, in a message of its own, whether a frame arrived. The adapter keeps that to itself, and has no
 * frame acknowledged that it expects no answer to; so both are seen to in the layer below it.
 */
class EzspDelivery implements Delivery {
  private readonly underWay = new Map<number, (outcome: DeliveryOutcome) => void>()
  /** Told before the tag was known here. */
  private readonly early = new Map<number, DeliveryOutcome>()
  /** Tags of our frames, by their octets; undefined while they are not handed over yet. */
  private readonly tags = new WeakMap<Buffer, number | undefined>()

  constructor(ezsp: EzspLayer) {
    const send = ezsp.send.bind(ezsp)
    ezsp.send = async (type, to, frame, octets, ...rest) => {
      const ours = this.tags.has(octets)
      if (ours) frame.options |= RETRY
      const [status, tag] = await send(type, to, frame, octets, ...rest)
      if (ours && status === OK) this.tags.set(octets, tag)
      return [status, tag]
    }
    ezsp.on(
      'messageSent',
      (status: number, _type: unknown, _to: unknown, frame: { profileId: number }, tag: number) => {
        // Messages of device objects are the adapter's, and count their tags apart.
        if (frame.profileId !== DEVICE_OBJECT) this.told(tag, status === OK ? 'delivered' : 'no-ack')
      },
    )
  }

  async of(octets: Buffer, send: () => Promise<unknown>): Promise<DeliveryOutcome> {
    this.tags.set(octets, undefined)
    try {
      await send()
    } catch (error) {
      return outcomeOf(error)
    }
    const tag = this.tags.get(octets)
    if (tag === undefined) return 'no-ack'
    const early = this.early.get(tag)
    this.early.delete(tag)
    if (early) return early
    return new Promise(resolve => {
      this.underWay.set(tag, resolve)
      const [oldest] = this.underWay.keys()
      if (this.underWay.size > MOST_UNDER_WAY && oldest !== undefined) this.told(oldest, 'no-ack')
    })
  }

  private told(tag: number, outcome: DeliveryOutcome): void {
    const waiting = this.underWay.get(tag)
    if (waiting) {
      this.underWay.delete(tag)
      return waiting(outcome)
    }
    this.early.set(tag, outcome)
    const [oldest] = this.early.keys()
    if (this.early.size > MOST_UNDER_WAY && oldest !== undefined) this.early.delete(oldest)
  }
}
