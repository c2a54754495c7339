/**
 * The far end of one hub's line on an access point: the endpoint of the party's data centre that the hub holds on to, and the party's
 * gateway to the SM WAN. A hub whose endpoint is lost tries the others until one answers.
 * @source assumed, but for the scenarios themselves: SMETS1 consultation on SEC subsidiary documents, May 2018, 2.1
 */
import { seconds } from '../base/time.ts'
import type { Timer, Timers } from '../ports/time.ts'
import type { Trace } from '../ports/trace.ts'
import type { Apn } from '../ports/wan.ts'
import type { Centre, DataCentres } from './data-centres.ts'

/** Between two attempts of a hub to find an endpoint that answers. Assumed. */
const ENDPOINT_RETRY_US = seconds(30)

export interface HeadEndOptions {
  /** The access point it is behind. */
  apn: Apn
  centres: DataCentres
  timers: Timers
  trace: Trace
}

export class HeadEnd {
  readonly apn: Apn
  /** Messages of either way that nobody took. */
  unreached = 0
  private readonly options: HeadEndOptions
  private held: Centre = 'primary'
  private isHeld = true
  private gatewayOut = false
  private retry: Timer | undefined
  private onPassing: () => void = () => {}

  constructor(options: HeadEndOptions) {
    this.apn = options.apn
    this.options = options
    options.centres.watch(() => this.look())
  }

  /** Endpoint the hub holds on to, whether it answers or not. */
  get endpoint(): Centre {
    return this.held
  }
  /** Why nothing passes, for people; undefined while messages do. */
  get lack(): string | undefined {
    if (this.gatewayOut) return 'the gateway between the party and the SM WAN is down'
    return this.isHeld ? undefined : `the ${this.held} endpoint does not answer`
  }

  /** `passing`: messages pass again. One listener. */
  watch(passing: () => void): void {
    this.onPassing = passing
  }

  /** Whether the party can speak to the hub now. A hub that hears it holds on to the data centre that spoke. */
  speaks(): boolean {
    const { serving } = this.options.centres
    if (!serving || this.gatewayOut) return false
    if (!this.isHeld) this.hold(serving)
    return true
  }

  /** Fault: the party's gateway to the SM WAN. */
  setGateway(state: 'up' | 'down'): void {
    this.gatewayOut = state === 'down'
    if (this.lack === undefined) this.onPassing()
  }

  private look(): void {
    const { centres, trace } = this.options
    if (!this.isHeld || centres.serving === this.held) return
    this.isHeld = false
    trace.emit({ kind: 'wan.endpoint-lost', apn: this.apn, endpoint: this.held })
    this.again()
  }

  private again(): void {
    this.retry ??= this.options.timers.after(ENDPOINT_RETRY_US, 'wan endpoint', () => {
      this.retry = undefined
      const { serving } = this.options.centres
      if (serving) this.hold(serving)
      else this.again()
    })
  }

  private hold(endpoint: Centre): void {
    this.retry?.cancel()
    this.retry = undefined
    this.held = endpoint
    this.isHeld = true
    this.options.trace.emit({ kind: 'wan.endpoint', apn: this.apn, endpoint })
    if (this.lack === undefined) this.onPassing()
  }
}
