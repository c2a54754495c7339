/**
 * Daily reads and the billing data log as snapshots: what Get Snapshot asks for, and what Publish Snapshot says. A meter of export
 * keeps two of each read, one of what it delivered and one of what it received.
 * @source ZigBee SE 1.2a, Get Snapshot, Publish Snapshot; that a daily read is a snapshot of cause "general": assumed
 */
import { ByteReader, ByteWriter } from '../../../base/bytes.ts'
import type { CommandPayload } from '../../../zcl/clusters.ts'
import { utcOf } from '../../zigbee-time.ts'
import type { BillingCause } from '../billing-log.ts'
import type { MeterView } from './meter-view.ts'

/** @source ZigBee SE 1.2a, Snapshot Cause */
export const SNAPSHOT_CAUSE = {
  daily: 0x0000_0001,
  'billing-calendar': 0x0000_0002,
  'tariff-change': 0x0000_0008,
  'mode-change': 0x0000_4000,
} as const satisfies Record<BillingCause | 'daily', number>

/** @source ZigBee SE 1.2a, Snapshot Payload Type: without billing */
const PAYLOAD = { touDelivered: 4, touReceived: 5, blocksDelivered: 6 } as const

/** What one snapshot says, in the meter's registers. */
export interface SnapshotValues {
  direction: 'delivered' | 'received'
  total: number
  /** Of each time-of-use register. */
  registers: readonly number[]
  /** Of each register in each block; empty where there are no blocks. */
  blocks: readonly (readonly number[])[]
}

interface Snapshot extends SnapshotValues {
  atMs: number
  cause: number
}

/** The snapshot asked for, the oldest first; undefined when there is none. */
export function publishSnapshot(
  view: MeterView,
  question: CommandPayload<'Metering', 'GetSnapshot'>,
): CommandPayload<'Metering', 'PublishSnapshot', 'toClient'> | undefined {
  const { earliestStartTime, latestEndTime, snapshotOffset, snapshotCause } = question
  const wanted = snapshotsOf(view, snapshotCause).filter(({ atMs }) => {
    const at = utcOf(atMs)
    return at >= earliestStartTime && at < latestEndTime
  })
  const found = wanted[snapshotOffset]
  if (!found) return
  return {
    snapshotId: utcOf(found.atMs),
    snapshotTime: utcOf(found.atMs),
    totalSnapshotsFound: wanted.length,
    ...{ commandIndex: 0, totalCommands: 1 },
    snapshotCause: found.cause,
    snapshotPayloadType: payloadType(found),
    snapshotPayload: encodeSnapshot(found),
  }
}

/** Oldest first. */
function snapshotsOf({ measurement, toRegister, channels }: MeterView, causes: number): Snapshot[] {
  const wants = (cause: number) => (causes & cause) !== 0
  const billing = Object.values(SNAPSHOT_CAUSE).slice(1).some(wants) ? measurement.billingEntries() : []
  const reads = [
    ...(wants(SNAPSHOT_CAUSE.daily) ? measurement.dailyReads() : []).map(read => ({
      ...{ ...read, cause: SNAPSHOT_CAUSE.daily as number, blocks: [] as readonly (readonly number[])[] },
    })),
    ...billing
      .map(entry => ({ ...entry, cause: SNAPSHOT_CAUSE[entry.cause] as number }))
      .filter(({ cause }) => wants(cause)),
  ]
  return reads
    .toSorted((a, b) => a.atMs - b.atMs)
    .flatMap(({ atMs, cause, totals, registers, blocks }) => {
      const delivered: Snapshot = {
        ...{ atMs, cause, direction: 'delivered', total: toRegister(totals[0]) },
        registers: registers.map(toRegister),
        blocks: blocks.map(row => row.map(toRegister)),
      }
      if (!channels.includes('received')) return [delivered]
      const received: Snapshot = {
        atMs,
        cause,
        direction: 'received',
        total: toRegister(totals[1]),
        registers: [],
        blocks: [],
      }
      return [delivered, received]
    })
}

const payloadType = ({ direction, blocks }: SnapshotValues): number => {
  if (direction === 'received') return PAYLOAD.touReceived
  return blocks.length > 0 ? PAYLOAD.blocksDelivered : PAYLOAD.touDelivered
}

function encodeSnapshot({ total, registers, blocks }: SnapshotValues): Uint8Array {
  const writer = new ByteWriter()
  writer.uint(6, total).uint(1, registers.length)
  for (const register of registers) writer.uint(6, register)
  if (blocks.length > 0) {
    const perRegister = Math.max(...blocks.map(row => row.length))
    // Registers in the high nibble, thresholds (one fewer than blocks) in the low one.
    writer.uint(1, (blocks.length << 4) | (perRegister - 1))
    for (const row of blocks) for (let at = 0; at < perRegister; at++) writer.uint(6, row[at] ?? 0)
  }
  return writer.finish()
}

/** What a snapshot of a peer says; undefined for a payload type that is not read. @throws WireError for octets that do not decode */
export function decodeSnapshot(type: number, octets: Uint8Array): SnapshotValues | undefined {
  if (type !== PAYLOAD.touDelivered && type !== PAYLOAD.touReceived && type !== PAYLOAD.blocksDelivered) return
  const reader = new ByteReader(octets)
  reader.field = 'snapshotPayload'
  const total = reader.uint(6)
  const registers = Array.from({ length: reader.uint(1) }, () => reader.uint(6))
  const blocks: number[][] = []
  if (type === PAYLOAD.blocksDelivered) {
    const counts = reader.uint(1)
    for (let register = 0; register < counts >> 4; register++) {
      blocks.push(Array.from({ length: (counts & 0x0f) + 1 }, () => reader.uint(6)))
    }
  }
  return { direction: type === PAYLOAD.touReceived ? 'received' : 'delivered', total, registers, blocks }
}
