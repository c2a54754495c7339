import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type Server } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACCESS, generateLogins, loginOf } from '../../src/wan/broker/access.ts'
import { type EmbeddedBroker, startEmbeddedBroker } from '../../src/wan/broker/embedded-broker.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { stranger } from './strangers.ts'

const openssl = stranger('openssl')

describe.skipIf(!openssl.available)('a broker behind TLS, with a certificate made by openssl', () => {
  const logins = generateLogins(randomBytes)
  const options = { clientId: 'x', login: loginOf(logins, 'smso') }
  let ca: string
  let broker: EmbeddedBroker
  let server: Server
  let url: string

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 's1rig-tls-'))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=s1rig test', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject]
    execFileSync(openssl.path ?? '', request, { stdio: 'ignore' })
    ca = readFileSync(cert, 'utf8')
    broker = await startEmbeddedBroker({ logins, rules: ACCESS })
    const port = Number(new URL(broker.url).port)
    server = createServer({ key: readFileSync(key), cert: ca }, socket => {
      const plain = connect({ host: '127.0.0.1', port })
      socket.on('error', () => plain.destroy())
      plain.on('error', () => socket.destroy())
      socket.pipe(plain).pipe(socket)
    })
    rmSync(folder, { recursive: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    url = `mqtts://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  })
  afterAll(async () => {
    server.close()
    await broker.close()
  })

  test('a client that trusts the certificate publishes', async () => {
    const client = await mqttBroker(url, { tls: { ca } }).connect(options)
    await client.publish('wan/newcastle/10.0.0.1/down', new Uint8Array(1))
    expect(broker.refusedCount).toBe(0)
    await client.end()
  })

  test('a client that does not trust it refuses to connect and says why', async () => {
    await expect(mqttBroker(url).connect(options)).rejects.toThrow(/no MQTT connection to mqtts:.*certificate/)
  })
})
