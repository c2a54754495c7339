/** An MQTT broker as the gateway and the parties see it. Asynchronous: it lives outside the simulation. */

/** The broker cannot be had as asked: nobody listens there, or it refuses the login or a subscription. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
}

export interface BrokerLogin {
  username: string
  password: string
}

export interface BrokerMessage {
  topic: string
  payload: Uint8Array
  retain: boolean
}

export interface BrokerConnectOptions {
  clientId: string
  login?: BrokerLogin
  /** Published by the broker, retained, QoS 1, if this client goes away without `end()`. Read at each connection. */
  will?: { topic: string; payload: Uint8Array }
  /**
   * The broker keeps subscriptions and what comes for this client id from one run to the next; it is forgotten at start and end
   * otherwise.
   */
  lasting?: boolean
  /** Acknowledged when it returns; when it throws, the broker delivers the message again to the next connection. */
  onMessage?: (message: BrokerMessage) => void
  /** The connection was lost; the client reconnects by itself with back-off, and subscribes again. */
  onLost?: () => void
  onReconnected?: () => void
}

export interface BrokerClient {
  readonly connected: boolean
  /** QoS 1; resolves at PUBACK. Kept and sent again across a reconnect. Rejects when the client ends first. */
  publish(topic: string, payload: Uint8Array, options?: { retain?: boolean }): Promise<void>
  /** QoS 1 unless said; resolves at SUBACK; rejects with a BrokerError when the broker refuses the filter. */
  subscribe(filter: string, options?: { qos: 0 | 1 }): Promise<void>
  /** Sends what is pending, then disconnects cleanly (no will). `forget`: even where it was to last. */
  end(options?: { forget?: boolean }): Promise<void>
}

export interface Broker {
  /** For people and reports; never holds a password. Of all its nodes, separated by commas. */
  readonly url: string
  /** Resolves once connected; rejects with a BrokerError when the first connection fails. */
  connect(options: BrokerConnectOptions): Promise<BrokerClient>
}
