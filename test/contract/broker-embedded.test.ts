import { randomBytes } from 'node:crypto'
import { ACCESS, generateLogins, type TopicRules } from '../../src/wan/broker/access.ts'
import { startEmbeddedBroker } from '../../src/wan/broker/embedded-broker.ts'
import { brokerContract } from './broker-contract.ts'
import { brokerRefusals, WATCHED_ACCESS, withWatcher } from './broker-refusals.ts'

async function embedded(rules: Readonly<Record<string, TopicRules>>) {
  const logins = generateLogins(randomBytes)
  const broker = await startEmbeddedBroker({ logins: withWatcher(logins), rules })
  return { url: broker.url, logins, restart: () => broker.restart(), stop: () => broker.close() }
}

brokerContract('the embedded broker', () => embedded(ACCESS))
brokerRefusals('the embedded broker', () => embedded(WATCHED_ACCESS))
