/**
 * Foreign tools that read what we write and speak to what we serve. A test asks for one by name; when it is absent the
 * test is skipped and says why.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/**
 * Tool -> Debian package that brings it. `always`: the test run installs it, and with CI=true cannot do without. `atLeast`: the
 * version it has to be, and `from` the Debian release that has that where this one does not.
 */
export const strangerPackages = {
  mosquitto: { debian: 'mosquitto', always: true },
  mosquitto_pub: { debian: 'mosquitto-clients', always: true },
  mosquitto_sub: { debian: 'mosquitto-clients', always: true },
  protoc: { debian: 'protobuf-compiler', always: true },
  openssl: { debian: 'openssl', always: true },
  xmllint: { debian: 'libxml2-utils', always: true },
  socat: { debian: 'socat', always: true },
  tshark: { debian: 'tshark', always: true },
  gammu: { debian: 'gammu', always: true },
  chat: { debian: 'ppp', always: true },
  // Before 2.10 an MQTT topic with a dot ends the connection, and ours hold IP addresses.
  'nats-server': { debian: 'nats-server', always: true, atLeast: '2.10', from: 'trixie' },
} as const satisfies Record<string, StrangerPackage>

export interface StrangerPackage {
  debian: string
  always: boolean
  atLeast?: string
  from?: string
}

export type StrangerName = keyof typeof strangerPackages

export const strangerNames = Object.keys(strangerPackages) as StrangerName[]

export interface Stranger {
  available: boolean
  /** Absolute path of the program, when available. */
  path?: string
  /** Why it is not available, and what would make it so. */
  reason?: string
}

/** Daemons live in sbin, which an ordinary user's PATH may lack. */
const alwaysSearched = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** Looks for a foreign tool on PATH and in the sbin directories, now. */
export function stranger(name: StrangerName, path = process.env.PATH ?? ''): Stranger {
  const searched = [...path.split(delimiter).filter(isAbsolute), ...alwaysSearched]
  const wanted: StrangerPackage = strangerPackages[name]
  const { debian, atLeast, from } = wanted
  const remedy = `Debian${from ? ` ${from}` : ''}: apt-get install ${debian}`
  const found = searched.map(directory => join(directory, name)).find(isProgram)
  if (!found) return { available: false, reason: `${name} is not installed (${remedy})` }
  const version = atLeast && versionOf(found)
  if (atLeast && !isAtLeast(version, atLeast)) {
    return { available: false, reason: `${name} ${version} is too old; ${atLeast} or newer is needed (${remedy})` }
  }
  return { available: true, path: found }
}

/** What `--version` tells, as far as it is numbers and dots; '' when it tells none. */
const versionOf = (program: string): string =>
  /\d+(?:\.\d+)+/.exec(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[0] ?? ''

/** Compares versions of numbers and dots. */
export function isAtLeast(version = '', least = ''): boolean {
  const [has, wants] = [version, least].map(text => text.split('.').map(Number))
  const at = (wants ?? []).findIndex((part, n) => (has?.[n] ?? 0) !== part)
  return at < 0 || (has?.[at] ?? 0) > (wants?.[at] ?? 0)
}

/**
 * The path of a foreign tool; skips the running test, with the reason, when there is none.
 * `test('protoc reads it', context => { const protoc = needs(context, 'protoc') … })`
 */
export function needs(context: { skip: (note?: string) => never }, name: StrangerName): string {
  const { path, reason } = stranger(name)
  return path ?? context.skip(reason)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
