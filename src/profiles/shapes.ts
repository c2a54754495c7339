/** Consumption shapes: how a day's consumption spreads over its 48 half hours, and a year's over its months. */
import { join } from 'node:path/posix'
import { z } from 'zod'
import type { FileProblem } from '../base/errors.ts'
import { attempt, type FileAccess, type UsedFile } from './files.ts'
import { loadYaml } from './located-yaml.ts'
import { real, slug, source } from './scalars.ts'

export const SHAPES_KIND = 's1rig/shapes/1'

const HALF_HOURS = 48
const MONTHS = 12
const DAYS_OF_MONTHS = [31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export const shapesFile = z.strictObject({
  schema: z.literal(SHAPES_KIND),
  shapes: z.record(
    slug,
    z.strictObject({
      /** Relative; only their proportions count. The first is 00:00 to 00:30 UTC. */
      weights: z
        .array(real(0, 1_000_000), { error: '48 half-hour weights' })
        .length(HALF_HOURS, { error: '48 half-hour weights' })
        .refine(weights => weights.some(weight => weight > 0), { error: 'at least one weight above 0' }),
      /** A day in each month, January first; only their proportions count. Absent: all the same. */
      months: z
        .array(real(0, 1_000_000), { error: '12 month weights' })
        .length(MONTHS, { error: '12 month weights' })
        .refine(months => months.some(month => month > 0), { error: 'at least one month above 0' })
        .optional(),
      source,
    }),
  ),
})

/** A shape ready for use: `weights` sum to 1, the mean day of a year with `months` is 1. */
export interface Shape {
  readonly weights: readonly number[]
  readonly months: readonly number[]
  readonly source: string
  readonly file: UsedFile
}

export interface Shapes {
  readonly byName: ReadonlyMap<string, Shape>
  readonly problems: readonly FileProblem[]
}

/** Reads `shapes.yaml` of every root; the first root that has a name wins. */
export function loadShapes(files: Pick<FileAccess, 'read'> & { roots: readonly string[] }): Shapes {
  const byName = new Map<string, Shape>()
  const problems: FileProblem[] = []
  for (const root of files.roots) {
    const path = join(root, 'shapes.yaml')
    const text = files.read(path)
    if (text === undefined) continue
    const loaded = attempt(() => loadYaml(path, text, shapesFile))
    if (!loaded.ok) {
      problems.push(...loaded.problems)
      continue
    }
    const file = { path, text }
    for (const [name, shape] of Object.entries(loaded.value.shapes)) {
      if (byName.has(name)) continue
      const total = shape.weights.reduce((sum, weight) => sum + weight, 0)
      const weights = shape.weights.map(weight => weight / total)
      byName.set(name, { weights, months: monthsOf(shape.months), source: shape.source, file })
    }
  }
  return { byName, problems }
}

function monthsOf(months: readonly number[] = DAYS_OF_MONTHS.map(() => 1)): number[] {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const mean = sum(months.map((month, at) => month * (DAYS_OF_MONTHS[at] ?? 0))) / sum(DAYS_OF_MONTHS)
  return months.map(month => month / mean)
}
