/** TCP: a client that comes back, and a listener that serves one peer at a time. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { UsageError } from '../base/errors.ts'
import type { ByteLink } from '../ports/byte-link.ts'
import { LinkEnd, type LinkOptions } from './link-end.ts'
import { redial } from './redial.ts'
import { type ConnectionEvents, reasonOf, StreamConnection } from './stream-connection.ts'

export interface TcpAddress {
  /** Name or address; IPv6 without brackets. */
  host: string
  port: number
}

/** A peer that is not there does not always say so. */
const CONNECT_MS = 10_000
/** A pulled cable is noticed by questions asked after this long in silence. */
const KEEP_ALIVE_MS = 15_000
/** Peers that are being turned away at one time; those beyond are dropped without a word. */
const TURNED_AWAY = 8
const TURN_AWAY_MS = 1_000
/** A peer that comes again may be here before its old connection has ended. */
const PATIENCE_MS = 250

export const formatTcpAddress = ({ host, port }: TcpAddress): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

/** Connects, and connects again after each loss. */
export function tcpLink(address: TcpAddress, options: LinkOptions = {}): ByteLink {
  return redial(
    `tcp://${formatTcpAddress(address)}`,
    events => {
      const socket = connect({ host: address.host, port: address.port })
      socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error(`no answer within ${CONNECT_MS / 1_000} s`)))
      socket.once('connect', () => {
        socket.setTimeout(0)
        events.opened()
      })
      return overSocket(socket, events)
    },
    options,
  )
}

/**
 * Listens; up while a peer is connected. The name of the link has the port it really listens on, also when 0 was asked for.
 * Rejects with a UsageError when the address cannot be listened on.
 */
export async function tcpListener(address: TcpAddress, options: LinkOptions = {}): Promise<ByteLink> {
  const server = createServer()
  server.maxConnections = 1 + TURNED_AWAY
  server.listen({ host: address.host, port: address.port })
  await once(server, 'listening').catch(error => {
    throw new UsageError(`cannot listen on ${formatTcpAddress(address)}: ${reasonOf(error)}`)
  })
  const found = server.address()
  const port = found !== null && typeof found === 'object' ? found.port : address.port

  /** Peers that hope for the line, and those being turned away. */
  const hoping: Socket[] = []
  const turnedAway = new Set<Socket>()
  let servedPeer: string | undefined
  const end = new LinkEnd(`tcp-listen://${formatTcpAddress({ host: address.host, port })}`, options, () => {
    server.close()
    for (const socket of [...hoping.splice(0), ...turnedAway]) socket.destroy()
  })
  const serve = (socket: Socket) => {
    servedPeer = peerOf(socket)
    const ended = (reason: string) => {
      servedPeer = undefined
      end.went(reason)
      const next = hoping.shift()
      if (next) serve(next)
    }
    end.came(overSocket(socket, { octets: octets => end.octets(octets), ended }))
  }
  const refuse = (socket: Socket) => {
    hoping.splice(hoping.indexOf(socket), 1)
    turnedAway.add(socket)
    socket.once('close', () => turnedAway.delete(socket))
    const words = `s1rig: this line is in use by ${servedPeer}; it serves one peer at a time\r\n`
    turnAway(socket, options.quiet ? '' : words)
    options.onTrouble?.(`${peerOf(socket)} was turned away: the line is in use by ${servedPeer}`)
  }
  server.on('error', error => options.onTrouble?.(reasonOf(error)))
  server.on('connection', socket => {
    if (servedPeer === undefined) return serve(socket)
    hoping.push(socket)
    socket.on('error', () => {})
    setTimeout(() => {
      if (hoping.includes(socket)) refuse(socket)
    }, PATIENCE_MS).unref()
  })
  return end
}

const peerOf = ({ remoteAddress = '?', remotePort = 0 }: Socket): string =>
  formatTcpAddress({ host: remoteAddress, port: remotePort })

function turnAway(socket: Socket, words: string): void {
  socket.on('error', () => socket.destroy())
  socket.setTimeout(TURN_AWAY_MS, () => socket.destroy())
  socket.resume()
  socket.end(words)
}

function overSocket(socket: Socket, events: ConnectionEvents): StreamConnection {
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  const finish = () => void socket.end()
  const destroy = () => void socket.destroy()
  return new StreamConnection({ source: socket, sink: socket, finish, destroy }, events)
}
