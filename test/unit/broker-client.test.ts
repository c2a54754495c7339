import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { connectAsync } from 'mqtt'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
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
  ])('%s shows as %s', (url, shown) => {
    expect(mqttBroker(url).url).toBe(shown)
  })

  test.each(['', 'broker.test', 'http://broker.test', 'mqtt://', 'mqtt://b.test/path', 'mqtt://b.test?clientId=x'])(
    '%j is refused',
    url => {
      expect(() => mqttBroker(url)).toThrow(UsageError)
    },
  )

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
