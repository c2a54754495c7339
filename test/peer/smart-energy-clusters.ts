/** Clusters of Smart Energy that zigbee-herdsman does not know, as an application of it adds them. @source ZigBee Smart Energy 1.1 */
import { Zcl } from 'zigbee-herdsman'

/** Payment control alone. */
export const PREPAYMENT = {
  name: 'sePrepayment',
  ID: 0x0705,
  attributes: { paymentControl: { name: 'paymentControl', ID: 0, type: Zcl.DataType.BITMAP16 } },
  commands: {},
  commandsResponse: {},
}
const { UINT8, UINT16, UINT32 } = Zcl.DataType
/** Its question, and the fields of its answer. */
export const PRICE = {
  name: 'sePrice',
  ID: 0x0700,
  attributes: {},
  commands: { getCurrentPrice: { name: 'getCurrentPrice', ID: 0, parameters: [{ name: 'options', type: UINT8 }] } },
  commandsResponse: {
    publishPrice: {
      name: 'publishPrice',
      ID: 0,
      parameters: [
        { name: 'providerId', type: UINT32 },
        { name: 'rateLabel', type: Zcl.DataType.OCTET_STR },
        { name: 'eventId', type: UINT32 },
        { name: 'currentTime', type: UINT32 },
        { name: 'unit', type: UINT8 },
        { name: 'currency', type: UINT16 },
        { name: 'digitsAndTier', type: UINT8 },
        { name: 'tiers', type: UINT8 },
        { name: 'startTime', type: UINT32 },
        { name: 'minutes', type: UINT16 },
        { name: 'price', type: UINT32 },
        { name: 'priceRatio', type: UINT8 },
        { name: 'generationPrice', type: UINT32 },
        { name: 'generationPriceRatio', type: UINT8 },
      ],
    },
  },
}
/** A message to show, and its confirmation. */
export const MESSAGING = {
  name: 'seMessaging',
  ID: 0x0703,
  attributes: {},
  commands: {
    messageConfirmation: {
      name: 'messageConfirmation',
      ID: 1,
      parameters: [
        { name: 'id', type: UINT32 },
        { name: 'time', type: UINT32 },
      ],
    },
  },
  commandsResponse: {
    displayMessage: {
      name: 'displayMessage',
      ID: 0,
      parameters: [
        { name: 'id', type: UINT32 },
        { name: 'control', type: UINT8 },
        { name: 'startTime', type: UINT32 },
        { name: 'minutes', type: UINT16 },
        { name: 'text', type: Zcl.DataType.CHAR_STR },
      ],
    },
  },
}
