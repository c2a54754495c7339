/**
 * What the gas proxy has of the gas meter's logs and tariff: billing data, network data and payments, as the meter told them at its wake-ups. As
 * old as its last report: what was new then it told.
 */
import type { Eui64 } from '../../base/ids.ts'
import { fromZigbeeUtc } from '../../base/time.ts'
import type { BillingEntry, Payment, ProfileEntry } from '../../wan/messages/wan-types.generated.ts'
import type { SideOptions } from '../../zcl/endpoint-types.ts'
import { Status } from '../../zcl/status.ts'
import type { Peer } from '../../zcl/transactions.ts'
import { fromRegister, type Scale } from '../meter-registers.ts'
import { BILLING_ENTRIES } from '../metering/billing-log.ts'
import { SAMPLES, UNKNOWN_SAMPLE } from '../metering/han/samples.ts'
import { decodeSnapshot } from '../metering/han/snapshots.ts'
import { tariffFault } from '../tariff/check-tariff.ts'
import { type CalendarCommands, type PriceCommands, TariffIntake } from '../tariff/han/tariff-intake.ts'
import { flatTariff, TARIFF_LIMITS, type Tariff } from '../tariff/tariff.ts'
import { billingEntry, inUnits } from './mirrored-snapshot.ts'

/** @source MMC schema v5.4: network data log 41 [public] */
const NETWORK_ENTRIES = 41
/** @source SMETS billing data log: ten prepayment credits, ten payment-based debt payments; assumed for SMETS1 */
const PAYMENT_ENTRIES = 10

const METER_ENDPOINT = 1

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
  tariff?: Tariff
}

type Commands<C extends 'Metering' | 'Prepayment'> = NonNullable<SideOptions<C, 'client', 'toClient'>['commands']>

export interface GasLogsOptions {
  /** Whose they are. */
  meter: () => Eui64 | undefined
  /** Of the meter's registers, as it reported them. */
  scale: () => Partial<Scale>
  memory?: GasLogsMemory | undefined
}

export class GasLogs {
  private readonly options: GasLogsOptions
  private state: GasLogsMemory
  private readonly intake: TariffIntake

  constructor(options: GasLogsOptions) {
    this.options = options
    this.state = options.memory ?? {}
    const logs = this
    this.intake = new TariffIntake({
      esi: {
        get device() {
          return options.meter() ?? ''
        },
        endpoint: METER_ENDPOINT,
      },
      charging: {
        get tariff() {
          return logs.state.tariff ?? flatTariff(0, 0)
        },
        pending: undefined,
        hold: tariff => logs.keepTariff(tariff),
        forget: () => false,
      },
      // What it cannot have is not mirrored: the meter is asked.
      onOutcome: (_what, fault) => fault !== undefined && logs.keepTariff(undefined),
    })
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

  /** The tariff in force. */
  get tariff(): Tariff | undefined {
    return this.state.tariff
  }

  /** What the mirror's endpoint takes of the meter's Price and Calendar: a tariff, piece by piece. */
  priceCommands(): PriceCommands {
    return this.intake.priceCommands()
  }
  calendarCommands(): CalendarCommands {
    return this.intake.calendarCommands()
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

  /** Returns what is wrong with it: then there is none. */
  private keepTariff(tariff: Tariff | undefined): string | undefined {
    const fault = tariff && tariffFault(tariff, TARIFF_LIMITS.gas)
    const { tariff: _before, ...others } = this.state
    this.state = { ...others, ...(tariff && fault === undefined && { tariff }) }
    return fault
  }

  private take(from: Peer, put: () => boolean): number {
    if (from.device !== this.options.meter()) return Status.NOT_AUTHORIZED
    return put() ? Status.SUCCESS : Status.INVALID_VALUE
  }
}

const payment = (utc: number, amount: number): Payment => ({ atMs: fromZigbeeUtc(utc), amount: Math.max(0, amount) })
