/** Brokers of a bench's own, without logins, on free ports of loopback. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../helpers/free-port.ts'
import { listens } from '../helpers/listens.ts'
import { NatsCluster } from '../helpers/nats-cluster.ts'
import { stranger } from '../peer/strangers.ts'

export interface BenchBroker {
  url: string
  /** Its processes. */
  pids: readonly number[]
  stop: () => Promise<void>
}

/** Three nodes of nats-server, or why there are none. */
export async function startCluster(): Promise<BenchBroker | string> {
  const { path, reason = '' } = stranger('nats-server')
  if (!path) return reason
  const cluster = await NatsCluster.start(path)
  return { url: cluster.url, pids: cluster.pids, stop: () => cluster.stop() }
}

/** Why not, where there is none. */
export async function startMosquitto(): Promise<BenchBroker | string> {
  const { path, reason = '' } = stranger('mosquitto')
  if (!path) return reason
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 's1rig-bench-'))
  const file = join(folder, 'conf')
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0\n`)
  const child = spawn(path, ['-c', file], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  await listens(port, child)
  return {
    url: `mqtt://127.0.0.1:${port}`,
    pids: [child.pid ?? 0],
    stop: async () => {
      child.kill()
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}
