/** Any MQTT broker behind the Broker port. */
import { UsageError } from '../../base/errors.ts'
import type { Broker, BrokerLogin } from '../../ports/broker.ts'
import type { BrokerAddress } from './mqtt-connection.ts'
import { type SessionOptions, startSession } from './mqtt-session.ts'
import type { TlsMaterial } from './tls-material.ts'

export interface MqttBrokerOptions extends Pick<SessionOptions, 'onOversized' | 'endPatienceMs'> {
  /** For `mqtts`: whom to trust in place of the usual ones, and who we are where the broker asks. */
  tls?: TlsMaterial
}

const DEFAULT_PORTS: Record<string, number> = { 'mqtt:': 1883, 'mqtts:': 8883 }

/**
 * The broker at `mqtt://host:port` or `mqtts://host:port`. User and password in the URL are the login of clients that
 * bring none; they do not appear in `url`. Throws UsageError when it is not such a URL.
 */
export function mqttBroker(url: string, options: MqttBrokerOptions = {}): Broker {
  const { tls, ...sessionOptions } = options
  const { address, login } = parseBrokerUrl(url)
  if (tls && !address.tls) throw new UsageError(`broker ${address.url}: certificates are for mqtts://`)
  const trusting: BrokerAddress = { ...address, ...(tls && { material: tls }) }
  return {
    url: address.url,
    connect: connectOptions =>
      startSession({ ...(login && { login }), ...connectOptions, ...sessionOptions, address: trusting }),
  }
}

function parseBrokerUrl(text: string): { address: BrokerAddress; login?: BrokerLogin } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const defaultPort = url && DEFAULT_PORTS[url.protocol]
  // The text may hold a password: it is not repeated.
  if (!url || defaultPort === undefined || url.hostname === '') {
    throw new UsageError('broker: mqtt://host:port or mqtts://host:port expected')
  }
  if (!/^\/?$/.test(url.pathname) || url.search || url.hash) {
    throw new UsageError(`broker: nothing expected after ${url.protocol}//${url.host}`)
  }
  const address = {
    url: `${url.protocol}//${url.host}`,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? defaultPort : Number(url.port),
    tls: url.protocol === 'mqtts:',
  }
  if (!url.username) return { address }
  const login = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  return { address, login }
}
