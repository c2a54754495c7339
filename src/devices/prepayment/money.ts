/** Money as meters keep it: whole thousandths of a penny, so that nothing is ever rounded twice. */

/** Thousandths of a penny (10^-5 pounds), an integer. */
export type MilliPence = number

/** Most that an amount may be, either way: what the int32 of the Prepayment cluster says. @source ZigBee Smart Energy, Prepayment */
export const MOST_MONEY: MilliPence = 0x7fff_ffff

/** @source ZigBee Smart Energy, Prepayment: CurrencyScalingFactor, 10^-5; that a meter counts so finely: assumed */
export const CURRENCY_SCALING = 0x01
/** The pound sterling. @source ISO 4217 */
export const POUND = 826

export const isMoney = (value: number): boolean => Number.isInteger(value) && Math.abs(value) <= MOST_MONEY

/** What is wrong with what was asked: the field, in the words of the contract, and what it had to be. */
export interface Refusal {
  field: string
  expected: string
}

export const refusalText = ({ field, expected }: Refusal): string => `${field}: ${expected} expected`
