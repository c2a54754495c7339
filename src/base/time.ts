/** Spans and instants. Simulated time is integer microseconds since the start of a run; civil time is Unix milliseconds. */
import type { Micros } from './ids.ts'

export const milliseconds = (n: number): Micros => Math.round(n * 1_000)
export const seconds = (n: number): Micros => Math.round(n * 1_000_000)
export const minutes = (n: number): Micros => seconds(n * 60)
export const hours = (n: number): Micros => seconds(n * 3_600)
export const days = (n: number): Micros => hours(n * 24)

const UNIT_SECONDS: Record<string, number> = { ms: 0.001, s: 1, min: 60, m: 60, h: 3_600, d: 86_400 }

/** Reads a span such as `30h`, `90s`, `2d`, `250ms`; undefined when it is not one. */
export function parseSpan(text: string): Micros | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|min|m|h|d)$/.exec(text.trim())
  const unit = match && UNIT_SECONDS[match[2] ?? '']
  return match && unit !== undefined && unit !== null ? seconds(Number(match[1]) * unit) : undefined
}

/** Writes a span for people: `2d 03:04:05.678`, milliseconds only when there are any. */
export function formatSpan(us: Micros): string {
  const totalMs = Math.floor(us / 1_000)
  const days = Math.floor(totalMs / 86_400_000)
  const pad = (n: number, width = 2) => String(n).padStart(width, '0')
  const clock = [3_600_000, 60_000, 1_000].map(unit => Math.floor(totalMs / unit))
  const text = `${pad((clock[0] ?? 0) % 24)}:${pad((clock[1] ?? 0) % 60)}:${pad((clock[2] ?? 0) % 60)}`
  const ms = totalMs % 1_000
  return `${days > 0 ? `${days}d ` : ''}${text}${ms > 0 ? `.${pad(ms, 3)}` : ''}`
}

/** Unix milliseconds of 2000-01-01T00:00:00Z, where ZigBee UTC time starts. @source ZigBee Cluster Library, Time cluster */
export const ZIGBEE_EPOCH_MS = 946_684_800_000

export const toZigbeeUtc = (unixMs: number): number => Math.floor((unixMs - ZIGBEE_EPOCH_MS) / 1_000)
export const fromZigbeeUtc = (zigbeeUtc: number): number => zigbeeUtc * 1_000 + ZIGBEE_EPOCH_MS
