/** Clusters of Smart Energy that zigbee-herdsman does not know, as an application of it adds them. @source ZigBee Smart Energy 1.1 */
import { Zcl } from 'zigbee-herdsman'

const { UINT8, UINT16, UINT32 } = Zcl.DataType
const attribute = (name: string, ID: number, type: number) => ({ name, ID, type })
/** What stands on an account, how it is set up, and a top-up with its answer. */
export const PREPAYMENT = {
  name: 'sePrepayment',
  ID: 0x0705,
  attributes: {
    paymentControl: attribute('paymentControl', 0x0000, Zcl.DataType.BITMAP16),
    creditRemaining: attribute('creditRemaining', 0x0001, Zcl.DataType.INT32),
    emergencyCreditRemaining: attribute('emergencyCreditRemaining', 0x0002, Zcl.DataType.INT32),
    accumulatedDebt: attribute('accumulatedDebt', 0x0005, Zcl.DataType.INT32),
    emergencyCreditLimit: attribute('emergencyCreditLimit', 0x0010, UINT32),
    emergencyCreditThreshold: attribute('emergencyCreditThreshold', 0x0011, UINT32),
    maximumBalance: attribute('maximumBalance', 0x0021, UINT32),
    maximumCredit: attribute('maximumCredit', 0x0022, UINT32),
    lowCredit: attribute('lowCredit', 0x0031, UINT32),
    cutOff: attribute('cutOff', 0x0040, Zcl.DataType.INT32),
    debt1: attribute('debt1', 0x0211, UINT32),
    rate1: attribute('rate1', 0x0217, UINT32),
    debt2: attribute('debt2', 0x0221, UINT32),
    rate2: attribute('rate2', 0x0227, UINT32),
    debt3: attribute('debt3', 0x0231, UINT32),
    share3: attribute('share3', 0x0239, UINT16),
  },
  commands: {
    consumerTopUp: {
      name: 'consumerTopUp',
      ID: 4,
      response: 3,
      parameters: [
        { name: 'origin', type: UINT8 },
        { name: 'code', type: Zcl.DataType.OCTET_STR },
      ],
    },
  },
  commandsResponse: {
    consumerTopUpResponse: {
      name: 'consumerTopUpResponse',
      ID: 3,
      parameters: [
        { name: 'result', type: UINT8 },
        { name: 'value', type: UINT32 },
        { name: 'source', type: UINT8 },
        { name: 'credit', type: UINT32 },
      ],
    },
  },
}
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
