/** Which broker a run uses: one of its own on loopback, or the one the user names. */
import { randomBytes } from 'node:crypto'
import type { Broker, BrokerLogin } from '../ports/broker.ts'
import {
  type AccessPoints,
  accessRules,
  generateLogins,
  type Logins,
  loginOf,
  type Role,
} from '../wan/broker/access.ts'
import type { DoorAddress } from '../wan/broker/door.ts'
import { startEmbeddedBroker } from '../wan/broker/embedded-broker.ts'
import { type MqttBrokerOptions, mqttBroker } from '../wan/broker/mqtt-broker.ts'
import type { TlsMaterial } from '../wan/broker/tls-material.ts'
import { BROKER_PATIENCE, type BrokerPatience } from './clocks/flights.ts'

export interface ChosenBroker {
  broker: Broker
  /** Where others find a broker of our own. */
  outsideUrl?: string
  /** Login of a role; undefined where the broker asks for none that we know. */
  login: (role: Role) => BrokerLogin | undefined
  patience: BrokerPatience
  /** Only a broker of our own can be restarted. */
  restart?: () => Promise<void>
  close: () => Promise<void>
}

export interface BrokerChoice {
  /** `mqtt://` or `mqtts://`, of one node or of several, separated by commas; absent: a broker of our own. */
  url?: string
  /** Passwords of the roles; for a broker of our own they are made afresh when absent. */
  logins?: Logins
  /** Port of our own broker on loopback; any free one when absent. */
  port?: number
  /** Where else our own broker listens; see `checkExposure`. */
  outside?: DoorAddress
  /** For an `mqtts://` URL. */
  tls?: TlsMaterial
  /** How long the broker is waited for; the usual when absent. */
  patience?: BrokerPatience & { endMs?: number }
  /** Our own broker is about to acknowledge a message; when it throws, it does not. */
  onAccepting?: (topic: string, payload: Uint8Array) => void
  /** A message longer than any party may send was dropped. */
  onOversized?: (topic: string, octets: number) => void
}

/** `apns`: which access point each party of the Group may reach at a broker of our own. */
export async function chooseBroker(choice: BrokerChoice, apns: AccessPoints): Promise<ChosenBroker> {
  const { url, port, patience = BROKER_PATIENCE } = choice
  const options: MqttBrokerOptions = {
    ...(choice.patience?.endMs !== undefined && { endPatienceMs: choice.patience.endMs }),
    ...(choice.onOversized && { onOversized: choice.onOversized }),
  }
  const { tls, outside } = choice
  if (url !== undefined) {
    const { logins } = choice
    return {
      broker: mqttBroker(url, { ...options, ...(tls && { tls }) }),
      patience,
      login: role => (logins ? loginOf(logins, role) : undefined),
      close: () => Promise.resolve(),
    }
  }
  const logins = choice.logins ?? generateLogins(randomBytes)
  const embedded = await startEmbeddedBroker({
    ...{ logins, rules: accessRules(apns) },
    ...(port !== undefined && { port }),
    ...(outside && { outside }),
    ...(choice.onAccepting && { onAccepting: choice.onAccepting }),
  })
  const { outsideUrl } = embedded
  return {
    broker: mqttBroker(embedded.url, options),
    ...(outsideUrl !== undefined && { outsideUrl }),
    patience,
    login: role => loginOf(logins, role),
    restart: () => embedded.restart(),
    close: () => embedded.close(),
  }
}
