/** Options that commands share. Each can also be given as an environment variable `S1RIG_…`. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Argument, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../base/errors.ts'
import { generateLogins, type Logins, parseLogins } from '../wan/broker/access.ts'
import { readTlsMaterial, type TlsMaterial } from '../wan/broker/tls-material.ts'

const DEFAULT_RIG = 'rigs/cb-dual-fuel.yaml'

/** The rig of a command that names none: the one in this folder, else the one that comes with the package. */
export const rigArgument = () =>
  new Argument('[rig]', 'rig file').default(
    existsSync(DEFAULT_RIG) ? DEFAULT_RIG : fileURLToPath(new URL(`../../${DEFAULT_RIG}`, import.meta.url)),
    DEFAULT_RIG,
  )

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value]

/** `--name` answers to `S1RIG_NAME`. */
export function option(flags: string, description: string): Option {
  const made = new Option(flags, description)
  return made.env(`S1RIG_${made.name().replaceAll('-', '_').toUpperCase()}`)
}

export const seedOption = () => option('--seed <seed>', 'seed of all dice').default('1')
export const stateOption = () =>
  option('--state <directory>', 'folder for what has to outlive the process; a later run goes on from there')
export const mqttOption = () =>
  option(
    '--mqtt <url>',
    'broker to use, mqtt[s]://[user:password@]host:port, or its nodes, separated by commas; default: our own on loopback',
  )
export const loginsOption = () => option('--logins <file>', 'JSON file with a password for each role at the broker')
/** Certificates for MQTT over TLS; of a client at a broker of yours, of the broker where it is our own. */
export const tlsOptions = () => [
  option('--mqtt-ca <file>', 'authorities, in PEM, that the other side has to be known by'),
  option('--mqtt-cert <file>', 'our certificate, in PEM'),
  option('--mqtt-key <file>', 'its key, in PEM'),
]
export interface TlsOptions {
  mqttCa?: string
  mqttCert?: string
  mqttKey?: string
}
/** @throws UsageError */
export const tlsOf = ({ mqttCa, mqttCert, mqttKey }: TlsOptions): TlsMaterial | undefined =>
  readTlsMaterial(
    {
      ...(mqttCa !== undefined && { ca: mqttCa }),
      ...(mqttCert !== undefined && { cert: mqttCert }),
      ...(mqttKey !== undefined && { key: mqttKey }),
    },
    path => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  )
export const faultOption = () =>
  option('--fault <part.aspect=value>', 'fault to inject, [INSTALLATION/]PART.ASPECT=VALUE; repeatable').argParser(
    collect,
  )
export const disasterOption = () =>
  option('--disaster <name>', 'disaster to strike and judge, NAME or FILE[,only:INSTALLATION]; repeatable').argParser(
    collect,
  )
export const settingOption = () =>
  option('--set <name=value>', 'parameter of the Group file to change; repeatable').argParser(collect)
export const jsonOption = () => new Option('--json', 'one JSON object a line instead of text (env: S1RIG_JSON=1)')

/** A flag by environment variable: 1 or true, 0 or false. @throws UsageError for anything else */
export function flagOf(variable: string, environment: Record<string, string | undefined>): boolean {
  const text = environment[variable] ?? ''
  if (['1', 'true'].includes(text)) return true
  if (['', '0', 'false'].includes(text)) return false
  throw new UsageError(`${variable}="${text}": 1 or 0 expected`)
}

export function wholeNumber(least: number, greatest: number) {
  return (text: string): number => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= least && value <= greatest) return value
    throw new InvalidArgumentError(`a whole number ${least} to ${greatest} expected.`)
  }
}

/** Reads a login file that must be there. @throws FileError, UsageError */
export function readLogins(file: string): Logins {
  return parseLogins(existsSync(file) ? readFileSync(file, 'utf8') : '', file)
}

/** Reads the login file, or makes it with fresh passwords, readable by its owner only. */
export function readOrMakeLogins(file: string): { logins: Logins; made: boolean } {
  if (existsSync(file)) return { logins: readLogins(file), made: false }
  const logins = generateLogins(randomBytes)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, `${JSON.stringify(logins, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
  return { logins, made: true }
}
