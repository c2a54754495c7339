/**
 * What a consumer does at a prepayment display: enters a token, calls for emergency credit, switches the supply on. A sleeping gas
 * meter hears of it through its mirror when it wakes.
 */
import type { Clock } from '../../ports/time.ts'
import type { CommandPayload } from '../../zcl/clusters.ts'
import type { ZclEndpoint } from '../../zcl/node.ts'
import { statusName } from '../../zcl/status.ts'
import type { Failure, Peer } from '../../zcl/transactions.ts'
import { SUPPLY_STATUS } from '../meter-registers.ts'
import type { Fuel } from '../notices.ts'
import { utcOf } from '../zigbee-time.ts'
import { poundsText } from './account-screen.ts'
import { fromUnsigned, refusedTopUp } from './prepayment-words.ts'

/** OriginatingDevice of a display. @source ZigBee Smart Energy, Prepayment */
const DISPLAY = 0x02

/** What became of the last thing the consumer did, as the screen words it. */
export interface ActionResult {
  what: 'top-up' | 'emergency credit' | 'supply'
  /** `waiting`: nobody has answered yet; a gas meter may, when it wakes. */
  state: 'sent' | 'waiting' | 'done' | 'refused'
  text: string
}

export interface TerminalOptions {
  endpoint: ZclEndpoint
  clock: Clock
  /** Where a fuel's meter, or its mirror, is served; undefined while it has not been found. */
  meterOf: (fuel: Fuel) => Peer | undefined
  /** Something was done: the account is not what it was. */
  onChange: (fuel: Fuel) => void
  /** Where the outcome is shown. */
  shown: { result?: Partial<Record<Fuel, ActionResult>> }
}

export class PrepaymentTerminal {
  private readonly options: TerminalOptions

  constructor(options: TerminalOptions) {
    this.options = options
    // A gas meter that was asleep answers long after the question.
    options.endpoint.use('Prepayment', {
      commands: {
        ConsumerTopUpResponse: (payload, from) => {
          const fuel = this.fuelOf(from)
          if (fuel) this.topUpAnswered(fuel, payload)
        },
      },
    })
  }

  /** The consumer enters a token. False: the meter has not been found yet. */
  enter(fuel: Fuel, utrn: string): boolean {
    const { endpoint, meterOf } = this.options
    const meter = meterOf(fuel)
    if (!meter) return false
    this.show(fuel, { what: 'top-up', state: 'sent', text: 'sent' })
    const token = { originatingDevice: DISPLAY, topUpCode: new TextEncoder().encode(utrn.slice(0, MOST_DIGITS)) }
    endpoint.request(meter, 'Prepayment', 'ConsumerTopUp', token, outcome => {
      if (outcome.ok) this.topUpAnswered(fuel, outcome.response.payload)
      else this.unanswered(fuel, 'top-up', outcome)
    })
    return true
  }

  /** The consumer calls for emergency credit. False: the meter has not been found yet. */
  callForEmergencyCredit(fuel: Fuel): boolean {
    const { endpoint, clock, meterOf, onChange } = this.options
    const meter = meterOf(fuel)
    if (!meter) return false
    this.show(fuel, { what: 'emergency credit', state: 'sent', text: 'sent' })
    const call = { commandIssueDateTime: utcOf(clock.unixMs()), originatingDevice: DISPLAY }
    endpoint.request(meter, 'Prepayment', 'SelectAvailableEmergencyCredit', call, outcome => {
      if (!outcome.ok) return this.unanswered(fuel, 'emergency credit', outcome)
      // The mirror has taken it for the gas meter, no more.
      if (fuel === 'gas') this.show(fuel, { what: 'emergency credit', state: 'waiting', text: 'waits for the meter' })
      else this.show(fuel, { what: 'emergency credit', state: 'done', text: 'emergency credit is on' })
      onChange(fuel)
    })
    return true
  }

  /** The consumer switches an armed electricity supply on; a gas valve opens by hand only. False: no meter has been found yet. */
  switchOn(): boolean {
    const { endpoint, meterOf, onChange } = this.options
    const meter = meterOf('electricity')
    if (!meter) return false
    endpoint.request(meter, 'Metering', 'LocalChangeSupply', { proposedSupplyStatus: SUPPLY_STATUS.ON }, outcome => {
      if (!outcome.ok) return this.unanswered('electricity', 'supply', outcome)
      this.show('electricity', { what: 'supply', state: 'done', text: 'supply is on' })
      onChange('electricity')
    })
    return true
  }

  private topUpAnswered(fuel: Fuel, answer: CommandPayload<'Prepayment', 'ConsumerTopUpResponse', 'toClient'>): void {
    const { resultType, topUpValue, creditRemaining } = answer
    const why = refusedTopUp(resultType)
    const text = why ?? `added ${poundsText(topUpValue)}, balance ${poundsText(fromUnsigned(creditRemaining))}`
    this.show(fuel, { what: 'top-up', state: why ? 'refused' : 'done', text })
    this.options.onChange(fuel)
  }

  private unanswered(fuel: Fuel, what: ActionResult['what'], failure: Failure): void {
    if (failure.reason === 'default-response') {
      const text = REFUSED[what] ?? statusName(failure.status)
      this.show(fuel, { what, state: 'refused', text })
    } else if (this.options.shown.result?.[fuel]?.state === 'sent') {
      // The answer of a meter that woke meanwhile may have come another way.
      this.show(fuel, { what, state: 'waiting', text: 'waits for the meter' })
    }
  }

  private fuelOf({ device, endpoint }: Peer): Fuel | undefined {
    return (['electricity', 'gas'] as const).find(fuel => {
      const meter = this.options.meterOf(fuel)
      return meter?.device === device && meter.endpoint === endpoint
    })
  }

  private show(fuel: Fuel, result: ActionResult): void {
    const { shown } = this.options
    shown.result = { ...shown.result, [fuel]: result }
  }
}

/** What a refusal means, where its status does not say it. */
const REFUSED: Readonly<Partial<Record<ActionResult['what'], string>>> = {
  'emergency credit': 'none on offer',
  supply: 'not ready to be switched on',
}
/** Keys a consumer may press: more than a token has, so that a slip reaches the meter. */
const MOST_DIGITS = 25
