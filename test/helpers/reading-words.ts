/** Words of the tests of readings: what a reading sounds like on the HAN, and when a register that goes on agrees with it. */
import { expect } from 'vitest'
import type { ClusterName } from '../../src/zcl/clusters.ts'
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
