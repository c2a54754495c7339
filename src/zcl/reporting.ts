/**
 * Attribute reporting as a peer configured it: at the maximum interval at the latest, and not before the minimum
 * interval when a value changed enough. Values are looked at when a timer says so; nobody tells us of changes.
 * Reports go to whoever configured them (assumed: there is no binding table above the HanNode port).
 * @source ZigBee Cluster Library, 2.5.7 configure reporting and 2.5.11 report attributes
 */
import { ByteReader, ByteWriter, fromHex, toHex } from '../base/bytes.ts'
import { seconds } from '../base/time.ts'
import type { Timer, Timers } from '../ports/time.ts'
import type { ClusterSide } from './cluster-side.ts'
import { type DataType, isAnalog, type WireValue } from './data-types.ts'
import {
  type AttributeRecord,
  type ExpectReports,
  type ReportingRecord,
  readGlobal,
  type SendReports,
  writeAttributeRecord,
  writeGlobal,
} from './foundation.ts'
import type { Direction } from './header.ts'
import { Status } from './status.ts'
import type { Peer } from './transactions.ts'

/** Maximum interval that stops the reports. */
const STOP = 0xffff

interface Item {
  configuration: SendReports
  type: DataType
  last: WireValue
}

/** Attributes of one cluster side that go to one peer at the same intervals. */
interface Job {
  endpoint: number
  side: ClusterSide
  peer: Peer
  minimumS: number
  maximumS: number
  items: Map<number, Item>
  sinceReportS: number
  timer: Timer | undefined
}

/** What survives a restart of one report: what was configured, by whom. */
export interface ReportMemory {
  endpoint: number
  clusterId: number
  /** Of frames to the side that reports. */
  direction: Direction
  peer: Peer
  /** The record as it was configured, hex. */
  record: string
}

/** What the reporting of a node needs. */
export interface ReportingOptions {
  timers: Timers
  /** Most attributes reported by the node. */
  limit: number
  /** Most octets of records in one frame. */
  room: number
  send(endpoint: number, side: ClusterSide, peer: Peer, records: readonly AttributeRecord[]): void
}

type Outcome = { status: number; role: 'send' | 'receive'; id: number }

/** The reports of one node. */
export class Reporting {
  private readonly options: ReportingOptions
  private jobs: Job[] = []

  constructor(options: ReportingOptions) {
    this.options = options
  }

  /** Attributes being reported now. */
  get count(): number {
    return this.jobs.reduce((sum, job) => sum + job.items.size, 0)
  }

  /** Takes up the configuration; the answer lists what was refused. */
  configure(
    endpoint: number,
    side: ClusterSide,
    peer: Peer,
    records: readonly (SendReports | ExpectReports)[],
  ): Outcome[] {
    return records.flatMap(record => {
      const status = this.configureOne(endpoint, side, peer, record)
      return status === Status.SUCCESS ? [] : [{ status, role: record.role, id: record.id }]
    })
  }

  /** The configuration a peer made for an attribute. */
  read(endpoint: number, side: ClusterSide, peer: Peer, role: 'send' | 'receive', id: number): ReportingRecord {
    const item = role === 'send' ? this.find(endpoint, side, peer, id)?.items.get(id) : undefined
    if (item) return { status: 0, configuration: item.configuration }
    return { status: side.sample(id) ? Status.NOT_FOUND : Status.UNSUPPORTED_ATTRIBUTE, role, id }
  }

  /** What is to be kept over a restart. */
  memory(): ReportMemory[] {
    return this.jobs.flatMap(({ endpoint, side: { clusterId, side }, peer, items }) =>
      [...items.values()].map(({ configuration }) => ({
        ...{ endpoint, clusterId, direction: side === 'server' ? ('toServer' as const) : ('toClient' as const) },
        ...{ peer, record: written(configuration) },
      })),
    )
  }
  /** After a restart; `sideOf` says who reports. What is not there any more is left out. */
  recall(reports: readonly ReportMemory[], sideOf: (of: ReportMemory) => ClusterSide | undefined): void {
    for (const report of reports) {
      const side = sideOf(report)
      const command = readGlobal('ConfigureReporting', new ByteReader(fromHex(report.record)))
      if (side && command.name === 'ConfigureReporting')
        this.configure(report.endpoint, side, report.peer, command.records)
    }
  }

  /** Stops every report of an endpoint, or of one cluster side of it. */
  stop(endpoint: number, side?: ClusterSide): void {
    for (const job of this.jobs) {
      if (job.endpoint === endpoint && (!side || job.side === side)) job.items.clear()
    }
    this.sweep()
  }

  private configureOne(endpoint: number, side: ClusterSide, peer: Peer, record: SendReports | ExpectReports): number {
    // Late reports of a peer are not watched for.
    if (record.role === 'receive') return Status.UNREPORTABLE_ATTRIBUTE
    const sample = side.sample(record.id)
    if (!sample) return Status.UNSUPPORTED_ATTRIBUTE
    if (sample.type !== record.type) return Status.INVALID_DATA_TYPE
    const { id, minimumS, maximumS } = record
    if (maximumS !== STOP && maximumS !== 0 && minimumS > maximumS) return Status.INVALID_VALUE
    const present = this.find(endpoint, side, peer, id)
    if (!present && maximumS !== STOP && this.count >= this.options.limit) return Status.INSUFFICIENT_SPACE
    present?.items.delete(id)
    this.sweep()
    if (maximumS === STOP) return Status.SUCCESS
    const job = this.jobFor(endpoint, side, peer, minimumS, maximumS)
    job.items.set(id, { configuration: record, type: sample.type, last: sample.value })
    return Status.SUCCESS
  }

  private find(endpoint: number, side: ClusterSide, peer: Peer, id: number): Job | undefined {
    return this.jobs.find(job => belongs(job, endpoint, side, peer) && job.items.has(id))
  }

  private jobFor(endpoint: number, side: ClusterSide, peer: Peer, minimumS: number, maximumS: number): Job {
    const same = this.jobs.find(
      job => belongs(job, endpoint, side, peer) && job.minimumS === minimumS && job.maximumS === maximumS,
    )
    if (same) return same
    const items = new Map<number, Item>()
    const job: Job = { endpoint, side, peer, minimumS, maximumS, items, sinceReportS: 0, timer: undefined }
    this.jobs.push(job)
    this.arm(job)
    return job
  }

  private arm(job: Job): void {
    const lookS = Math.max(job.minimumS, 1)
    const delayS = job.maximumS === 0 ? lookS : Math.min(lookS, job.maximumS - job.sinceReportS)
    job.timer = this.options.timers.after(seconds(delayS), `zcl report ${job.side.cluster}`, () => {
      job.sinceReportS += delayS
      this.look(job)
      this.arm(job)
    })
  }

  private look(job: Job): void {
    const due = job.maximumS !== 0 && job.sinceReportS >= job.maximumS
    const records: AttributeRecord[] = []
    for (const [id, item] of job.items) {
      const sample = job.side.sample(id)
      if (!sample || (!due && !movedEnough(item, sample.value))) continue
      item.last = sample.value
      records.push({ id, ...sample })
    }
    if (due) job.sinceReportS = 0
    for (const some of parcels(records, this.options.room)) this.options.send(job.endpoint, job.side, job.peer, some)
  }

  private sweep(): void {
    for (const job of this.jobs) if (job.items.size === 0) job.timer?.cancel()
    this.jobs = this.jobs.filter(job => job.items.size > 0)
  }
}

function written(record: SendReports): string {
  const writer = new ByteWriter()
  writeGlobal(writer, { name: 'ConfigureReporting', records: [record] }, 'report')
  return toHex(writer.finish())
}

function belongs(job: Job, endpoint: number, side: ClusterSide, peer: Peer): boolean {
  const { device } = job.peer
  return job.endpoint === endpoint && job.side === side && device === peer.device && job.peer.endpoint === peer.endpoint
}

function movedEnough({ type, last, configuration: { change } }: Item, now: WireValue): boolean {
  if (isAnalog(type) && typeof last === typeof now && typeof change === typeof now) {
    if (typeof now === 'number') return now !== last && Math.abs(now - Number(last)) >= Number(change)
    if (typeof now === 'bigint' && typeof last === 'bigint' && typeof change === 'bigint') {
      return now !== last && (now > last ? now - last : last - now) >= change
    }
  }
  return comparable(now) !== comparable(last)
}

const comparable = (value: WireValue): unknown =>
  typeof value === 'object' && value !== null ? Object.values(value).join() : value

/** Splits records so that each part fits into `room` octets. */
function* parcels(records: readonly AttributeRecord[], room: number): Generator<AttributeRecord[]> {
  let part: AttributeRecord[] = []
  let used = 0
  for (const record of records) {
    const writer = new ByteWriter()
    writeAttributeRecord(writer, record, 'report')
    if (part.length > 0 && used + writer.length > room) {
      yield part
      part = []
      used = 0
    }
    part.push(record)
    used += writer.length
  }
  if (part.length > 0) yield part
}
