/** `s1rig csp VERB`: one order to the mobile operator of a running rig, as the DCC gives it. */
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { Argument, Command } from 'commander'
import { FileError, UsageError } from '../../base/errors.ts'
import type { BrokerLogin } from '../../ports/broker.ts'
import { loginOf } from '../../wan/broker/access.ts'
import { mqttBroker } from '../../wan/broker/mqtt-broker.ts'
import { MAX_PAYLOAD_OCTETS } from '../../wan/broker/mqtt-session.ts'
import { type CspReply, cspVerbs } from '../../wan/sim-platform.ts'
import { cspRequestTopic, cspResponseTopic } from '../../wan/topics.ts'
import { EXIT } from '../exit.ts'
import {
  jsonOption,
  loginsOption,
  mqttOption,
  option,
  readLogins,
  type TlsOptions,
  tlsOf,
  tlsOptions,
} from '../options.ts'

interface CspOptions extends TlsOptions {
  mqtt: string
  logins?: string
  within: number
  json?: boolean
}

/** What the operator answers; with the order's transaction id. */
type Answer = CspReply & { transactionId: string }

export function cspCommand(): Command {
  const command = new Command('csp')
    .description('give the mobile operator of a running rig an order, as the DCC, and wait for its answer')
    .addArgument(new Argument('<verb>', 'what is ordered').choices(cspVerbs))
    .argument('[name=value...]', 'what the order says, e.g. imsi=234100123456781; NAME=@FILE is the text of a file')
    .addOption(mqttOption().makeOptionMandatory())
    .addOption(loginsOption())
    .addOption(option('--within <seconds>', 'how long the answer may take').default(10).argParser(secondsOf))
    .addOption(jsonOption())
    .action(csp)
  for (const each of tlsOptions()) command.addOption(each)
  return command
}

async function csp(verb: string, words: readonly string[], options: CspOptions): Promise<void> {
  const order = readOrder(words)
  const login = options.logins === undefined ? undefined : loginOf(readLogins(options.logins), 'dcc')
  const answer = await ask(verb, order, { ...options, login })
  if (options.json) console.log(JSON.stringify(answer ?? { code: 'no-answer', withinS: options.within }))
  else if (answer) for (const line of table(answer)) console.log(line)
  if (!answer) {
    console.error(`s1rig: no answer to ${verb} within ${options.within} s; is a rig up at this broker?`)
    process.exitCode = EXIT.failed
    return
  }
  if (answer.code === 'ok') return
  if (answer.code === 'bad-file' && answer.problems) throw new FileError(answer.problems)
  process.exitCode = EXIT.failed
  if (!options.json) console.error(`s1rig: the operator refuses ${verb}: ${answer.detail ?? answer.code}`)
}

/** One order, one answer: the one that echoes the transaction id. Undefined when none came in time. */
async function ask(
  verb: string,
  order: Readonly<Record<string, string>>,
  { mqtt, within, login, ...options }: CspOptions & { login: BrokerLogin | undefined },
): Promise<Answer | undefined> {
  const transactionId = randomUUID()
  const payload = Buffer.from(JSON.stringify({ ...order, transactionId }))
  if (payload.length > MAX_PAYLOAD_OCTETS) {
    throw new UsageError(`${verb}: an order of ${payload.length} octets; at most ${MAX_PAYLOAD_OCTETS} expected`)
  }
  const tls = tlsOf(options)
  const answered = Promise.withResolvers<Answer | undefined>()
  const client = await mqttBroker(mqtt, { ...(tls && { tls }) }).connect({
    clientId: `s1rig-csp-${transactionId}`,
    ...(login && { login }),
    onMessage: ({ payload }) => {
      const answer = readAnswer(payload)
      if (answer?.transactionId === transactionId) answered.resolve(answer)
    },
  })
  const timer = setTimeout(() => answered.resolve(undefined), within * 1_000)
  try {
    await client.subscribe(cspResponseTopic(verb))
    // What ends before its PUBACK is told by the silence.
    client.publish(cspRequestTopic(verb), payload).catch(() => {})
    return await answered.promise
  } finally {
    clearTimeout(timer)
    await client.end()
  }
}

/** @throws UsageError for a word of another form, FileError for a file that is not there */
function readOrder(words: readonly string[]): Record<string, string> {
  const order: Record<string, string> = {}
  for (const word of words) {
    const at = word.indexOf('=')
    if (at < 1) throw new UsageError(`"${word}": NAME=VALUE expected`)
    const [name, value] = [word.slice(0, at), word.slice(at + 1)]
    if (name === 'transactionId') throw new UsageError('transactionId: each order is given one of its own')
    if (Object.hasOwn(order, name)) throw new UsageError(`${name}: given twice; once expected`)
    order[name] = value.startsWith('@') ? readText(value.slice(1)) : value
  }
  const [file] = words.filter(word => word.startsWith('csv=@'))
  // So that problems in it are told under its name.
  if (file !== undefined) order.name ??= file.slice('csv=@'.length)
  return order
}

function readText(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8')
  const message = 'expected a file, found none'
  throw new FileError([{ code: 'file.missing', file, line: 1, column: 1, pointer: '', message }])
}

function readAnswer(payload: Uint8Array): Answer | undefined {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}

/** A line for each thing the operator says, names in one column. */
function table({ transactionId: _, code, detail, sim }: Answer): string[] {
  const rows = Object.entries({ code, ...(detail !== undefined && { detail }), ...sim })
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}`)
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, one]) => `${name} ${one}`)
    .join(', ')
}

function secondsOf(text: string): number {
  const value = Number(text)
  if (value > 0 && value <= 3_600) return value
  throw new UsageError(`--within "${text}": seconds, more than 0 and at most 3600, expected`)
}
