/**
 * What requests about a consumer's account usually become on the HAN. Besides the parameters of the contract steps may name what
 * docs/equivalent-steps.md lists.
 * @source ZigBee Smart Energy, Prepayment; AccountSettings is ours: assumed
 */
import type { SendStep, Step } from '../../../../profiles/step-facts.ts'
import {
  BALANCE,
  CONTROL,
  CREDIT_STATE,
  CUT_OFF,
  DEBTS,
  EMERGENCY,
  HELD_BACK,
  LIMITS,
  OWED,
} from '../../../prepayment/account-attributes.ts'
import { ADJUSTMENT, SNAPSHOT_CAUSE } from '../../../prepayment/prepayment-words.ts'
import { CANCEL } from '../../../zigbee-time.ts'

const NUMBERED = { issuerEventId: '$event' } as const
/** Orders that hold at once. */
const DATED = { providerId: 0, ...NUMBERED, implementationDateTime: 0 } as const
/** OriginatingDevice: by way of the hub. @source ZigBee Smart Energy, Prepayment */
const FROM_HUB = { originatingDevice: 0 } as const
/** @source ZigBee Smart Energy, Get Top Up Log, Get Debt Repayment Log: latest end time */
const NEWEST = 0xffff_fffe
const MOST_PAYMENTS = 12
/** Of either debt by time and of that by payments. @source ZigBee Smart Energy, Get Debt Repayment Log */
const ALL_DEBTS = 0xff

const account = (attributes: Readonly<Record<string, string>>, optional = false): Step => ({
  ...{ read: 'Prepayment', attributes },
  ...(optional && { optional }),
})
/** What was, before it is changed. */
const before = (attributes: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, field]) => [name, `_${field}`]))
const sent = (send: string, fields: SendStep['with'], more: Partial<SendStep> = {}): SendStep => ({
  ...{ send, with: fields, answer: {} },
  ...more,
})
const order = (command: string, fields: SendStep['with'], more?: Partial<SendStep>): SendStep =>
  sent(`Prepayment.${command}`, fields, more)
const adjust = (creditAdjustmentType: number, creditAdjustmentValue: string | number, more: Partial<SendStep>): Step =>
  order(
    'CreditAdjustment',
    { issuerEventId: '$orderNumber', startTime: 0, creditAdjustmentType, creditAdjustmentValue },
    more,
  )
const setMaximum = (when: string): Step =>
  order(
    'SetMaximumCreditLimit',
    { ...DATED, maximumCreditLevel: '$maximumBalance', maximumCreditPerTopUp: '$maximumCredit' },
    { when, blames: 'maximum_balance' },
  )

const holdSettings = (implementationDateTime: string | number, more: Partial<SendStep>): Step =>
  sent(
    'AccountSettings.HoldSettings',
    {
      ...{ implementationDateTime, overallDebtCap: '$debtRecoveryRateCap' },
      ...{ emergencyCreditLimit: '$emergencyCreditLimit', emergencyCreditThreshold: '$emergencyCreditThreshold' },
      ...{ lowCreditWarningLevel: '$lowCreditThreshold', maximumCreditLevel: '$maximumBalance' },
      ...{ maximumCreditPerTopUp: '$maximumCredit', nonDisablement: '$nonDisablement' },
    },
    more,
  )

export const USUAL_PREPAYMENT: Readonly<Record<string, readonly Step[]>> = {
  '1.5': [
    adjust(ADJUSTMENT.incremental, '$adjustBy', { when: '$adjustBy', blames: 'adjust_by' }),
    adjust(ADJUSTMENT.absolute, 0, { when: '$reset', blames: 'reset' }),
    account(BALANCE),
  ],
  '1.6': [
    order(
      'ChangePaymentMode',
      {
        ...{ ...DATED, implementationDateTime: '$fromMs' },
        ...{ proposedPaymentControlConfiguration: '$control', cutOffValue: '$disablementThreshold' },
      },
      { blames: 'disablement_threshold' },
    ),
    account(CONTROL),
  ],
  '1.6 cancel': [
    order(
      'ChangePaymentMode',
      { ...DATED, implementationDateTime: CANCEL, proposedPaymentControlConfiguration: 0, cutOffValue: 0 },
      { optional: 'wasHeld' },
    ),
    account(CONTROL),
  ],
  '1.7': [sent('AccountSettings.ResetBlockCounters', {})],
  '2.1': [
    account(before(LIMITS), true),
    // A higher maximum goes before the levels below it, a lower one after them: the meter's settings always hold together.
    setMaximum('$raisesMaximum'),
    order(
      'EmergencyCreditSetup',
      {
        ...{ ...NUMBERED, startTime: 0 },
        ...{ emergencyCreditLimit: '$emergencyCreditLimit', emergencyCreditThreshold: '$emergencyCreditThreshold' },
      },
      { when: '$changesEmergency', blames: 'emergency_credit_limit' },
    ),
    order(
      'SetLowCreditWarningLevel',
      { lowCreditWarningLevel: '$lowCreditThreshold' },
      { when: '$changesLowCredit', blames: 'low_credit_threshold' },
    ),
    order(
      'SetOverallDebtCap',
      { ...DATED, overallDebtCap: '$debtRecoveryRateCap' },
      { when: '$changesDebtCap', blames: 'debt_recovery_rate_cap' },
    ),
    {
      ...{ write: 'AccountSettings', attributes: { NonDisablement: '$nonDisablement' } },
      ...{ when: '$nonDisablement', blames: 'non_disablement' },
    },
    setMaximum('$lowersMaximum'),
  ],
  // Smart Energy dates some of them only.
  '2.1 hold': [holdSettings('$fromMs', { blames: 'settings' })],
  '2.1 cancel': [holdSettings(CANCEL, { optional: 'wasHeld' })],
  '2.2': [
    order(
      'ConsumerTopUp',
      { ...FROM_HUB, topUpCode: '$utrn' },
      {
        answer: { resultType: 'outcome', topUpValue: 'amount', creditRemaining: 'balance' },
        blames: 'utrn',
      },
    ),
  ],
  '2.3': [
    order(
      'ChangeDebt',
      {
        ...{ ...NUMBERED, debtLabel: '$label', debtAmount: '$amount', debtAmountType: '$amountType' },
        ...{ debtRecoveryMethod: '$method', debtRecoveryStartTime: 0, debtRecoveryCollectionTime: 0 },
        ...{ debtRecoveryFrequency: '$frequency', debtRecoveryAmount: '$rate' },
        debtRecoveryBalancePercentage: '$share',
      },
      { each: '$debts', blames: 'debt' },
    ),
  ],
  '2.5': [order('SelectAvailableEmergencyCredit', { commandIssueDateTime: '$now', ...FROM_HUB }), account(EMERGENCY)],
  '4.3': [account({ ...CONTROL, ...BALANCE, ...EMERGENCY, ...CREDIT_STATE, ...HELD_BACK, ...OWED }, true)],
  '4.4.4': [
    order(
      'GetDebtRepaymentLog',
      { latestEndTime: NEWEST, numberOfDebts: MOST_PAYMENTS, debtType: ALL_DEBTS },
      {
        answer: { 'debtPayload.collectionTime': 'payments.atMs', 'debtPayload.amountCollected': 'payments.amount' },
        optional: true,
      },
    ),
  ],
  '4.4.5': [
    order(
      'GetTopUpLog',
      { latestEndTime: NEWEST, numberOfRecords: MOST_PAYMENTS },
      {
        answer: { 'topUpPayload.topUpTime': 'payments.atMs', 'topUpPayload.topUpAmount': 'payments.amount' },
        optional: true,
      },
    ),
  ],
  '4.13': [
    account({ ...CONTROL, ...CUT_OFF, ...LIMITS }, true),
    account(DEBTS, true),
    {
      read: 'AccountSettings',
      attributes: { NonDisablement: 'nonDisablement', SettingsHeldUntil: 'heldUntilMs' },
      optional: true,
    },
  ],
  '4.14': [
    order(
      'GetPrepaySnapshot',
      {
        ...{ earliestStartTime: '$fromMs', latestEndTime: '$lastMs', snapshotOffset: '$next' },
        snapshotCause: SNAPSHOT_CAUSE.daily,
      },
      {
        answer: { snapshotTime: 'entries.atMs', snapshotPayload: 'entries.snapshot' },
        repeat: { of: 'totalSnapshotsFound' },
      },
    ),
  ],
  '4.18': [account(BALANCE, true)],
}
