/**
 * What a display asks of a gas meter that sleeps: the hub keeps it, and sees to it when the meter next reports. What comes of it goes
 * back to the display, and into the mirror.
 * @source assumed: that the hub runs errands for a display
 */
import type { Eui64 } from '../../base/ids.ts'
import type { SideOptions } from '../../zcl/endpoint-types.ts'
import type { ZclEndpoint } from '../../zcl/node.ts'
import { Status } from '../../zcl/status.ts'
import type { Peer } from '../../zcl/transactions.ts'

/** Errands that wait; more are refused. @source assumed */
const MOST_ERRANDS = 8
const METER_ENDPOINT = 1

/** Plain JSON: it survives a loss of power. */
export interface Errand {
  from: Peer
  origin: number
  /** A token as digits; absent: emergency credit is called for. */
  utrn?: string
  /** When it was asked, ZigBee UTC. */
  atUtc: number
}

export interface GasErrandsOptions {
  /** Whose displays may ask. */
  isDisplay: (device: Eui64) => boolean
  /** Something was done: the meter's account is to be read anew. */
  onDone: (meter: Peer) => void
  waiting?: readonly Errand[] | undefined
}

type Commands = NonNullable<SideOptions<'Prepayment', 'server', 'toServer'>['commands']>

export class GasErrands {
  private readonly options: GasErrandsOptions
  private readonly waiting: Errand[]
  private running = false

  constructor(options: GasErrandsOptions) {
    this.options = options
    this.waiting = [...(options.waiting ?? [])]
  }

  /** What it would keep if the hub lost power now. */
  memory(): readonly Errand[] {
    return this.waiting.slice()
  }

  /** What the mirror takes from displays; `nowUtc`: ZigBee UTC. */
  commands(nowUtc: () => number): Commands {
    return {
      ConsumerTopUp: ({ originatingDevice, topUpCode }, from) => {
        const utrn = topUpCode ? new TextDecoder().decode(topUpCode) : ''
        const status = this.take({ from, origin: originatingDevice, utrn, atUtc: nowUtc() })
        return status === Status.SUCCESS ? 'later' : status
      },
      SelectAvailableEmergencyCredit: ({ originatingDevice }, from) =>
        this.take({ from, origin: originatingDevice, atUtc: nowUtc() }),
    }
  }

  /** The meter is awake: what waits for it is seen to, one after the other. */
  run(endpoint: ZclEndpoint, meter: Eui64): void {
    const [errand] = this.waiting
    if (!errand || this.running) return
    this.running = true
    const peer = { device: meter, endpoint: METER_ENDPOINT }
    const { origin: originatingDevice, utrn, atUtc } = errand
    // It waits for the next report when the meter fell asleep over it.
    const over = (isDone: boolean) => {
      this.running = false
      if (!isDone) return
      this.waiting.shift()
      this.options.onDone(peer)
      this.run(endpoint, meter)
    }
    if (utrn === undefined) {
      const call = { commandIssueDateTime: atUtc, originatingDevice }
      endpoint.request(peer, 'Prepayment', 'SelectAvailableEmergencyCredit', call, outcome =>
        over(outcome.ok || outcome.reason === 'default-response'),
      )
      return
    }
    const token = { originatingDevice, topUpCode: new TextEncoder().encode(utrn) }
    endpoint.request(peer, 'Prepayment', 'ConsumerTopUp', token, outcome => {
      if (outcome.ok) endpoint.send(errand.from, 'Prepayment', 'ConsumerTopUpResponse', outcome.response.payload)
      over(outcome.ok || outcome.reason === 'default-response')
    })
  }

  private take(errand: Errand): number {
    if (!this.options.isDisplay(errand.from.device)) return Status.NOT_AUTHORIZED
    if (this.waiting.length >= MOST_ERRANDS) return Status.INSUFFICIENT_SPACE
    this.waiting.push(errand)
    return Status.SUCCESS
  }
}
