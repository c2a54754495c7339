/** Words of the tests of readings: what a reading sounds like on the HAN, and when a register that goes on agrees with it. */
import { expect } from 'vitest'
import type { DeviceType } from '../../src/wan/service-catalogue.ts'
import type { ClusterName } from '../../src/zcl/clusters.ts'
import { gsmeOf } from './home-meters.ts'
import type { RequestHome, Said } from './request-home.ts'

/** A roof, for the electricity meter of cohort CB. */
export const ROOF = { 'honeywell-elster/as300p/1.4.2': { generation: { annualKWh: 3_500 } } }

/** Attributes are asked for and given in one answer. */
export const reads = (cluster: ClusterName, ...attributes: string[]): Said[] => [
  `> read ${cluster} ${attributes.join(' ')}`,
  `< ReadAttributesResponse ${cluster}`,
]

/** They are given so many at a time, and the rest is asked for again. */
export function readsInPages(
  cluster: ClusterName,
  attributes: readonly string[],
  perAnswer: readonly number[],
): Said[] {
  const starts = perAnswer.map((_, at) => perAnswer.slice(0, at).reduce((sum, count) => sum + count, 0))
  return starts.flatMap(start => reads(cluster, ...attributes.slice(start)))
}

/** A command and its answer, so many times. */
export const exchanges = (cluster: ClusterName, asks: string, answer: string, times = 1): Said[] =>
  Array.from({ length: times }, () => [`> ${cluster}.${asks}`, `< ${cluster}.${answer}`]).flat()

/** Registers go on while they are read: each is as the device held it before, or after, or between. */
export function expectBetween(values: readonly number[], before: readonly number[], after: readonly number[]): void {
  expect(values).toHaveLength(after.length)
  const outside = values.filter((value, at) => value < (before[at] ?? 0) || value > (after[at] ?? 0))
  expect(outside, `${before} to ${after}`).toEqual([])
}

/** What a mirror says of itself: the time now, and how long ago the gas meter reported. */
export function mirrored(home: RequestHome, reportedAtMs: number) {
  const readAtMs = home.home.hub.clock.unixMs()
  return { readAtMs, dataAgeS: Math.floor((readAtMs - reportedAtMs) / 1_000), source: 'MIRROR' as const }
}

/** @throws Error where there is none */
export function present<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('it is not there')
  return thing
}

/** Of a log: what is of this time. */
export const within =
  ({ fromMs, toMs }: { fromMs: number; toMs: number }) =>
  ({ startMs, atMs = startMs ?? 0 }: { startMs?: number; atMs?: number }): boolean =>
    atMs >= fromMs && atMs < toMs

/** A report of the gas meter: when, by the hub's clock, and what it held then. */
export interface GasReport {
  atMs: number
  total: number
  registers: number[]
}

/** Each report of the gas meter from now on. */
export function gasReports(home: RequestHome): readonly GasReport[] {
  const reports: GasReport[] = []
  home.whenever('GSME', '< ReportAttributes Metering', () => {
    const { measurement } = gsmeOf(home)
    const atMs = home.home.hub.clock.unixMs()
    // Two at once, one of them of block counters.
    if (atMs - (reports.at(-1)?.atMs ?? 0) < 60_000) reports.pop()
    reports.push({ atMs, total: measurement.totals()[0], registers: measurement.registers() })
  })
  return reports
}

/** Who supplied a log: the meter, or the proxy what the meter told it with its last report. */
export function supplied(of: DeviceType, home: RequestHome, reports: readonly GasReport[]) {
  if (of !== 'GPF') return { source: 'DEVICE' as const, dataAgeS: 0 }
  const { source, dataAgeS } = mirrored(home, present(reports.at(-1)).atMs)
  return { source, dataAgeS }
}
