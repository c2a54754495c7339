/** Snapshots of a meter as the hub gives them on: in thousandths of the unit, in the words of the contract. */
import type { BillingCause, BillingEntry } from '../../wan/messages/wan-types.generated.ts'
import { fromRegister, type Scale } from '../meter-registers.ts'
import { SNAPSHOT_CAUSE, type SnapshotValues } from '../metering/han/snapshots.ts'

/** A snapshot with its date by the meter's clock, Unix ms. */
export interface TakenSnapshot extends SnapshotValues {
  atMs: number
  cause: number
}

const CAUSES: readonly (readonly [number, BillingCause])[] = [
  [SNAPSHOT_CAUSE['billing-calendar'], 'BILLING_CALENDAR'],
  [SNAPSHOT_CAUSE['tariff-change'], 'TARIFF_CHANGE'],
  [SNAPSHOT_CAUSE['mode-change'], 'MODE_CHANGE'],
]

/** Registers as units; undefined where register and scale make no reading. */
export function inUnits(values: SnapshotValues, scale: Partial<Scale>): SnapshotValues | undefined {
  const of = (register: number) => fromRegister(register, scale)
  const total = of(values.total)
  if (total === undefined) return
  return {
    direction: values.direction,
    total,
    registers: values.registers.map(register => of(register) ?? 0),
    blocks: values.blocks.map(row => row.map(register => of(register) ?? 0)),
  }
}

/** The snapshot as an entry of the billing data log. */
export const billingEntry = ({ atMs, cause, total, registers, blocks }: TakenSnapshot): BillingEntry => ({
  atMs,
  cause: CAUSES.find(([bit]) => (cause & bit) !== 0)?.[1] ?? 'BILLING_CAUSE_UNSPECIFIED',
  activeImport: total,
  registers: [...registers],
  blocks: blocks.flatMap((row, register) =>
    row.map((value, block) => ({ register: register + 1, block: block + 1, value })),
  ),
})
