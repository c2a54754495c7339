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

/** How long nodes that have never met may take to agree, and one that comes back to serve, milliseconds. */
const FIRST_WITHIN_MS = 15_000
const BACK_WITHIN_MS = 60_000
const ATTEMPTS = 5

export class NatsCluster {
  private readonly program: string
  private readonly folder = mkdtempSync(join(tmpdir(), 's1rig-nats-'))
  private readonly nodes: Node[] = []

  private constructor(program: string) {
    this.program = program
  }

  /** Resolves once every node serves. */
  static async start(program: string, count = 3): Promise<NatsCluster> {
    for (let attempt = 1; ; attempt++) {
      const cluster = new NatsCluster(program)
      try {
        await cluster.begin(count)
        return cluster
      } catch (error) {
        await cluster.stop()
        // Nodes that first meet while the machine is busy may never find out that there are enough of them.
        if (attempt === ATTEMPTS) throw error
      }
    }
  }

  private async begin(count: number): Promise<void> {
    const ports = await lowPorts(4 * count)
    for (let n = 0; n < count; n++) {
      const [client = 0, routes = 0, mqtt = 0, monitor = 0] = ports.slice(4 * n)
      this.nodes.push({ name: `n${n + 1}`, ports: { client, routes, mqtt, monitor }, child: undefined, said: '' })
    }
    for (const node of this.nodes) writeFileSync(this.confOf(node), this.configuration(node, count))
    await Promise.all(this.nodes.map(node => this.launch(node)))
    await Promise.all(this.nodes.map(node => this.until(node, FIRST_WITHIN_MS, () => isHealthy(node))))
    await Promise.all(this.nodes.map(node => this.until(node, FIRST_WITHIN_MS, () => serves(node))))
  }

  /** Of all nodes, as `--mqtt` takes them. */
  get url(): string {
    return this.urls.join(',')
  }
  get urls(): string[] {
    return this.nodes.map(({ ports }) => urlOf(ports.mqtt))
  }
  get pids(): number[] {
    return this.nodes.flatMap(({ child }) => child?.pid ?? [])
  }
  get size(): number {
    return this.nodes.length
  }

  /** The node to which a client is connected whose id contains the text; -1 when none is. */
  async nodeOf(clientId: string): Promise<number> {
    const asked = this.nodes.map(async ({ ports, child }) => {
      if (!child) return ''
      return (await fetch(`http://127.0.0.1:${ports.monitor}/connz`)).text()
    })
    return (await Promise.all(asked)).findIndex(connections => connections.includes(clientId))
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
    await this.launch(node)
    await this.until(node, BACK_WITHIN_MS, async () => (await isHealthy(node)) && (await serves(node)))
  }

  /** Ends every node; nothing is left. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((_, n) => this.kill(n)))
    rmSync(this.folder, { recursive: true, force: true })
  }

  private async launch(node: Node): Promise<void> {
    const child = spawn(this.program, ['-c', this.confOf(node)], { stdio: ['ignore', 'ignore', 'pipe'] })
    node.child = child
    child.stderr.on('data', chunk => {
      node.said = `${node.said}${chunk}`.slice(-2_000)
    })
    await listens(node.ports.mqtt, child, () => node.said)
  }

  private async until(node: Node, withinMs: number, holds: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + withinMs
    while (!(await holds())) {
      const hasEnded = node.child === undefined || node.child.exitCode !== null
      if (performance.now() > deadline || hasEnded) {
        const said = this.nodes.map(({ name, said }) => `${name}: ${said}`)
        throw new Error(`${node.name} ${hasEnded ? 'has ended' : 'does not serve'}; ${said.join('\n')}`)
      }
      await pause(200)
    }
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

/** Whether a node has all that it should have. */
async function isHealthy({ ports }: Node): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${ports.monitor}/healthz`).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.ok ?? false
}

/** Whether a node lets a client publish with an acknowledgement, which takes a majority of the nodes. */
async function serves({ ports }: Node): Promise<boolean> {
  const url = urlOf(ports.mqtt)
  try {
    const client = await mqttBroker(url, { endPatienceMs: 2_000 }).connect({ clientId: `ready-${ports.mqtt}` })
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

const urlOf = (port: number): string => `mqtt://127.0.0.1:${port}`
