/** What a hub tells a home: what energy costs now, and the last message from the supplier. The words both ends use. */
import type { CommandPayload } from '../zcl/clusters.ts'
import { UNIT } from './meter-registers.ts'

export type Fuel = 'electricity' | 'gas'

/** Longest rate label, octets. @source ZigBee Smart Energy 1.1, Publish Price: 12 characters */
export const LABEL_OCTETS = 12
/**
 * Longest text of a message, octets: what 128 octets have room for beside header and fields.
 * @source ZigBee Smart Energy, profile constants: maximum incoming transfer size
 */
export const MESSAGE_OCTETS = 128 - 3 - 12
/** A duration that ends when something else is published. @source ZigBee Smart Energy 1.1, Publish Price, Display Message */
export const UNTIL_CHANGED = 0xffff
/** Message Control: whoever shows it is to confirm it. @source ZigBee Smart Energy 1.1, Display Message */
export const CONFIRM = 0x80

/** A price per unit: kWh of electricity, m3 of gas. */
export interface Price {
  /** As the supplier calls it; 12 octets at most. */
  label: string
  /** In 10^-digits of the currency. */
  price: number
  digits: number
  /** ISO 4217 number; 826 is the pound sterling. */
  currency: number
}

export interface Message {
  id: number
  /** 113 octets at most. */
  text: string
}

/** @source ZigBee Smart Energy 1.1 has no other word for the fuel on an ESI for both; telling by the unit: assumed */
const UNIT_OF: Record<Fuel, number> = { electricity: UNIT.kWh, gas: UNIT.m3 }
const UTF8 = new TextDecoder()

export type PublishPrice = CommandPayload<'Price', 'PublishPrice', 'toClient'>
export type DisplayMessage = CommandPayload<'Messaging', 'DisplayMessage', 'toClient'>

/** A price as it goes over the air. Times are ZigBee UTC, `minutes` how long it holds from its start on. */
export function toPublishPrice(
  fuel: Fuel,
  { label, price, digits, currency }: Price,
  when: { nowUtc: number; startUtc: number; minutes: number; eventId: number },
): PublishPrice {
  return {
    providerId: 0,
    rateLabel: new TextEncoder().encode(label),
    issuerEventId: when.eventId,
    currentTime: when.nowUtc,
    unitOfMeasure: UNIT_OF[fuel],
    currency,
    // A flat tariff: no tiers beside the first. @source assumed
    priceTrailingDigitAndPriceTier: (digits << 4) | 1,
    numberOfPriceTiersAndRegisterTier: (1 << 4) | 1,
    startTime: when.startUtc,
    durationInMinutes: when.minutes,
    price,
    priceRatio: 0xff,
    generationPrice: 0xffff_ffff,
    generationPriceRatio: 0xff,
  }
}

/** The price in a Publish Price; a text says why it is none that holds now. */
export function fromPublishPrice(payload: PublishPrice): { fuel: Fuel; price: Price } | string {
  const { rateLabel, unitOfMeasure, currency, priceTrailingDigitAndPriceTier, startTime, currentTime, price } = payload
  const fuel = (['electricity', 'gas'] as const).find(known => UNIT_OF[known] === unitOfMeasure)
  if (!fuel) return `unit of measure ${unitOfMeasure}`
  if (rateLabel && rateLabel.length > LABEL_OCTETS) return `rate label of ${rateLabel.length} octets`
  if (startTime > currentTime) return 'a price that does not hold yet'
  const label = rateLabel ? UTF8.decode(rateLabel) : ''
  if (new TextEncoder().encode(label).length > LABEL_OCTETS) return 'a rate label that is no text'
  return { fuel, price: { label, price, digits: priceTrailingDigitAndPriceTier >> 4, currency } }
}

/** The message in a Display Message; a text says why it is none that can be shown. */
export function fromDisplayMessage({ messageId, message }: DisplayMessage): Message | string {
  if (message === null) return 'a message without text'
  const { length } = new TextEncoder().encode(message)
  return length > MESSAGE_OCTETS ? `message of ${length} octets` : { id: messageId, text: message }
}
