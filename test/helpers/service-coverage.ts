/**
 * Writes down which answers of the service requests a test file has seen: `covered('4.1.1', 'ESME', 'I0')` after the
 * expectation. What a file has seen is kept beside the tests, and docs/service-requests.md is made of it, so that the table there
 * says what the tests do. A file that sees something else than is written down fails at its end.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect } from 'vitest'
import type { ResponseCode } from '../../src/wan/messages/response-codes.ts'
import { type DeviceType, NOT_SMETS1, SERVICE_CATALOGUE } from '../../src/wan/service-catalogue.ts'
import { COVERAGE_FOLDER } from './service-coverage-doc.ts'

/** `gone`: a device that is not there. */
type Asked = DeviceType | 'gone'

const seen = new Set<string>()
const file = expect.getState().testPath ?? ''
const record = fileURLToPath(new URL(`${basename(file, '.test.ts')}.txt`, COVERAGE_FOLDER))

/** A test has asked this request of such a device, and expected and got this answer. */
export function covered(variant: string, device: Asked, outcome: ResponseCode): void {
  if (!SERVICE_CATALOGUE.has(variant) && !NOT_SMETS1.has(variant)) throw new Error(`no service request ${variant}`)
  seen.add(`${variant} ${device} ${outcome}`)
}

// biome-ignore lint/correctness/noEmptyPattern: vitest wants a pattern, and nothing of the context is used
afterAll(({}, suite) => {
  const found = [...seen].sort()
  const text = found.map(line => `${line}\n`).join('')
  const before = existsSync(record) ? readFileSync(record, 'utf8').split('\n').filter(Boolean).sort() : []
  if (process.env.S1RIG_RECORD === '1') return write(text)
  const agrees = suite.tasks.every(ran) ? `${found}` === `${before}` : found.every(line => before.includes(line))
  if (agrees) return
  throw new Error(`it saw other answers than ${record} says: run it with S1RIG_RECORD=1, then npm run generate`)
})

function write(text: string): void {
  mkdirSync(dirname(record), { recursive: true })
  if (text === '') rmSync(record, { force: true })
  else writeFileSync(record, text)
}

interface Task {
  mode: string
  result?: { state: string } | undefined
  tasks?: Task[]
}

/** False when a test was left out or failed: then nothing follows from what was not seen. */
const ran = (task: Task): boolean =>
  task.mode === 'run' && (task.tasks ? task.tasks.every(ran) : task.result?.state === 'pass')
