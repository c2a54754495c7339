/** A mosquitto of our own on a free loopback port, with the logins and rules of a bench. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ACCESS, generateLogins } from '../../src/wan/broker/access.ts'
import { mosquittoAcl, mosquittoConf, mosquittoPasswords } from '../../src/wan/broker/mosquitto.ts'
import type { BrokerUnderTest } from '../contract/broker-contract.ts'

export async function startMosquitto(program: string): Promise<BrokerUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 's1rig-mosquitto-'))
  const logins = generateLogins(randomBytes)
  const port = await freePort()
  const files = {
    host: '127.0.0.1',
    port,
    aclFile: join(folder, 'acl'),
    passwordFile: join(folder, 'passwords'),
    persistenceFolder: `${folder}/`,
  }
  await writeFile(files.aclFile, mosquittoAcl(ACCESS), { mode: 0o600 })
  await writeFile(files.passwordFile, mosquittoPasswords(logins, randomBytes), { mode: 0o600 })
  // Started by root it would give up its rights and could not read the folder.
  const user = `user ${userInfo().username}\n`
  await writeFile(join(folder, 'mosquitto.conf'), user + mosquittoConf(files))

  let child = await run(program, folder, port)
  const halt = async () => {
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
  return {
    url: `mqtt://127.0.0.1:${port}`,
    logins,
    restart: async () => {
      await halt()
      child = await run(program, folder, port)
    },
    stop: async () => {
      await halt()
      await rm(folder, { recursive: true })
    },
  }
}

async function run(program: string, folder: string, port: number): Promise<ChildProcess> {
  const child = spawn(program, ['-c', join(folder, 'mosquitto.conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}: ${said}`)
    await pause(5)
  }
  return child
}

async function listens(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  const open = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return open
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (!address || typeof address !== 'object') throw new Error('no free port')
  return address.port
}
