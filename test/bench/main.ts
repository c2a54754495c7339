/** `npm run bench`: the figures of docs/bench.md, printed as medians. Nothing here is asserted. */

import { configurationSteps } from './configuration-steps.ts'
import { cryptoFigures } from './crypto.ts'
import { dongles } from './dongles.ts'
import { radioFigures } from './radio.ts'
import { simulatedTime } from './simulated-time.ts'
import { printTable, type Row } from './table.ts'
import { wanRoundTrips } from './wan-round-trips.ts'
import { zigbeeDecode } from './zigbee-decode.ts'
import { zigbeeJoin } from './zigbee-join.ts'

const rows: Row[] = []
for (const bench of [
  simulatedTime,
  wanRoundTrips,
  configurationSteps,
  cryptoFigures,
  zigbeeDecode,
  radioFigures,
  zigbeeJoin,
  dongles,
]) {
  process.stderr.write(`${bench.name} …\n`)
  rows.push(...(await bench()))
}
printTable(rows)
