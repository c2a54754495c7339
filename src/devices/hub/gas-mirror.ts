/** The GPF's gas mirror: the gas meter's last report, served in its stead while it sleeps, and a log made of the reports. */
import type { Eui64 } from '../../base/ids.ts'
import type { Clock } from '../../ports/time.ts'
import type { AttributeValues } from '../../zcl/clusters.ts'
import type { ZclEndpoint, ZclNode } from '../../zcl/node.ts'
import { SE_DEVICE } from '../device.ts'
import { fromRegister, METERING_DEVICE, UNIT } from '../meter-registers.ts'
import { type LogMemory, PagedLog } from '../paged-log.ts'
import { PrepaymentMirror, type PrepaymentMirrorMemory } from './prepayment-mirror.ts'

const MIRROR_ENDPOINT = 2
const REFUSED = 0xffff
/** Half hours kept. @source MMC schema v5.4: 19,056 [public] */
const LOG_ENTRIES = 19_056
/** Gas meters report each half hour. */
export const MIRROR_INTERVAL_MS = 1_800_000

type MeteringValues = AttributeValues<'Metering', 'server'>
type BasicValues = AttributeValues<'Basic', 'server'>

/** Gas that passed between two reports, dm3; begins with the half hour of the first, Unix ms by the hub's clock. */
export interface MirroredInterval {
  startMs: number
  dm3: number
}

const BASIC = ['ManufacturerName', 'ModelIdentifier', 'HardwareVersion', 'SwBuildId'] as const
const METERING = ['CurrentSummationDelivered', 'ReadingSnapshotTime', 'SupplyStatus', 'Multiplier', 'Divisor'] as const

/** What survives a restart: whose mirror it is, what the meter last said of what is mirrored, and the log. */
export interface MirrorMemory {
  meter?: Eui64
  basic: Pick<BasicValues, (typeof BASIC)[number]>
  metering: Pick<MeteringValues, (typeof METERING)[number]>
  /** By the hub's clock, Unix ms. */
  reportedAtMs?: number
  log: LogMemory<MirroredInterval>
  prepayment?: PrepaymentMirrorMemory
}

export interface GasMirrorOptions {
  node: ZclNode
  /** Application profile of its endpoint. */
  profileId: number
  /** The hub's. */
  clock: Clock
  /** Who may ask something of the gas meter. */
  isDisplay: (device: Eui64) => boolean
  memory?: MirrorMemory | undefined
}

export class GasMirror {
  /** The gas meter's account. */
  readonly prepayment: PrepaymentMirror
  private readonly node: ZclNode
  private readonly profileId: number
  private readonly clock: Clock
  private meter: Eui64 | undefined
  private endpoint: ZclEndpoint | undefined
  private readonly metering: MeteringValues
  private readonly basic: BasicValues
  private reportedAtMs: number | undefined
  private readonly log: PagedLog<MirroredInterval>

  constructor(options: GasMirrorOptions) {
    this.node = options.node
    this.profileId = options.profileId
    this.clock = options.clock
    const { meter, basic, metering, reportedAtMs, log } = options.memory ?? {}
    this.basic = { ...basic }
    this.metering = { ...metering }
    this.reportedAtMs = reportedAtMs
    this.log = new PagedLog(LOG_ENTRIES, log)
    this.prepayment = new PrepaymentMirror({
      ...{ clock: options.clock, isDisplay: options.isDisplay, memory: options.memory?.prepayment },
    })
    if (meter !== undefined) this.grant(meter)
  }

  /** What it would keep if it lost power now. */
  memory(): MirrorMemory {
    const { meter, basic, metering, reportedAtMs, log } = this
    return {
      ...(meter !== undefined && { meter }),
      basic: picked(basic, BASIC),
      metering: picked(metering, METERING),
      ...(reportedAtMs !== undefined && { reportedAtMs }),
      log: log.memory(),
      prepayment: this.prepayment.memory(),
    }
  }

  /**
   * The endpoint of the mirror for this meter; 0xffff when another meter has it. A meter that is taken off the HAN leaves
   * its last report behind: it is the home's gas history.
   * @source ZCL Metering, Request Mirror; what becomes of the data: assumed
   */
  grant(meter: Eui64): number {
    if (this.meter !== undefined && this.meter !== meter) return REFUSED
    this.meter = meter
    this.endpoint ??= this.open()
    return MIRROR_ENDPOINT
  }

  /** What the meter said of itself; undefined before its first report. */
  get identity(): BasicValues | undefined {
    return this.reportedAtMs === undefined ? undefined : this.basic
  }
  /** The last register and how old it is. */
  get reading(): { dm3: number; atMs: number } | undefined {
    const dm3 = this.totalDm3()
    return dm3 === undefined || this.reportedAtMs === undefined ? undefined : { dm3, atMs: this.reportedAtMs }
  }
  intervals(fromMs: number, toMs: number): MirroredInterval[] {
    return this.log.list().filter(({ startMs }) => startMs >= fromMs && startMs < toMs)
  }

  private open(): ZclEndpoint {
    const endpoint = this.node.endpoint({
      endpoint: MIRROR_ENDPOINT,
      profileId: this.profileId,
      deviceId: SE_DEVICE.meter,
    })
    endpoint.use('Basic', {
      onReport: (from, values) => this.fromMeter(from.device, () => Object.assign(this.basic, values)),
    })
    endpoint.use('Metering', { onReport: (from, values) => this.fromMeter(from.device, () => this.take(values)) })
    endpoint.use('Prepayment', {
      onReport: (from, values) => this.fromMeter(from.device, () => this.prepayment.take(values)),
    })
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
        UnitOfMeasure: UNIT.m3,
        Multiplier: () => this.metering.Multiplier,
        Divisor: () => this.metering.Divisor,
        MeteringDeviceType: METERING_DEVICE.mirroredGas,
      },
    })
    return endpoint
  }

  private fromMeter(device: Eui64, take: () => void): void {
    if (device === this.meter) take()
  }

  private take(values: MeteringValues): void {
    const before = this.totalDm3()
    const nowMs = this.clock.unixMs()
    Object.assign(this.metering, values)
    const total = this.totalDm3()
    // A register that went back is no consumption.
    if (before !== undefined && total !== undefined && total >= before) this.record(total - before)
    this.reportedAtMs = nowMs
    if (this.meter !== undefined) this.prepayment.onAwake(this.meter)
  }

  /** No half hour twice: a second report within one, or by a clock that was set back, adds to the last. */
  private record(dm3: number): void {
    const startMs = Math.floor((this.reportedAtMs ?? 0) / MIRROR_INTERVAL_MS) * MIRROR_INTERVAL_MS
    const { last } = this.log
    if (last && startMs <= last.startMs) this.log.amend({ ...last, dm3: last.dm3 + dm3 })
    else this.log.add({ startMs, dm3 })
  }

  private totalDm3(): number | undefined {
    const { CurrentSummationDelivered, Multiplier, Divisor } = this.metering
    return fromRegister(CurrentSummationDelivered, { multiplier: Multiplier, divisor: Divisor })
  }
}

/** Those of the values that are there. */
function picked<T extends object, K extends keyof T>(values: T, names: readonly K[]): Pick<T, K> {
  const there = names.filter(name => values[name] !== undefined)
  return Object.fromEntries(there.map(name => [name, values[name]])) as Pick<T, K>
}
