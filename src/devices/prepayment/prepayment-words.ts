/** Prepayment as the Prepayment cluster says it: numbers of modes, states, results and periods. */
import type { PaymentMode } from './account.ts'
import type { DebtPeriod } from './debts.ts'
import { CREDIT_SOURCES, type CreditSource } from './ledger.ts'
import { type MilliPence, MOST_MONEY } from './money.ts'
import type { TopUpOutcome, TopUpRefusal } from './outcomes.ts'
import type { ModeSettings } from './settings.ts'

/**
 * Payment Control Configuration. That the four bits of configuration mean "goes on meanwhile" (of the standing charge and of debts,
 * while the supply is cut and while emergency credit is used): assumed.
 * @source ZigBee Smart Energy, Prepayment: Payment Control Configuration
 */
const CONTROL = {
  disconnection: 0x0001,
  prepayment: 0x0002,
  creditDisplay: 0x0010,
  account: 0x0040,
  contactor: 0x0080,
  goesOnWhenCut: 0x0500,
  goesOnInEmergency: 0x0a00,
} as const
/** Set where debts go on, whatever is said of the standing charge. */
const DEBT_WHEN_CUT = 0x0400
const DEBT_IN_EMERGENCY = 0x0800

/** Credit mode: it counts and somebody bills. A contactor or a valve is there in either mode. */
export function toPaymentControl(mode: PaymentMode, settings: ModeSettings): number {
  if (mode === 'credit') return CONTROL.contactor
  const { disconnection, prepayment, creditDisplay, account, contactor } = CONTROL
  const goesOn =
    (settings.suspendDebtDisabled ? 0 : CONTROL.goesOnWhenCut) |
    (settings.suspendDebtEmergency ? 0 : CONTROL.goesOnInEmergency)
  return disconnection | prepayment | creditDisplay | account | contactor | goesOn
}

export const fromPaymentControl = (
  control: number,
  cutOffValue: number,
): { mode: PaymentMode; settings: ModeSettings } => ({
  mode: control & CONTROL.prepayment ? 'prepayment' : 'credit',
  settings: {
    disablementThreshold: cutOffValue | 0,
    suspendDebtDisabled: (control & DEBT_WHEN_CUT) === 0,
    suspendDebtEmergency: (control & DEBT_IN_EMERGENCY) === 0,
  },
})

/** @source ZigBee Smart Energy, Prepayment: Credit Status; the order of the bits: assumed */
export const CREDIT_STATUS = {
  ok: 0x01,
  low: 0x02,
  emergencyEnabled: 0x04,
  emergencyAvailable: 0x08,
  emergencySelected: 0x10,
  emergencyInUse: 0x20,
  exhausted: 0x40,
} as const

/** @source ZigBee Smart Energy, Prepayment: Prepayment Alarm Status; the order of the bits: assumed */
export const ALARM_STATUS = { low: 0x0001, friendly: 0x0010, emergencyAvailable: 0x0040, cut: 0x0100 } as const

/** @source ZigBee Smart Energy, Prepayment: Result Type */
export const TOP_UP_RESULT = {
  accepted: 0x00,
  invalid: 0x01,
  duplicate: 0x02,
  error: 0x03,
  maximumReached: 0x04,
  keypadLocked: 0x05,
  tooLarge: 0x06,
} as const
const REFUSED_AS: Readonly<Record<TopUpRefusal, number>> = {
  'not-prepayment': TOP_UP_RESULT.error,
  malformed: TOP_UP_RESULT.invalid,
  'not-authentic': TOP_UP_RESULT.invalid,
  'not-for-device': TOP_UP_RESULT.invalid,
  duplicate: TOP_UP_RESULT.duplicate,
  'over-maximum-credit': TOP_UP_RESULT.tooLarge,
  'over-maximum-balance': TOP_UP_RESULT.maximumReached,
  'keypad-locked': TOP_UP_RESULT.keypadLocked,
}
/** Accepted, and how the supply stands after it. */
const ACCEPTED_AS = { ON: 0x10, OFF: 0x11, ARMED: 0x12 } as const

export const toTopUpResult = (outcome: TopUpOutcome, supply: keyof typeof ACCEPTED_AS): number =>
  outcome.ok ? ACCEPTED_AS[supply] : REFUSED_AS[outcome.reason]

/** What became of a top-up, for people; undefined where it was taken. */
export function refusedTopUp(resultType: number): string | undefined {
  if (resultType === TOP_UP_RESULT.accepted || Object.values<number>(ACCEPTED_AS).includes(resultType)) return undefined
  switch (resultType) {
    case TOP_UP_RESULT.invalid:
      return 'not a token for this meter'
    case TOP_UP_RESULT.duplicate:
      return 'used already'
    case TOP_UP_RESULT.maximumReached:
      return 'the balance would exceed its maximum'
    case TOP_UP_RESULT.keypadLocked:
      return 'too many wrong entries, try later'
    case TOP_UP_RESULT.tooLarge:
      return 'more than one top-up may add'
    default:
      return 'the meter takes no top-ups now'
  }
}

/** @source ZigBee Smart Energy, Prepayment: OriginatingDevice */
export const toOrigin = (source: CreditSource): number => CREDIT_SOURCES.indexOf(source)
/** Whoever is unknown is a display. */
export const fromOrigin = (origin: number): CreditSource => CREDIT_SOURCES[origin] ?? 'display'

/** @source ZigBee Smart Energy, Prepayment: DebtRecoveryFrequency */
const FREQUENCIES: readonly DebtPeriod[] = ['hour', 'day', 'week', 'month']
export const toFrequency = (period: DebtPeriod): number => FREQUENCIES.indexOf(period)
/** Undefined for one that no meter of ours has. */
export const fromFrequency = (frequency: number): DebtPeriod | undefined => FREQUENCIES[frequency]
/** @source ZigBee Smart Energy, Prepayment: DebtRecoveryMethod */
export const RECOVERY = { byTime: 0x00, byPayment: 0x01 } as const
/** @source ZigBee Smart Energy, Prepayment: CreditAdjustmentType */
export const ADJUSTMENT = { incremental: 0x00, absolute: 0x01 } as const
/** @source ZigBee Smart Energy, Prepayment: Snapshot Cause */
export const SNAPSHOT_CAUSE = { daily: 0x0000_0001, mode: 0x0000_4000 } as const

/** A signed amount in a field of 32 bits without a sign. Two's complement: assumed. */
export const toUnsigned = (amount: MilliPence): number => clamped(amount) >>> 0
export const fromUnsigned = (value: number): MilliPence => value | 0
/** What the cluster can say of an amount. */
export const clamped = (amount: MilliPence): MilliPence => Math.max(-MOST_MONEY, Math.min(MOST_MONEY, amount))
