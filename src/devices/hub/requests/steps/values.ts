/** Values of the contract as the HAN says them, and back. */
import { attributeSpec, clusterSpec } from '../../../../zcl/clusters.ts'
import type { DataType } from '../../../../zcl/data-types.ts'
import { isInvalid } from '../../../../zcl/data-types.ts'
import type { ParamSpec } from '../../../../zcl/payload.ts'
import { PERIODICITIES } from '../../../configuration/settings.ts'
import { unixMsOf, utcOf } from '../../../zigbee-time.ts'

const STATES = ['SUPPLY_OFF', 'SUPPLY_ARMED', 'SUPPLY_ON']
const POLICIES = ['POLICY_OFF', 'POLICY_ARMED', 'POLICY_ON', 'POLICY_UNCHANGED']

/** Names in the contract of what is a number on the HAN, in the order of the numbers. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  SupplyStatus: STATES,
  supplyStatus: STATES,
  LoadLimitSupplyState: POLICIES,
  loadLimitSupplyState: POLICIES,
  SupplyTamperState: POLICIES,
  supplyTamperState: POLICIES,
  SupplyDepletionState: POLICIES,
  supplyDepletionState: POLICIES,
  SupplyUncontrolledFlowState: POLICIES,
  supplyUncontrolledFlowState: POLICIES,
  BillingPeriodicity: PERIODICITIES.map(name => `BILLED_${name}`),
  CredentialsControl: ['CONTROLLED_BY_DCC', 'CONTROLLED_BY_SUPPLIER'],
}
/** Octets that are no text. */
const OCTETS: readonly string[] = ['SupplierCertificate', 'NetworkOperatorCertificate', 'NonDisablement']
/** Amounts that may be negative, in fields that have no sign. Two's complement: assumed. */
const SIGNED: readonly string[] = ['creditRemaining']

/** Type of an attribute or a field; of a structure its fields. */
export type WireType = Pick<ParamSpec, 'type' | 'fields'>

/** A value of the contract for an attribute or a field; undefined when it has none there. */
export function toHan(name: string, of: WireType, value: unknown): unknown {
  const { type, fields } = of
  if (Array.isArray(value)) return value.map(one => toHan(name, of, one))
  // Of the entries of a list the fields that the command has.
  if (type === 'struct') return picked(value, fields ?? [])
  const names = NAMES[name]
  if (names && typeof value === 'string') {
    const index = names.indexOf(value)
    return index < 0 ? undefined : index
  }
  if (type === 'UTC' && typeof value === 'number') return value === 0 ? 0 : utcOf(value)
  if (type === 'uint32' && typeof value === 'number' && value < 0) return value >>> 0
  if (type === 'octstr' && typeof value === 'string') return new TextEncoder().encode(value)
  return value
}

/** What an attribute or a field says, in the words of the contract; undefined for "invalid". */
export function fromHan(name: string, { type }: WireType, value: unknown): unknown {
  const names = NAMES[name]
  if (names && typeof value === 'number') return names[value]
  if (value === null || value === undefined) return undefined
  if (type === 'UTC' && typeof value === 'number') return value === 0 ? 0 : unixMsOf(value)
  if (value instanceof Uint8Array)
    return type === 'raw' || OCTETS.includes(name) ? value : new TextDecoder().decode(value)
  if (SIGNED.includes(name) && typeof value === 'number') return value | 0
  if (type !== 'raw' && type !== 'struct' && typeof value === 'number' && isInvalid(type, value)) return undefined
  return value
}

export const attributeType = (cluster: string, attribute: string): { type: DataType } =>
  attributeSpec(cluster, attribute)

/** Fields of a command, whichever way it goes. */
export function paramsOf(cluster: string, command: string): readonly ParamSpec[] {
  const { toServer, toClient } = clusterSpec(cluster)
  return (toServer[command] ?? toClient[command])?.params ?? []
}

function picked(value: unknown, fields: readonly ParamSpec[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  const from = value as Readonly<Record<string, unknown>>
  return Object.fromEntries(fields.map(field => [field.name, toHan(field.name, field, from[field.name])]))
}
