/** A mosquitto that runs with exactly what `s1rig mosquitto` wrote: each party may what the rules say, and nothing else. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { ACCESS, type Logins, loginOf, ROLES, type Role } from '../../src/wan/broker/access.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { matches } from '../../src/wan/topic-filter.ts'
import { inProcess } from '../helpers/cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { freePort } from '../helpers/free-port.ts'
import { DUAL_FUEL, inMemory, migrateRig, temporaryFolder } from '../helpers/migration.ts'
import { runMosquitto } from '../helpers/mosquitto.ts'
import { groupText } from '../helpers/scripted-parties.ts'
import { needs } from './strangers.ts'

const written = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8')

async function made(...args: string[]) {
  const out = join(temporaryFolder(), 'broker')
  const port = await freePort()
  const ended = await inProcess(['mosquitto', DUAL_FUEL, '--out', out, '--mqtt-listen', `127.0.0.1:${port}`, ...args])
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  return { out, port, ended, logins: JSON.parse(written(out, 'logins.json')) as Logins }
}

/** The broker, started as the command says. */
async function running(context: Parameters<typeof needs>[0]) {
  const program = needs(context, 'mosquitto')
  const { out, port, ended, logins } = await made()
  const [, conf = ''] = /^start it: {2}mosquitto -c (.*)$/m.exec(ended.stdout) ?? []
  await runMosquitto(program, { conf, port, cwd: temporaryFolder() })
  const broker = mqttBroker(`mqtt://127.0.0.1:${port}`)
  return { broker, logins, out, port }
}

/** Of everything that is spoken of at a broker, and some that is not. */
const PLACES = ['newcastle', 'elster'].flatMap(apn =>
  ['down', 'up', 'session', 'raw/dlms/down', 'raw/dlms/up', 'raw/dlms/state'].map(
    leaf => `wan/${apn}/10.0.0.1/${leaf}`,
  ),
)
const TOPICS = [
  ...PLACES,
  ...['sms/447700900121', 'csp/request/sim.query', 'csp/response/sim.query', 'csp/file/smso/a', 'csp/file/s1sp/a'],
  ...['csp/file/dcc/a', 'dcc/alert/home-1', 'wan/newcastle/down', 'wan/newcastle/10.0.0.1/other', 'other'],
]
/** Last, what each of them hears of another. */
const ENDS: Readonly<Record<Role, [by: Role, topic: string]>> = {
  gateway: ['dcc', 'csp/request/end'],
  smso: ['gateway', 'csp/file/smso/end'],
  s1sp: ['gateway', 'csp/file/s1sp/end'],
  dcc: ['gateway', 'csp/response/end'],
  supplier: ['s1sp', 'dcc/alert/end'],
}

test('each party publishes and hears what the rules allow, whatever it asks for', async context => {
  const { broker, logins } = await running(context)
  const heard = new Map<Role, Set<string>>()
  const clients = await Promise.all(
    ROLES.map(async role => {
      const mine = new Set<string>()
      heard.set(role, mine)
      const client = await broker.connect({
        ...{ clientId: `test-${role}`, login: loginOf(logins, role) },
        onMessage: ({ topic, payload }) => mine.add(`${Buffer.from(payload)} > ${topic}`),
      })
      onTestFinished(() => client.end())
      // Mosquitto grants the subscription, and delivers of it what may be read.
      await client.subscribe('#').catch(() => {})
      return [role, client] as const
    }),
  )
  const client = new Map(clients)
  for (const role of ROLES) for (const topic of TOPICS) await client.get(role)?.publish(topic, Buffer.from(role))
  for (const [by, topic] of Object.values(ENDS)) await client.get(by)?.publish(topic, Buffer.from(by))
  for (const role of ROLES) {
    const [by, topic] = ENDS[role]
    await eventually(() => expect(heard.get(role)).toContain(`${by} > ${topic}`))
  }
  const may = (role: Role, way: 'publish' | 'subscribe', topic: string) =>
    ACCESS[role][way].some(rule => matches(rule, topic))
  for (const to of ROLES) {
    const allowed = ROLES.flatMap(by =>
      TOPICS.filter(topic => may(by, 'publish', topic) && may(to, 'subscribe', topic)).map(topic => `${by} > ${topic}`),
    )
    const got = [...(heard.get(to) ?? [])].filter(line => !line.endsWith('/end'))
    expect([to, got.toSorted()]).toEqual([to, allowed.toSorted()])
    expect(allowed.length).toBeGreaterThan(0)
  }
})

test('nobody reads or writes the broker’s own topics', async context => {
  const { broker, logins } = await running(context)
  const heard: string[] = []
  const client = await broker.connect({
    ...{ clientId: 'test-gateway', login: loginOf(logins, 'gateway') },
    onMessage: ({ topic }) => heard.push(topic),
  })
  onTestFinished(() => client.end())
  for (const filter of ['$SYS/#', 'csp/request/#']) await client.subscribe(filter).catch(() => {})
  await client.publish('$SYS/broker/version', Buffer.from('mine'))
  const dcc = await broker.connect({ clientId: 'test-dcc', login: loginOf(logins, 'dcc') })
  onTestFinished(() => dcc.end())
  await dcc.publish('csp/request/end', Buffer.from('end'))
  await eventually(() => expect(heard).toContain('csp/request/end'))
  expect(heard).toEqual(['csp/request/end'])
})

test('no login, a wrong password and a login that nobody has are refused', async context => {
  const { broker, logins } = await running(context)
  const refused = /refused|not authorised/
  await expect(broker.connect({ clientId: 'nobody' })).rejects.toThrow(refused)
  const wrong = { username: 'smso', password: logins.s1sp }
  await expect(broker.connect({ clientId: 'wrong', login: wrong })).rejects.toThrow(refused)
  const other = { username: 'root', password: logins.smso }
  await expect(broker.connect({ clientId: 'other', login: other })).rejects.toThrow(refused)
})

test('an unauthorised last will reaches nobody, an authorised one does', async context => {
  const { broker, logins, port } = await running(context)
  const heard: string[] = []
  const smso = await broker.connect({
    ...{ clientId: 'test-smso', login: loginOf(logins, 'smso') },
    onMessage: ({ payload }) => heard.push(Buffer.from(payload).toString()),
  })
  onTestFinished(() => smso.end())
  await smso.subscribe('wan/newcastle/+/session')
  // Both are gone without a farewell, one after the other.
  for (const role of ['s1sp', 'gateway'] as const) {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
      ...{ ...loginOf(logins, role), reconnectPeriod: 0, protocolVersion: 4 },
      will: { topic: 'wan/newcastle/10.0.0.1/session', payload: Buffer.from(role), qos: 1, retain: true },
    })
    const gone = new Promise<void>(resolve => client.once('close', () => resolve()))
    client.stream.destroy()
    await gone
  }
  await eventually(() => expect(heard).toContain('gateway'))
  expect(heard).toEqual(['gateway'])
})

test('a migration runs at it with the passwords that were written', async context => {
  const { port, logins } = await running(context)
  const { exitCode } = await migrateRig({ rig: inMemory(), broker: { url: `mqtt://127.0.0.1:${port}`, logins } })
  expect(exitCode).toBe(0)
})

test('over TLS it wants certificates of the authority named', { timeout: 60_000 }, async context => {
  const program = needs(context, 'mosquitto')
  const openssl = needs(context, 'openssl')
  const folder = temporaryFolder()
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=s1rig test', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject]
  execFileSync(openssl, request, { stdio: 'ignore' })
  const { out, port, ended, logins } = await made('--mqtt-cert', cert, '--mqtt-key', key, '--mqtt-ca', cert)
  expect(ended.stdout).toContain(`--mqtt mqtts://127.0.0.1:${port} `)
  await runMosquitto(program, { conf: join(out, 'mosquitto.conf'), port, cwd: folder })
  const url = `mqtts://127.0.0.1:${port}`
  const login = loginOf(logins, 'smso')
  const [ca, own] = [readFileSync(cert, 'utf8'), readFileSync(key, 'utf8')]
  const client = await mqttBroker(url, { tls: { ca, cert: ca, key: own } }).connect({ clientId: 'known', login })
  await client.end()
  await expect(mqttBroker(url, { tls: { ca } }).connect({ clientId: 'unknown', login })).rejects.toThrow()
})

test('what is written is readable by its owner only, and never overwritten', async () => {
  const { out, logins } = await made()
  expect(readdirSync(out).toSorted()).toEqual(['acl', 'data', 'logins.json', 'mosquitto.conf', 'passwords'])
  for (const name of readdirSync(out)) expect([name, statSync(join(out, name)).mode & 0o077]).toEqual([name, 0])
  const before = readdirSync(out).map(name => (name === 'data' ? '' : written(out, name)))
  expect(before.join('')).not.toContain('undefined')
  for (const password of Object.values(logins)) expect(written(out, 'passwords')).not.toContain(password)
  const again = await inProcess(['mosquitto', DUAL_FUEL, '--out', out])
  expect(again).toMatchObject({ code: 4, stdout: '' })
  expect(again.stderr).toMatch(/mosquitto\.conf, acl, passwords, logins\.json there already; nothing is overwritten/)
  expect(readdirSync(out).map(name => (name === 'data' ? '' : written(out, name)))).toEqual(before)
})

test('passwords of your own are taken, and the rules are those of the Group', async () => {
  const folder = temporaryFolder()
  const mine = Object.fromEntries(ROLES.map(role => [role, `a password of ${role}`]))
  writeFileSync(join(folder, 'mine.json'), JSON.stringify(mine))
  const { out, logins } = await made('--logins', join(folder, 'mine.json'))
  expect([logins, written(out, 'acl')]).toEqual([mine, expect.stringContaining('topic write wan/newcastle/+/down')])
  // A Group with other access points.
  mkdirSync(join(folder, 'rigs'))
  writeFileSync(join(folder, 'rigs/other.yaml'), groupText().replaceAll('newcastle', 'durham'))
  const rig = readFileSync(DUAL_FUEL, 'utf8')
    .replaceAll('newcastle', 'durham')
    .replace('group: CB', 'group: other.yaml')
  writeFileSync(join(folder, 'rigs/rig.yaml'), rig)
  const other = await inProcess(['mosquitto', join(folder, 'rigs/rig.yaml'), '--out', join(folder, 'broker')])
  expect(other).toMatchObject({ code: 0, stderr: '' })
  expect(written(join(folder, 'broker'), 'acl')).toContain('topic write wan/durham/+/down')
  expect(written(join(folder, 'broker'), 'acl')).not.toContain('newcastle')
})

test('beyond loopback it wants a certificate, or to be told that the lab is its own', async () => {
  const at = (...args: string[]) => inProcess(['mosquitto', '--out', join(temporaryFolder(), 'broker'), ...args])
  const open = await at('--mqtt-listen', '0.0.0.0:1883')
  expect(open).toMatchObject({ code: 4, stdout: '' })
  expect(open.stderr).toContain('--mqtt-cert')
  const lab = await at('--mqtt-listen', '0.0.0.0:1883', '--insecure-lab')
  expect(lab).toMatchObject({ code: 0, stderr: expect.stringContaining('INSECURE') })
  expect((await at('--mqtt-listen', '127.0.0.1:0')).stderr).toContain('a port that is known before expected')
})
