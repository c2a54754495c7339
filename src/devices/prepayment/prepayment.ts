/**
 * A meter's prepayment: keeps the account in step with time and cost, takes top-ups, cuts the supply when credit is used up, and
 * writes down what happened.
 */
import type { Eui64 } from '../../base/ids.ts'
import { minutes } from '../../base/time.ts'
import type { Timers } from '../../ports/time.ts'
import type { DeviceClock } from '../device-clock.ts'
import { Account, type AccountEvent, type AccountMemory, NEW_ACCOUNT, type PaymentMode } from './account.ts'
import { type Debts, refuseDebts } from './debts.ts'
import { type CreditSource, Ledger, type LedgerMemory, snapshotOf } from './ledger.ts'
import { isMoney, type MilliPence, MOST_MONEY, type Refusal } from './money.ts'
import { isFriendly } from './non-disablement.ts'
import type { Cost, EventSink, SupplySwitch } from './parts.ts'
import { type ModeSettings, type PrepaymentSettings, refuseMode, refuseSettings } from './settings.ts'
import { type TokensMemory, TokensSeen } from './tokens-seen.ts'
import { readUtrn } from './utrn.ts'

const TICK_US = minutes(1)
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** A clock that is set further than this has not lived the time between. @source assumed */
const FAR_MS = DAY_MS
/** Debts are recovered for at most so many days that a meter was without power. @source assumed */
const MOST_DAYS_WITHOUT_POWER = 366

/** @source GBCS alert codes; which of the debts is 81A7, 81A8 and 81A9: assumed */
const EVENTS: Readonly<Record<AccountEvent, readonly [code: string, text: string]>> = {
  'low-credit': ['810D', 'credit below low credit threshold'],
  'emergency-offered': ['8119', 'emergency credit available'],
  'emergency-activated': ['81AB', 'emergency credit activated'],
  'emergency-exhausted': ['81AA', 'emergency credit exhausted'],
  'below-disablement': ['8F0F', 'credit below disablement threshold'],
  'disablement-suspended': ['8F83', 'disablement of supply suspended'],
  'time-debt-1-completed': ['81A7', 'time debt 1 completed'],
  'time-debt-2-completed': ['81A8', 'time debt 2 completed'],
  'payment-debt-completed': ['81A9', 'payment debt completed'],
}

/** Why a top-up was not taken. */
export type TopUpRefusal =
  | 'not-prepayment'
  | 'malformed'
  | 'not-for-device'
  | 'not-authentic'
  | 'duplicate'
  | 'over-maximum-credit'
  | 'over-maximum-balance'

/** What comes of a top-up. */
export type TopUpOutcome = { ok: true; amount: MilliPence } | { ok: false; reason: TopUpRefusal }

/** @source GBCS alert codes */
const REFUSALS: Readonly<Partial<Record<TopUpRefusal, readonly [code: string, text: string]>>> = {
  malformed: ['8F63', 'UTRN not authentic'],
  'not-authentic': ['8F63', 'UTRN not authentic'],
  'not-for-device': ['8F64', 'UTRN not for this device'],
  duplicate: ['8F51', 'duplicate UTRN'],
  'over-maximum-credit': ['8F5B', 'UTRN exceeds maximum credit'],
  'over-maximum-balance': ['8F47', 'credit would exceed maximum balance'],
}

/** What survives a power cut. */
export interface PrepaymentMemory {
  account: AccountMemory
  ledger: LedgerMemory
  tokens: TokensMemory
  /** Cost up to which the account has been charged. */
  charged: Cost
  /** End of the hour in progress by the meter's clock, Unix ms. */
  hourEndMs: number
}

export interface PrepaymentOptions {
  device: Eui64
  /** Key of top-up tokens, 32 hex digits. */
  utrnKey: string
  clock: DeviceClock
  timers: Timers
  cost: Cost
  supply: SupplySwitch
  events: EventSink
  /** What stands on the account of a new meter. */
  opening?: Partial<AccountMemory> | undefined
  memory?: PrepaymentMemory | undefined
}

export class Prepayment {
  readonly ledger: Ledger
  private readonly options: PrepaymentOptions
  private readonly account: Account
  private readonly tokens: TokensSeen
  private charged: Cost
  private hourEndMs: number
  private clockWasSet = false

  constructor(options: PrepaymentOptions) {
    const { clock, cost, memory, opening, events } = options
    this.options = options
    this.account = new Account(memory?.account ?? { ...NEW_ACCOUNT, ...opening }, event =>
      events.raise(...EVENTS[event]),
    )
    this.ledger = new Ledger(memory?.ledger)
    this.tokens = new TokensSeen(memory?.tokens)
    this.charged = memory?.charged ?? { cost: cost.cost, standingCharges: cost.standingCharges }
    this.hourEndMs = memory?.hourEndMs ?? hourAfter(clock.unixMs())
    clock.watch(() => {
      this.settle()
      this.clockWasSet = true
    })
  }

  /** From now on it keeps in step by itself. */
  start(): void {
    this.settle()
    this.options.timers.after(TICK_US, 'prepayment', () => this.start())
  }

  /** What it would keep if it lost power now. */
  memory(): PrepaymentMemory {
    const { account, ledger, tokens, charged, hourEndMs } = this
    return { account: account.memory(), ledger: ledger.memory(), tokens: tokens.memory(), charged, hourEndMs }
  }

  /** The account as it stood at the last minute; not to be changed. */
  get now(): Readonly<AccountMemory> {
    return this.account.now
  }
  get isEmergencyOffered(): boolean {
    return this.account.isEmergencyOffered
  }
  /** Nothing is cut at present, whatever stands on the account. */
  get isFriendlyNow(): boolean {
    return isFriendly(this.now.settings.nonDisablement, this.options.clock.unixMs())
  }

  /** A token from the consumer, or from the supplier by way of the hub. */
  enter(utrn: string, source: CreditSource): TopUpOutcome {
    this.settle()
    const { device, utrnKey, events, clock } = this.options
    const { mode, settings, balance } = this.now
    const refuse = (reason: TopUpRefusal): TopUpOutcome => {
      const event = REFUSALS[reason]
      if (event) events.raise(...event)
      return { ok: false, reason }
    }
    if (mode !== 'prepayment') return refuse('not-prepayment')
    const token = readUtrn(utrn, { key: utrnKey, device })
    if (!token.ok) return refuse(token.reason)
    const { amount, counter } = token
    if (this.tokens.has(counter)) return refuse('duplicate')
    if (amount > settings.maximumCredit) return refuse('over-maximum-credit')
    if (balance + amount > settings.maximumBalance) return refuse('over-maximum-balance')
    this.tokens.add(counter)
    const atMs = clock.unixMs()
    const { paymentDebt } = this.account.topUp(amount)
    this.ledger.credits.add({ atMs, amount, source, utrn })
    if (paymentDebt > 0) {
      this.ledger.debtPayments.add({ atMs, amount: paymentDebt, outstanding: this.now.payment.amount })
    }
    if (source !== 'hub') events.raise('810E', 'credit added locally')
    this.judge()
    return { ok: true, amount }
  }

  /** The supplier adds to the balance or takes from it (1.5); what is wrong with the amount, or nothing. */
  adjust(difference: MilliPence): Refusal | undefined {
    this.settle()
    const { mode, settings, balance } = this.now
    const most = mode === 'prepayment' ? settings.maximumBalance : MOST_MONEY
    if (!isMoney(difference) || balance + difference < -MOST_MONEY) {
      return { field: 'adjust_by', expected: `a balance of at least -${MOST_MONEY} after it` }
    }
    if (difference > 0 && balance + difference > most) {
      this.options.events.raise('8F47', 'credit would exceed maximum balance')
      return { field: 'adjust_by', expected: `a balance of at most ${most} after it` }
    }
    this.account.adjust(difference)
    this.judge()
    return undefined
  }

  /** The supplier sets the balance to nothing (1.5). */
  resetBalance(): void {
    this.settle()
    this.account.adjust(-this.now.balance)
    this.judge()
  }

  /** Emergency credit is called for; false where none is on offer. */
  activateEmergency(): boolean {
    this.settle()
    const done = this.account.activateEmergency()
    this.judge()
    return done
  }

  /** A change of mode (1.6), with a snapshot of what stood before. */
  changeMode(mode: PaymentMode, settings: ModeSettings): Refusal | undefined {
    const refusal = refuseMode(settings)
    if (refusal) return refusal
    this.settle()
    if (mode !== this.now.mode) this.ledger.modes.add(snapshotOf(this.account, this.options.clock.unixMs()))
    this.account.changeMode(mode, settings)
    this.judge()
    return undefined
  }

  /** Sets prepayment up (2.1), as a whole or not at all. */
  configure(settings: PrepaymentSettings): Refusal | undefined {
    const refusal = refuseSettings(settings)
    if (refusal) return refusal
    this.settle()
    this.account.configure(settings)
    this.judge()
    return undefined
  }

  /** Sets the debts (2.3), as a whole or not at all. */
  setDebts(debts: Debts): Refusal | undefined {
    const refusal = refuseDebts(debts)
    if (refusal) return refusal
    this.settle()
    this.account.setDebts(debts)
    return undefined
  }

  /** Charges what was used up to now, and what fell due by the clock. */
  private settle(): void {
    const { cost, clock } = this.options
    const upTo = { cost: cost.cost, standingCharges: cost.standingCharges }
    const standing = upTo.standingCharges - this.charged.standingCharges
    const used = upTo.cost - this.charged.cost - standing
    this.charged = upTo
    if (used > 0) this.account.consume(used)
    if (standing > 0) this.account.takeStandingCharge(standing)
    this.endHours(clock.unixMs())
    this.judge()
  }

  private endHours(nowMs: number): void {
    const far = this.clockWasSet ? FAR_MS : MOST_DAYS_WITHOUT_POWER * DAY_MS
    this.clockWasSet = false
    if (Math.abs(nowMs - this.hourEndMs) > far) this.hourEndMs = hourAfter(nowMs)
    for (; this.hourEndMs <= nowMs; this.hourEndMs += HOUR_MS) {
      this.account.endHour(this.hourEndMs)
      if (this.hourEndMs % DAY_MS === 0) this.ledger.daily.add(snapshotOf(this.account, this.hourEndMs))
    }
  }

  private judge(): void {
    const { supply } = this.options
    const wish = this.account.judge(this.isFriendlyNow)
    if (wish === 'cut') supply.disable('credit used up')
    else if (wish === 'restore') supply.arm(this.now.emergency ? 'emergency credit' : 'credit')
  }
}

const hourAfter = (unixMs: number): number => (Math.floor(unixMs / HOUR_MS) + 1) * HOUR_MS
