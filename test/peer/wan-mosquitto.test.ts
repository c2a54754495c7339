import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ACCESS, generateLogins, loginOf, type Role } from '../../src/wan/broker/access.ts'
import { type EmbeddedBroker, type Refusal, startEmbeddedBroker } from '../../src/wan/broker/embedded-broker.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { brokerContract } from '../contract/broker-contract.ts'
import { brokerRefusals, WATCHED_ACCESS, withWatcher } from '../contract/broker-refusals.ts'
import { eventually } from '../helpers/eventually.ts'
import { startMosquitto } from './mosquitto-broker.ts'
import { stranger } from './strangers.ts'

const mosquitto = stranger('mosquitto')
describe.skipIf(!mosquitto.available)('mosquitto under our logins and rules', () => {
  brokerContract('mosquitto', () => startMosquitto(mosquitto.path ?? ''))
  const access = { rules: WATCHED_ACCESS, passwordsOf: withWatcher }
  brokerRefusals('mosquitto', () => startMosquitto(mosquitto.path ?? '', access))
})

const pub = stranger('mosquitto_pub')
const sub = stranger('mosquitto_sub')
describe.skipIf(!pub.available || !sub.available)('mosquitto clients at the embedded broker', () => {
  const logins = generateLogins(randomBytes)
  let broker: EmbeddedBroker
  let refusals: Refusal[]

  beforeEach(async () => {
    refusals = []
    broker = await startEmbeddedBroker({ logins, rules: ACCESS, onRefused: refusal => refusals.push(refusal) })
  })
  afterEach(() => broker.close())

  function client(program: string | undefined, role: Role, args: string[]) {
    const { hostname, port } = new URL(broker.url)
    const login = ['-u', role, '-P', logins[role]]
    const child = spawn(program ?? '', ['-h', hostname, '-p', port, ...login, ...args])
    const output = { text: '', errors: '' }
    child.stdout.on('data', chunk => {
      output.text += chunk
    })
    child.stderr.on('data', chunk => {
      output.errors += chunk
    })
    return { child, output, ended: once(child, 'close').then(([code]) => Number(code)) }
  }

  async function connect(role: Role) {
    return mqttBroker(broker.url).connect({ clientId: role, login: loginOf(logins, role) })
  }

  test('mosquitto_sub receives what the gateway publishes', async () => {
    const gateway = await connect('gateway')
    await gateway.publish('wan/newcastle/10.0.0.1/session', Buffer.from('up'), { retain: true })
    const { output, ended } = client(sub.path, 'smso', [
      '-q',
      '1',
      '-t',
      'wan/newcastle/+/session',
      '-C',
      '1',
      '-W',
      '10',
    ])
    expect(await ended).toBe(0)
    expect(output.text).toBe('up\n')
    await gateway.end()
  })

  test('mosquitto_pub reaches the gateway', async () => {
    const received = vi.fn()
    const gateway = await mqttBroker(broker.url).connect({
      clientId: 'gateway',
      login: loginOf(logins, 'gateway'),
      onMessage: ({ topic, payload }) => received(topic, Buffer.from(payload).toString()),
    })
    await gateway.subscribe('wan/+/+/down')
    const { ended } = client(pub.path, 'smso', ['-q', '1', '-t', 'wan/newcastle/10.0.0.1/down', '-m', 'hello'])
    expect(await ended).toBe(0)
    await eventually(() => expect(received).toHaveBeenCalledWith('wan/newcastle/10.0.0.1/down', 'hello'))
    await gateway.end()
  })

  test('mosquitto_sub is told that it may not subscribe to everything', async () => {
    const { output, ended } = client(sub.path, 'smso', ['-q', '1', '-t', 'wan/#', '-C', '1', '-W', '10'])
    await ended
    expect(output).toMatchObject({ text: '', errors: expect.stringMatching(/denied/) })
    expect(refusals).toMatchObject([{ username: 'smso', action: 'subscribe', topic: 'wan/#' }])
  })
})
