/** Many emulated hubs on one broker, asked by an SMSO outside their process: round trips, and what `s1rig up` needs for it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Broker, BrokerLogin } from '../../src/ports/broker.ts'
import { loginOf, parseLogins } from '../../src/wan/broker/access.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { writeFleet } from '../helpers/fleet.ts'
import { freePort } from '../helpers/free-port.ts'
import { WanLoad } from '../helpers/wan-load.ts'
import { type BenchBroker, startCluster, startMosquitto } from './brokers.ts'
import { percentile, type Row } from './table.ts'

const HUBS = 2_000
/** Requests under way. */
const AT_ONCE = 64
/** After the load: time for what should not come. */
const AFTERMATH_MS = 1_000

export async function wanLoad({ loadS }: { loadS: number }): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 's1rig-bench-'))
  try {
    const rows = await measure('embedded broker', { folder, loadS })
    for (const [name, start] of [
      ['mosquitto', startMosquitto],
      ['three nodes of nats-server', startCluster],
    ] as const) {
      const broker = await start()
      if (typeof broker === 'string') {
        rows.push({ what: `${HUBS} hubs, ${name}`, measured: `not measured: ${broker}` })
        continue
      }
      try {
        rows.push(...(await measure(name, { folder, loadS, broker })))
      } finally {
        await broker.stop()
      }
    }
    return rows
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Measured {
  folder: string
  loadS: number
  /** The rig's own unless given. */
  broker?: BenchBroker
}

async function measure(name: string, { folder, loadS, broker }: Measured): Promise<Row[]> {
  const one = await rigUp(folder, writeFleet(folder, 1, { kind: 'aps' }).file, broker)
  const aloneMB = one.residentMB()
  await one.stop()
  const fleet = writeFleet(folder, HUBS, { kind: 'aps' })
  const up = await rigUp(folder, fleet.file, broker)
  try {
    // At a cluster, a connection to each node.
    const brokers = Array.from({ length: broker?.pids.length ?? 1 }, () => up.broker)
    const load = await WanLoad.start({ brokers, fleet, ...(up.login && { login: up.login }) })
    await load.assembled()
    load.clear()
    const until = performance.now() + loadS * 1_000
    const spanMs = await load.run({ until: () => performance.now() > until, atOnce: AT_ONCE })
    await sleep(AFTERMATH_MS)
    const rigMB = up.residentMB()
    const brokerMB = broker?.pids.map(residentMB)
    await load.end()
    const times = load.times()
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)].map(ms => ms.toFixed(1))
    const wrong = Object.entries(load.imbalance()).flatMap(([what, ids]) =>
      ids.length > 0 ? `${ids.length} ${what} (${ids[0]})` : [],
    )
    const rate = Math.round(load.entries.size / (spanMs / 1_000))
    const eachKB = Math.round(((rigMB - aloneMB) / (HUBS - 1)) * 1_024)
    const beside = brokerMB ? `; the broker ${brokerMB.join(' + ')} MB` : ''
    return [
      {
        what: `${HUBS} hubs for ${loadS} s, ${AT_ONCE} requests at a time, ${name}`,
        measured: `${rate} /s, p50 ${p50} ms, p99 ${p99} ms`,
      },
      {
        what: `the ${load.entries.size} requests of it`,
        measured: wrong.join(', ') || 'every one answered exactly once',
      },
      { what: 'memory of s1rig up, of each hub', measured: `${rigMB} MB, ${eachKB} KB${beside}` },
    ]
  } finally {
    await up.stop()
  }
}

interface Up {
  broker: Broker
  /** Of the SMSO. */
  login?: BrokerLogin
  residentMB(): number
  stop(): Promise<void>
}

/** `s1rig up` as people have it. */
async function rigUp(folder: string, file: string, broker?: BenchBroker): Promise<Up> {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  const logins = join(folder, 'logins.json')
  const logFile = join(folder, 'log')
  const port = await freePort()
  const where = broker ? ['--mqtt', broker.url] : ['--mqtt-port', String(port), '--logins', logins]
  const log = openSync(logFile, 'w')
  const child = spawn(process.execPath, [main, 'up', file, '--clock', 'real', ...where], {
    stdio: ['ignore', 'pipe', log],
  })
  closeSync(log)
  const ended = once(child, 'exit')
  await new Promise<void>((resolve, reject) => {
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-100)
      if (said.includes('up; Ctrl-C')) resolve()
    })
    ended.then(() => reject(new Error(`s1rig up has ended: ${readFileSync(logFile, 'utf8').slice(-1_000)}`)))
  })
  return {
    broker: mqttBroker(broker?.url ?? `mqtt://127.0.0.1:${port}`),
    ...(!broker && { login: loginOf(parseLogins(readFileSync(logins, 'utf8'), logins), 'smso') }),
    residentMB: () => residentMB(child.pid ?? 0),
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** What a process has in memory. @source proc(5), status: VmRSS */
function residentMB(pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kb) / 1_024)
}
