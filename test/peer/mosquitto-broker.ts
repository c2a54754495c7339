/** A mosquitto of our own on a free loopback port, with the logins and rules of a bench. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { ACCESS, generateLogins, type Logins, type TopicRules } from '../../src/wan/broker/access.ts'
import { mosquittoAcl, mosquittoConf, mosquittoPasswords } from '../../src/wan/broker/mosquitto.ts'
import type { BrokerUnderTest } from '../contract/broker-contract.ts'
import { freePort } from '../helpers/free-port.ts'
import { kill, runMosquitto } from '../helpers/mosquitto.ts'

export interface MosquittoAccess {
  /** Ours unless given. */
  rules?: Readonly<Record<string, TopicRules>>
  /** The passwords of all who have rules, from those of our roles. */
  passwordsOf?: (logins: Logins) => Readonly<Record<string, string>>
}

export async function startMosquitto(
  program: string,
  { rules = ACCESS, passwordsOf = (logins: Logins): Readonly<Record<string, string>> => logins }: MosquittoAccess = {},
): Promise<BrokerUnderTest> {
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
  await writeFile(files.aclFile, mosquittoAcl(rules), { mode: 0o600 })
  await writeFile(files.passwordFile, mosquittoPasswords(passwordsOf(logins), randomBytes), { mode: 0o600 })
  // Started by root it would give up its rights and could not read the folder.
  const user = `user ${userInfo().username}\n`
  await writeFile(join(folder, 'mosquitto.conf'), user + mosquittoConf(files))

  const run = () => runMosquitto(program, { conf: 'mosquitto.conf', port, cwd: folder })
  let child = await run()
  return {
    url: `mqtt://127.0.0.1:${port}`,
    logins,
    restart: async () => {
      await kill(child, 'SIGTERM')
      child = await run()
    },
    stop: async () => {
      await kill(child, 'SIGTERM')
      await rm(folder, { recursive: true })
    },
  }
}
