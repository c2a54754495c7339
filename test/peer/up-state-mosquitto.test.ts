/** What is published at a mosquitto while the daemon is dead reaches its hub when it is back, and what it said reaches who was away. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { fromHex } from '../../src/base/bytes.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { decodeMessage, encodeMessage, type Message } from '../../src/wan/messages/codec.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { start } from '../helpers/cli.ts'
import { freePort } from '../helpers/free-port.ts'
import { DUAL_FUEL, inMemory, temporaryFolder } from '../helpers/migration.ts'
import { runMosquitto } from '../helpers/mosquitto.ts'
import { needs } from './strangers.ts'

const HUB = '00db1234567890a1'
const KEY = fromHex(parse(readFileSync(DUAL_FUEL, 'utf8')).testKeys.smso)

test('a request and an order published once, while nobody was there, are carried out when the daemon is back', async context => {
  const program = needs(context, 'mosquitto')
  const [folder, port] = [temporaryFolder(), await freePort()]
  writeFileSync(join(folder, 'conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n`)
  await runMosquitto(program, { conf: 'conf', port, cwd: folder })
  const url = `mqtt://127.0.0.1:${port}`
  const args = ['up', inMemory(), '--mqtt', url, '--state', join(folder, 'state'), '--clock', 'x60']
  const first = start(args)
  await first.says(/wan.attached/)
  // The birth is the last that leaves of what an attached hub does at once: from here on there is a state to go on from.
  await first.says(/"wan\.up"/)
  first.child.kill('SIGKILL')
  await first.ended

  const heard: { topic: string; payload: Uint8Array }[] = []
  const client = await mqttBroker(url).connect({
    clientId: 'a-party',
    onMessage: ({ topic, payload }) => heard.push({ topic, payload: Uint8Array.from(payload) }),
  })
  onTestFinished(() => client.end())
  await client.subscribe('wan/newcastle/+/up')
  await client.subscribe('csp/response/+')
  const message: Message = {
    ...{ id: 'once', correlationId: '', originator: 'smso', targetDevice: HUB, counter: 1, sentAtMs: 0 },
    request: requestOf('readIdentity', {}),
  }
  await client.publish('wan/newcastle/10.20.0.11/down', encodeMessage(message, KEY))
  const order = { transactionId: 'once', imsi: '234100123456781' }
  await client.publish('csp/request/sim.query', Buffer.from(JSON.stringify(order)))

  const second = start(args)
  await second.says(/resumed: life 2/)
  const answers = () =>
    heard.flatMap(({ topic, payload }) => {
      if (!topic.endsWith('/up')) return []
      const { correlationId, response } = decodeMessage(payload).message
      return correlationId === 'once' ? [response?.readIdentity?.deviceId] : []
    })
  const replies = () =>
    heard.flatMap(({ topic, payload }) =>
      topic === 'csp/response/sim.query' ? [JSON.parse(String(Buffer.from(payload)))] : [],
    )
  await expect.poll(answers, { timeout: 15_000 }).toEqual([HUB])
  await expect.poll(replies, { timeout: 15_000 }).toMatchObject([{ transactionId: 'once', code: 'ok' }])
}, 60_000)
