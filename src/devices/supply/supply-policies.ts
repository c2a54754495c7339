/** What a meter does with its supply when something happens to it. @source ZigBee Smart Energy 1.2a, Metering, Set Supply Status */
import type { SupplySwitch } from './supply-switch.ts'

/** By the number each has on the HAN. ON and UNCHANGED interrupt nothing. */
export const SUPPLY_POLICIES = ['OFF', 'ARMED', 'ON', 'UNCHANGED'] as const
export type SupplyPolicy = (typeof SUPPLY_POLICIES)[number]

/** Whatever may happen to a supply that a policy is set for. */
export type SupplyIncident = 'tamper' | 'depletion' | 'uncontrolled-flow' | 'load-limit'
export type SupplyPolicies = Readonly<Record<SupplyIncident, SupplyPolicy>>

/** Does what the policy of an incident says. */
export function applyPolicy(supply: SupplySwitch, policies: SupplyPolicies, incident: SupplyIncident): void {
  const policy = policies[incident]
  switch (policy) {
    case 'OFF':
      supply.disable(incident)
      return
    case 'ARMED':
      supply.arm(incident)
      return
    case 'ON':
    case 'UNCHANGED':
      return
    default:
      policy satisfies never
  }
}
