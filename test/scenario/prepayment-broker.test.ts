/** A party at the broker sets a price, tops a meter up and reads the account: all that a core outside would do. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { fromHex } from '../../src/base/bytes.ts'
import { TEST_UTRN_KEY, utrnOf } from '../../src/devices/prepayment/utrn.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { decodeMessage, encodeMessage, verifyMessage } from '../../src/wan/messages/codec.ts'
import { type RequestKind, requestOf } from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import { downTopic } from '../../src/wan/topics.ts'
import { start } from '../helpers/cli.ts'
import { freePort } from '../helpers/free-port.ts'
import { temporaryFolder } from '../helpers/migration.ts'

const RIG = 'rigs/cb-prepayment.yaml'
const ESME = '00db1234567890a3'
const POUND = 100_000
const LONG = 60_000

test('price, top-up and account of a meter in prepayment, through the broker', { timeout: 2 * LONG }, async () => {
  const port = await freePort()
  const logins = join(temporaryFolder(), 'logins.json')
  const daemon = start(['up', RIG, '--mqtt-port', String(port), '--logins', logins, '--clock', 'x60'])
  await daemon.says(/attached.*newcastle/)
  const key = fromHex(parse(readFileSync(RIG, 'utf8')).testKeys.smso)
  const answers = new Map<string, Response>()
  const client = await mqttBroker(`mqtt://127.0.0.1:${port}`).connect({
    clientId: 'core',
    login: { username: 'smso', password: String(JSON.parse(readFileSync(logins, 'utf8')).smso) },
    onMessage: ({ payload }) => {
      const decoded = decodeMessage(Uint8Array.from(payload))
      const { correlationId, response } = decoded.message
      if (response && verifyMessage(decoded, key)) answers.set(correlationId, response)
    },
  })
  await client.subscribe('wan/newcastle/+/up')
  let counter = 0
  const ask = async <K extends RequestKind>(kind: K, parameters: NonNullable<Request[K]>) => {
    const id = `core-${++counter}`
    const request = requestOf(kind, parameters)
    const head = { id, correlationId: '', originator: 'smso', targetDevice: ESME, counter, sentAtMs: Date.now() }
    const topic = downTopic('newcastle', '10.20.0.11')
    await client.publish(topic, encodeMessage({ ...head, request }, key))
    await vi.waitFor(() => expect(answers.has(id)).toBe(true), { timeout: LONG, interval: 50 })
    return answers.get(id)
  }
  // The meter joins as the rig comes up.
  await vi.waitFor(async () => expect((await ask('readMeterBalance', {}))?.code).toBe('I0'), { timeout: LONG })
  const before = (await ask('readPrepayValues', {}))?.readPrepayValues
  expect(before).toMatchObject({ mode: 'PREPAYMENT', source: 'DEVICE', paymentDebt: 30 * POUND })

  // From now on nothing it uses costs anything: the account stands still but for what is asked.
  expect(await ask('updatePrice', { standingCharge: 0, prices: [{ prices: [0] }] })).toMatchObject({ code: 'I0' })
  const utrn = utrnOf({ amount: 8 * POUND, counter: 1 }, { key: TEST_UTRN_KEY, device: ESME }) ?? ''
  const added = await ask('topUpDevice', { utrn })
  expect(added?.topUpDevice).toMatchObject({ amount: 8 * POUND })
  expect(await ask('topUpDevice', { utrn })).toMatchObject({ code: 'S1RIG_REFUSED', detail: 'utrn: used already' })
  expect(await ask('topUpDevice', { utrn: '1' })).toMatchObject({ code: 'S1RIG_PARAMETER' })
  const after = (await ask('readPrepayValues', {}))?.readPrepayValues
  expect(after?.paymentDebt).toBe(28 * POUND)
  const tariff = (await ask('readTariff', {}))?.readTariff
  expect(tariff).toMatchObject({ price: 0, tariff: { standingCharge: 0 } })
  await client.end()
})
