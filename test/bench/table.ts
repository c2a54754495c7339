/** A figure and its table. */
export interface Row {
  what: string
  measured: string
  target?: string
}

export const median = (values: readonly number[]): number => percentile(values, 0.5)
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function printTable(rows: readonly Row[]): void {
  const width = (key: keyof Row) => Math.max(...rows.map(row => (row[key] ?? '').length))
  const [first, second] = [width('what'), width('measured')]
  for (const { what, measured, target } of rows) {
    console.log(`${what.padEnd(first)}  ${measured.padEnd(second)}  ${target ? `target ${target}` : ''}`.trimEnd())
  }
}
