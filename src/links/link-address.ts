/** How a line is written in files and options: `tcp://…`, `tcp-listen://…`, `pty:…`, `serial:…`. */
import { didYouMean, UsageError } from '../base/errors.ts'
import type { PtyAddress } from './pty.ts'
import { DATA_BITS, FLOW_CONTROLS, PARITIES, type SerialAddress, STOP_BITS } from './serial.ts'
import type { TcpAddress } from './tcp.ts'

export type LinkAddress =
  | ({ kind: 'tcp' } & TcpAddress)
  | ({ kind: 'tcp-listen' } & TcpAddress)
  | ({ kind: 'pty' } & PtyAddress)
  | ({ kind: 'serial' } & SerialAddress)

/** One line that works for each kind, shown when none was recognised. */
const EXAMPLES = {
  tcp: 'tcp://192.168.1.20:6638',
  'tcp-listen': 'tcp-listen://127.0.0.1:6638',
  pty: 'pty:/tmp/s1rig-stick',
  serial: 'serial:/dev/serial/by-id/usb-1234?baud=115200&flow=hardware',
} as const satisfies Record<LinkAddress['kind'], string>

const SCHEMES = Object.keys(EXAMPLES) as LinkAddress['kind'][]
const LOOPBACK = '127.0.0.1'
const MOST_BAUD = 4_000_000

/**
 * Reads the text of a line. A listener without host (`tcp-listen://:6638`) is on loopback; port 0 means any free one. A serial
 * device takes `baud` (115200), `flow` (none, hardware, software), `parity` (none, even, odd), `data` (8) and `stop` (1).
 * Throws UsageError: what was found, what was expected.
 */
export function parseLinkAddress(text: string): LinkAddress {
  const [, scheme = '', rest = ''] = /^([a-z-]+):(.*)$/is.exec(text) ?? []
  const kind = SCHEMES.find(known => known === scheme)
  switch (kind) {
    case 'tcp':
    case 'tcp-listen':
      return { kind, ...parseTcp(text, kind, rest) }
    case 'pty':
      return { kind, path: parsePtyPath(text, rest) }
    case 'serial':
      return { kind, ...parseSerial(text, rest) }
    case undefined:
      throw new UsageError(`no line ${quoted(text)}${correction(text, scheme, rest)}`)
    default:
      return kind satisfies never
  }
}

function parseTcp(text: string, kind: 'tcp' | 'tcp-listen', rest: string): TcpAddress {
  if (!rest.startsWith('//'))
    throw refusal(text, `${kind}://HOST:PORT expected`, `${kind}://${rest.replace(/^\/+/, '')}`)
  const found = /^\/\/(?:\[([0-9a-f:.%]+)\]|([\w.-]*)):(\d{1,5})\/?$/i.exec(rest)
  if (!found) throw refusal(text, `${kind}://HOST:PORT expected, such as ${EXAMPLES[kind]}; IPv6 in brackets`)
  const host = found[1] ?? found[2] ?? ''
  const port = Number(found[3])
  const listens = kind === 'tcp-listen'
  if (host === '' && !listens) throw refusal(text, 'it names no host', `tcp://${LOOPBACK}:${port}`)
  if (port > 0xffff || (port === 0 && !listens)) throw refusal(text, `port ${port} found, 1 to 65535 expected`)
  return { host: host || LOOPBACK, port }
}

function parsePtyPath(text: string, path: string): string {
  if (!path.startsWith('/')) throw refusal(text, 'an absolute path expected', `pty:/tmp/${path || 's1rig-stick'}`)
  if (!/^(\/[\w.@+-]+)+$/.test(path)) {
    throw refusal(text, 'a path of letters, digits and . _ @ + - expected for a pseudo terminal')
  }
  return path
}

function parseSerial(text: string, rest: string): SerialAddress {
  const [path = '', query = '', ...more] = rest.split('?')
  if (path.startsWith('//')) throw refusal(text, 'one slash expected', `serial:/${rest.replace(/^\/+/, '')}`)
  if (!/^(\/[^\p{Cc}]+|COM\d+)$/u.test(path)) {
    throw refusal(text, 'the path of a device expected', /^tty\w+$/.test(path) ? `serial:/dev/${rest}` : undefined)
  }
  if (more.length > 0) throw refusal(text, 'settings are joined by "&"', `serial:${path}?${[query, ...more].join('&')}`)
  const settings = new Settings(text, query)
  return {
    path,
    baud: settings.number('baud', 115_200, MOST_BAUD),
    flow: settings.oneOf('flow', FLOW_CONTROLS, 'none'),
    parity: settings.oneOf('parity', PARITIES, 'none'),
    dataBits: settings.oneOf('data', DATA_BITS, 8),
    stopBits: settings.oneOf('stop', STOP_BITS, 1),
  }
}

const SERIAL_SETTINGS = ['baud', 'flow', 'parity', 'data', 'stop'] as const
type SerialSetting = (typeof SERIAL_SETTINGS)[number]

/** `baud=115200&flow=hardware`, each setting at most once. */
class Settings {
  private readonly text: string
  private readonly found = new Map<string, string>()

  constructor(text: string, query: string) {
    this.text = text
    for (const setting of query === '' ? [] : query.split('&')) {
      const [name = '', value, ...more] = setting.split('=')
      if (!SERIAL_SETTINGS.some(known => known === name)) {
        const near = didYouMean(name, SERIAL_SETTINGS)
        const hint = near ? `did you mean "${near}"?` : `settings: ${SERIAL_SETTINGS.join(', ')}`
        throw new UsageError(`${quoted(text)}: no setting ${quoted(name)} of a serial device; ${hint}`)
      }
      if (value === undefined || more.length > 0)
        throw refusal(text, `${name}=VALUE expected, ${quoted(setting)} found`)
      if (this.found.has(name)) throw refusal(text, `${name} is set twice`)
      this.found.set(name, value)
    }
  }

  number(name: SerialSetting, usual: number, most: number): number {
    const value = this.found.get(name)
    if (value === undefined) return usual
    const number = /^\d{1,9}$/.test(value) ? Number(value) : 0
    if (number >= 1 && number <= most) return number
    throw refusal(this.text, `${name}=${value} found, a whole number of 1 to ${most} expected`)
  }
  oneOf<T extends string | number>(name: SerialSetting, known: readonly T[], usual: T): T {
    const value = this.found.get(name)
    const chosen = value === undefined ? usual : known.find(word => String(word) === value)
    if (chosen !== undefined) return chosen
    const near = didYouMean(
      value ?? '',
      known.filter(word => typeof word === 'string'),
    )
    const hint = near ? `; did you mean "${near}"?` : ''
    throw new UsageError(`${quoted(this.text)}: ${name}=${value} found, ${known.join(', ')} expected${hint}`)
  }
}

/** What somebody most likely meant who named no kind of line. */
function correction(text: string, scheme: string, rest: string): string {
  if (/^\/dev\//.test(text)) return `; did you mean "serial:${text}"?`
  if (/^[\w.-]+:\d{1,5}$/.test(text) && text.length < 100) return `; did you mean "tcp://${text}"?`
  const near = scheme === '' ? undefined : didYouMean(scheme, SCHEMES)
  if (near) return `; did you mean "${near}:${rest.slice(0, 100)}"?`
  return `; expected one of ${Object.values(EXAMPLES).join(', ')}`
}

function refusal(text: string, problem: string, meant?: string): UsageError {
  return new UsageError(`${quoted(text)}: ${problem}${meant === undefined ? '' : `; did you mean "${meant}"?`}`)
}

/** Text from outside, in quotes, without control characters and not longer than anybody reads. */
const quoted = (text: string): string => JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text)
