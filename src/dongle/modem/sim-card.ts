/** The SIM in the modem: who it is, and the PIN before it. */
import type { CmeError } from '../../wire/at/result-codes.ts'

export interface SimCardOptions {
  /** 15 digits. */
  imsi: string
  iccid: string
  /** Digits only. */
  msisdn: string
  /** 4 to 8 digits; absent: it asks for none. */
  pin?: string
  /** 8 digits; absent: none opens it. */
  puk?: string
}

/** @source 3GPP TS 31.101, 9.3 */
const PIN_TRIES = 3
const PUK_TRIES = 10

export class SimCard {
  readonly imsi: string
  readonly iccid: string
  readonly msisdn: string
  private pin: string | undefined
  private readonly puk: string | undefined
  private open: boolean
  private pinTries = PIN_TRIES
  private pukTries = PUK_TRIES

  constructor({ imsi, iccid, msisdn, pin, puk }: SimCardOptions) {
    this.imsi = imsi
    this.iccid = iccid
    this.msisdn = msisdn
    this.pin = pin
    this.puk = puk
    this.open = pin === undefined
  }

  /** What it waits for. @source 3GPP TS 27.007, 8.3 */
  get state(): 'READY' | 'SIM PIN' | 'SIM PUK' | 'blocked' {
    if (this.open) return 'READY'
    if (this.pinTries > 0) return 'SIM PIN'
    return this.pukTries > 0 ? 'SIM PUK' : 'blocked'
  }
  /** Why nothing can be had of it. */
  get lock(): CmeError | undefined {
    const { state } = this
    switch (state) {
      case 'READY':
        return undefined
      case 'SIM PIN':
        return 11
      case 'SIM PUK':
        return 12
      case 'blocked':
        return 13
      default:
        return state satisfies never
    }
  }

  /** Loses power: it asks for its PIN again. Tries that are used up stay so. */
  powerCycle(): void {
    this.open = this.pin === undefined
  }

  /** The PIN, or the PUK with a PIN to come; what is wrong with it, or undefined. */
  unlock(code: string, newPin?: string): CmeError | undefined {
    const { state } = this
    if (state === 'READY') return 3
    if (state === 'blocked') return 13
    return state === 'SIM PIN' ? this.tryPin(code) : this.tryPuk(code, newPin)
  }

  private tryPin(code: string): CmeError | undefined {
    if (code !== this.pin) return --this.pinTries > 0 ? 16 : 12
    this.pinTries = PIN_TRIES
    this.open = true
    return undefined
  }

  private tryPuk(code: string, newPin: string | undefined): CmeError | undefined {
    if (newPin === undefined || !/^\d{4,8}$/.test(newPin)) return 50
    if (code !== this.puk) return --this.pukTries > 0 ? 16 : 13
    this.pin = newPin
    this.pinTries = PIN_TRIES
    this.pukTries = PUK_TRIES
    this.open = true
    return undefined
  }
}
