/** The GPF's gas mirror: the gas meter's last report, served in its stead while it sleeps, and a log made of the reports. */
import type { Eui64 } from '../../base/ids.ts'
import type { Clock } from '../../ports/time.ts'
import type { AttributeValues } from '../../zcl/clusters.ts'
import type { ZclEndpoint, ZclNode } from '../../zcl/node.ts'
import { SE_DEVICE } from '../device.ts'
import { fromRegister, METERING_DEVICE, toRegister, UNIT } from '../meter-registers.ts'
import { type DaysUsed, historicalAttribute } from '../metering/han/historical.ts'
import { type LogMemory, PagedLog } from '../paged-log.ts'
import { GasLogs, type GasLogsMemory } from './gas-logs.ts'
import { type GasHistory, MirrorDays, type MirrorDaysMemory } from './mirror-days.ts'
import { PrepaymentMirror, type PrepaymentMirrorMemory } from './prepayment-mirror.ts'

const MIRROR_ENDPOINT = 2
const REFUSED = 0xffff
/** Half hours kept. @source MMC schema v5.4: 19,056 [public] */
const LOG_ENTRIES = 19_056
/** Gas meters report each half hour. */
export const MIRROR_INTERVAL_MS = 1_800_000

type MeteringValues = AttributeValues<'Metering', 'server'>
type BasicValues = AttributeValues<'Basic', 'server'>

/** Gas that passed between two reports, thousandths of the unit; begins with the half hour of the first, Unix ms by the hub's clock. */
export interface MirroredInterval {
  startMs: number
  value: number
}

/** The last report, in thousandths of the unit. */
export interface MirrorReading {
  /** The total, then the time-of-use registers. */
  registers: readonly number[]
  /** Of the present block period. */
  blocks: readonly number[]
  unit: 'DM3' | 'WH'
  atMs: number
}

const BASIC = ['ManufacturerName', 'ModelIdentifier', 'HardwareVersion', 'SwBuildId'] as const
/** @source MMC schema v5.4: 4 registers, 4 blocks of gas [public] */
const TIERS = [
  'CurrentTier1SummationDelivered',
  'CurrentTier2SummationDelivered',
  'CurrentTier3SummationDelivered',
  'CurrentTier4SummationDelivered',
] as const
const BLOCKS = [
  'CurrentNoTierBlock1SummationDelivered',
  'CurrentNoTierBlock2SummationDelivered',
  'CurrentNoTierBlock3SummationDelivered',
  'CurrentNoTierBlock4SummationDelivered',
] as const
const METERING = [
  ...(['CurrentSummationDelivered', 'ReadingSnapshotTime', 'SupplyStatus', 'Multiplier', 'Divisor'] as const),
  ...(['UnitOfMeasure', ...TIERS, ...BLOCKS] as const),
] as const

/** Registers by time of use and block, served as reported. */
const REGISTERS: readonly string[] = [...TIERS, ...BLOCKS]

/** What survives a restart: whose mirror it is, what the meter last said of what is mirrored, and the log. */
export interface MirrorMemory {
  meter?: Eui64
  basic: Pick<BasicValues, (typeof BASIC)[number]>
  metering: Pick<MeteringValues, (typeof METERING)[number]>
  /** By the hub's clock, Unix ms. */
  reportedAtMs?: number
  log: LogMemory<MirroredInterval>
  /** Before its first report there are none. */
  days?: MirrorDaysMemory
  prepayment?: PrepaymentMirrorMemory
  logs?: GasLogsMemory
}

export interface GasMirrorOptions {
  node: ZclNode
  /** Application profile of its endpoint. */
  profileId: number
  /** The hub's. */
  clock: Clock
  /** Who may ask something of the gas meter. */
  isDisplay: (device: Eui64) => boolean
  /** What it had noted before the rig began; nothing unless given. */
  history?: (() => GasHistory | undefined) | undefined
  memory?: MirrorMemory | undefined
}

export class GasMirror {
  /** The gas meter's account. */
  readonly prepayment: PrepaymentMirror
  /** Its other logs. */
  readonly logs: GasLogs
  private readonly node: ZclNode
  private readonly profileId: number
  private readonly clock: Clock
  private meter: Eui64 | undefined
  private endpoint: ZclEndpoint | undefined
  private readonly metering: MeteringValues
  private readonly basic: BasicValues
  private reportedAtMs: number | undefined
  private readonly log: PagedLog<MirroredInterval>
  private readonly days: MirrorDays
  private readonly history: () => GasHistory | undefined

  constructor(options: GasMirrorOptions) {
    this.node = options.node
    this.profileId = options.profileId
    this.clock = options.clock
    const { meter, basic, metering, reportedAtMs, log } = options.memory ?? {}
    this.basic = { ...basic }
    this.metering = { ...metering }
    this.reportedAtMs = reportedAtMs
    this.log = new PagedLog(LOG_ENTRIES, log)
    this.history = options.history ?? (() => undefined)
    this.days = new MirrorDays(this.history, options.memory?.days)
    this.prepayment = new PrepaymentMirror({
      ...{ clock: options.clock, isDisplay: options.isDisplay, memory: options.memory?.prepayment },
    })
    this.logs = new GasLogs({
      meter: () => this.meter,
      scale: () => ({ multiplier: this.metering.Multiplier, divisor: this.metering.Divisor }),
      memory: options.memory?.logs,
    })
    if (meter !== undefined) this.grantTo(meter)
  }

  /** What it would keep if it lost power now. */
  memory(): MirrorMemory {
    const { meter, basic, metering, reportedAtMs, log } = this
    const days = this.days.memory()
    return {
      ...(meter !== undefined && { meter }),
      basic: picked(basic, BASIC),
      metering: picked(metering, METERING),
      ...(reportedAtMs !== undefined && { reportedAtMs }),
      log: log.memory(),
      ...(days && { days }),
      prepayment: this.prepayment.memory(),
      logs: this.logs.memory(),
    }
  }

  /**
   * The endpoint of the mirror for this meter; 0xffff when another meter has it. A meter that is taken off the HAN leaves
   * its last report behind: it is the home's gas history.
   * @source ZCL Metering, Request Mirror; what becomes of the data: assumed
   */
  grant(meter: Eui64): number {
    if (this.meter !== undefined && this.meter !== meter) return REFUSED
    // A meter that asks anew does not know which of its block counters are known here.
    for (const name of BLOCKS) delete this.metering[name]
    this.grantTo(meter)
    return MIRROR_ENDPOINT
  }
  private grantTo(meter: Eui64): void {
    this.meter = meter
    this.endpoint ??= this.open()
  }

  /** What the meter said of itself; undefined before its first report. */
  get identity(): BasicValues | undefined {
    return this.reportedAtMs === undefined ? undefined : this.basic
  }
  /** Unit of what it gives. */
  get unit(): 'DM3' | 'WH' {
    return this.metering.UnitOfMeasure === UNIT.kWh ? 'WH' : 'DM3'
  }
  /** The last registers, and when they came; undefined before the first report. */
  get reading(): MirrorReading | undefined {
    const total = this.total()
    if (total === undefined || this.reportedAtMs === undefined) return undefined
    const registers = [total, ...this.values(TIERS)]
    return { registers, blocks: this.values(BLOCKS), unit: this.unit, atMs: this.reportedAtMs }
  }
  /** Those that begin in [fromMs, toMs), oldest first, at most `most`. */
  intervals(fromMs: number, toMs: number, most = LOG_ENTRIES): MirroredInterval[] {
    const own = this.log.list()
    const bornMs = own[0]?.startMs ?? toMs
    const oldestMs = (own.at(-1)?.startMs ?? bornMs) - (LOG_ENTRIES - 1) * MIRROR_INTERVAL_MS
    const before = this.history()?.intervals(Math.max(fromMs, oldestMs), Math.min(toMs, bornMs), most) ?? []
    return [...before, ...own.filter(({ startMs }) => startMs >= fromMs && startMs < toMs)].slice(0, most)
  }
  /** Registers at midnight, oldest first. */
  dailyReads() {
    return this.days.listReads().map(({ registers, ...read }) => ({ ...read, registers: [...registers] }))
  }
  /** What each finished day took, oldest first. */
  dailyConsumption() {
    return this.days.listDays()
  }

  /** What days took, as those who serve it see it. */
  private get daysUsed(): DaysUsed {
    const { days } = this
    return {
      finished: count => days.newestDays(count),
      today: () => days.inProgress(this.total() ?? 0),
      toRegister: units => {
        const { Multiplier: multiplier = 1, Divisor: divisor = 1 } = this.metering
        return toRegister(units, { multiplier, divisor })
      },
    }
  }

  private open(): ZclEndpoint {
    const past = this.daysUsed
    const endpoint = this.node.endpoint({
      endpoint: MIRROR_ENDPOINT,
      profileId: this.profileId,
      deviceId: SE_DEVICE.meter,
    })
    endpoint.use('Basic', {
      onReport: (from, values) => this.fromMeter(from.device, () => Object.assign(this.basic, values)),
    })
    endpoint.use('Metering', {
      onReport: (from, values) => this.fromMeter(from.device, () => this.take(values)),
      commands: this.logs.meteringCommands(),
    })
    endpoint.use('Prepayment', {
      onReport: (from, values) => this.fromMeter(from.device, () => this.prepayment.take(values)),
      commands: this.logs.prepaymentCommands(),
    })
    endpoint.use('Price', { commands: this.logs.priceCommands() })
    endpoint.use('Calendar', { commands: this.logs.calendarCommands() })
    this.prepayment.serve(endpoint)
    endpoint.serve('Basic', {
      attributes: {
        ZCLVersion: 1,
        ManufacturerName: () => this.basic.ManufacturerName,
        ModelIdentifier: () => this.basic.ModelIdentifier,
        HardwareVersion: () => this.basic.HardwareVersion,
        SwBuildId: () => this.basic.SwBuildId,
      },
    })
    endpoint.serve('Metering', {
      attributes: {
        CurrentSummationDelivered: () => this.metering.CurrentSummationDelivered,
        ReadingSnapshotTime: () => this.metering.ReadingSnapshotTime,
        SupplyStatus: () => this.metering.SupplyStatus,
        Status: 0,
        UnitOfMeasure: () => this.metering.UnitOfMeasure ?? UNIT.m3,
        Multiplier: () => this.metering.Multiplier,
        Divisor: () => this.metering.Divisor,
        MeteringDeviceType: METERING_DEVICE.mirroredGas,
      },
      others: name =>
        REGISTERS.includes(name) ? this.metering[name as (typeof TIERS)[number]] : historicalAttribute(name, past),
    })
    return endpoint
  }

  private fromMeter(device: Eui64, take: () => void): void {
    if (device === this.meter) take()
  }

  private take(values: MeteringValues): void {
    const before = this.total()
    const nowMs = this.clock.unixMs()
    Object.assign(this.metering, values)
    // Block counters come in a report of their own, just before: no half hour ends with them.
    if (values.CurrentSummationDelivered === undefined) return
    const total = this.total()
    // A register that went back is no consumption.
    if (before !== undefined && total !== undefined && total >= before) this.record(total - before)
    if (total !== undefined) this.days.take(nowMs, total, this.values(TIERS))
    this.reportedAtMs = nowMs
    if (this.meter !== undefined) this.prepayment.onAwake(this.meter)
  }

  /** No half hour twice: a second report within one, or by a clock that was set back, adds to the last. */
  private record(value: number): void {
    const startMs = Math.floor((this.reportedAtMs ?? 0) / MIRROR_INTERVAL_MS) * MIRROR_INTERVAL_MS
    const { last } = this.log
    if (last && startMs <= last.startMs) this.log.amend({ ...last, value: last.value + value })
    else this.log.add({ startMs, value })
  }

  private total(): number | undefined {
    return this.values(['CurrentSummationDelivered'])[0]
  }
  /** Registers that the meter has reported, in thousandths of the unit, as far as they go. */
  private values(names: readonly (typeof METERING)[number][]): number[] {
    const scale = { multiplier: this.metering.Multiplier, divisor: this.metering.Divisor }
    const found = names.map(name => fromRegister(this.metering[name], scale))
    const end = found.indexOf(undefined)
    return found.slice(0, end < 0 ? found.length : end) as number[]
  }
}

/** Those of the values that are there. */
function picked<T extends object, K extends keyof T>(values: T, names: readonly K[]): Pick<T, K> {
  const there = names.filter(name => values[name] !== undefined)
  return Object.fromEntries(there.map(name => [name, values[name]])) as Pick<T, K>
}
