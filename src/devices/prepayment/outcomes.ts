/** How things end for an account, and what a meter tells of them. */
import type { AccountEvent } from './account.ts'
import type { MilliPence } from './money.ts'

/** What is told of an account. @source GBCS alert codes; which of the debts is 81A7, 81A8 and 81A9: assumed */
export const ACCOUNT_EVENTS = {
  'low-credit': '810D',
  'emergency-offered': '8119',
  'emergency-activated': '81AB',
  'emergency-exhausted': '81AA',
  'below-disablement': '8F0F',
  'disablement-suspended': '8F83',
  'time-debt-1-completed': '81A7',
  'time-debt-2-completed': '81A8',
  'payment-debt-completed': '81A9',
} as const satisfies Record<AccountEvent, string>

/** Why a top-up was not taken. */
export type TopUpRefusal =
  | 'not-prepayment'
  | 'malformed'
  | 'not-for-device'
  | 'not-authentic'
  | 'duplicate'
  | 'over-maximum-credit'
  | 'over-maximum-balance'
  | 'keypad-locked'

/** What comes of a top-up. */
export type TopUpOutcome = { ok: true; amount: MilliPence } | { ok: false; reason: TopUpRefusal }

/** What is told of a top-up that was not taken. @source GBCS alert codes */
export const REFUSALS = {
  'not-prepayment': undefined,
  malformed: '8F63',
  'not-authentic': '8F63',
  'not-for-device': '8F64',
  duplicate: '8F51',
  'over-maximum-credit': '8F5B',
  'over-maximum-balance': '8F47',
  'keypad-locked': '81C5',
} as const satisfies Record<TopUpRefusal, string | undefined>
