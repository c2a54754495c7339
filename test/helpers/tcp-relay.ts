/** Stands between two ends of a TCP line, and breaks it like a killed process or a lost modem would. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export class TcpRelay {
  readonly port: number
  private readonly server: Server
  private readonly target: number
  private readonly sockets = new Set<Socket>()
  private broken = false

  private constructor(server: Server, port: number, target: number) {
    this.server = server
    this.port = port
    this.target = target
    server.on('connection', socket => this.carry(socket))
  }

  /** Relays from a port of its own to `target`, both on loopback. */
  static async start(target: number): Promise<TcpRelay> {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpRelay(server, (server.address() as { port: number }).port, target)
  }

  cut(): void {
    this.broken = true
    for (const socket of this.sockets) socket.resetAndDestroy()
  }
  mend(): void {
    this.broken = false
  }
  close(): void {
    this.cut()
    this.server.close()
  }

  private carry(near: Socket): void {
    if (this.broken) return void near.resetAndDestroy()
    const far = connect({ host: '127.0.0.1', port: this.target })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from)
      from.on('error', () => to.resetAndDestroy())
      from.on('close', () => this.sockets.delete(from))
      from.pipe(to)
    }
  }
}
