import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, createServer } from 'node:net'
import { connectAsync } from 'mqtt'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import type { BrokerClient } from '../../src/ports/broker.ts'
import { generateLogins, loginOf } from '../../src/wan/broker/access.ts'
import { type EmbeddedBroker, startEmbeddedBroker } from '../../src/wan/broker/embedded-broker.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { startCable } from '../contract/cable.ts'

const logins = generateLogins(randomBytes)

describe('the broker URL', () => {
  test.each([
    ['mqtt://broker.test', 'mqtt://broker.test'],
    ['mqtts://broker.test:8884/', 'mqtts://broker.test:8884'],
    ['mqtt://smso:secret%40word@[::1]:1884', 'mqtt://[::1]:1884'],
    ['mqtt://a.test, mqtt://b.test:1884/,mqtt://c.test', 'mqtt://a.test,mqtt://b.test:1884,mqtt://c.test'],
    ['mqtt://smso:se,cret@a.test,mqtt://smso:se,cret@b.test', 'mqtt://a.test,mqtt://b.test'],
  ])('%s shows as %s', (url, shown) => {
    expect(mqttBroker(url).url).toBe(shown)
  })

  test.each(['', 'broker.test', 'http://broker.test', 'mqtt://', 'mqtt://b.test/path', 'mqtt://b.test?clientId=x'])(
    '%j is refused',
    url => {
      expect(() => mqttBroker(url)).toThrow(UsageError)
    },
  )

  test.each([
    ['mqtt://a.test,b.test', /mqtt:\/\/ or mqtts:\/\/ expected at the beginning of each/],
    ['mqtt://a.test,', /at the beginning of each/],
    ['mqtt://a.test,http://b.test', /at the beginning of each/],
    ['mqtt://a.test,mqtts://b.test', /mqtts:\/\/ for every node or for none expected/],
    ['mqtt://a.test,mqtt://b.test,mqtt://x:y@a.test/', /^broker: mqtt:\/\/a\.test is given twice/],
    [Array.from({ length: 17 }, (_, n) => `mqtt://n${n}.test`).join(','), /17 nodes; at most 16 expected/],
  ])('the list %s is refused', (list, reason) => {
    expect(() => mqttBroker(list)).toThrow(reason)
    expect(() => mqttBroker(list)).toThrow(UsageError)
  })

  test('a password is not repeated in the refusal', () => {
    expect(() => mqttBroker('ftp://smso:secret@b.test')).toThrow(/^(?!.*secret)/)
    expect(() => mqttBroker('mqtt://smso:secret@b.test/x')).toThrow(/^(?!.*secret)/)
  })
})

describe('a first connection that fails says what to do', () => {
  test('where nothing listens', async () => {
    const server = await startEmbeddedBroker({ logins, rules: {} })
    await server.close()
    await expect(mqttBroker(server.url).connect({ clientId: 'x' })).rejects.toThrow(
      `nothing listens at ${server.url} (ECONNREFUSED); start the broker or correct host and port`,
    )
  })

  test('where something else listens', async () => {
    const server = createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const address = server.address()
    const url = `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    await expect(mqttBroker(url).connect({ clientId: 'x' })).rejects.toThrow(`no MQTT connection to ${url}: `)
    server.close()
  })
})

describe('a client', () => {
  let broker: EmbeddedBroker
  const rules = { smso: { publish: ['t/#'], subscribe: ['t/#'] } }
  beforeEach(async () => {
    broker = await startEmbeddedBroker({ logins, rules, maxQueued: 5 })
  })
  afterEach(() => broker.close())
  const login = loginOf(logins, 'smso')

  test('refuses a topic with wildcards and a payload over 64 KiB before sending', async () => {
    const client = await mqttBroker(broker.url).connect({ clientId: 'x', login })
    await expect(client.publish('t/+', new Uint8Array())).rejects.toThrow('"t/+": a topic without wildcards expected')
    await expect(client.publish('t/1', new Uint8Array(65_537))).rejects.toThrow(/at most 65536 octets/)
    await expect(client.subscribe('t/#/x')).rejects.toThrow('"t/#/x" is not a topic filter')
    await client.publish('t/1', new Uint8Array(65_536))
    await client.end()
  })

  test('holds at most 10000 messages while the line is down', async () => {
    const cable = await startCable(broker.url)
    const client = await mqttBroker(cable.url, { endPatienceMs: 1 }).connect({ clientId: 'x', login })
    await cable.cut()
    const pending = Array.from({ length: 10_000 }, () => client.publish('t/1', new Uint8Array(1)).catch(() => 'ended'))
    await expect(client.publish('t/1', new Uint8Array(1))).rejects.toThrow(/10000 messages already wait/)
    await client.end()
    expect(new Set(await Promise.all(pending))).toEqual(new Set(['ended']))
    await cable.close()
  })

  test('drops a payload over 64 KiB from elsewhere, and says so', async () => {
    const onOversized = vi.fn()
    const received = vi.fn()
    const client = await mqttBroker(broker.url, { onOversized }).connect({ clientId: 'x', login, onMessage: received })
    await client.subscribe('t/#')
    const other = await connectAsync(broker.url, { clientId: 'y', ...login })
    await other.publishAsync('t/long', Buffer.alloc(65_537), { qos: 1 })
    await other.publishAsync('t/short', Buffer.alloc(1), { qos: 1 })
    await vi.waitFor(() => expect(received).toHaveBeenCalledOnce())
    expect(onOversized).toHaveBeenCalledExactlyOnceWith('t/long', 65_537)
    await Promise.all([other.endAsync(), client.end()])
  })

  test('sends what the caller gave, even when the caller reuses the buffer', async () => {
    const received = vi.fn()
    const client = await mqttBroker(broker.url).connect({
      clientId: 'x',
      login,
      onMessage: message => received([...message.payload]),
    })
    await client.subscribe('t/1')
    const buffer = Uint8Array.of(1)
    const sent = client.publish('t/1', buffer)
    buffer[0] = 2
    await sent
    await vi.waitFor(() => expect(received).toHaveBeenCalledWith([1]))
    await client.end()
  })

  test('leaves nothing behind at the broker when it ends', async () => {
    const client = await mqttBroker(broker.url).connect({ clientId: 'x', login })
    await client.subscribe('t/1')
    await client.end()
    expect(client.connected).toBe(false)
    const other = await mqttBroker(broker.url).connect({ clientId: 'y', login })
    for (let i = 0; i < 20; i++) await other.publish('t/1', new Uint8Array(1))
    await other.end()
    expect(broker.overflowedCount).toBe(0)
  })
})

describe('a client of a broker with several nodes', () => {
  const rules = { smso: { publish: ['t/#'], subscribe: ['t/#'] } }
  const login = loginOf(logins, 'smso')
  let nodes: EmbeddedBroker[]
  const start = (port = 0) => startEmbeddedBroker({ logins, rules, port })
  const urls = () => nodes.map(({ url }) => url).join(',')
  beforeEach(async () => {
    nodes = [await start(), await start(), await start()]
  })
  afterEach(async () => void (await Promise.all(nodes.map(node => node.close()))))

  /** Which of the nodes a client is at, by what each of them delivers. */
  const nodeOf = async (publisher: BrokerClient) => {
    const heard: number[] = []
    const ears = await Promise.all(
      nodes.map(({ url }, n) =>
        mqttBroker(url).connect({ clientId: `ear-${n}`, login, onMessage: () => heard.push(n) }),
      ),
    )
    await Promise.all(ears.map(ear => ear.subscribe('t/where')))
    await publisher.publish('t/where', new Uint8Array(1))
    await vi.waitFor(() => expect(heard).not.toEqual([]))
    await Promise.all(ears.map(ear => ear.end()))
    return heard
  }

  test('begins at the next one after that of the client before', async () => {
    const broker = mqttBroker(urls())
    for (const expected of [0, 1, 2, 0]) {
      const client = await broker.connect({ clientId: `x-${expected}`, login })
      expect(await nodeOf(client)).toEqual([expected])
      await client.end()
    }
  })

  test('begins at one that is there, when others are not', async () => {
    await nodes[0]?.close()
    const client = await mqttBroker(urls()).connect({ clientId: 'x', login })
    nodes.shift()
    expect(await nodeOf(client)).toEqual([0])
    await client.end()
  })

  test('goes to the next when its node fails, subscribes there, and sends there what had no PUBACK', async () => {
    const received = vi.fn()
    const [onLost, onReconnected] = [vi.fn(), vi.fn()]
    const cable = await startCable(nodes[0]?.url ?? '')
    const list = [cable.url, nodes[1]?.url].join(',')
    const client = await mqttBroker(list).connect({
      clientId: 'x',
      login,
      ...{ onLost, onReconnected },
      onMessage: message => received([...message.payload]),
    })
    await client.subscribe('t/1')
    await cable.cut()
    await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce())
    await client.publish('t/1', Uint8Array.of(7))
    expect(onReconnected).toHaveBeenCalledOnce()
    await vi.waitFor(() => expect(received.mock.calls).toEqual([[[7]]]))
    await cable.mend()
    expect(client.connected).toBe(true)
    await client.end()
    await cable.close()
  })

  test('says of each what is wrong when none can be had', async () => {
    const [first, second] = nodes
    await first?.close()
    const wrong = { username: 'smso', password: 'another-password' }
    const list = [first?.url, second?.url].join(',')
    const refused = mqttBroker(list).connect({ clientId: 'x', login: wrong })
    await expect(refused).rejects.toThrow(
      `none of 2 nodes: nothing listens at ${first?.url} (ECONNREFUSED); start the broker or correct host and port; ` +
        `${second?.url} refused login "smso": bad user name or password`,
    )
    nodes.shift()
  })

  /** A node that hangs up on whoever comes first. */
  async function reluctant(url: string, hangsUp: number) {
    const { port } = new URL(url)
    let left = hangsUp
    const server = createServer(near => {
      if (left-- > 0) return void near.destroy()
      const far = connectTcp({ host: '127.0.0.1', port: Number(port) })
      near.pipe(far).pipe(near)
      near.on('error', () => far.destroy())
      far.on('error', () => near.destroy())
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const address = server.address()
    return { url: `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, asked: () => hangsUp - left }
  }

  test('asks again when they are there and do not serve yet', async () => {
    const [first, second] = [await reluctant(nodes[0]?.url ?? '', 3), await reluctant(nodes[1]?.url ?? '', 3)]
    const client = await mqttBroker(`${first.url},${second.url}`).connect({ clientId: 'x', login })
    expect(client.connected).toBe(true)
    await client.end()
  })

  test('asks a broker of one node once only', async () => {
    const only = await reluctant(nodes[0]?.url ?? '', 3)
    await expect(mqttBroker(only.url).connect({ clientId: 'x', login })).rejects.toThrow('no MQTT connection to')
    expect(only.asked()).toBe(1)
  })

  test('asks again for a subscription, and a broker of one node once only', async () => {
    const changing = { smso: { publish: [], subscribe: [] as string[] } }
    const late = await startEmbeddedBroker({
      logins,
      rules: changing,
      onRefused: () => void changing.smso.subscribe.push('later/#'),
    })
    nodes.push(late)
    const alone = await mqttBroker(late.url).connect({ clientId: 'x', login })
    await expect(alone.subscribe('later/1')).rejects.toThrow('refused the subscription')
    changing.smso.subscribe.length = 0
    const among = await mqttBroker(`${late.url},${nodes[1]?.url}`).connect({ clientId: 'y', login })
    await among.subscribe('later/1')
    expect(late.refusedCount).toBe(2)
    await Promise.all([alone.end(), among.end()])
  })

  test('logs in at each with the login of its URL', async () => {
    const [one = '', two = ''] = nodes.map(({ url }) => url.replace('//', `//smso:${logins.smso}@`))
    const broker = mqttBroker(`${one},${two}`)
    const clients = [await broker.connect({ clientId: 'x' }), await broker.connect({ clientId: 'y' })]
    expect(clients.map(({ connected }) => connected)).toEqual([true, true])
    expect(broker.url).not.toContain(logins.smso)
    await Promise.all(clients.map(client => client.end()))
  })
})
