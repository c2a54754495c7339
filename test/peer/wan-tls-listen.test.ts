/** Our own broker where other machines find it: over TLS, by foreign clients. */
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { ACCESS, generateLogins, loginOf } from '../../src/wan/broker/access.ts'
import { startEmbeddedBroker } from '../../src/wan/broker/embedded-broker.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { readTlsMaterial } from '../../src/wan/broker/tls-material.ts'
import { s1rig, start } from '../helpers/cli.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { needs } from './strangers.ts'

const logins = generateLogins(randomBytes)
const run = promisify(execFile)
const read = (path: string) => readFileSync(path, 'utf8')

/** A folder with certificates of two makers: of ours for 127.0.0.1, and of somebody else. */
function certificates(context: TestContext) {
  const openssl = needs(context, 'openssl')
  const folder = temporaryFolder()
  const made = (name: string) => {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject]
    execFileSync(openssl, request, { stdio: 'ignore' })
    return { key, cert }
  }
  return { folder, ours: made('ours'), other: made('other') }
}

async function broker(context: TestContext, { mutual = false } = {}) {
  const files = certificates(context)
  const { key, cert } = files.ours
  const tls = { key: read(key), cert: read(cert), ...(mutual && { ca: read(cert) }) }
  const outside = { host: '127.0.0.1', port: 0, tls }
  const made = await startEmbeddedBroker({ logins, rules: ACCESS, outside })
  onTestFinished(() => made.close())
  const port = new URL(made.outsideUrl ?? '').port
  const publish = (...options: string[]) => {
    const message = ['-h', '127.0.0.1', '-p', port, '-q', '1', '-t', 'wan/newcastle/10.0.0.1/down', '-m', 'x']
    return run(needs(context, 'mosquitto_pub'), [...message, ...options], { timeout: 10_000 })
  }
  const asSmso = ['-u', 'smso', '-P', logins.smso]
  return { ...files, made, port: Number(port), publish, asSmso }
}

test('mosquitto publishes over TLS with the password of a role, and what a role may not do is refused there too', async context => {
  const { made, ours, publish, asSmso } = await broker(context)
  await publish('--cafile', ours.cert, ...asSmso)
  expect(made.refusedCount).toBe(0)
  await publish('--cafile', ours.cert, ...asSmso, '-t', 'wan/elster/10.0.0.1/down')
  expect(made.refusedCount).toBe(1)
  await expect(publish('--cafile', ours.cert, '-u', 'smso', '-P', 'wrong')).rejects.toThrow()
  await expect(publish('--cafile', ours.cert)).rejects.toThrow()
})

test('who does not trust the certificate, or speaks in the clear, gets nowhere and stops nobody', async context => {
  const { made, port, other, ours, publish, asSmso } = await broker(context)
  await expect(publish('--cafile', other.cert, ...asSmso)).rejects.toThrow()
  await expect(publish(...asSmso)).rejects.toThrow()
  const silent = connect(port, '127.0.0.1')
  silent.write(randomBytes(4_096))
  await once(silent, 'close')
  await publish('--cafile', ours.cert, ...asSmso)
  expect(made.refusedCount).toBe(0)
})

test('where clients must be certified, one without or of another maker is not let in', async context => {
  const { ours, other, publish, asSmso } = await broker(context, { mutual: true })
  const trusting = ['--cafile', ours.cert, ...asSmso]
  await expect(publish(...trusting)).rejects.toThrow()
  await expect(publish(...trusting, '--cert', other.cert, '--key', other.key)).rejects.toThrow()
  await publish(...trusting, '--cert', ours.cert, '--key', ours.key)
})

test('a client of ours brings its certificate too', async context => {
  const { made, ours } = await broker(context, { mutual: true })
  const tls = readTlsMaterial({ ca: ours.cert, cert: ours.cert, key: ours.key }, read)
  const options = { clientId: 'x', login: loginOf(logins, 'smso') }
  const client = await mqttBroker(made.outsideUrl ?? '', tls ? { tls } : {}).connect(options)
  await client.publish('wan/newcastle/10.0.0.1/down', new Uint8Array(1))
  await client.end()
  const known = mqttBroker(made.outsideUrl ?? '', { tls: { ca: read(ours.cert) } })
  await expect(known.connect(options)).rejects.toThrow(/no MQTT connection/)
})

test('a restart drops those outside too, and they come again', async context => {
  const { made, ours, publish, asSmso } = await broker(context)
  await made.restart()
  await publish('--cafile', ours.cert, ...asSmso)
})

test('`up` listens for other machines over TLS, and says where', async context => {
  const { folder, ours } = certificates(context)
  const tls = ['--mqtt-cert', ours.cert, '--mqtt-key', ours.key]
  const file = join(folder, 'logins.json')
  writeFileSync(file, JSON.stringify(logins))
  const daemon = start(['up', '--mqtt-listen', '127.0.0.1:0', ...tls, '--logins', file])
  const [, port = ''] = await daemon.says(/broker mqtts:\/\/127\.0\.0\.1:(\d+) for other machines/)
  const topic = ['-t', 'wan/newcastle/+/session', '-C', '1', '-W', '20']
  const login = ['--cafile', ours.cert, '-u', 'smso', '-P', logins.smso]
  await eventually(async () => {
    const { stdout } = await run(needs(context, 'mosquitto_sub'), ['-h', '127.0.0.1', '-p', port, ...topic, ...login])
    expect(stdout.length).toBeGreaterThan(0)
  })
})

test.each([
  [['--mqtt-listen', '0.0.0.0:0'], /in the clear; give --mqtt-cert and --mqtt-key, or say --insecure-lab/],
  [['--mqtt-listen', '0.0.0.0'], /HOST:PORT expected/],
  [['--mqtt-cert', '/nowhere.pem'], /--mqtt-cert without --mqtt-key/],
  [['--mqtt-cert', '/nowhere.pem', '--mqtt-key', '/nowhere.key'], /nowhere\.pem: there is no such file/],
  [['--mqtt-ca', 'package.json'], /package\.json: a certificate in PEM expected/],
  [['--mqtt', 'mqtt://127.0.0.1', '--mqtt-listen', '127.0.0.1:0'], /--mqtt-listen is for our own broker/],
])('up %j is refused before anything starts', async (options, why) => {
  const { code, stderr } = await s1rig(['up', ...options])
  expect([code, stderr]).toEqual([4, expect.stringMatching(why)])
})

test('a lab that insists is told so each time', async () => {
  const daemon = start(['up', '--mqtt-listen', '0.0.0.0:0', '--insecure-lab'])
  await daemon.says(/broker mqtt:\/\/0\.0\.0\.0:\d+ for other machines/)
  await daemon.says(/INSECURE: other machines read and write in the clear/)
})

test('a certificate of another key is told as such', async context => {
  const { ours, other } = certificates(context)
  expect(() => readTlsMaterial({ cert: ours.cert, key: other.key }, read)).toThrow(/key values mismatch/)
})
