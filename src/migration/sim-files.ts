/**
 * The end of a batch: the SMSO determines which SIMs were migrated and which it retains, and one file for each goes to the mobile
 * operator. It concerns all installations of a run, and happens in nobody's simulated time.
 * @source SMETS1 TMAD 14.14 for the two files; when a run counts as the end of a batch is assumed
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { csvText } from '../base/csv.ts'
import type { Broker, BrokerClient, BrokerLogin } from '../ports/broker.ts'
import type { CspCode, CspReply } from '../wan/sim-platform.ts'
import { type ReturnGroup, SIM_FILE_COLUMNS } from '../wan/sim-return-file.ts'
import { cspRequestTopic } from '../wan/topics.ts'

/** What the SMSO says of one SIM. */
export interface ListedSim {
  group: ReturnGroup
  imsi: string
  iccid: string
  apn: string
  ip: string
}

/** How the operator took the two files; `no-answer`: it did not say. */
export const FILE_ANSWERS = ['ok', 'bad-file', 'not-offered', 'malformed', 'no-answer'] as const
export type FileAnswer = (typeof FILE_ANSWERS)[number]

export interface SimFilesOptions {
  broker: Broker
  /** Of the DCC. */
  login?: BrokerLogin | undefined
  name: string
  /** Names the run: the operator answers files that come again as it did before. */
  run?: string | undefined
  /** What is wrong in a file that was refused, for people. */
  onProblem: (text: string) => void
}

/** How long the operator may take, in wall time. */
const ANSWER_MS = 30_000
/** Between two attempts to connect while the broker is away, and how many there are. */
const RETRY_MS = 100
const ATTEMPTS = ANSWER_MS / RETRY_MS
const GROUPS = ['migrated', 'retained'] as const

export class SimFiles {
  private readonly options: SimFilesOptions

  constructor(options: SimFilesOptions) {
    this.options = options
  }

  /** Passes both files; one of them may be empty of SIMs. */
  async pass(sims: readonly ListedSim[]): Promise<FileAnswer> {
    const { broker, login, name, run, onProblem } = this.options
    const waiting = new Map<string, (reply: CspReply) => void>()
    const client = await insist(() =>
      broker.connect({
        clientId: `s1rig-${name}-files${run === undefined ? `-${randomUUID().slice(0, 8)}` : ''}`,
        ...(login && { login }),
        onMessage: ({ payload }) => {
          const reply = parse(payload)
          waiting.get(reply?.transactionId ?? '')?.(reply as CspReply)
        },
      }),
    )
    if (!client) return 'no-answer'
    try {
      for (const group of GROUPS) await client.subscribe(`csp/response/file.${group}`)
      for (const group of GROUPS) {
        const transactionId = `files-${run ?? randomUUID()}-${group}`
        const answered = new Promise<CspReply>(resolve => waiting.set(transactionId, resolve))
        const order = { transactionId, name: `${group}.csv`, csv: fileOf(sims.filter(sim => sim.group === group)) }
        await client.publish(cspRequestTopic(`file.${group}`), Buffer.from(JSON.stringify(order)))
        const reply = await within(answered, ANSWER_MS)
        for (const { line, column, message } of reply?.problems ?? []) {
          onProblem(`${group}.csv:${line}:${column}: ${message}`)
        }
        const code = answerOf(reply?.code)
        if (code !== 'ok') return code
      }
      return 'ok'
    } finally {
      await client.end()
    }
  }
}

const answerOf = (code: CspCode | undefined): FileAnswer => FILE_ANSWERS.find(one => one === code) ?? 'no-answer'

const fileOf = (sims: readonly ListedSim[]): string =>
  csvText([SIM_FILE_COLUMNS, ...sims.map(({ imsi, iccid, apn, ip }) => [imsi, iccid, apn, ip])])

function parse(payload: Uint8Array): (CspReply & { transactionId?: string }) | undefined {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}

/** The broker may be away just now; undefined when it stays away. */
async function insist(connect: () => Promise<BrokerClient>): Promise<BrokerClient | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      return await connect()
    } catch {
      await pause(RETRY_MS)
    }
  }
  return undefined
}

/** Undefined when it takes longer. */
function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve(undefined), ms)
    void promise.then(value => {
      clearTimeout(timer)
      resolve(value)
    })
  })
}
