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
import { startEmbeddedBroker } from '../wan/broker/embedded-broker.ts'
import { type MqttBrokerOptions, mqttBroker } from '../wan/broker/mqtt-broker.ts'
import { BROKER_PATIENCE, type BrokerPatience } from './flights.ts'

export interface ChosenBroker {
  broker: Broker
  /** Login of a role; undefined where the broker asks for none that we know. */
  login: (role: Role) => BrokerLogin | undefined
  patience: BrokerPatience
  /** Only a broker of our own can be restarted. */
  restart?: () => Promise<void>
  close: () => Promise<void>
}

export interface BrokerChoice {
  /** `mqtt://` or `mqtts://`; absent: a broker of our own. */
  url?: string
  /** Passwords of the roles; for a broker of our own they are made afresh when absent. */
  logins?: Logins
  /** Port of our own broker on loopback; any free one when absent. */
  port?: number
  /** How long the broker is waited for; the usual when absent. */
  patience?: BrokerPatience & { endMs?: number }
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
  if (url !== undefined) {
    const { logins } = choice
    return {
      broker: mqttBroker(url, options),
      patience,
      login: role => (logins ? loginOf(logins, role) : undefined),
      close: () => Promise.resolve(),
    }
  }
  const logins = choice.logins ?? generateLogins(randomBytes)
  const embedded = await startEmbeddedBroker({ logins, rules: accessRules(apns), ...(port !== undefined && { port }) })
  return {
    broker: mqttBroker(embedded.url, options),
    patience,
    login: role => loginOf(logins, role),
    restart: () => embedded.restart(),
    close: () => embedded.close(),
  }
}
