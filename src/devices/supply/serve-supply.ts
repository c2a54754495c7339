/** How the hub, and the home, switch a meter's supply over the HAN. @source ZigBee Smart Energy 1.2a, Metering: supply commands and status */
import type { Eui64 } from '../../base/ids.ts'
import type { Clock } from '../../ports/time.ts'
import type { SideOptions } from '../../zcl/endpoint-types.ts'
import { Status } from '../../zcl/status.ts'
import type { MeterEvents } from '../events/meter-events.ts'
import { SUPPLY_STATUS } from '../meter-registers.ts'
import { unixMsOf, utcOf } from '../zigbee-time.ts'
import { SUPPLY_POLICIES, type SupplyIncident, type SupplyPolicies, type SupplyPolicy } from './supply-policies.ts'
import type { SupplySwitch, SwitchOutcome } from './supply-switch.ts'

type Metering = SideOptions<'Metering', 'server', 'toServer'>

export interface ServedSupply {
  supply: SupplySwitch
  events: MeterEvents
  /** The meter's. */
  clock: Clock
  /** Nobody else commands. @source assumed */
  hub: () => Eui64
  /** Whether a device of the home may do what a button does. */
  mayAct: (device: Eui64) => boolean
  policies: () => SupplyPolicies
  setPolicies: (changes: Partial<SupplyPolicies>) => void
}

export function supplyAttributes({ supply, policies }: ServedSupply): NonNullable<Metering['attributes']> {
  const policy = (incident: SupplyIncident) => () => SUPPLY_POLICIES.indexOf(policies()[incident])
  return {
    SupplyStatus: () => SUPPLY_STATUS[supply.state],
    SupplyTamperState: policy('tamper'),
    SupplyDepletionState: policy('depletion'),
    SupplyUncontrolledFlowState: policy('uncontrolled-flow'),
    LoadLimitSupplyState: policy('load-limit'),
  }
}

export function supplyCommands(served: ServedSupply): NonNullable<Metering['commands']> {
  const { supply, events, clock, hub } = served
  return {
    ChangeSupply: (order, from, reply) => {
      if (from.device !== hub()) return Status.NOT_AUTHORIZED
      // Orders for later are the DCC's to keep. @source assumed
      if ((unixMsOf(order.implementationDateTime) ?? 0) > clock.unixMs()) return Status.INVALID_VALUE
      const outcome = ordered(supply, order.proposedSupplyStatus)
      if (outcome === undefined) return Status.INVALID_VALUE
      if (outcome === 'refused') {
        events.raise('8155', why(supply))
        return Status.FAILURE
      }
      reply('SupplyStatusResponse', {
        ...{ providerId: order.providerId, issuerEventId: order.issuerEventId },
        implementationDateTime: utcOf(clock.unixMs()),
        supplyStatus: SUPPLY_STATUS[supply.state],
      })
      return 'later'
    },
    LocalChangeSupply: ({ proposedSupplyStatus }, from) => {
      if (!served.mayAct(from.device)) return Status.NOT_AUTHORIZED
      if (proposedSupplyStatus !== SUPPLY_STATUS.ON) return Status.INVALID_VALUE
      if (supply.consumerEnables() !== 'refused') return Status.SUCCESS
      events.raise('8162', why(supply))
      return Status.FAILURE
    },
    SetSupplyStatus: (order, from) => {
      if (from.device !== hub()) return Status.NOT_AUTHORIZED
      const wanted = {
        tamper: policyOf(order.supplyTamperState),
        depletion: policyOf(order.supplyDepletionState),
        'uncontrolled-flow': policyOf(order.supplyUncontrolledFlowState),
        'load-limit': policyOf(order.loadLimitSupplyState),
      }
      if (Object.values(wanted).includes(undefined)) return Status.INVALID_VALUE
      served.setPolicies(wanted as SupplyPolicies)
      return Status.SUCCESS
    },
  }
}

/** Undefined for a state that there is not. */
function ordered(supply: SupplySwitch, status: number): SwitchOutcome | undefined {
  switch (status) {
    case SUPPLY_STATUS.OFF:
      return supply.disable('command')
    case SUPPLY_STATUS.ARMED:
      return supply.arm('command')
    case SUPPLY_STATUS.ON:
      return supply.enable('command')
    default:
      return undefined
  }
}

const why = ({ heldBy, state }: SupplySwitch): string =>
  heldBy.length > 0 ? `supply held off by ${heldBy.join(', ')}` : `supply ${state}`
const policyOf = (status: number): SupplyPolicy | undefined => SUPPLY_POLICIES[status]
