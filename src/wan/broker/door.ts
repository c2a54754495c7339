/** Where a broker of ours listens: MQTT over TCP, or over TLS. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { UsageError } from '../../base/errors.ts'
import { packetLimit } from './packet-limit.ts'
import type { TlsMaterial } from './tls-material.ts'

export interface DoorAddress {
  host: string
  /** 0: any free port. */
  port: number
  /** Who we are, and with `ca` whom a client has to be known by. Without it everything passes in the clear. */
  tls?: TlsMaterial
}

/** Octets of one MQTT packet: the longest payload and its topic. */
const MAX_PACKET_OCTETS = 65_536 + 1_024
const MAX_CONNECTIONS = 10_000
const HANDSHAKE_MS = 10_000

export class Door {
  private readonly address: DoorAddress
  private readonly onClient: (socket: Socket) => void
  private port: number
  private readonly sockets = new Set<Socket>()
  private server: Server | undefined

  /** `onClient` is given each connection, over TLS once that stands. */
  constructor(address: DoorAddress, onClient: (socket: Socket) => void) {
    this.address = address
    this.port = address.port
    this.onClient = onClient
  }

  /** `mqtt://host:port` or `mqtts://host:port`; the port stays the same once it has been open. */
  get url(): string {
    const { host, tls } = this.address
    return `${tls ? 'mqtts' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${this.port}`
  }

  /** Rejects with a UsageError when the address cannot be had. */
  async open(): Promise<void> {
    const { tls, host } = this.address
    const accept = (socket: Socket) => this.accept(socket)
    const server = tls
      ? createTlsServer(
          { ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: true, handshakeTimeout: HANDSHAKE_MS },
          accept,
        )
      : createServer(accept)
    server.maxConnections = MAX_CONNECTIONS
    server.on('connection', socket => this.track(socket))
    // Who cannot be let in is gone already.
    server.on('tlsClientError', () => {})
    server.listen(this.port, host)
    await once(server, 'listening').catch((error: Error) => {
      throw new UsageError(`broker: cannot listen on ${this.url.replace(/^mqtts?:\/\//, '')}: ${error.message}`)
    })
    const address = server.address()
    if (address && typeof address === 'object') this.port = address.port
    this.server = server
  }

  /** Drops every connection. */
  async close(): Promise<void> {
    const { server } = this
    this.server = undefined
    if (!server) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.sockets) socket.destroy()
    await closed
  }

  private track(socket: Socket): void {
    // Nagle's algorithm would hold a PUBACK back for 40 ms and more.
    socket.setNoDelay(true)
    this.sockets.add(socket)
    socket.once('close', () => this.sockets.delete(socket))
  }

  private accept(socket: Socket): void {
    const fits = packetLimit(MAX_PACKET_OCTETS)
    const read = socket.read.bind(socket)
    socket.read = size => {
      const chunk: Buffer | null = read(size)
      if (chunk === null || fits(chunk)) return chunk
      socket.destroy(new Error(`MQTT packet of more than ${MAX_PACKET_OCTETS} octets announced`))
      return null
    }
    this.onClient(socket)
  }
}
