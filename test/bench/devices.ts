/** What meters take: 13 months of half hours, a simulated year, and readings in a row. */
import { days, minutes } from '../../src/base/time.ts'
import { home, ID } from '../unit/device-home.ts'
import { median, type Row } from './table.ts'

const ROUNDS = 3
const READINGS = 300
const HALF_HOUR_MS = 1_800_000

export async function devices(): Promise<Row[]> {
  return [
    {
      what: 'a 13-month half-hour profile (19,056 values), HAN in memory',
      measured: `${seconds(rounds(() => wholeProfile(true)))} s`,
      target: '1 s',
    },
    { what: 'the same, every radio frame', measured: `${seconds(rounds(() => wholeProfile(false)))} s` },
    { what: 'the same of gas, from the proxy', measured: `${seconds(rounds(() => wholeProfile(true, ID.GPF)))} s` },
    { what: 'a year of one dual-fuel home, HAN in memory', measured: `${seconds([aYear()])} s`, target: '60 s' },
    {
      what: 'readings of registers (4.1.1) of one electricity meter in a row, every radio frame',
      measured: `${Math.round(median(rounds(readingsPerSecond)))} a second`,
    },
  ]
}

const rounds = (measure: () => number): number[] => Array.from({ length: ROUNDS }, measure)
const quiet = (inMemory: boolean) => {
  const made = home({ inMemory, keep: () => false })
  made.run(minutes(5))
  return made
}

function wholeProfile(inMemory: boolean, device: string = ID.ESME): number {
  const made = quiet(inMemory)
  const toMs = made.kernel.unixMs()
  const from = performance.now()
  let entries = 0
  for (let fromMs = 0, more = true; more; ) {
    const answer = made.ask('readImportProfile', device, { fromMs, toMs, maxEntries: 1_000 }, minutes(30))
    const page = answer?.readImportProfile
    if (!page) throw new Error(`no profile: ${answer?.code}`)
    entries += page.entries.length
    more = page.more
    fromMs = (page.entries.at(-1)?.startMs ?? toMs) + HALF_HOUR_MS
  }
  // The oldest go while it is being read.
  if (entries < 19_000) throw new Error(`${entries} half hours, 19,000 or more expected`)
  return performance.now() - from
}

function aYear(): number {
  const made = quiet(true)
  const from = performance.now()
  made.run(days(365))
  return performance.now() - from
}

function readingsPerSecond(): number {
  const made = quiet(false)
  const from = performance.now()
  for (let reading = 0; reading < READINGS; reading++) {
    if (made.ask('readImportRegisters', ID.ESME, {})?.code !== 'I0') throw new Error('no reading')
  }
  return (READINGS * 1_000) / (performance.now() - from)
}

const seconds = (values: readonly number[]): string => (median(values) / 1_000).toFixed(2)
