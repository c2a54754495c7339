/**
 * Foreign tools that read what we write and speak to what we serve. A test asks for one by name; when it is absent the
 * test is skipped and says why.
 */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/** Tool -> Debian package that brings it. `always`: the test run installs it, and with CI=true cannot do without. */
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
} as const

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
  const found = searched.map(directory => join(directory, name)).find(isProgram)
  if (found) return { available: true, path: found }
  return {
    available: false,
    reason: `${name} is not installed (Debian: apt-get install ${strangerPackages[name].debian})`,
  }
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
