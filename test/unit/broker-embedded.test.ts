import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { BrokerConnectOptions } from '../../src/ports/broker.ts'
import { ACCESS, generateLogins, loginOf, type Role } from '../../src/wan/broker/access.ts'
import { type EmbeddedBroker, type Refusal, startEmbeddedBroker } from '../../src/wan/broker/embedded-broker.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { startCable } from '../contract/cable.ts'

const logins = generateLogins(randomBytes)
const payload = new Uint8Array([1])
let refusals: Refusal[]
let broker: EmbeddedBroker

beforeEach(async () => {
  refusals = []
  const onRefused = (refusal: Refusal) => refusals.push(refusal)
  broker = await startEmbeddedBroker({ logins, rules: ACCESS, onRefused, maxQueued: 10 })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await broker.close()
})

const connect = (role: Role, options: Partial<BrokerConnectOptions> = {}, url = broker.url) =>
  mqttBroker(url).connect({ clientId: role, login: loginOf(logins, role), ...options })

describe('what a login may not do is counted and told', () => {
  test('a publish on another APN', async () => {
    const smso = await connect('smso')
    await smso.publish('wan/elster/10.1.0.1/down', payload)
    expect(refusals).toEqual([
      { clientId: 'smso', username: 'smso', action: 'publish', topic: 'wan/elster/10.1.0.1/down' },
    ])
    expect(broker.refusedCount).toBe(1)
    await smso.end()
  })

  test.each(['#', '+/#', 'wan/#', 'wan/+/+/up', 'wan/elster/+/up', '$SYS/#'])('a subscription to %s', async filter => {
    const smso = await connect('smso')
    await expect(smso.subscribe(filter)).rejects.toThrow(`${filter}: ${broker.url} refused the subscription`)
    expect(refusals).toEqual([{ clientId: 'smso', username: 'smso', action: 'subscribe', topic: filter }])
    expect(smso.connected).toBe(true)
    await smso.end()
  })

  test('a will on another APN, when the client connects', async () => {
    const will = { topic: 'wan/elster/10.1.0.1/session', payload }
    await expect(connect('smso', { will })).rejects.toThrow(/refused login "smso".*rules/)
    expect(refusals).toEqual([{ clientId: 'smso', username: 'smso', action: 'will', topic: will.topic }])
  })

  test.each(['smso', 'nobody', '__proto__', ''])('a wrong password for %j', async username => {
    const login = { username, password: 'wrong' }
    await expect(mqttBroker(broker.url).connect({ clientId: 'x', login })).rejects.toThrow(/bad user name or password/)
    expect(refusals).toEqual([{ clientId: 'x', username, action: 'connect', topic: '' }])
  })
})

test('the queue of an absent client ends at its limit, and what is dropped is counted', async () => {
  const cable = await startCable(broker.url)
  const received: number[] = []
  const onMessage: BrokerConnectOptions['onMessage'] = message => received.push(message.payload[0] ?? 0)
  const lost = vi.fn()
  const smso = await connect('smso', { onMessage, onLost: lost }, cable.url)
  await smso.subscribe('wan/newcastle/+/up')
  const gateway = await connect('gateway')
  await cable.cut()
  await vi.waitFor(() => expect(lost).toHaveBeenCalled())
  for (let i = 0; i < 25; i++) await gateway.publish('wan/newcastle/10.0.0.1/up', Uint8Array.of(i))
  await vi.waitFor(() => expect(broker.overflowedCount).toBe(15))
  await cable.mend()
  await vi.waitFor(() => expect(received).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), { timeout: 5_000 })
  await gateway.publish('wan/newcastle/10.0.0.1/up', Uint8Array.of(99))
  await vi.waitFor(() => expect(received.at(-1)).toBe(99))
  await Promise.all([smso.end(), gateway.end()])
  await cable.close()
})

test('a peer that announces a packet of 256 MB is cut off', async () => {
  const { hostname, port } = new URL(broker.url)
  const socket = connectTcp({ host: hostname, port: Number(port) })
  socket.on('error', () => {})
  socket.write(Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0x7f))
  await once(socket, 'close')
  const smso = await connect('smso')
  expect(smso.connected).toBe(true)
  await smso.end()
})

test('2,500 connections are let in, one for each hub of a large fleet', async () => {
  const { port } = new URL(broker.url)
  const sockets = Array.from({ length: 2_500 }, () => connectTcp({ host: '127.0.0.1', port: Number(port) }))
  await Promise.all(sockets.map(socket => once(socket, 'connect')))
  const last = await connect('smso')
  expect(last.connected).toBe(true)
  expect(sockets.filter(socket => socket.destroyed || socket.readableEnded)).toEqual([])
  await last.end()
  for (const socket of sockets) socket.destroy()
})

test('neither end of a connection uses the Nagle algorithm', async () => {
  const setNoDelay = vi.spyOn(Socket.prototype, 'setNoDelay')
  const smso = await connect('smso')
  // Two connections (the first one forgets an earlier session), two ends.
  expect(setNoDelay.mock.calls.filter(([on]) => on === true)).toHaveLength(4)
  await smso.end()
})

test('a request and its response take far less than the 40 ms that the Nagle algorithm costs', async () => {
  let answered = () => {}
  const gateway = await connect('gateway', {
    onMessage: () => void gateway.publish('wan/newcastle/10.0.0.1/up', payload),
  })
  await gateway.subscribe('wan/+/+/down')
  const smso = await connect('smso', { onMessage: () => answered() })
  await smso.subscribe('wan/newcastle/+/up')
  const took: number[] = []
  for (let i = 0; i < 30; i++) {
    const start = performance.now()
    const answer = new Promise<void>(resolve => {
      answered = resolve
    })
    await smso.publish('wan/newcastle/10.0.0.1/down', payload)
    await answer
    took.push(performance.now() - start)
  }
  expect(took.toSorted((a, b) => a - b)[15]).toBeLessThan(20)
  await Promise.all([smso.end(), gateway.end()])
})

test('a port in use is an error that names it', async () => {
  const port = Number(new URL(broker.url).port)
  await expect(startEmbeddedBroker({ logins, rules: ACCESS, port })).rejects.toThrow(/EADDRINUSE.*127\.0\.0\.1/)
})
