/**
 * A consumer's account on a meter: balance, emergency credit, debts. Pure arithmetic in whole thousandths of a penny; time and
 * cost are handed in. What comes in and what goes out always make up for what changed:
 * balance - emergency credit used - accumulated debt = credited + adjusted - consumed - standing charges - recovered.
 * @source SMETS prepayment mode, as far as it is public; the order in which a top-up is shared out and what a change of mode does
 * to the balance: assumed
 */
import { type Debts, endsAt, NO_DEBTS, shareOf } from './debts.ts'
import type { MilliPence } from './money.ts'
import { FACTORY_MODE, FACTORY_SETTINGS, type ModeSettings, type PrepaymentSettings } from './settings.ts'

export const PAYMENT_MODES = ['credit', 'prepayment'] as const
export type PaymentMode = (typeof PAYMENT_MODES)[number]

/** Sums since the meter was made. */
export interface AccountTotals {
  /** Top-ups. */
  credited: MilliPence
  /** By the supplier, changes of mode among them; either sign. */
  adjusted: MilliPence
  consumed: MilliPence
  standing: MilliPence
  /** Of all debts, from balance and top-ups. */
  recovered: MilliPence
}

/** What survives a power cut: plain JSON. */
export interface AccountMemory extends Debts {
  mode: PaymentMode
  modeSettings: ModeSettings
  settings: PrepaymentSettings
  balance: MilliPence
  /** Emergency credit the consumer has called for; absent: none. */
  emergency?: { limit: MilliPence; remaining: MilliPence }
  /** Charges held back while emergency credit was used or the supply was cut. */
  accumulatedDebt: MilliPence
  /** What payments have recovered this week. */
  recoveredThisWeek: MilliPence
  /** The supply was cut for want of credit. */
  cut: boolean
  /** What the consumer has been told of, so that it is told once. */
  told: { low: boolean; offer: boolean; below: boolean; spared: boolean }
  totals: AccountTotals
}

/** What has come to pass on an account. */
export type AccountEvent =
  | 'low-credit'
  | 'emergency-offered'
  | 'emergency-activated'
  | 'emergency-exhausted'
  | 'below-disablement'
  | 'disablement-suspended'
  | 'time-debt-1-completed'
  | 'time-debt-2-completed'
  | 'payment-debt-completed'

/** Where a top-up went. */
export interface Allocation {
  paymentDebt: MilliPence
  accumulatedDebt: MilliPence
  emergency: MilliPence
  balance: MilliPence
}

/** What the supply is to do, from what stands on the account. */
export type SupplyWish = 'cut' | 'restore'

export const NEW_ACCOUNT: AccountMemory = {
  mode: 'credit',
  modeSettings: FACTORY_MODE,
  settings: FACTORY_SETTINGS,
  balance: 0,
  accumulatedDebt: 0,
  ...NO_DEBTS,
  recoveredThisWeek: 0,
  cut: false,
  told: { low: false, offer: false, below: false, spared: false },
  totals: { credited: 0, adjusted: 0, consumed: 0, standing: 0, recovered: 0 },
}

export class Account {
  private readonly state: AccountMemory
  private readonly tell: (event: AccountEvent) => void

  constructor(memory: AccountMemory, tell: (event: AccountEvent) => void) {
    this.state = structuredClone(memory)
    this.tell = tell
  }

  /** A copy: what it would keep if it lost power now. */
  memory(): AccountMemory {
    return structuredClone(this.state)
  }
  /** As it stands; not to be changed. */
  get now(): Readonly<AccountMemory> {
    return this.state
  }
  get emergencyUsed(): MilliPence {
    const { emergency } = this.state
    return emergency ? emergency.limit - emergency.remaining : 0
  }
  /** Below the threshold and none called for yet. */
  get isEmergencyOffered(): boolean {
    const { mode, emergency, balance, settings } = this.state
    return mode === 'prepayment' && !emergency && settings.emergencyLimit > 0 && balance < settings.emergencyThreshold
  }

  /** What was used since the last time. */
  consume(cost: MilliPence): void {
    this.state.totals.consumed += cost
    this.charge(cost)
  }

  /** Standing charge that has fallen due since the last time. */
  takeStandingCharge(amount: MilliPence): void {
    const { state } = this
    state.totals.standing += amount
    if (this.isHeldBack) state.accumulatedDebt += amount
    else this.charge(amount)
  }

  /** An hour has ended, Unix ms by the meter's clock: debts that are due are recovered. */
  endHour(endMs: number): void {
    const { state } = this
    if (state.mode === 'prepayment' && !this.isHeldBack) this.recoverByTime(endMs)
    if (endsAt('week', endMs)) state.recoveredThisWeek = 0
  }

  /** Shares a top-up out: payment-based debt, held-back charges, emergency credit, and what is left to the balance. */
  topUp(amount: MilliPence): Allocation {
    const { state } = this
    state.totals.credited += amount
    const paymentDebt = this.recoverFromPayment(amount)
    let left = amount - paymentDebt
    const accumulatedDebt = Math.min(left, state.accumulatedDebt)
    state.accumulatedDebt -= accumulatedDebt
    left -= accumulatedDebt
    const emergency = Math.min(left, this.emergencyUsed)
    if (state.emergency) state.emergency.remaining += emergency
    left -= emergency
    state.balance += left
    this.settleEmergency()
    return { paymentDebt, accumulatedDebt, emergency, balance: left }
  }

  /** The supplier adds to the balance, or takes from it. */
  adjust(difference: MilliPence): void {
    this.state.totals.adjusted += difference
    this.state.balance += difference
    this.settleEmergency()
  }

  /** The consumer calls for emergency credit; false where there is none on offer. */
  activateEmergency(): boolean {
    if (!this.isEmergencyOffered) return false
    const limit = this.state.settings.emergencyLimit
    this.state.emergency = { limit, remaining: limit }
    this.tell('emergency-activated')
    return true
  }

  /**
   * Into prepayment the balance begins at nothing: what stood is billed from the snapshot. Out of it the consumer's position goes
   * on: balance less emergency credit used and charges held back. @source assumed
   */
  changeMode(mode: PaymentMode, modeSettings: ModeSettings): void {
    const { state } = this
    state.modeSettings = modeSettings
    if (state.mode === mode) return
    state.mode = mode
    if (mode === 'prepayment') this.adjust(-state.balance)
    else {
      state.balance -= this.emergencyUsed + state.accumulatedDebt
      state.accumulatedDebt = 0
      delete state.emergency
    }
    state.told = { low: false, offer: false, below: false, spared: false }
  }

  configure(settings: PrepaymentSettings): void {
    this.state.settings = settings
    this.settleEmergency()
  }

  setDebts({ time, payment }: Debts): void {
    this.state.time = [{ ...time[0] }, { ...time[1] }]
    this.state.payment = { ...payment }
  }

  /** Looks at what stands: tells what has come to pass, and says what the supply is to do, if anything. */
  judge(isFriendly: boolean): SupplyWish | undefined {
    const { state } = this
    const { mode, told, settings, balance } = state
    const isPrepayment = mode === 'prepayment'
    this.once('low', isPrepayment && balance < settings.lowCreditThreshold, 'low-credit')
    this.once('offer', this.isEmergencyOffered, 'emergency-offered')
    const isUsedUp = isPrepayment && this.isUsedUp
    this.once('below', isUsedUp, 'below-disablement')
    if (!isUsedUp) {
      told.spared = false
      if (!state.cut) return undefined
      state.cut = false
      return 'restore'
    }
    if (state.cut) return undefined
    if (isFriendly) {
      this.once('spared', true, 'disablement-suspended')
      return undefined
    }
    told.spared = false
    state.cut = true
    return 'cut'
  }

  /** Balance at its end, and no emergency credit, or none left. */
  private get isUsedUp(): boolean {
    const { balance, emergency, modeSettings } = this.state
    const { disablementThreshold } = modeSettings
    return emergency ? emergency.remaining === 0 && balance <= disablementThreshold : balance < disablementThreshold
  }
  /** Emergency credit is what pays now. */
  private get isOnEmergency(): boolean {
    const { balance, emergency, modeSettings } = this.state
    return emergency !== undefined && balance <= modeSettings.disablementThreshold
  }
  /** Debts wait, and the standing charge is put aside. */
  private get isHeldBack(): boolean {
    const { cut, mode, modeSettings } = this.state
    if (mode === 'credit') return false
    return (cut && modeSettings.suspendDebtDisabled) || (this.isOnEmergency && modeSettings.suspendDebtEmergency)
  }

  /** The balance pays down to the threshold, then emergency credit, then the balance again, below the threshold. */
  private charge(amount: MilliPence): void {
    const { state } = this
    const { emergency, modeSettings } = state
    const above = Math.max(0, state.balance - modeSettings.disablementThreshold)
    const before = emergency ? Math.min(amount, above) : amount
    const fromEmergency = emergency ? Math.min(amount - before, emergency.remaining) : 0
    state.balance -= amount - fromEmergency
    if (!emergency || fromEmergency === 0) return
    emergency.remaining -= fromEmergency
    if (emergency.remaining === 0) this.tell('emergency-exhausted')
  }

  private recoverByTime(endMs: number): void {
    for (const [index, debt] of this.state.time.entries()) {
      if (debt.amount === 0 || !endsAt(debt.period, endMs)) continue
      const recovered = Math.min(debt.rate, debt.amount)
      debt.amount -= recovered
      this.state.totals.recovered += recovered
      this.charge(recovered)
      if (debt.amount === 0) this.tell(index === 0 ? 'time-debt-1-completed' : 'time-debt-2-completed')
    }
  }

  private recoverFromPayment(payment: MilliPence): MilliPence {
    const { state } = this
    const leftOfCap = Math.max(0, state.settings.debtCap - state.recoveredThisWeek)
    const recovered = shareOf(state.payment, payment, leftOfCap)
    if (recovered === 0) return 0
    state.payment.amount -= recovered
    state.recoveredThisWeek += recovered
    state.totals.recovered += recovered
    if (state.payment.amount === 0) this.tell('payment-debt-completed')
    return recovered
  }

  /** Emergency credit is over when all of it is paid back and the balance is where none is on offer. */
  private settleEmergency(): void {
    const { state } = this
    if (!state.emergency || this.emergencyUsed > 0) return
    if (state.balance >= state.settings.emergencyThreshold) delete state.emergency
  }

  private once(what: keyof AccountMemory['told'], is: boolean, event: AccountEvent): void {
    const { told } = this.state
    if (is && !told[what]) this.tell(event)
    told[what] = is
  }
}
