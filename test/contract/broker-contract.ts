/** What every broker behind the Broker port does, whoever made it. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { BrokerClient, BrokerConnectOptions, BrokerMessage } from '../../src/ports/broker.ts'
import { type Logins, loginOf, type Role } from '../../src/wan/broker/access.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { eventually } from '../helpers/eventually.ts'
import { type Cable, startCable } from './cable.ts'

/** A running broker that enforces `ACCESS`. */
export interface BrokerUnderTest {
  url: string
  logins: Logins
  restart(): Promise<void>
  stop(): Promise<void>
}

const octets = (text: string) => new TextEncoder().encode(text)
const text = (message: BrokerMessage) => new TextDecoder().decode(message.payload)

export function brokerContract(name: string, start: () => Promise<BrokerUnderTest>): void {
  describe(`${name} as a broker`, () => {
    let subject: BrokerUnderTest
    let cable: Cable
    let clients: BrokerClient[]

    beforeEach(async () => {
      subject = await start()
      cable = await startCable(subject.url)
      clients = []
    })
    afterEach(async () => {
      await cable.mend()
      await Promise.all(clients.map(client => client.end()))
      await cable.close()
      await subject.stop()
    })

    async function connect(role: Role, options: Partial<BrokerConnectOptions> = {}, url = subject.url) {
      const received: BrokerMessage[] = []
      const login = loginOf(subject.logins, role)
      const client = await mqttBroker(url, { endPatienceMs: 1_000 }).connect({
        clientId: `test-${role}`,
        login,
        onMessage: message => received.push({ ...message, payload: Uint8Array.from(message.payload) }),
        ...options,
      })
      clients.push(client)
      return { client, received }
    }

    test('a message arrives octet for octet', async () => {
      const smso = await connect('smso')
      await smso.client.subscribe('wan/newcastle/+/up')
      const gateway = await connect('gateway')
      const payload = Uint8Array.from({ length: 16_384 }, (_, i) => i % 256)
      await gateway.client.publish('wan/newcastle/10.0.0.1/up', payload)
      await eventually(() => expect(smso.received).toHaveLength(1))
      expect(smso.received[0]).toEqual({ topic: 'wan/newcastle/10.0.0.1/up', payload, retain: false })
    })

    test('only a retained message reaches a party that subscribes later', async () => {
      const gateway = await connect('gateway')
      await gateway.client.publish('wan/newcastle/10.0.0.1/session', octets('up'), { retain: true })
      await gateway.client.publish('wan/newcastle/10.0.0.2/session', octets('gone'))
      const smso = await connect('smso')
      await smso.client.subscribe('wan/newcastle/+/session')
      await eventually(() => expect(smso.received).not.toHaveLength(0))
      await gateway.client.publish('wan/newcastle/10.0.0.3/session', octets('live'))
      await eventually(() => expect(smso.received.map(text)).toEqual(['up', 'live']))
      expect(smso.received.map(message => message.retain)).toEqual([true, false])
    })

    test('the will of a client that vanishes is published and retained', async () => {
      const will = { topic: 'wan/newcastle/10.0.0.1/session', payload: octets('down') }
      await connect('gateway', { will }, cable.url)
      const smso = await connect('smso')
      await smso.client.subscribe('wan/newcastle/+/session')
      await cable.cut()
      await eventually(() => expect(smso.received.map(text)).toEqual(['down']))
      const later = await connect('smso', { clientId: 'later' })
      await later.client.subscribe('wan/newcastle/+/session')
      await eventually(() => expect(later.received.map(message => message.retain)).toEqual([true]))
    })

    test('the will of a client that takes its leave is not published', async () => {
      const will = { topic: 'wan/newcastle/10.0.0.1/session', payload: octets('down') }
      const gateway = await connect('gateway', { will })
      const smso = await connect('smso')
      await smso.client.subscribe('wan/newcastle/+/session')
      await gateway.client.end()
      const other = await connect('gateway', { clientId: 'other' })
      await other.client.publish('wan/newcastle/10.0.0.2/session', octets('last'))
      await eventually(() => expect(smso.received).not.toHaveLength(0))
      expect(smso.received.map(text)).toEqual(['last'])
    })

    test('nothing acknowledged is lost when the broker restarts mid-stream', async () => {
      const reconnects = vi.fn()
      const smso = await connect('smso', { onReconnected: reconnects })
      await smso.client.subscribe('wan/newcastle/+/up')
      const gateway = await connect('gateway')
      const acknowledged: Promise<void>[] = []
      for (let i = 0; i < 600; i++) {
        acknowledged.push(gateway.client.publish('wan/newcastle/10.0.0.1/up', octets(`${i}`)))
        if (i === 200 || i === 400) {
          await acknowledged[i - 100]
          await subject.restart()
        }
      }
      await Promise.all(acknowledged)
      const all = Array.from({ length: 600 }, (_, i) => `${i}`)
      await eventually(() => expect(new Set(smso.received.map(text))).toEqual(new Set(all)))
      expect(reconnects).toHaveBeenCalled()
    })

    test('what is published while a subscriber is away waits for it', async () => {
      const lost = vi.fn()
      const smso = await connect('smso', { onLost: lost }, cable.url)
      await smso.client.subscribe('wan/newcastle/+/up')
      await cable.cut()
      await eventually(() => expect(lost).toHaveBeenCalledOnce())
      expect(smso.client.connected).toBe(false)
      const gateway = await connect('gateway')
      for (let i = 0; i < 50; i++) await gateway.client.publish('wan/newcastle/10.0.0.1/up', octets(`${i}`))
      expect(smso.received).toEqual([])
      await cable.mend()
      await eventually(() => expect(smso.received).toHaveLength(50))
      expect(smso.received.map(text)).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`))
    })

    test('a client that is to last has in its next life what was published between', async () => {
      const life = () => connect('smso', { lasting: true })
      const first = await life()
      await first.client.subscribe('wan/newcastle/+/up')
      await first.client.end()
      const gateway = await connect('gateway')
      for (const said of ['a', 'b']) await gateway.client.publish('wan/newcastle/10.0.0.1/up', octets(said))
      const second = await life()
      await eventually(() => expect(second.received.map(text)).toEqual(['a', 'b']))
      await second.client.end({ forget: true })
      await gateway.client.publish('wan/newcastle/10.0.0.1/up', octets('c'))
      const third = await life()
      await third.client.subscribe('wan/newcastle/+/up')
      await gateway.client.publish('wan/newcastle/10.0.0.1/up', octets('d'))
      await eventually(() => expect(third.received.map(text)).toEqual(['d']))
      await third.client.end({ forget: true })
    })

    test('a message that its receiver could not take comes again', async () => {
      const [taken, lost]: [string[], () => void] = [[], vi.fn()]
      let refusals = 2
      const smso = await connect('smso', {
        onLost: lost,
        onMessage: message => {
          if (text(message) === 'b' && refusals-- > 0) throw new Error('the disk is full')
          taken.push(text(message))
        },
      })
      await smso.client.subscribe('wan/newcastle/+/up')
      const gateway = await connect('gateway')
      for (const said of ['a', 'b', 'c']) await gateway.client.publish('wan/newcastle/10.0.0.1/up', octets(said))
      await eventually(() => expect(new Set(taken)).toEqual(new Set(['a', 'b', 'c'])))
      expect(lost).toHaveBeenCalledTimes(2)
    })

    test('what is published while the line is down is sent when it is back', async () => {
      const smso = await connect('smso')
      await smso.client.subscribe('wan/newcastle/+/up')
      const gateway = await connect('gateway', {}, cable.url)
      await cable.cut()
      const acknowledged = gateway.client.publish('wan/newcastle/10.0.0.1/up', octets('late'))
      await cable.mend()
      await acknowledged
      await eventually(() => expect(smso.received.map(text)).toContain('late'))
    })

    test('a publish that was never acknowledged rejects when its client ends', async () => {
      const gateway = await connect('gateway', {}, cable.url)
      await cable.cut()
      const outcome = expect(gateway.client.publish('csp/response/move', octets('x'))).rejects.toThrow(
        /before its PUBACK/,
      )
      await gateway.client.end()
      await outcome
      await expect(gateway.client.publish('csp/response/move', octets('x'))).rejects.toThrow(/the client has ended/)
    })

    test('a new run does not receive what an earlier one left behind', async () => {
      const earlier = await connect('smso', {}, cable.url)
      await earlier.client.subscribe('wan/newcastle/+/up')
      await cable.cut()
      const gateway = await connect('gateway')
      await gateway.client.publish('wan/newcastle/10.0.0.1/up', octets('stale'))
      const smso = await connect('smso')
      await smso.client.subscribe('wan/newcastle/+/up')
      await gateway.client.publish('wan/newcastle/10.0.0.1/up', octets('fresh'))
      await eventually(() => expect(smso.received).not.toHaveLength(0))
      expect(smso.received.map(text)).toEqual(['fresh'])
      await earlier.client.end()
    })

    test('retained and plain messages published together all arrive', async () => {
      const smso = await connect('smso')
      await smso.client.subscribe('wan/newcastle/+/up')
      await smso.client.subscribe('wan/newcastle/+/session')
      const gateway = await connect('gateway')
      const acknowledged = Array.from({ length: 400 }, (_, i) =>
        i % 2 === 0
          ? gateway.client.publish(`wan/newcastle/10.0.0.${i % 250}/session`, octets(`${i}`), { retain: true })
          : gateway.client.publish('wan/newcastle/10.0.0.1/up', octets(`${i}`)),
      )
      await Promise.all(acknowledged)
      await eventually(() => expect(new Set(smso.received.map(text)).size).toBe(400))
    })

    test('a party cannot publish on an APN it does not hold', async () => {
      const gateway = await connect('gateway')
      await gateway.client.subscribe('wan/+/+/down')
      const smso = await connect('smso')
      const s1sp = await connect('s1sp')
      await smso.client.publish('wan/elster/10.1.0.1/down', octets('forged'))
      await s1sp.client.publish('wan/newcastle/10.0.0.1/down', octets('forged'))
      await smso.client.publish('wan/newcastle/10.0.0.1/down', octets('own'))
      await s1sp.client.publish('wan/elster/10.1.0.1/down', octets('own'))
      await eventually(() => expect(gateway.received).toHaveLength(2))
      expect(gateway.received.map(text)).toEqual(['own', 'own'])
    })

    test('a party that asks for everything receives nothing that is not its own', async () => {
      const smso = await connect('smso')
      await smso.client.subscribe('#').catch(() => {})
      await smso.client.subscribe('wan/#').catch(() => {})
      await smso.client.subscribe('wan/newcastle/+/up')
      const gateway = await connect('gateway')
      await gateway.client.publish('wan/elster/10.1.0.1/up', octets('secret'))
      await gateway.client.publish('csp/response/list', octets('secret'))
      await gateway.client.publish('wan/newcastle/10.0.0.1/up', octets('own'))
      await eventually(() => expect(smso.received).not.toHaveLength(0))
      expect(new Set(smso.received.map(text))).toEqual(new Set(['own']))
    })

    test('a wrong password is refused by name, without repeating it', async () => {
      const login = { username: 'smso', password: 'wrong-password-1' }
      const refused = mqttBroker(subject.url).connect({ clientId: 'x', login })
      await expect(refused).rejects.toThrow(/refused login "smso".*check user name, password/)
      await expect(refused).rejects.not.toThrow(/wrong-password-1/)
      await expect(mqttBroker(subject.url).connect({ clientId: 'x' })).rejects.toThrow(
        /refused a connection without login/,
      )
    })

    test('the login may stand in the URL', async () => {
      const url = new URL(subject.url)
      url.username = 'smso'
      url.password = subject.logins.smso
      const broker = mqttBroker(url.href)
      expect(broker.url).toBe(subject.url)
      const client = await broker.connect({ clientId: 'x' })
      expect(client.connected).toBe(true)
      await client.end()
    })
  })
}
