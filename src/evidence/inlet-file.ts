/**
 * `inlet.jsonl`: what came into a run from outside, and when its driver went on, in the simulated time of each
 * installation. Enough to run it again without what was outside.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { z } from 'zod'
import { FileError } from '../base/errors.ts'
import { GrowingFile } from './growing-file.ts'

export const INLET_SCHEMA = 's1rig/inlet/1'

const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/)
const whole = z.number().int().nonnegative()
const at = {
  /** Simulated time of the installation. */
  atUs: whole,
  installation: z.string(),
}

const inletRecord = z.discriminatedUnion('what', [
  /** Something was put into simulated time; with `topic` and `octets` when a message over the broker brought it about. */
  z.strictObject({
    what: z.literal('injected'),
    ...at,
    name: z.string(),
    topic: z.string().optional(),
    octets: hex.optional(),
  }),
  z.strictObject({
    what: z.literal('line'),
    ...at,
    part: z.string(),
    on: z.enum(['up', 'down', 'octets']),
    octets: hex.optional(),
    reason: z.string().optional(),
  }),
  /** A message came back to the driver. */
  z.strictObject({ what: z.literal('received'), ...at, topic: z.string(), octets: hex }),
  /** The driver asked something of the world outside. */
  z.strictObject({ what: z.literal('answered'), ...at, question: z.string(), answer: z.string() }),
  /** The driver's wait of this number was over: what it waited for had come (`held`), or its time was up. */
  z.strictObject({ what: z.literal('waited'), ...at, wait: whole, withinUs: whole, held: z.boolean() }),
  /** Time stood still from here on. */
  z.strictObject({ what: z.literal('stopped'), ...at }),
])

/** One line of the file. */
export type InletRecord = z.infer<typeof inletRecord>

type Undated<T> = T extends unknown ? Omit<T, keyof typeof at> : never
/** What a record says happened, without when and where. */
export type InletEvent = Undated<InletRecord>

/**
 * Writes the file as the run goes, each record at once: who is killed leaves a record as long as its trace. Methods throw a
 * UsageError naming the path when the file system refuses.
 */
export class InletFile {
  private readonly file: GrowingFile

  constructor(path: string) {
    this.file = new GrowingFile(path, undefined, 0)
    this.file.append(`${JSON.stringify({ schema: INLET_SCHEMA })}\n`)
  }
  append(record: InletRecord): void {
    this.file.append(`${JSON.stringify(record)}\n`)
  }
  close(): void {
    this.file.close()
  }
}

/**
 * The records of one installation, in order; of the others only the place of their lines is kept. A last line that was
 * cut off in the middle is left out.
 * @throws FileError for a line that is no record, or a file of another schema
 */
export function* readInlet(path: string, installation: string): Generator<InletRecord, void> {
  const wanted = JSON.stringify(installation)
  let number = 0
  for (const line of linesOf(path)) {
    number += 1
    if (number > 1 && !line.includes(wanted)) continue
    const value = parseLine(path, number, line)
    if (number === 1) checkSchema(path, value)
    else {
      const record = inletRecord.safeParse(value)
      if (!record.success) throw problem(path, number, `expected a record of ${INLET_SCHEMA}, found another object`)
      if (record.data.installation === installation) yield record.data
    }
  }
}

/** Whether there is a whole record of any installation. */
export function inletIsEmpty(path: string): boolean {
  const lines = linesOf(path)
  lines.next()
  return lines.next().done === true
}

function checkSchema(path: string, value: unknown): void {
  const head = z.object({ schema: z.string() }).safeParse(value)
  const found = head.success ? head.data.schema : 'none'
  if (found !== INLET_SCHEMA) throw problem(path, 1, `expected schema ${INLET_SCHEMA}, found ${found}`)
}

function parseLine(path: string, number: number, line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw problem(path, number, 'expected a JSON object, found something else')
  }
}

const problem = (file: string, line: number, message: string): FileError =>
  new FileError([{ code: 'inlet.record', file, line, column: 1, pointer: '', message }])

/** Octets read at once. */
const CHUNK = 65_536

/** Whole lines; what follows the last line feed is not one. */
function* linesOf(path: string): Generator<string, void> {
  const file = openSync(path, 'r')
  try {
    const chunk = Buffer.alloc(CHUNK)
    const decoder = new StringDecoder('utf8')
    let rest = ''
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      const lines = (rest + decoder.write(chunk.subarray(0, read))).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } finally {
    closeSync(file)
  }
}
