/**
 * `npm run bench`: the figures of docs/bench.md, printed as medians. Nothing here is asserted. `npm run bench -- NAME…` measures
 * those named only, `--load SECONDS` keeps the load on many hubs up for so long.
 */

import { parseArgs } from 'node:util'
import { configurationSteps } from './configuration-steps.ts'
import { cryptoFigures } from './crypto.ts'
import { devices } from './devices.ts'
import { dongles } from './dongles.ts'
import { firmware } from './firmware.ts'
import { ota } from './ota.ts'
import { radioFigures } from './radio.ts'
import { simulatedTime } from './simulated-time.ts'
import { printTable, type Row } from './table.ts'
import { wanLoad } from './wan-load.ts'
import { wanRoundTrips } from './wan-round-trips.ts'
import { zigbeeDecode } from './zigbee-decode.ts'
import { zigbeeJoin } from './zigbee-join.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { load: { type: 'string', default: '10' } },
})
const benches = [
  simulatedTime,
  devices,
  wanRoundTrips,
  configurationSteps,
  cryptoFigures,
  zigbeeDecode,
  radioFigures,
  zigbeeJoin,
  dongles,
  firmware,
  ota,
  wanLoad,
]
const names = benches.map(({ name }) => name)
const unknown = positionals.find(name => !names.includes(name))
if (unknown !== undefined) throw new Error(`no bench "${unknown}"; there are ${names.join(', ')}`)
const rows: Row[] = []
for (const bench of benches) {
  if (positionals.length > 0 && !positionals.includes(bench.name)) continue
  process.stderr.write(`${bench.name} …\n`)
  rows.push(...(await bench({ loadS: Number(values.load) })))
}
printTable(rows)
