/** `s1rig mosquitto [RIG] --out DIR`: everything a mosquitto needs to be the broker of a rig, with logins and rules of its Group. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { UsageError } from '../../base/errors.ts'
import { prepare } from '../../rig/prepare.ts'
import { accessRules, generateLogins, ROLES } from '../../wan/broker/access.ts'
import { checkExposure, isInsecure, parseListen } from '../../wan/broker/exposure.ts'
import { mosquittoAcl, mosquittoConf, mosquittoPasswords } from '../../wan/broker/mosquitto.ts'
import {
  flagOf,
  loginsOption,
  option,
  readLogins,
  rigArgument,
  type TlsOptions,
  tlsOf,
  tlsOptions,
} from '../options.ts'

interface MosquittoOptions extends TlsOptions {
  out: string
  mqttListen: string
  insecureLab?: boolean
  logins?: string
}

export function mosquittoCommand(): Command {
  const command = new Command('mosquitto')
    .description('write configuration, rules and passwords for a mosquitto of yours')
    .addArgument(rigArgument())
    .addOption(option('--out <directory>', 'folder to write into; nothing in it is overwritten').makeOptionMandatory())
    .addOption(option('--mqtt-listen <host:port>', 'where it listens').default('127.0.0.1:1883'))
    .addOption(loginsOption())
  for (const tls of tlsOptions()) command.addOption(tls)
  return command
    .addOption(new Option('--insecure-lab', 'lets other machines in without TLS (env: S1RIG_INSECURE_LAB=1)'))
    .action(mosquitto)
}

async function mosquitto(rigFile: string, options: MosquittoOptions): Promise<void> {
  const { group } = prepare({ rigFile })
  const { host, port } = parseListen(options.mqttListen)
  if (port === 0) throw new UsageError(`--mqtt-listen ${options.mqttListen}: a port that is known before expected`)
  const tls = tlsOf(options)
  const insecureLab = options.insecureLab ?? flagOf('S1RIG_INSECURE_LAB', process.env)
  checkExposure({ host, port, ...(tls && { tls }) }, insecureLab)
  const folder = resolve(options.out)
  if (/\p{Cc}/u.test(folder)) throw new UsageError(`--out ${JSON.stringify(folder)}: no control characters expected`)
  const logins = options.logins === undefined ? generateLogins(randomBytes) : readLogins(options.logins)
  const at = (name: string) => join(folder, name)
  const conf = mosquittoConf({
    ...{ host, port, aclFile: at('acl'), passwordFile: at('passwords'), persistenceFolder: `${at('data')}/` },
    user: userInfo().username,
    ...(options.mqttCert !== undefined && { certFile: resolve(options.mqttCert) }),
    ...(options.mqttKey !== undefined && { keyFile: resolve(options.mqttKey) }),
    ...(options.mqttCa !== undefined && { caFile: resolve(options.mqttCa) }),
  })
  write(folder, {
    'mosquitto.conf': conf,
    acl: mosquittoAcl(accessRules(group.apns)),
    passwords: mosquittoPasswords(logins, randomBytes),
    'logins.json': `${JSON.stringify(logins, undefined, 2)}\n`,
  })
  if (isInsecure({ host, port, ...(tls && { tls }) })) {
    console.error(`INSECURE: ${host}:${port} is open to other machines without TLS (--insecure-lab)`)
  }
  const url = `${tls ? 'mqtts' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${port}`
  console.log(`${folder}: mosquitto.conf, acl, passwords, and logins.json with the passwords of ${ROLES.join(', ')}`)
  console.log(`start it:  mosquitto -c ${at('mosquitto.conf')}`)
  console.log(`a rig:     s1rig up ${rigFile} --mqtt ${url} --logins ${at('logins.json')}`)
}

/** Readable by their owner only. @throws UsageError when one of them is there already: then nothing is written */
function write(folder: string, files: Readonly<Record<string, string>>): void {
  const there = Object.keys(files).filter(name => existsSync(join(folder, name)))
  if (there.length > 0) {
    throw new UsageError(`${folder}: ${there.join(', ')} there already; nothing is overwritten, name another --out`)
  }
  mkdirSync(join(folder, 'data'), { recursive: true, mode: 0o700 })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600, flag: 'wx' })
}
