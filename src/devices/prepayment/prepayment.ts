/**
 * A meter's prepayment: keeps the account in step with time and cost, takes top-ups, cuts the supply when credit is used up, and
 * writes down what happened.
 */
import { milliseconds, minutes, seconds } from '../../base/time.ts'
import type { Timer, Timers } from '../../ports/time.ts'
import type { DeviceClock } from '../device-clock.ts'
import { Account, type AccountMemory, NEW_ACCOUNT, type PaymentMode } from './account.ts'
import { AwaitedChanges, type AwaitedMemory, type PendingSettings } from './awaited-changes.ts'
import { type Debts, refuseDebts } from './debts.ts'
import { type CreditSource, Ledger, type LedgerMemory, snapshotOf } from './ledger.ts'
import { isMoney, type MilliPence, MOST_MONEY, type Refusal } from './money.ts'
import { isFriendly } from './non-disablement.ts'
import { ACCOUNT_EVENTS, type TopUpOutcome } from './outcomes.ts'
import type { Cost, EventSink, SupplyForCredit } from './parts.ts'
import { type ModeSettings, type PrepaymentSettings, refuseMode, refuseSettings } from './settings.ts'
import { TokenDesk, type TokenDeskMemory, type TokenDeskOptions } from './token-desk.ts'

/** Between looks at what was used. @source assumed */
const LOOK_US = minutes(1)
/** The same in credit mode, where nothing hangs on it. */
const IDLE_LOOK_US = minutes(30)
const LEAST_US = seconds(1)
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** A clock that is set further than this has not lived the time between. @source assumed */
const FAR_MS = DAY_MS
/** Debts are recovered for at most so many days that a meter was without power. @source assumed */
const MOST_DAYS_WITHOUT_POWER = 366

/** Adjustments known again when they are ordered again. @source assumed */
const MOST_ORDERS = 10

/** What survives a power cut. */
export interface PrepaymentMemory extends AwaitedMemory, TokenDeskMemory {
  account: AccountMemory
  ledger: LedgerMemory
  /** Numbers of the latest adjustments, oldest first; absent: none. */
  orders?: readonly number[]
  /** Cost up to which the account has been charged. */
  charged: Cost
  /** End of the hour in progress by the meter's clock, Unix ms. */
  hourEndMs: number
}

export interface PrepaymentOptions extends Pick<TokenDeskOptions, 'device' | 'utrnKey' | 'keypad'> {
  clock: DeviceClock
  timers: Timers
  cost: Cost
  supply: SupplyForCredit
  events: EventSink
  /** The mode is about to change. */
  onModeChange?: () => void
  /** What stands on the account of a new meter. */
  opening?: Partial<AccountMemory> | undefined
  memory?: PrepaymentMemory | undefined
}

export class Prepayment {
  readonly ledger: Ledger
  private readonly options: PrepaymentOptions
  private readonly account: Account
  private readonly tokens: TokenDesk
  private charged: Cost
  private orders: readonly number[]
  private hourEndMs: number
  private readonly awaited: AwaitedChanges
  private settledAtMs: number
  private clockWasSet = false
  private nextLook: Timer | undefined

  constructor(options: PrepaymentOptions) {
    const { clock, cost, memory, opening, events } = options
    this.options = options
    this.account = new Account(memory?.account ?? { ...NEW_ACCOUNT, ...opening }, event =>
      events.raise(ACCOUNT_EVENTS[event]),
    )
    this.ledger = new Ledger(memory?.ledger)
    this.tokens = new TokenDesk(options)
    this.charged = memory?.charged ?? { cost: cost.cost, standingCharges: cost.standingCharges }
    this.hourEndMs = memory?.hourEndMs ?? hourAfter(clock.unixMs())
    this.orders = memory?.orders ?? []
    this.awaited = new AwaitedChanges(memory)
    this.settledAtMs = clock.unixMs()
    clock.watch(() => {
      this.settle()
      this.clockWasSet = true
    })
  }

  /** From now on it keeps in step by itself. */
  start(): void {
    this.settle()
    this.lookLater()
  }

  /** What it would keep if it lost power now. */
  memory(): PrepaymentMemory {
    const { account, ledger, tokens, charged, hourEndMs, orders } = this
    return {
      ...{ account: account.memory(), ledger: ledger.memory(), charged, hourEndMs },
      ...tokens.memory(),
      ...(orders.length > 0 && { orders }),
      ...this.awaited.memory(),
    }
  }

  /** The account as it was last looked at, in prepayment mode a minute ago at most; not to be changed. */
  get now(): Readonly<AccountMemory> {
    return this.account.now
  }
  /** The balance. In credit mode, where it is looked at seldom and nothing hangs on it, worked out up to now. */
  get balance(): MilliPence {
    if (this.now.mode === 'credit') this.settle()
    return this.now.balance
  }
  /** When the account was last looked at, by the meter's clock, Unix ms. */
  get lookedAtMs(): number {
    return this.settledAtMs
  }
  /** Settings that wait for their time. */
  get awaitedSettings(): PendingSettings | undefined {
    return this.awaited.settings
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
    const { events, clock } = this.options
    const outcome = this.tokens.take(utrn, source, this.now)
    if (!outcome.ok) return outcome
    const { amount } = outcome
    const atMs = clock.unixMs()
    const { paymentDebt } = this.account.topUp(amount)
    this.ledger.credits.add({ atMs, amount, source, utrn })
    if (paymentDebt > 0) {
      this.ledger.debtPayments.add({ atMs, amount: paymentDebt, outstanding: this.now.payment.amount })
    }
    if (source !== 'hub') events.raise('810E')
    this.judge()
    return outcome
  }

  /**
   * The supplier adds to the balance or takes from it (1.5); what is wrong with the amount, or nothing. An `order` by a number that it
   * has taken changes nothing: the hub did not hear the answer.
   */
  adjust(difference: MilliPence, order?: number): Refusal | undefined {
    this.settle()
    if (order !== undefined && this.orders.includes(order)) return undefined
    const { mode, settings, balance } = this.now
    const most = mode === 'prepayment' ? settings.maximumBalance : MOST_MONEY
    if (!isMoney(difference) || balance + difference < -MOST_MONEY) {
      return { field: 'adjust_by', expected: `a balance of at least -${MOST_MONEY} after it` }
    }
    if (difference > 0 && balance + difference > most) {
      this.options.events.raise('8F47')
      return { field: 'adjust_by', expected: `a balance of at most ${most} after it` }
    }
    this.account.adjust(difference)
    if (order !== undefined) this.orders = [...this.orders, order].slice(-MOST_ORDERS)
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

  /**
   * A change of mode (1.6), with a snapshot of what stood before. `atMs`: when, by the meter's clock, Unix ms; later than now, the
   * meter holds it, in the place of one that waits already.
   */
  changeMode(mode: PaymentMode, settings: ModeSettings, atMs = 0): Refusal | undefined {
    const refusal = refuseMode(settings)
    if (refusal) return refusal
    this.settle()
    if (atMs > this.settledAtMs) {
      this.hold({ pendingMode: { atMs, mode, settings } })
    } else {
      this.awaited.forget('pendingMode')
      this.enterMode(mode, settings)
      this.judge()
    }
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

  /**
   * Sets prepayment up at a time to come by the meter's clock, Unix ms, in the place of what waits already. What does not fit what it
   * has by then is not done, and written down.
   */
  configureLater(changes: Partial<PrepaymentSettings>, atMs: number): Refusal | undefined {
    const refusal = refuseSettings({ ...this.now.settings, ...changes })
    if (refusal) return refusal
    this.settle()
    if (atMs <= this.settledAtMs) return this.configure({ ...this.now.settings, ...changes })
    this.hold({ pendingSettings: { atMs, changes } })
    return undefined
  }

  /** Gives up a change that waits; false: none did. */
  forget(which: keyof AwaitedMemory): boolean {
    this.settle()
    return this.awaited.forget(which)
  }

  /** Sets the debts (2.3), as a whole or not at all. */
  setDebts(debts: Debts): Refusal | undefined {
    const refusal = refuseDebts(debts)
    if (refusal) return refusal
    this.settle()
    this.account.setDebts(debts)
    return undefined
  }

  private hold(change: AwaitedMemory): void {
    this.awaited.hold(change)
    if (this.nextLook) this.lookLater()
  }

  /** At the end of the hour at the latest, and when a change is due. */
  private lookLater(): void {
    const { timers } = this.options
    const dueMs = Math.min(this.hourEndMs, this.awaited.nextMs) - this.settledAtMs
    const everyUs = this.now.mode === 'prepayment' ? LOOK_US : IDLE_LOOK_US
    this.nextLook?.cancel()
    this.nextLook = timers.after(Math.min(everyUs, Math.max(milliseconds(dueMs), LEAST_US)), 'prepayment', () =>
      this.start(),
    )
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
    this.settledAtMs = clock.unixMs()
    this.endHours(this.settledAtMs)
    this.turn(this.settledAtMs)
    this.judge()
  }

  /** Does what is due. */
  private turn(nowMs: number): void {
    const { events } = this.options
    const { pendingSettings, pendingMode } = this.awaited.takeDue(nowMs)
    if (pendingSettings) {
      const settings = { ...this.now.settings, ...pendingSettings.changes }
      const refusal = refuseSettings(settings)
      if (!refusal) this.account.configure(settings)
      events.raise(refusal ? '8F67' : '8F66', `prepayment settings${refusal ? `: ${refusal.field}` : ''}`)
    }
    if (pendingMode) {
      this.enterMode(pendingMode.mode, pendingMode.settings)
      events.raise('8F66', `payment mode ${pendingMode.mode}`)
    }
  }

  private enterMode(mode: PaymentMode, settings: ModeSettings): void {
    if (mode !== this.now.mode) {
      this.ledger.modes.add(snapshotOf(this.account, this.settledAtMs))
      this.options.onModeChange?.()
    }
    this.account.changeMode(mode, settings)
    if (this.nextLook) this.lookLater()
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
    const { supply, events } = this.options
    const wish = this.account.judge(this.isFriendlyNow)
    if (wish === 'cut') supply.disable('credit')
    else if (wish === 'restore') {
      supply.arm('credit')
      if (this.now.emergency) events.raise('8168')
    }
  }
}

const hourAfter = (unixMs: number): number => (Math.floor(unixMs / HOUR_MS) + 1) * HOUR_MS
