/** Who is heard where on the broker in the course of a migration, as an observer sees it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { decodeMessage } from '../../src/wan/messages/codec.ts'
import { migrateRig } from '../helpers/migration.ts'
import { type Heard, observedBroker } from '../helpers/observed-broker.ts'

const under = (heard: readonly Heard[], prefix: string) => heard.filter(({ topic }) => topic.startsWith(prefix))
const up = (heard: readonly Heard[], apn: string) =>
  heard.filter(m => m.topic.startsWith(`wan/${apn}/`) && m.topic.endsWith('/up'))
const down = (heard: readonly Heard[], apn: string) =>
  heard.filter(m => m.topic.startsWith(`wan/${apn}/`) && m.topic.endsWith('/down'))
const notice = ({ payload }: Heard) => JSON.parse(Buffer.from(payload).toString())

test('each party hears its own access point, the SMSO up to the switch and the S1SP after it', async () => {
  const observed = await observedBroker()
  const smso = await observed.listenAs('smso')
  const s1sp = await observed.listenAs('s1sp')
  const { exitCode } = await migrateRig({ broker: observed.choice })
  expect(exitCode).toBe(0)

  expect(up(smso, 'newcastle').length).toBeGreaterThan(10)
  expect(up(s1sp, 'elster').length).toBeGreaterThan(10)
  expect(under(smso, 'wan/elster')).toEqual([])
  expect(under(s1sp, 'wan/newcastle')).toEqual([])

  const order = observed.heard.map(({ topic }) => topic)
  const switched = order.indexOf('wan/elster/10.60.0.10/session')
  expect(order.slice(0, switched).filter(topic => topic.startsWith('wan/elster'))).toEqual([])
  const afterwards = observed.heard.slice(switched).filter(({ topic }) => topic.startsWith('wan/newcastle'))
  expect(afterwards.map(({ topic }) => topic)).toEqual(['wan/newcastle/10.20.0.11/down'])
})

test('the SMSO in possession of everything it ever had gets no answer once the home is closed off', async () => {
  const observed = await observedBroker()
  await migrateRig({ broker: observed.choice })
  const attempts = [...down(observed.heard, 'newcastle'), ...down(observed.heard, 'elster')]
    .map(({ payload }) => decodeMessage(payload).message)
    .filter(({ originator }) => originator === 'smso')
    .slice(-2)
  const answered = [...up(observed.heard, 'elster'), ...up(observed.heard, 'newcastle')].map(
    ({ payload }) => decodeMessage(payload).message.correlationId,
  )
  expect(attempts).toHaveLength(2)
  for (const { id } of attempts) expect(answered).not.toContain(id)
})

test('every octet the hub takes in came over the broker, and every octet it sends goes there', async () => {
  const observed = await observedBroker()
  const { directory } = await migrateRig({ broker: observed.choice })
  const trace = readFileSync(join(directory, 'trace.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const traced = (kind: string) =>
    trace.filter(({ event }) => event.kind === kind).map(({ event }) => `${event.apn} ${event.ip} ${event.octets}`)
  const onBroker = (leaf: string) =>
    observed.heard
      .map(({ topic, payload }) => ({ levels: topic.split('/'), octets: toHex(payload) }))
      .filter(({ levels }) => levels[0] === 'wan' && levels[3] === leaf)
      .map(({ levels, octets }) => `${levels[1]} ${levels[2]} ${octets}`)
  expect(traced('wan.up')).toEqual(onBroker('up'))
  // The one for an address where nobody is attached any more reaches no hub.
  expect(traced('wan.down').length).toBeGreaterThan(30)
  expect(onBroker('down').filter(message => !traced('wan.down').includes(message))).toHaveLength(1)
})

test('nobody tries what its login forbids, and nobody leaves without a notice', async () => {
  const observed = await observedBroker()
  await migrateRig({ broker: observed.choice })
  expect(observed.refusals).toEqual([])
  const sessions = observed.heard.filter(({ topic }) => topic.endsWith('/session'))
  expect(sessions.map(message => `${message.topic.split('/')[1]} ${notice(message).state}`)).toEqual([
    'newcastle up',
    'newcastle down',
    'elster up',
    'elster down',
  ])
  expect(notice(sessions.at(-1) as Heard)).toMatchObject({ hub: '00db1234567890a1', reason: 'stopped' })
})

test('the operator is asked by the DCC alone, and the supplier hears of each commissioned device once', async () => {
  const observed = await observedBroker()
  await migrateRig({ broker: observed.choice })
  const alerts = under(observed.heard, 'dcc/alert/').map(notice)
  expect(alerts.map(({ code, deviceType }) => `${code} ${deviceType}`)).toEqual([
    'DEVICE_COMMISSIONED ESME',
    'DEVICE_COMMISSIONED GPF',
    'DEVICE_COMMISSIONED GSME',
  ])
  const asked = under(observed.heard, 'csp/request/').map(notice)
  const answered = under(observed.heard, 'csp/response/').map(notice)
  expect(answered.map(({ transactionId }) => transactionId)).toEqual(asked.map(({ transactionId }) => transactionId))
  expect(new Set(answered.map(({ code }) => code))).toEqual(new Set(['ok']))
})

test('the driver leans on no device, no HAN and no rig', () => {
  const room = new URL('../../src/migration', import.meta.url)
  const files = readdirSync(room, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
  const imports = files.flatMap(name =>
    [...readFileSync(join(room.pathname, name), 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from ?? ''),
  )
  const rooms = new Set(imports.flatMap(from => /\.\.\/([a-z]+)\//.exec(from)?.[1] ?? []))
  expect([...rooms].toSorted()).toEqual(['base', 'firmware', 'ports', 'profiles', 'wan'])
  const wan = new Set(imports.filter(from => from.includes('/wan/')).map(from => from.replace(/^.*\/wan\//, '')))
  expect([...wan].filter(from => !from.startsWith('messages/')).toSorted()).toEqual([
    'originator-roles.ts',
    'sim-platform.ts',
    'sim-return-file.ts',
    'topic-filter.ts',
    'topics.ts',
  ])
})
