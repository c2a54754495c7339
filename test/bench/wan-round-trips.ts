/** A request to an emulated hub and its answer, one at a time, through our broker and through mosquitto. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { stranger } from '../peer/strangers.ts'
import { rigUp } from './rig-under-test.ts'
import { smsoOf } from './smso.ts'
import { percentile, type Row } from './table.ts'

const REQUESTS = 500

export async function wanRoundTrips(): Promise<Row[]> {
  const rows = [row('embedded broker', await measure(), '1 ms')]
  const { available, path, reason } = stranger('mosquitto')
  if (!available || !path)
    return [...rows, { what: 'WAN request through mosquitto', measured: `not measured: ${reason}` }]
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 's1rig-bench-'))
  writeFileSync(join(directory, 'conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n`)
  const mosquitto = spawn(path, ['-c', join(directory, 'conf')], { stdio: 'ignore' })
  await sleep(500)
  try {
    rows.push(row('mosquitto', await measure(`mqtt://127.0.0.1:${port}`)))
  } finally {
    mosquitto.kill()
    rmSync(directory, { recursive: true })
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
