/** Three nodes of nats-server as one broker: what it keeps, and what a migration notices when nodes die. */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import type { BrokerMessage } from '../../src/ports/broker.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { doneBy, migrateRig, notPassed } from '../helpers/migration.ts'
import { startCluster } from './cluster.ts'

/** A busy machine elects slowly. */
const WITHIN = { timeout: 60_000 }

const octets = (text: string) => new TextEncoder().encode(text)
const text = ({ payload }: BrokerMessage) => new TextDecoder().decode(payload)

describe('a cluster of three', { timeout: 120_000 }, () => {
  test('tells at every node what was retained at one, and after that one is gone', async context => {
    const cluster = await startCluster(context)
    const [first = '', ...others] = cluster.urls
    const topic = 'wan/elster/10.1.2.3/session'
    const gateway = await mqttBroker(first).connect({ clientId: 'gateway' })
    await gateway.publish(topic, octets('up'), { retain: true })
    await gateway.end()
    await cluster.kill(0)
    // Until the others have agreed on who leads in its place, they do not say what is retained.
    const told = async (url: string) => {
      const heard: BrokerMessage[] = []
      const client = await mqttBroker(url).connect({ clientId: 'late', onMessage: message => heard.push(message) })
      await client.subscribe('wan/+/+/session').catch(() => {})
      await pause(500)
      await client.end()
      return heard.map(message => [message.topic, text(message), message.retain])
    }
    for (const url of others) await expect.poll(() => told(url).catch(() => []), WITHIN).toEqual([[topic, 'up', true]])
  })

  test('keeps what is published while a subscriber is between two nodes, the first of which has died', async context => {
    const cluster = await startCluster(context)
    const heard: string[] = []
    const lost = vi.fn()
    const subscriber = await mqttBroker(cluster.url).connect({
      clientId: 'subscriber',
      onMessage: message => heard.push(text(message)),
      onLost: lost,
    })
    await subscriber.subscribe('wan/+/+/up')
    const publisher = await mqttBroker(cluster.urls.slice(1).join(',')).connect({ clientId: 'publisher' })
    const all = Array.from({ length: 300 }, (_, n) => `${n}`)
    const taken = all.map(async (one, n) => {
      if (n === 100) await cluster.kill(0)
      await publisher.publish('wan/elster/10.1.2.3/up', octets(one))
    })
    await Promise.all(taken)
    await vi.waitFor(() => expect(new Set(heard)).toEqual(new Set(all)), WITHIN)
    expect(lost).toHaveBeenCalled()
    await Promise.all([subscriber.end(), publisher.end()])
  })
})

describe('a migration over a cluster of three', { timeout: 180_000 }, () => {
  test('leaves the trace hash as it is', async context => {
    const cluster = await startCluster(context)
    const [ours, theirs] = [await migrateRig(), await migrateRig({ broker: { url: cluster.url } })]
    expect(notPassed(theirs.verdicts)).toEqual(notPassed(ours.verdicts))
    expect(theirs.traceHash).toBe(ours.traceHash)
  })

  test('one node of which is killed half-way comes to the same verdicts', async context => {
    const cluster = await startCluster(context)
    const ours = doneBy(await migrateRig())
    const run = await migrateRig({
      broker: { url: cluster.url, patience: { deliveryMs: 30_000, outageMs: 60_000 } },
      listener: { stepStarted: ({ step }) => void (step === 'CB-APN-SWITCH' && cluster.kill(0)) },
    })
    expect(run.exitCode, JSON.stringify(run.verdicts.filter(({ verdict }) => verdict !== 'PASS'))).toBe(0)
    expect(cluster.pids).toHaveLength(2)
    expect(doneBy(run)).toEqual(ours)
  })
})
