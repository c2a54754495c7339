/** What a meter writes down when its supply is switched. */
import type { AlertCode } from '../events/alert-codes.ts'
import type { SupplyChange } from './supply-switch.ts'

type Event = readonly [code: AlertCode, detail?: string]

/**
 * The event of a change. Want of credit is told where credit is counted.
 * @source codes: GBCS alert codes; 8154 and 8161 (a command, the button) where no code fits better: assumed
 */
export function supplyEvent({ to, reason }: SupplyChange): Event | undefined {
  switch (reason) {
    case 'command':
      return to === 'ARMED' ? ['8F32'] : ['8154', to === 'ON' ? 'supply enabled' : 'supply disabled']
    case 'consumer':
      return ['8161', 'supply enabled']
    case 'credit':
      return to === 'ARMED' ? ['8F32'] : undefined
    case 'load-limit':
      return to === 'ON' ? ['8F34'] : ['8F33']
    case 'tamper':
      return ['81BE']
    case 'uncontrolled-flow':
      return ['81BF']
    case 'depletion':
      return ['8F1F', `supply ${to}`]
    default:
      return reason satisfies never
  }
}
