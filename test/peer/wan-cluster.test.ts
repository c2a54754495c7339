/** Three nodes of nats-server as one broker: what it keeps, and what a migration notices when nodes die. */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import type { BrokerMessage } from '../../src/ports/broker.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import type { SessionNotice } from '../../src/wan/topics.ts'
import { start } from '../helpers/cli.ts'
import { doneBy, migrateRig, notPassed } from '../helpers/migration.ts'
import { startCluster } from './cluster.ts'

/** A busy machine elects slowly. */
const WITHIN = { timeout: 60_000 }

const octets = (text: string) => new TextEncoder().encode(text)
const text = ({ payload }: BrokerMessage) => new TextDecoder().decode(payload)

/** What a node tells a party that comes now; until the others have agreed on who leads in the place of one that died, nothing. */
async function retainedAt(url: string): Promise<BrokerMessage[]> {
  const heard: BrokerMessage[] = []
  try {
    const client = await mqttBroker(url).connect({ clientId: 'late', onMessage: message => heard.push(message) })
    await client.subscribe('wan/+/+/session').catch(() => {})
    await pause(500)
    await client.end()
  } catch {
    return []
  }
  return heard
}

describe('a cluster of three', { timeout: 120_000 }, () => {
  test('tells at every node what was retained at one, and after that one is gone', async context => {
    const cluster = await startCluster(context)
    const [first = '', ...others] = cluster.urls
    const topic = 'wan/elster/10.1.2.3/session'
    const gateway = await mqttBroker(first).connect({ clientId: 'gateway' })
    await gateway.publish(topic, octets('up'), { retain: true })
    await gateway.end()
    await cluster.kill(0)
    const told = (url: string) =>
      retainedAt(url).then(all => all.map(message => [message.topic, text(message), message.retain]))
    for (const url of others) await expect.poll(() => told(url), WITHIN).toEqual([[topic, 'up', true]])
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

  test('tells of a hub at once when its node has died, and at every node when the daemon is killed', async context => {
    const cluster = await startCluster(context)
    const heard: SessionNotice[] = []
    const party = await mqttBroker(cluster.url).connect({
      clientId: 'party',
      onMessage: message => heard.push(JSON.parse(text(message))),
    })
    await party.subscribe('wan/+/+/session')
    const daemon = start(['up', 'rigs/cb-electricity-only.yaml', '--clock', 'x60', '--mqtt', cluster.url])
    await expect.poll(() => heard.at(-1), WITHIN).toMatchObject({ state: 'up' })
    const { hub = '', epoch = 0 } = heard.at(-1) ?? {}
    const its = await cluster.nodeOf(`-hub-${hub}`)
    await cluster.kill(its)
    const announced = () => heard.some(notice => notice.state === 'up' && notice.epoch > epoch)
    await expect.poll(announced, WITHIN).toBe(true)
    await cluster.run(its)
    daemon.child.kill('SIGKILL')
    await daemon.ended
    const told = async (url: string) => (await retainedAt(url)).map(message => JSON.parse(text(message)))
    const down = [{ state: 'down', hub, reason: 'connection lost' }]
    for (const url of cluster.urls) await expect.poll(() => told(url), WITHIN).toMatchObject(down)
    await party.end()
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
