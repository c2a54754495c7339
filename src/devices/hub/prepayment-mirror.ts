/** What the gas mirror has of the gas meter's account: its last report, served in its stead, and a line a day made of the reports. */
import type { Eui64 } from '../../base/ids.ts'
import type { Clock } from '../../ports/time.ts'
import type { AttributeValues } from '../../zcl/clusters.ts'
import type { ZclEndpoint } from '../../zcl/node.ts'
import type { Peer } from '../../zcl/transactions.ts'
import { type LogMemory, PagedLog } from '../paged-log.ts'
import { MIRRORED_PREPAYMENT, MIRRORED_SETTINGS } from '../prepayment/account-attributes.ts'
import { type AccountSnapshot, DAILY_ENTRIES } from '../prepayment/ledger.ts'
import { fromPaymentControl } from '../prepayment/prepayment-words.ts'
import { utcOf } from '../zigbee-time.ts'
import { type Errand, GasErrands } from './gas-errands.ts'

const DAY_MS = 86_400_000

type Values = AttributeValues<'Prepayment', 'server'>

/** What survives a restart. */
export interface PrepaymentMirrorMemory {
  values: Values
  /** By the hub's clock, Unix ms. */
  reportedAtMs?: number
  daily: LogMemory<AccountSnapshot>
  /** What displays have asked of the meter. */
  errands?: readonly Errand[]
}

export interface PrepaymentMirrorOptions {
  /** The hub's. */
  clock: Clock
  /** Who may ask something of the meter. */
  isDisplay: (device: Eui64) => boolean
  memory?: PrepaymentMirrorMemory | undefined
}

export class PrepaymentMirror {
  readonly values: Values
  /** The account at each midnight, as the first report after it had it. */
  readonly daily: PagedLog<AccountSnapshot>
  private readonly clock: Clock
  private lastReportMs: number | undefined

  private readonly errands: GasErrands
  private endpoint: ZclEndpoint | undefined

  constructor({ clock, isDisplay, memory }: PrepaymentMirrorOptions) {
    this.clock = clock
    this.values = { ...memory?.values }
    this.lastReportMs = memory?.reportedAtMs
    this.daily = new PagedLog(DAILY_ENTRIES, memory?.daily)
    this.errands = new GasErrands({ isDisplay, onDone: meter => this.lookAgain(meter), waiting: memory?.errands })
  }

  memory(): PrepaymentMirrorMemory {
    const { values, lastReportMs, daily, errands } = this
    return {
      values: { ...values },
      ...(lastReportMs !== undefined && { reportedAtMs: lastReportMs }),
      daily: daily.memory(),
      errands: errands.memory(),
    }
  }

  /** When the meter last said anything of its account, by the hub's clock, Unix ms. */
  get reportedAtMs(): number | undefined {
    return this.lastReportMs
  }

  /** The meter reports. */
  take(values: AttributeValues<'Prepayment', 'server'>): void {
    for (const name of [...MIRRORED_PREPAYMENT, ...MIRRORED_SETTINGS]) {
      if (values[name] !== undefined) Object.assign(this.values, { [name]: values[name] })
    }
    if (values.CreditRemaining === undefined) return
    const nowMs = this.clock.unixMs()
    const midnightMs = nowMs - (nowMs % DAY_MS)
    const { lastReportMs } = this
    if (lastReportMs !== undefined && lastReportMs < midnightMs) this.daily.add(this.snapshot(midnightMs))
    this.lastReportMs = nowMs
  }

  /** Serves what it has on the mirror's endpoint. */
  serve(endpoint: ZclEndpoint): void {
    const { values } = this
    const names = [...MIRRORED_PREPAYMENT, ...MIRRORED_SETTINGS]
    this.endpoint = endpoint
    endpoint.serve('Prepayment', {
      attributes: Object.fromEntries(names.map(name => [name, () => values[name]])),
      commands: this.errands.commands(() => utcOf(this.clock.unixMs())),
    })
  }

  /** The meter is awake. */
  onAwake(meter: Eui64): void {
    if (this.endpoint) this.errands.run(this.endpoint, meter)
  }

  private lookAgain(meter: Peer): void {
    this.endpoint?.read(meter, 'Prepayment', MIRRORED_PREPAYMENT, outcome => {
      if (outcome.ok) this.take(outcome.values)
    })
  }

  private snapshot(atMs: number): AccountSnapshot {
    const { values } = this
    return {
      atMs,
      mode: fromPaymentControl(values.PaymentControlConfiguration ?? 0, 0).mode,
      balance: values.CreditRemaining ?? 0,
      emergencyRemaining: values.EmergencyCreditRemaining ?? 0,
      accumulatedDebt: values.AccumulatedDebt ?? 0,
      timeDebt1: values.DebtAmount1 ?? 0,
      timeDebt2: values.DebtAmount2 ?? 0,
      paymentDebt: values.DebtAmount3 ?? 0,
    }
  }
}
