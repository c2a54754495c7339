import { randomBytes } from 'node:crypto'
import { ACCESS, generateLogins } from '../../src/wan/broker/access.ts'
import { startEmbeddedBroker } from '../../src/wan/broker/embedded-broker.ts'
import { brokerContract } from './broker-contract.ts'

brokerContract('the embedded broker', async () => {
  const logins = generateLogins(randomBytes)
  const broker = await startEmbeddedBroker({ logins, rules: ACCESS })
  return { url: broker.url, logins, restart: () => broker.restart(), stop: () => broker.close() }
})
