/**
 * What a sleeping meter tells its mirror at each wake-up besides its registers: what is new in its logs, one command after the other,
 * each as if it had been asked for. What is not delivered is told at the next wake-up; a new mirror is told all of it.
 * @source ZigBee SE 1.2a, mirrored clusters; which commands, and when: assumed
 */
import type { DeliveryOutcome } from '../../../ports/han.ts'
import type { ZclEndpoint } from '../../../zcl/node.ts'
import type { Peer } from '../../../zcl/transactions.ts'
import type { Ledger } from '../../prepayment/ledger.ts'
import { debtLog, topUpLog } from '../../prepayment/prepayment-server.ts'
import { type Publish, publications } from '../../tariff/han/tariff-publications.ts'
import { utcOf } from '../../zigbee-time.ts'
import type { BillingEntry } from '../billing-log.ts'
import type { MeterView } from './meter-view.ts'
import { SAMPLES, sampledData, samplesEndMs } from './samples.ts'
import { publishSnapshot, SNAPSHOT_CAUSE } from './snapshots.ts'

/** One command, and what is so when it has been delivered, or has not. */
interface Telling {
  send: (mirror: Peer, onConfirm: (outcome: DeliveryOutcome) => void) => void
  heard: () => void
  lost?: () => void
}

/** No meter gives more in one answer. */
const ALL_SAMPLES = 0xffff

export interface MirrorTellerOptions {
  endpoint: ZclEndpoint
  view: MeterView
  ledger: Ledger
}

export class MirrorTeller {
  private readonly options: MirrorTellerOptions
  private isTelling = false
  /** Up to when the mirror has network data, by the meter's clock, Unix ms. */
  private networkMs = 0
  /** Entries of the billing data log that the mirror has. */
  private bills: string[] = []
  /** Logs of payments as the mirror has them. */
  private topUps: string | undefined
  private debts: string | undefined
  /** The tariff that the mirror has, and what is still to be told of another. */
  private tariffHeard: string | undefined
  private publishing: { tariff: string; rest: ((publish: Publish) => void)[] } | undefined

  constructor(options: MirrorTellerOptions) {
    this.options = options
  }

  /** There is a new mirror: it knows nothing. */
  forget(): void {
    this.networkMs = 0
    this.bills = []
    this.topUps = undefined
    this.debts = undefined
    this.tariffHeard = undefined
    this.publishing = undefined
  }

  /** Tells all that is new, as long as it is delivered. */
  tell(mirror: Peer): void {
    if (this.isTelling) return
    const next = this.samples() ?? this.snapshot() ?? this.tariff() ?? this.topUpLog() ?? this.debtLog()
    if (!next) return
    this.isTelling = true
    next.send(mirror, outcome => {
      this.isTelling = false
      if (outcome !== 'delivered') return next.lost?.()
      next.heard()
      this.tell(mirror)
    })
  }

  private samples(): Telling | undefined {
    const { endpoint, view } = this.options
    const question = { sampleId: SAMPLES.networkData, earliestSampleTime: utcOf(this.networkMs), sampleType: 0 }
    const found = sampledData(view, { ...question, numberOfSamples: ALL_SAMPLES })
    if (!found) return
    return {
      send: (mirror, onConfirm) => endpoint.send(mirror, 'Metering', 'GetSampledDataResponse', found, { onConfirm }),
      heard: () => {
        this.networkMs = samplesEndMs(found)
      },
    }
  }

  private snapshot(): Telling | undefined {
    const { endpoint, view } = this.options
    const nameOf = ({ atMs, cause }: BillingEntry) => `${atMs} ${cause}`
    const entries = view.measurement.billingEntries().toReversed()
    const names = entries.map(nameOf)
    const entry = entries[names.findIndex(name => !this.bills.includes(name))]
    if (!entry) return
    const earliestStartTime = utcOf(entry.atMs)
    const range = { earliestStartTime, latestEndTime: earliestStartTime + 1, snapshotOffset: 0 }
    const found = publishSnapshot(view, { ...range, snapshotCause: SNAPSHOT_CAUSE[entry.cause] })
    if (!found) return
    return {
      send: (mirror, onConfirm) => endpoint.send(mirror, 'Metering', 'PublishSnapshot', found, { onConfirm }),
      heard: () => {
        this.bills = [...this.bills.filter(name => names.includes(name)), nameOf(entry)]
      },
    }
  }

  /** A tariff goes in pieces. One that is lost, and all of them are told again, as another event. */
  private tariff(): Telling | undefined {
    const { endpoint, view } = this.options
    const { tariff, tariffSinceMs = 0 } = view.measurement
    const name = `${tariff.id} ${tariffSinceMs}`
    if (name === this.tariffHeard) return
    if (this.publishing?.tariff !== name) {
      const of = { tariff, startUtc: utcOf(tariffSinceMs), eventId: utcOf(view.clock.unixMs()) }
      this.publishing = { tariff: name, rest: publications(of) }
    }
    const { rest } = this.publishing
    return {
      send: (mirror, onConfirm) =>
        rest[0]?.((cluster, command, payload) =>
          endpoint.send(mirror, cluster, command as never, payload as never, { onConfirm }),
        ),
      heard: () => {
        rest.shift()
        if (rest.length > 0) return
        this.tariffHeard = name
        this.publishing = undefined
      },
      lost: () => {
        this.publishing = undefined
      },
    }
  }

  private topUpLog(): Telling | undefined {
    const { endpoint, ledger } = this.options
    const credits = ledger.credits.list().toReversed()
    const text = JSON.stringify(credits)
    if (text === this.topUps) return
    return {
      send: (mirror, onConfirm) =>
        endpoint.send(mirror, 'Prepayment', 'PublishTopUpLog', topUpLog(credits), { onConfirm }),
      heard: () => {
        this.topUps = text
      },
    }
  }

  private debtLog(): Telling | undefined {
    const { endpoint, ledger } = this.options
    const payments = ledger.debtPayments.list().toReversed()
    const text = JSON.stringify(payments)
    if (text === this.debts) return
    return {
      send: (mirror, onConfirm) =>
        endpoint.send(mirror, 'Prepayment', 'PublishDebtLog', debtLog(payments), { onConfirm }),
      heard: () => {
        this.debts = text
      },
    }
  }
}
