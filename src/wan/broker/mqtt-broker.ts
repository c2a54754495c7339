/** Any MQTT broker behind the Broker port. */
import { UsageError } from '../../base/errors.ts'
import type { Broker } from '../../ports/broker.ts'
import { BrokerNodes, urlOf } from './broker-nodes.ts'
import type { BrokerAddress } from './mqtt-connection.ts'
import { type SessionOptions, startSession } from './mqtt-session.ts'
import type { TlsMaterial } from './tls-material.ts'

export interface MqttBrokerOptions extends Pick<SessionOptions, 'onOversized' | 'endPatienceMs'> {
  /** For `mqtts`: whom to trust in place of the usual ones, and who we are where the broker asks. */
  tls?: TlsMaterial
}

const DEFAULT_PORTS: Record<string, number> = { 'mqtt:': 1883, 'mqtts:': 8883 }
/** Nodes of one broker. */
const MAX_NODES = 16

/**
 * The broker at `mqtt://host:port` or `mqtts://host:port`, or the one whose nodes these are, separated by commas: clients
 * spread over them, and leave one that fails for the next. User and password in a URL are the login of clients that
 * bring none; they do not appear in `url`. Throws UsageError when it is not such a URL.
 */
export function mqttBroker(url: string, options: MqttBrokerOptions = {}): Broker {
  const { tls, ...sessionOptions } = options
  const addresses = parseBrokerUrls(url).map(address => ({ ...address, ...(tls && { material: tls }) }))
  const [first] = addresses
  if (tls && !first?.tls) throw new UsageError(`broker ${urlOf(addresses)}: certificates are for mqtts://`)
  let connects = 0
  return {
    url: urlOf(addresses),
    connect: connectOptions =>
      startSession({ ...connectOptions, ...sessionOptions, nodes: new BrokerNodes(addresses, connects++) }),
  }
}

function parseBrokerUrls(text: string): BrokerAddress[] {
  // A password may hold a comma.
  const addresses = text.split(/\s*,\s*(?=mqtts?:\/\/)/).map(parseBrokerUrl)
  if (addresses.length > MAX_NODES) {
    throw new UsageError(`broker: ${addresses.length} nodes; at most ${MAX_NODES} expected`)
  }
  const twice = addresses.find(({ url }, at) => addresses.findIndex(other => other.url === url) < at)
  if (twice) throw new UsageError(`broker: ${twice.url} is given twice`)
  if (new Set(addresses.map(({ tls }) => tls)).size > 1) {
    throw new UsageError(`broker ${urlOf(addresses)}: mqtts:// for every node or for none expected`)
  }
  return addresses
}

function parseBrokerUrl(text: string): BrokerAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const defaultPort = url && DEFAULT_PORTS[url.protocol]
  // The text may hold a password: it is not repeated.
  if (!url || defaultPort === undefined || url.hostname === '') {
    throw new UsageError('broker: mqtt://host:port or mqtts://host:port expected')
  }
  if (url.hostname.includes(',')) {
    throw new UsageError('broker: mqtt:// or mqtts:// expected at the beginning of each node of a list')
  }
  if (!/^\/?$/.test(url.pathname) || url.search || url.hash) {
    throw new UsageError(`broker: nothing expected after ${url.protocol}//${url.host}`)
  }
  const login = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  return {
    url: `${url.protocol}//${url.host}`,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? defaultPort : Number(url.port),
    tls: url.protocol === 'mqtts:',
    ...(url.username && { login }),
  }
}
