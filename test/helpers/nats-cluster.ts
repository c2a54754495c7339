/** Nodes of nats-server on loopback that are one MQTT broker: in a folder of their own, killed and started again as one likes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { lowPorts } from './free-port.ts'
import { listens } from './listens.ts'

interface Node {
  name: string
  ports: { client: number; routes: number; mqtt: number; monitor: number }
  child: ChildProcess | undefined
  said: string
}

/** How long a node may take to serve, milliseconds. */
const READY_WITHIN_MS = 60_000

export class NatsCluster {
  private readonly program: string
  private readonly folder = mkdtempSync(join(tmpdir(), 's1rig-nats-'))
  private nodes: Node[] = []

  private constructor(program: string) {
    this.program = program
  }

  /** Resolves once every node serves. */
  static async start(program: string, count = 3): Promise<NatsCluster> {
    const cluster = new NatsCluster(program)
    try {
      const ports = await lowPorts(4 * count)
      for (let n = 0; n < count; n++) {
        const [client = 0, routes = 0, mqtt = 0, monitor = 0] = ports.slice(4 * n)
        cluster.nodes.push({ name: `n${n + 1}`, ports: { client, routes, mqtt, monitor }, child: undefined, said: '' })
      }
      for (const node of cluster.nodes) writeFileSync(cluster.confOf(node), cluster.configuration(node, count))
      await Promise.all(cluster.nodes.map((_, n) => cluster.run(n)))
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  /** Of all nodes, as `--mqtt` takes them. */
  get url(): string {
    return this.urls.join(',')
  }
  get urls(): string[] {
    return this.nodes.map(({ ports }) => `mqtt://127.0.0.1:${ports.mqtt}`)
  }
  get pids(): number[] {
    return this.nodes.flatMap(({ child }) => child?.pid ?? [])
  }
  get size(): number {
    return this.nodes.length
  }

  /** SIGKILL: it says goodbye to nobody. */
  async kill(n: number): Promise<void> {
    const node = this.of(n)
    const { child } = node
    node.child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** Starts a node with what it has on disk; resolves once it serves and has what it missed. */
  async run(n: number): Promise<void> {
    const node = this.of(n)
    const child = spawn(this.program, ['-c', this.confOf(node)], { stdio: ['ignore', 'ignore', 'pipe'] })
    node.child = child
    child.stderr.on('data', chunk => {
      node.said = `${node.said}${chunk}`.slice(-2_000)
    })
    await listens(node.ports.mqtt, child, () => node.said)
    const deadline = performance.now() + READY_WITHIN_MS
    while (!(await this.isHealthy(node)) || !(await serves(this.urls[n] ?? ''))) {
      if (performance.now() > deadline || child.exitCode !== null) {
        const said = this.nodes.map(({ name, said }) => `${name}: ${said}`)
        throw new Error(`${node.name} ${child.exitCode === null ? 'does not serve' : 'has ended'}; ${said.join('\n')}`)
      }
      await pause(50)
    }
  }

  /** Ends every node; nothing is left. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((_, n) => this.kill(n)))
    rmSync(this.folder, { recursive: true, force: true })
  }

  private async isHealthy({ ports }: Node): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${ports.monitor}/healthz`).catch(() => undefined)
    await answer?.body?.cancel()
    return answer?.ok ?? false
  }

  private of(n: number): Node {
    const node = this.nodes[n]
    if (!node) throw new Error(`no node ${n}`)
    return node
  }

  private readonly confOf = ({ name }: Node): string => join(this.folder, `${name}.conf`)

  /** @source NATS 2.10: server, JetStream, clustering and MQTT configuration */
  private configuration({ name, ports }: Node, count: number): string {
    const routes = this.nodes.filter(node => node.name !== name).map(node => `nats://127.0.0.1:${node.ports.routes}`)
    return `server_name: ${name}
listen: 127.0.0.1:${ports.client}
http: 127.0.0.1:${ports.monitor}
jetstream { store_dir: ${JSON.stringify(join(this.folder, name))} }
cluster { name: s1rig, listen: 127.0.0.1:${ports.routes}, routes: ${JSON.stringify(routes)} }
mqtt {
  host: 127.0.0.1
  port: ${ports.mqtt}
  stream_replicas: ${count}
  # What a client that died had not acknowledged comes again after this.
  ack_wait: "2s"
  max_ack_pending: 10000
}
`
  }
}

/** Whether a node lets a client publish with an acknowledgement, which takes a majority of the nodes. */
async function serves(url: string): Promise<boolean> {
  try {
    const client = await mqttBroker(url, { endPatienceMs: 2_000 }).connect({ clientId: `ready-${new URL(url).port}` })
    const taken = client.publish('ready', new Uint8Array(1)).then(
      () => true,
      () => false,
    )
    await client.end()
    return await taken
  } catch {
    return false
  }
}
