/** Which top-up tokens a meter takes: form, key, repetition and limits; and when entry by hand is locked. */
import type { Eui64 } from '../../base/ids.ts'
import type { Clock } from '../../ports/time.ts'
import type { AccountMemory } from './account.ts'
import { Keypad, type KeypadMemory, type KeypadRules } from './keypad.ts'
import type { CreditSource } from './ledger.ts'
import type { MilliPence } from './money.ts'
import { REFUSALS, type TopUpOutcome, type TopUpRefusal } from './outcomes.ts'
import type { EventSink } from './parts.ts'
import { type TokensMemory, TokensSeen } from './tokens-seen.ts'
import { readUtrn } from './utrn.ts'

/** What survives a power cut. */
export interface TokenDeskMemory {
  tokens: TokensMemory
  keypad?: KeypadMemory
}

export interface TokenDeskOptions {
  device: Eui64
  /** Key of top-up tokens, 32 hex digits. */
  utrnKey: string
  /** When entry by hand is locked. */
  keypad: KeypadRules
  clock: Clock
  events: EventSink
  memory?: TokenDeskMemory | undefined
}

export class TokenDesk {
  private readonly options: TokenDeskOptions
  private readonly seen: TokensSeen
  private readonly keypad: Keypad

  constructor(options: TokenDeskOptions) {
    this.options = options
    this.seen = new TokensSeen(options.memory?.tokens)
    this.keypad = new Keypad(options.keypad, options.memory?.keypad)
  }

  memory(): TokenDeskMemory {
    return { tokens: this.seen.memory(), keypad: this.keypad.memory() }
  }

  /** What a token is worth to this account: once; or why it is not taken, which is told as an event. */
  take(
    utrn: string,
    source: CreditSource,
    account: Pick<AccountMemory, 'mode' | 'settings' | 'balance'>,
  ): TopUpOutcome {
    const { device, utrnKey, clock, events } = this.options
    if (account.mode !== 'prepayment') return this.refuse('not-prepayment')
    const isByHand = source !== 'hub'
    if (isByHand && this.keypad.isLocked(clock.unixMs())) return this.refuse('keypad-locked')
    const token = readUtrn(utrn, { key: utrnKey, device })
    if (!token.ok) {
      const outcome = this.refuse(token.reason)
      if (isByHand && this.keypad.wrong(clock.unixMs())) events.raise('81C4')
      return outcome
    }
    if (isByHand) this.keypad.right()
    const flaw = this.flawOf(token.counter, token.amount, account)
    if (flaw) return this.refuse(flaw)
    this.seen.add(token.counter)
    return { ok: true, amount: token.amount }
  }

  private flawOf(
    counter: number,
    amount: MilliPence,
    { settings, balance }: Pick<AccountMemory, 'settings' | 'balance'>,
  ): TopUpRefusal | undefined {
    if (this.seen.has(counter)) return 'duplicate'
    if (amount > settings.maximumCredit) return 'over-maximum-credit'
    return balance + amount > settings.maximumBalance ? 'over-maximum-balance' : undefined
  }

  private refuse(reason: TopUpRefusal): TopUpOutcome {
    const code = REFUSALS[reason]
    if (code) this.options.events.raise(code)
    return { ok: false, reason }
  }
}
