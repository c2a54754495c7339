/** One MQTT 3.1.1 connection, opened once; what lasts across several is the session's matter. */
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ErrorWithReasonCode, type IClientOptions, MqttClient } from 'mqtt'
import { type BrokerConnectOptions, BrokerError, type BrokerLogin } from '../../ports/broker.ts'
import type { TlsMaterial } from './tls-material.ts'

export interface BrokerAddress {
  /** Without user or password. */
  url: string
  host: string
  port: number
  tls: boolean
  /** Of clients that bring none. */
  login?: BrokerLogin
  material?: TlsMaterial
}

export interface ConnectionOptions {
  clientId: string
  login?: BrokerLogin
  will?: BrokerConnectOptions['will']
  /** Start without what the broker kept for this client id, and keep nothing. */
  clean: boolean
  onMessage?: (topic: string, payload: Uint8Array, retain: boolean) => void
}

const CONNECT_TIMEOUT_MS = 10_000
const KEEPALIVE_S = 30

export interface Connection {
  client: MqttClient
  /** The broker kept subscriptions and messages of an earlier connection. */
  sessionPresent: boolean
}

/** An open connection; rejects with a BrokerError that says what to do. It never reconnects by itself. */
export function openConnection(address: BrokerAddress, options: ConnectionOptions): Promise<Connection> {
  const { clientId, login = address.login, will, clean, onMessage } = options
  const settings: IClientOptions = {
    protocol: address.tls ? 'mqtts' : 'mqtt',
    protocolVersion: 4,
    clientId,
    clean,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    ...(login && { username: login.username, password: login.password }),
    ...(will && { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true } }),
  }
  const client = new MqttClient(() => openSocket(address), settings)
  // What could not be taken is not acknowledged, and the connection ends: the broker delivers it again.
  client.handleMessage = ({ topic, payload, retain }, acknowledge) => {
    try {
      onMessage?.(String(topic), Buffer.from(payload), retain)
    } catch (error) {
      client.emit('error', error instanceof Error ? error : new Error(String(error)))
      return acknowledge(error instanceof Error ? error : new Error(String(error)))
    }
    acknowledge()
  }
  return new Promise((resolve, reject) => {
    let reason: Error | undefined
    client.on('error', error => {
      reason ??= error
      client.end(true)
    })
    client.once('connect', ({ sessionPresent }) => resolve({ client, sessionPresent }))
    client.once('close', () => reject(new BrokerError(explain(address, login, reason), { cause: reason })))
  })
}

/** Without Nagle's algorithm: it holds a PUBACK back for 40 ms and more. */
function openSocket({ host, port, tls, material }: BrokerAddress): Socket {
  const socket = tls
    ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...material })
    : connectTcp({ host, port })
  return socket.setNoDelay(true)
}

function explain({ url }: BrokerAddress, login: BrokerLogin | undefined, reason: Error | undefined): string {
  const who = login ? `login "${login.username}"` : 'a connection without login'
  if (reason instanceof ErrorWithReasonCode && (reason.code === 4 || reason.code === 5)) {
    const said = reason.code === 4 ? 'bad user name or password' : 'not authorised'
    return `${url} refused ${who}: ${said} (CONNACK ${reason.code}); check user name, password and the broker's rules`
  }
  const code = reason && 'code' in reason ? String(reason.code) : ''
  switch (code) {
    case 'ECONNREFUSED':
      return `nothing listens at ${url} (ECONNREFUSED); start the broker or correct host and port`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host of ${url} has no address (${code}); correct the name`
    default:
      return `no MQTT connection to ${url}: ${reason?.message ?? 'the broker closed it before answering'}`
  }
}
