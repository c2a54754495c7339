/**
 * What requests about a tariff usually become on the HAN: 1.1.1 and 1.2.1 publish it piece by piece, 4.11.1 asks for it so. Besides the
 * parameters of the contract steps may name what docs/equivalent-steps.md lists.
 * @source ZigBee SE 1.2a, Price and Calendar; that a meter takes what is published to it, and the order: assumed
 */
import type { SendStep, Step } from '../../../../profiles/step-facts.ts'
import { UNIT } from '../../../meter-registers.ts'
import { CURRENCY, DELIVERED, PRICE_DIGITS } from '../../../tariff/han/tariff-words.ts'

const COMMON = { providerId: 0, issuerEventId: '$eventId' } as const
const TARIFF = { ...COMMON, startTime: '$fromMs', issuerTariffId: '$tariffId' } as const
const CALENDAR = { ...COMMON, issuerCalendarId: '$tariffId' } as const
/** All of it in one command. */
const WHOLE = { commandIndex: 0, totalNumberOfCommands: 1 } as const

const publish = (send: string, fields: SendStep['with'], more: Partial<SendStep> = {}): Step => ({
  ...{ send, with: fields, answer: {} },
  ...more,
})

const PRICES: readonly Step[] = [
  publish(
    'Price.PublishTariffInformation',
    {
      ...{ ...TARIFF, tariffTypeChargingScheme: '$chargingScheme', tariffLabel: '$label' },
      ...{ numberOfPriceTiersInUse: '$numberOfRegisters', numberOfBlockThresholdsInUse: '$numberOfThresholds' },
      ...{ unitOfMeasure: UNIT.kWh, currency: CURRENCY, priceTrailingDigit: PRICE_DIGITS << 4 },
      ...{ standingCharge: '$standingCharge', tierBlockMode: '$blockMode' },
      ...{ blockThresholdMultiplier: 1, blockThresholdDivisor: 1_000 },
    },
    { blames: 'tariff' },
  ),
  publish(
    'Price.PublishPriceMatrix',
    { ...TARIFF, commandIndex: 0, numberOfCommands: 1, subPayloadControl: '$byTier', payload: '$prices' },
    { blames: 'tariff' },
  ),
]

const CALENDAR_AND_BLOCKS: readonly Step[] = [
  publish(
    'Calendar.PublishCalendar',
    {
      ...{ ...CALENDAR, startTime: '$fromMs', calendarType: DELIVERED, calendarTimeReference: 0 },
      ...{ calendarName: '$label', numberOfSeasons: '$numberOfSeasons' },
      ...{ numberOfWeekProfiles: '$numberOfWeeks', numberOfDayProfiles: '$numberOfDays' },
    },
    { blames: 'tariff.switching' },
  ),
  publish(
    'Calendar.PublishDayProfile',
    {
      ...{ ...CALENDAR, dayId: '$id', totalNumberOfScheduleEntries: '$numberOfSwitches', ...WHOLE },
      ...{ calendarType: DELIVERED, dayScheduleEntries: '$switches' },
    },
    { each: '$days', blames: 'tariff.switching.days' },
  ),
  publish(
    'Calendar.PublishWeekProfile',
    {
      ...{ ...CALENDAR, weekId: '$id', dayIdRefMonday: '$monday', dayIdRefTuesday: '$tuesday' },
      ...{ dayIdRefWednesday: '$wednesday', dayIdRefThursday: '$thursday', dayIdRefFriday: '$friday' },
      ...{ dayIdRefSaturday: '$saturday', dayIdRefSunday: '$sunday' },
    },
    { each: '$weeks', blames: 'tariff.switching.weeks' },
  ),
  publish(
    'Calendar.PublishSeasons',
    { ...CALENDAR, ...WHOLE, seasonEntries: '$seasons' },
    { when: '$seasons', blames: 'tariff.switching.seasons' },
  ),
  publish(
    'Calendar.PublishSpecialDays',
    {
      ...{ ...CALENDAR, startTime: '$fromMs', calendarType: DELIVERED },
      ...{ totalNumberOfSpecialDays: '$numberOfSpecialDays', ...WHOLE, specialDayEntries: '$specialDays' },
    },
    { when: '$specialDays', blames: 'tariff.switching.special_days' },
  ),
  publish(
    'Price.PublishBlockPeriod',
    {
      ...{ ...COMMON, blockPeriodStartTime: '$fromMs', blockPeriodDuration: '$blockPeriodDuration' },
      ...{
        blockPeriodControl: 0,
        blockPeriodDurationType: '$blockPeriodType',
        tariffType: DELIVERED,
        tariffResolutionPeriod: 0,
      },
    },
    { blames: 'tariff.block_period' },
  ),
  publish(
    'Price.PublishBlockThresholds',
    { ...TARIFF, commandIndex: 0, numberOfCommands: 1, subPayloadControl: 0, payload: '$thresholds' },
    { when: '$thresholds', blames: 'tariff.rates' },
  ),
]

const askTariff = (answer: SendStep['answer']): Step => ({
  send: 'Price.GetTariffInformation',
  with: { earliestStartTime: 0, minIssuerEventId: 0, numberOfCommands: 1, tariffType: DELIVERED },
  ...{ answer, optional: true },
})
const IDS = { providerId: 0, issuerCalendarId: '$tariffId' } as const
const ask = (send: string, fields: SendStep['with'], more: Pick<SendStep, 'answer' | 'repeat'>): Step => ({
  ...{ send, with: fields, ...more },
  ...(!more.repeat && { optional: true }),
})

/** Any tariff that is held. @source assumed */
const ANY_TARIFF = 0xffff_ffff
const cancel = (issuerTariffId: string | number): Step =>
  publish(
    'Price.CancelTariff',
    { providerId: 0, issuerTariffId, tariffType: DELIVERED },
    { optional: 'wasHeld', ...(typeof issuerTariffId === 'string' && { when: issuerTariffId }) },
  )

export const USUAL_TARIFF: Readonly<Record<string, readonly Step[]>> = {
  '1.1.1': [...CALENDAR_AND_BLOCKS, ...PRICES],
  '1.1.1 cancel': [cancel(ANY_TARIFF)],
  // Prices that are held are those of the tariff the meter has.
  '1.2.1 cancel': [askTariff({ issuerTariffId: '_tariffId' }), cancel('$_tariffId')],
  '1.2.1': [
    askTariff({
      ...{ issuerTariffId: '_tariffId', tariffLabel: '_label' },
      ...{ numberOfPriceTiersInUse: '_registers', numberOfBlockThresholdsInUse: '_thresholds' },
    }),
    ...PRICES,
  ],
  '4.11.1': [
    {
      ...{
        read: 'Price',
        attributes: { BlockPeriodDuration: 'blockPeriod', BlockPeriodDurationType: 'blockPeriodType' },
      },
      optional: true,
    },
    {
      ...{
        read: 'Metering',
        attributes: { ActiveRegisterTierDelivered: 'activeRegister', CurrentBlock: 'activeBlock' },
      },
      optional: true,
    },
    askTariff({
      ...{ issuerTariffId: 'tariffId', tariffLabel: 'label', standingCharge: 'standingCharge' },
      ...{ numberOfPriceTiersInUse: 'registers', numberOfBlockThresholdsInUse: 'numberOfThresholds' },
    }),
    ask(
      'Price.GetPriceMatrix',
      { issuerTariffId: '$tariffId' },
      { answer: { 'payload.tierBlockId': 'prices.tierBlockId', 'payload.price': 'prices.price' } },
    ),
    ask('Price.GetBlockThresholds', { issuerTariffId: '$tariffId' }, { answer: { payload: 'thresholds' } }),
    ask(
      'Calendar.GetDayProfiles',
      { ...IDS, startDayId: '$next', numberOfDays: 1 },
      {
        answer: { dayId: 'days.id', dayScheduleEntries: 'days.switches' },
        repeat: { from: 1, after: 'dayId' },
      },
    ),
    ask(
      'Calendar.GetWeekProfiles',
      { ...IDS, startWeekId: '$next', numberOfWeeks: 1 },
      {
        answer: {
          ...{ weekId: 'weeks.id', dayIdRefMonday: 'weeks.monday', dayIdRefTuesday: 'weeks.tuesday' },
          ...{ dayIdRefWednesday: 'weeks.wednesday', dayIdRefThursday: 'weeks.thursday' },
          ...{ dayIdRefFriday: 'weeks.friday', dayIdRefSaturday: 'weeks.saturday', dayIdRefSunday: 'weeks.sunday' },
        },
        repeat: { after: 'weekId' },
      },
    ),
    ask('Calendar.GetSeasons', IDS, {
      answer: { 'seasonEntries.seasonStartDate': 'seasons.date', 'seasonEntries.weekIdRef': 'seasons.weekId' },
    }),
    ask(
      'Calendar.GetSpecialDays',
      { ...IDS, startTime: 0, numberOfEvents: 0, calendarType: DELIVERED },
      {
        answer: {
          'specialDayEntries.specialDayDate': 'specialDays.date',
          'specialDayEntries.dayIdRef': 'specialDays.dayId',
        },
      },
    ),
  ],
}
