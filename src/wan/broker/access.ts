/** Who may publish and subscribe to what on the broker, and the logins that prove who. */
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { didYouMean, FileError, type FileProblem } from '../../base/errors.ts'
import type { BrokerLogin } from '../../ports/broker.ts'
import type { Apn } from '../../ports/wan.ts'

/** Topic filters one login may use. A subscription must lie within one of them; a last will counts as a publish. */
export interface TopicRules {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
}

/** Access points a Group's hubs are on before and after migration. */
export interface AccessPoints {
  readonly before: Apn
  readonly after: Apn
}

/** The logins of a bench; the names are the user names. */
export const ROLES = ['gateway', 'smso', 's1sp', 'dcc', 'supplier'] as const
export type Role = (typeof ROLES)[number]

/** A party reaches only the access point it holds: the SMSO the one before, the S1SP the one after. */
export const accessRules = ({ before, after }: AccessPoints): Readonly<Record<Role, TopicRules>> => ({
  // The edge gateway: speaks for every hub and for the mobile operator (CSP).
  gateway: {
    publish: [
      'wan/+/+/up',
      'wan/+/+/session',
      'wan/+/+/raw/+/up',
      'wan/+/+/raw/+/state',
      'csp/response/#',
      'csp/file/#',
    ],
    subscribe: ['wan/+/+/down', 'wan/+/+/raw/+/down', 'csp/request/#', 'sms/#'],
  },
  smso: {
    publish: [`wan/${before}/+/down`, rawDown(before), 'sms/+'],
    subscribe: [`wan/${before}/+/up`, `wan/${before}/+/session`, ...rawUp(before), 'csp/file/smso/#'],
  },
  s1sp: {
    publish: [`wan/${after}/+/down`, rawDown(after), 'sms/+', 'dcc/alert/#'],
    subscribe: [`wan/${after}/+/up`, `wan/${after}/+/session`, ...rawUp(after), 'csp/file/s1sp/#'],
  },
  // The DCC as a customer of the mobile operator.
  dcc: { publish: ['csp/request/#'], subscribe: ['csp/response/#', 'csp/file/dcc/#'] },
  supplier: { publish: [], subscribe: ['dcc/alert/#'] },
})

/** Named ports of real hubs. */
const rawDown = (apn: Apn): string => `wan/${apn}/+/raw/+/down`
const rawUp = (apn: Apn): string[] => [`wan/${apn}/+/raw/+/up`, `wan/${apn}/+/raw/+/state`]

/** The rules of Group CB. */
export const ACCESS = accessRules({ before: 'newcastle', after: 'elster' })

/** Password of each role. Never logged, never in a run folder. */
export type Logins = Readonly<Record<Role, string>>

export const loginOf = (logins: Logins, role: Role): BrokerLogin => ({ username: role, password: logins[role] })

/** Fresh passwords of 144 bits each, from the given source of random octets. */
export function generateLogins(randomBytes: (length: number) => Uint8Array): Logins {
  const password = () => Buffer.from(randomBytes(18)).toString('base64url')
  return { gateway: password(), smso: password(), s1sp: password(), dcc: password(), supplier: password() }
}

const MIN_PASSWORD = 12
const MAX_PASSWORD = 128

/**
 * Reads a login file: one JSON object, a password (12 to 128 characters) for every role. Throws FileError with all
 * that is wrong. `file` is its name, for errors.
 */
export function parseLogins(json: string, file: string): Logins {
  const lines = new LineCounter()
  const document = parseDocument(json, { lineCounter: lines, uniqueKeys: true })
  const problems: FileProblem[] = []
  const report = (code: string, offset: number, pointer: string, message: string, hint?: string) => {
    const { line, col } = lines.linePos(offset)
    problems.push({ code, file, line, column: col, pointer, message, ...(hint && { hint }) })
  }
  for (const error of document.errors) report('logins.syntax', error.pos[0], '', error.message.split('\n')[0] ?? '')
  const found = new Map<string, string>()
  if (!isMap(document.contents)) {
    if (problems.length === 0) report('logins.shape', 0, '', 'an object of role and password expected')
  } else {
    for (const { key, value } of document.contents.items) {
      const offset = isScalar(key) ? (key.range?.[0] ?? 0) : 0
      const name = String(isScalar(key) ? key.value : key)
      const near = didYouMean(name, ROLES)
      if (!Object.hasOwn(ACCESS, name)) {
        report('logins.unknown-role', offset, `/${name}`, `no role "${name}"`, near && `did you mean "${near}"?`)
      } else if (!isScalar(value) || typeof value.value !== 'string') {
        report('logins.password', offset, `/${name}`, 'a password in quotes expected')
      } else if (
        value.value.length < MIN_PASSWORD ||
        value.value.length > MAX_PASSWORD ||
        /\p{Cc}/u.test(value.value)
      ) {
        const wanted = `${MIN_PASSWORD} to ${MAX_PASSWORD} characters without control characters`
        report('logins.password', offset, `/${name}`, `a password of ${wanted} expected`)
      } else found.set(name, value.value)
    }
    const missing = ROLES.filter(role => !found.has(role) && !problems.some(p => p.pointer === `/${role}`))
    if (missing.length > 0 && document.errors.length === 0) {
      report('logins.missing', 0, '', `no password for ${missing.join(', ')}`, 'every role needs one')
    }
  }
  if (problems.length > 0) throw new FileError(problems)
  return Object.fromEntries(found) as Logins
}
