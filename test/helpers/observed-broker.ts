/** An embedded broker with the bench's logins and rules, and one more login that may hear everything. */
import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import type { BrokerChoice } from '../../src/rig/broker-choice.ts'
import { ACCESS, generateLogins, loginOf, type Role, type TopicRules } from '../../src/wan/broker/access.ts'
import { type EmbeddedBroker, type Refusal, startEmbeddedBroker } from '../../src/wan/broker/embedded-broker.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'

export interface Heard {
  topic: string
  payload: Uint8Array
}

export interface ObservedBroker {
  choice: BrokerChoice
  broker: EmbeddedBroker
  /** Every message on the broker, as it came. */
  heard: Heard[]
  /** What the broker let nobody do. */
  refusals: Refusal[]
  /** Starts listening as one of the parties; what that login gets under the widest filters it is granted. */
  listenAs(role: Role): Promise<Heard[]>
}

export async function observedBroker(): Promise<ObservedBroker> {
  const logins = generateLogins(randomBytes)
  const observer = { username: 'observer', password: randomBytes(18).toString('base64url') }
  const rules: Record<string, TopicRules> = { ...ACCESS, observer: { publish: [], subscribe: ['#'] } }
  const refusals: Refusal[] = []
  const broker = await startEmbeddedBroker({
    logins: { ...logins, observer: observer.password },
    rules,
    onRefused: refusal => refusals.push(refusal),
  })
  onTestFinished(() => broker.close())
  const listen = async (login: { username: string; password: string }, filters: readonly string[]) => {
    const heard: Heard[] = []
    const client = await mqttBroker(broker.url).connect({
      clientId: `listener-${login.username}`,
      login,
      onMessage: ({ topic, payload }) => heard.push({ topic, payload: Uint8Array.from(payload) }),
    })
    onTestFinished(() => client.end())
    for (const filter of filters) await client.subscribe(filter)
    return heard
  }
  return {
    choice: { url: broker.url, logins },
    broker,
    heard: await listen(observer, ['#']),
    refusals,
    listenAs: role => listen(loginOf(logins, role), ACCESS[role].subscribe),
  }
}
