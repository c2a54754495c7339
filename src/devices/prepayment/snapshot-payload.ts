/** An account at one instant as a snapshot of the Prepayment cluster: debt and credit status. */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import type { AccountSnapshot } from './ledger.ts'
import { clamped } from './prepayment-words.ts'

/** @source ZigBee Smart Energy, Prepayment: Prepay Snapshot Payload Type, Debt/Credit Status */
export const DEBT_CREDIT_STATUS = 0x00

type Values = Omit<AccountSnapshot, 'atMs' | 'mode'>

/** @source ZigBee Smart Energy 1.2a, Prepayment: Debt/Credit Status payload */
const FIELDS = ['accumulatedDebt', 'timeDebt1', 'timeDebt2', 'paymentDebt', 'emergencyRemaining', 'balance'] as const

export function encodeSnapshot(snapshot: Values): Uint8Array {
  const writer = new ByteWriter()
  for (const field of FIELDS) writer.int(4, clamped(snapshot[field]))
  return writer.finish()
}

/** Undefined for octets that are none. */
export function decodeSnapshot(octets: Uint8Array): Values | undefined {
  if (octets.length < 4 * FIELDS.length) return undefined
  const reader = new ByteReader(octets)
  return Object.fromEntries(FIELDS.map(field => [field, reader.int(4)])) as unknown as Values
}
