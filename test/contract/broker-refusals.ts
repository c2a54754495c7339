/** What every broker refuses its clients under our logins and rules, whoever made it; MQTT by a client that is not ours. */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ACCESS, type Logins, type Role, type TopicRules } from '../../src/wan/broker/access.ts'
import { eventually } from '../helpers/eventually.ts'
import type { BrokerUnderTest } from './broker-contract.ts'

/** Sees what nobody else may, so that a test can tell that something went nowhere. */
const WATCHER = { user: 'watcher', password: 'watcher-of-the-tests' } as const
export const WATCHED_ACCESS: Readonly<Record<string, TopicRules>> = {
  ...ACCESS,
  [WATCHER.user]: { publish: ['test/mark'], subscribe: ['#', '$SYS/#'] },
}
export const withWatcher = (logins: Logins): Readonly<Record<string, string>> => ({
  ...logins,
  [WATCHER.user]: WATCHER.password,
})

/** `start`: a broker that enforces `WATCHED_ACCESS`, with the watcher among its logins. */
export function brokerRefusals(name: string, start: () => Promise<BrokerUnderTest>): void {
  describe(`${name} refuses`, () => {
    let subject: BrokerUnderTest
    let clients: MqttClient[]
    /** What the watcher saw, but for what the broker tells of itself. */
    let seen: string[]
    let watchers: MqttClient[]

    beforeEach(async () => {
      subject = await start()
      clients = []
      seen = []
      watchers = []
      await watch('#')
      await watch('$SYS/#')
    })
    afterEach(async () => {
      for (const client of clients) await client.endAsync(true)
      await subject.stop()
    })

    /** What the broker tells of itself is left out. */
    async function watch(filter: string): Promise<void> {
      const client = await join(WATCHER.user, WATCHER.password)
      client.on('message', (topic, payload) => {
        if (payload.includes('forged') || topic === 'test/mark') seen.push(`${topic} ${payload.subarray(0, 20)}`)
      })
      await client.subscribeAsync(filter === '#' ? filter : [filter, 'test/mark'], { qos: 1 })
      watchers.push(client)
    }

    async function join(username: string, password: string, more: IClientOptions = {}): Promise<MqttClient> {
      const options = { clientId: `test-${username}-${clients.length}`, reconnectPeriod: 0, connectTimeout: 5_000 }
      const client = await mqtt.connectAsync(subject.url, { ...options, username, password, ...more }, false)
      client.on('error', () => {})
      clients.push(client)
      return client
    }
    const as = (role: Role, more: IClientOptions = {}) => join(role, subject.logins[role], more)

    /** All that was said before has had its chance, with every watcher. */
    async function mark(): Promise<string[]> {
      const marks = () => seen.filter(line => line.startsWith('test/mark')).length
      const before = marks()
      await watchers[0]?.publishAsync('test/mark', 'mark', { qos: 1 })
      await eventually(() => expect(marks()).toBe(before + watchers.length))
      return seen.filter(line => !line.startsWith('test/mark'))
    }

    test('a publish on the wrong access point: it reaches nobody', async () => {
      const smso = await as('smso')
      await smso.publishAsync('wan/elster/10.1.0.1/down', 'forged', { qos: 1 })
      await smso.publishAsync('wan/newcastle/10.0.0.1/down', 'forged but allowed', { qos: 1 })
      expect(await mark()).toEqual(['wan/newcastle/10.0.0.1/down forged but allowed'])
    })

    test.each(['$SYS/broker/version', '$SYS/forged', '$SYS/broker/clients/connected'])(
      'a write to %s, from whoever it comes',
      async topic => {
        for (const role of ['gateway', 'smso', 's1sp', 'dcc', 'supplier'] as const) {
          const client = await as(role)
          // MQTT 3.1.1 has no refusal: it is acknowledged, and goes nowhere.
          await client.publishAsync(topic, 'forged', { qos: 1, retain: true })
        }
        expect(await mark()).toEqual([])
        // Nor is it kept.
        await watch('$SYS/#')
        expect(await mark()).toEqual([])
      },
    )

    test('a last will where its client may not publish: it reaches nobody and is not kept, when the client dies', async () => {
      const will = (topic: string, payload: string) => ({
        will: { topic, payload: Buffer.from(payload), qos: 1 as const, retain: true },
      })
      // The embedded broker does not even let it in.
      const forger = await as('smso', will('wan/elster/10.1.0.1/session', 'forged')).catch(() => undefined)
      const honest = await as('gateway', will('wan/newcastle/10.0.0.1/session', 'not forged'))
      forger?.stream.destroy()
      await eventually(() => expect(forger?.connected ?? false).toBe(false))
      honest.stream.destroy()
      const expected = ['wan/newcastle/10.0.0.1/session not forged']
      await eventually(() => expect(seen).toEqual(expected))
      expect(await mark()).toEqual(expected)
      seen.length = 0
      const later = await as('s1sp')
      later.on('message', topic => seen.push(`${topic} kept`))
      await later.subscribeAsync('wan/elster/+/session', { qos: 1 })
      expect(await mark()).toEqual([])
    })

    test('a message longer than any may be: it reaches nobody, and the others are served on', async () => {
      const gateway = await as('gateway')
      const smso = await as('smso')
      const tooLong = Buffer.alloc(200_000, 'forged ')
      const sent = smso.publishAsync('wan/newcastle/10.0.0.1/down', tooLong, { qos: 1 }).catch(() => {})
      await Promise.race([sent, new Promise<void>(resolve => smso.once('close', () => resolve()))])
      await gateway.publishAsync('wan/newcastle/10.0.0.1/up', 'not forged', { qos: 1 })
      expect(await mark()).toEqual(['wan/newcastle/10.0.0.1/up not forged'])
    })

    test.each([
      ['the wrong password', 'smso', 'wrong-password-1'],
      ["another role's password", 'smso', undefined],
      ['a user there is none of', 'nobody', 'wrong-password-1'],
      ['an empty password', 'gateway', ''],
    ])('a client with %s', async (_, username, password = subject.logins.s1sp) => {
      await expect(join(username, password)).rejects.toThrow(/Bad username or password|Not authorized/i)
    })

    test('a client without any credentials', async () => {
      const client = mqtt.connectAsync(subject.url, { reconnectPeriod: 0, connectTimeout: 5_000 }, false)
      await expect(client).rejects.toThrow(/Bad username or password|Not authorized/i)
    })
  })
}
