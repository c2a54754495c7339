/**
 * What the gas proxy has of the gas meter's logs: billing data, network data and payments, as the meter told them at its wake-ups. As
 * old as its last report: what was new then it told.
 */
import { fromZigbeeUtc } from '../../base/time.ts'
import type { BillingEntry, Payment, ProfileEntry } from '../../wan/messages/wan-types.generated.ts'
import type { SideOptions } from '../../zcl/endpoint-types.ts'
import { Status } from '../../zcl/status.ts'
import type { Peer } from '../../zcl/transactions.ts'
import { fromRegister, type Scale } from '../meter-registers.ts'
import { BILLING_ENTRIES } from '../metering/billing-log.ts'
import { SAMPLES, UNKNOWN_SAMPLE } from '../metering/han/samples.ts'
import { decodeSnapshot } from '../metering/han/snapshots.ts'
import { billingEntry, inUnits } from './mirrored-snapshot.ts'

/** @source MMC schema v5.4: network data log 41 [public] */
const NETWORK_ENTRIES = 41
/** @source SMETS billing data log: ten prepayment credits, ten payment-based debt payments; assumed for SMETS1 */
const PAYMENT_ENTRIES = 10

/** What passed in short intervals, oldest first. */
export interface NetworkLog {
  intervalS: number
  entries: readonly ProfileEntry[]
}

/** What survives a restart; what is absent the meter has not told. */
export interface GasLogsMemory {
  network?: NetworkLog
  /** Newest first. */
  billing?: readonly BillingEntry[]
  topUps?: readonly Payment[]
  debts?: readonly Payment[]
}

type Commands<C extends 'Metering' | 'Prepayment'> = NonNullable<SideOptions<C, 'client', 'toClient'>['commands']>

export interface GasLogsOptions {
  /** Whose they are. */
  isMeter: (peer: Peer) => boolean
  /** Of the meter's registers, as it reported them. */
  scale: () => Partial<Scale>
  memory?: GasLogsMemory | undefined
}

export class GasLogs {
  private readonly options: GasLogsOptions
  private state: GasLogsMemory

  constructor(options: GasLogsOptions) {
    this.options = options
    this.state = options.memory ?? {}
  }

  memory(): GasLogsMemory {
    return this.state
  }

  get network(): NetworkLog | undefined {
    return this.state.network
  }
  /** Newest first. */
  get billing(): readonly BillingEntry[] | undefined {
    return this.state.billing
  }
  /** Top-ups, newest first. */
  get topUps(): readonly Payment[] | undefined {
    return this.state.topUps
  }
  /** Debt paid out of top-ups, newest first. */
  get debts(): readonly Payment[] | undefined {
    return this.state.debts
  }

  /** What the mirror's endpoint takes of the meter's Metering. */
  meteringCommands(): Commands<'Metering'> {
    return {
      GetSampledDataResponse: ({ sampleId, sampleStartTime, sampleRequestInterval, samples }, from) =>
        this.take(from, () => {
          if (sampleId !== SAMPLES.networkData || sampleRequestInterval === 0) return false
          const startMs = fromZigbeeUtc(sampleStartTime)
          const entries = samples.flatMap((sample, at) => {
            const value = sample === UNKNOWN_SAMPLE ? undefined : fromRegister(sample, this.options.scale())
            return value === undefined ? [] : [{ startMs: startMs + at * sampleRequestInterval * 1_000, value }]
          })
          // Of another length: what was before is no part of the same log.
          const { network } = this.state
          const before = network?.intervalS === sampleRequestInterval ? network.entries : []
          const all = [...before.filter(entry => entry.startMs < startMs), ...entries].slice(-NETWORK_ENTRIES)
          this.state = { ...this.state, network: { intervalS: sampleRequestInterval, entries: all } }
          return true
        }),
      PublishSnapshot: ({ snapshotTime, snapshotCause, snapshotPayloadType, snapshotPayload }, from) =>
        this.take(from, () => {
          const read = decodeSnapshot(snapshotPayloadType, snapshotPayload)
          const values = read && inUnits(read, this.options.scale())
          if (values?.direction !== 'delivered') return false
          const entry = billingEntry({ ...values, atMs: fromZigbeeUtc(snapshotTime), cause: snapshotCause })
          const others = (this.state.billing ?? []).filter(
            ({ atMs, cause }) => atMs !== entry.atMs || cause !== entry.cause,
          )
          const billing = [entry, ...others].toSorted((a, b) => b.atMs - a.atMs).slice(0, BILLING_ENTRIES)
          this.state = { ...this.state, billing }
          return true
        }),
    }
  }

  /** What it takes of the meter's Prepayment: each log as a whole. */
  prepaymentCommands(): Commands<'Prepayment'> {
    return {
      PublishTopUpLog: ({ topUpPayload }, from) =>
        this.take(from, () => {
          const topUps = topUpPayload.map(({ topUpTime, topUpAmount }) => payment(topUpTime, topUpAmount))
          this.state = { ...this.state, topUps: topUps.slice(0, PAYMENT_ENTRIES) }
          return true
        }),
      PublishDebtLog: ({ debtPayload }, from) =>
        this.take(from, () => {
          const debts = debtPayload.map(({ collectionTime, amountCollected }) =>
            payment(collectionTime, amountCollected),
          )
          this.state = { ...this.state, debts: debts.slice(0, PAYMENT_ENTRIES) }
          return true
        }),
    }
  }

  private take(from: Peer, put: () => boolean): number {
    if (!this.options.isMeter(from)) return Status.NOT_AUTHORIZED
    return put() ? Status.SUCCESS : Status.INVALID_VALUE
  }
}

const payment = (utc: number, amount: number): Payment => ({ atMs: fromZigbeeUtc(utc), amount: Math.max(0, amount) })
