/** A request to an emulated hub and its answer, one at a time, through our broker and through mosquitto. */
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { startMosquitto } from './brokers.ts'
import { rigUp } from './rig-under-test.ts'
import { smsoOf } from './smso.ts'
import { percentile, type Row } from './table.ts'

const REQUESTS = 500

export async function wanRoundTrips(): Promise<Row[]> {
  const rows = [row('embedded broker', await measure(), '1 ms')]
  const mosquitto = await startMosquitto()
  if (typeof mosquitto === 'string')
    return [...rows, { what: 'WAN request through mosquitto', measured: `not measured: ${mosquitto}` }]
  try {
    rows.push(row('mosquitto', await measure(mosquitto.url)))
  } finally {
    await mosquitto.stop()
  }
  return rows
}

function row(through: string, times: readonly number[], target?: string): Row {
  const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)].map(ms => ms.toFixed(2))
  return {
    what: `WAN request and answer, ${through}, idle`,
    measured: `p50 ${p50} ms, p95 ${p95} ms`,
    ...(target && { target }),
  }
}

async function measure(url?: string): Promise<number[]> {
  const under = await rigUp(new PacedRunClock(1), url === undefined ? {} : { url })
  const smso = await smsoOf(under)
  const times: number[] = []
  for (let n = 0; n < REQUESTS; n++) times.push(await smso.ask('home-1', requestOf('readDeviceLog', {})))
  await smso.end()
  await under.close()
  return times
}
