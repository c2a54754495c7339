/** YAML text to plain data whose every node can still be located. Strict: what a reader could misread is refused. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'
import type { ZodType } from 'zod'
import { FileError, type FileProblem, formatProblem } from '../base/errors.ts'
import { explainIssues } from './explain-issues.ts'
import { parsePointer } from './pointer.ts'

/** Longest file read, octets of UTF-8. */
export const MAX_FILE_OCTETS = 4 * 1024 * 1024

/** Problems told of one file; what lies beyond shows once these are mended. */
const MAX_PROBLEMS = 100

/** Deepest nesting of mappings and lists. */
const MAX_DEPTH = 64

/** A file that is well-formed YAML: its plain data, and the tree that knows where each node stands. */
export interface LocatedYaml {
  readonly file: string
  readonly text: string
  readonly value: unknown
  readonly document: Document
  readonly lines: LineCounter
}

/** Where a node starts; both count from 1. */
export interface Position {
  line: number
  column: number
}

/**
 * Reads YAML 1.2 that holds one document of plain data: no anchors, aliases, tags or directives, string keys only.
 * @param file name for errors
 * @throws FileError with every syntax problem
 */
export function readYaml(file: string, text: string): LocatedYaml {
  const whole = (code: string, message: string, hint?: string) =>
    new FileError([{ code, file, line: 1, column: 1, pointer: '', message, ...(hint && { hint }) }])
  const octets = Buffer.byteLength(text)
  if (octets > MAX_FILE_OCTETS) {
    throw whole('yaml.too-large', `expected at most ${MAX_FILE_OCTETS} octets, found ${octets}`, 'split it')
  }
  // What a decoder puts in place of octets that are not UTF-8.
  const undecodable = text.indexOf('\ufffd')
  if (undecodable >= 0) {
    const before = text.slice(0, undecodable).split('\n')
    const at = { line: before.length, column: (before.at(-1) ?? '').length + 1 }
    const message = 'expected UTF-8, found octets that are not'
    throw new FileError([{ code: 'yaml.encoding', file, ...at, pointer: '', message, hint: 'save the file as UTF-8' }])
  }
  const lines = new LineCounter()
  const document = parseGuarded(text, lines)
  if (document === undefined) throw whole('yaml.too-deep', `expected at most ${MAX_DEPTH} levels of nesting`)
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problem: MakeProblem = (code, offset, message, hint) => ({
    code,
    file,
    ...at(offset),
    pointer: '',
    message,
    ...(hint && { hint }),
  })
  const problems = [...document.errors, ...document.warnings]
    .filter(error => error.code !== 'TAG_RESOLVE_FAILED')
    .map(error => {
      const [code, hint] = SYNTAX_CODES[error.code] ?? ['yaml.syntax']
      return problem(code, error.pos[0], SYNTAX_WORDS[error.code] ?? error.message, hint)
    })
  problems.push(...forbiddenNodes(document, problem))
  if (problems.length === 0 && document.contents === null) {
    throw whole('yaml.empty', 'expected a mapping that starts with `schema:`, found an empty file')
  }
  if (problems.length > 0) throw new FileError(bounded(inFileOrder(problems)))
  return { file, text, value: document.toJS(), document, lines }
}

const SYNTAX_CODES: Record<string, [code: string, hint?: string]> = {
  MULTIPLE_DOCS: ['yaml.many-documents', 'remove the second `---`'],
  TAB_AS_INDENT: ['yaml.tab', 'indent with spaces'],
  NON_STRING_KEY: ['yaml.key', 'quote it'],
}

const SYNTAX_WORDS: Record<string, string> = {
  MULTIPLE_DOCS: 'expected one document in a file, found another',
  TAB_AS_INDENT: 'expected spaces as indentation, found a tab',
  NON_STRING_KEY: 'expected plain text as a key, found something else',
}

/** Undefined when the text nests so deep that the parser gives up. */
function parseGuarded(text: string, lines: LineCounter): Document | undefined {
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      version: '1.2',
      stringKeys: true,
      prettyErrors: false,
      // Looked for below: the parser's own search takes quadratic time.
      uniqueKeys: false,
    })
    let tooDeep = false
    visit(document, {
      Collection: (_key, _node, path) => {
        tooDeep = path.filter(isCollection).length >= MAX_DEPTH
        return tooDeep ? visit.BREAK : undefined
      },
    })
    return tooDeep ? undefined : document
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

type MakeProblem = (code: string, offset: number, message: string, hint?: string) => FileProblem

function forbiddenNodes(document: Document, problem: MakeProblem): FileProblem[] {
  const found: FileProblem[] = []
  if (document.directives?.yaml.explicit || Object.keys(document.directives?.tags ?? {}).length > 1) {
    found.push(problem('yaml.directive', 0, 'found a % directive', 'remove it: files are YAML 1.2'))
  }
  visit(document, {
    Node: (_key, node) => {
      const offset = node.range?.[0] ?? 0
      if (isAlias(node)) {
        found.push(problem('yaml.alias', offset, `found the alias *${node.source}`, 'write the value out'))
        return
      }
      if (node.anchor) {
        found.push(problem('yaml.alias', offset, `found the anchor &${node.anchor}`, 'remove it: aliases are not used'))
      }
      if (node.tag) found.push(problem('yaml.tag', offset, `found the tag ${node.tag}`, 'remove it'))
      if (isMap(node)) found.push(...repeatedKeys(node, problem))
    },
  })
  return found
}

function repeatedKeys(map: YAMLMap, problem: MakeProblem): FileProblem[] {
  const seen = new Set<string>()
  return map.items.flatMap(pair => {
    const key = keyText(pair)
    const repeated = key !== undefined && seen.has(key)
    if (key !== undefined) seen.add(key)
    const message = `expected each key once, found "${key}" again`
    return repeated ? [problem('yaml.duplicate-key', offsetOf(pair.key) ?? 0, message, 'keep one of them')] : []
  })
}

/**
 * Where the node at a JSON pointer stands: the value, or its key with `'key'`.
 * A node that is not there is located at the nearest mapping or list around it (at its key, when it has one).
 */
export function locate(yaml: LocatedYaml, pointer: string, part: 'value' | 'key' = 'value'): Position {
  let node: unknown = yaml.document.contents
  let here = offsetOf(node) ?? 0
  const steps = parsePointer(pointer)
  for (const [index, step] of steps.entries()) {
    const pair = isMap(node) ? node.items.find(item => keyText(item) === step) : undefined
    const next = isSeq(node) ? node.items[Number(step)] : pair?.value
    if (pair === undefined && next === undefined) break
    const key = offsetOf(pair?.key)
    const last = index === steps.length - 1
    // An empty value, and a value that only holds what is missing, is best shown by its key.
    const showKey = key !== undefined && (last ? part === 'key' || isEmpty(next) : !holds(next, steps[index + 1]))
    here = (showKey ? key : offsetOf(next)) ?? here
    node = next
  }
  const { line, col } = yaml.lines.linePos(here)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

/** The scalar at a JSON pointer exactly as written (`00123`, not 123); undefined when there is none. */
export function writtenAt(yaml: LocatedYaml, pointer: string): string | undefined {
  let node: unknown = yaml.document.contents
  for (const step of parsePointer(pointer)) {
    node = isSeq(node)
      ? node.items[Number(step)]
      : isMap(node)
        ? node.items.find(item => keyText(item) === step)?.value
        : undefined
  }
  return isScalar(node) ? (node.source ?? String(node.value)) : undefined
}

function keyText(pair: Pair): string | undefined {
  return isScalar(pair.key) ? String(pair.key.value) : undefined
}
function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined
}
function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null)
}
function holds(node: unknown, step: string | undefined): boolean {
  if (step === undefined) return false
  if (isMap(node)) return node.items.some(item => keyText(item) === step)
  return isSeq(node) && node.items[Number(step)] !== undefined
}

/** A problem at a pointer of a file, ready for a `FileError`. */
export function problemAt(
  yaml: LocatedYaml,
  pointer: string,
  detail: { code: string; message: string; hint?: string | undefined; part?: 'value' | 'key' },
): FileProblem {
  const { code, message, hint } = detail
  const at = locate(yaml, pointer, detail.part)
  return { code, file: yaml.file, ...at, pointer, message, ...(hint !== undefined && { hint }) }
}

/** What a schema makes of a file: its value, or every problem. */
export type Checked<T> = { ok: true; value: T } | { ok: false; problems: FileProblem[] }

/**
 * Checks a read file against a schema. The schema's own `error` texts are noun phrases that say what is expected
 * (`13 digits`): the message becomes `expected 13 digits, found …`.
 */
export function checkYaml<T>(yaml: LocatedYaml, schema: ZodType<T>): Checked<T> {
  const result = explainIssues(schema, yaml.value, pointer => writtenAt(yaml, pointer))
  if (result.ok) return result
  const problems = result.findings
    .slice(0, MAX_PROBLEMS + 1)
    .map(({ pointer, part, code, message, hint }) => problemAt(yaml, pointer, { code, message, hint, part }))
  return { ok: false, problems: bounded(inFileOrder(problems)) }
}

/**
 * Text to a typed record.
 * @param file name for errors
 * @throws FileError with every problem, in the order of the file
 */
export function loadYaml<T>(file: string, text: string, schema: ZodType<T>): T {
  const checked = checkYaml(readYaml(file, text), schema)
  if (!checked.ok) throw new FileError(checked.problems)
  return checked.value
}

/** Problems, each once, in the order in which a reader meets them; files keep the order in which they were first named. */
export function inFileOrder(problems: readonly FileProblem[]): FileProblem[] {
  const files = [...new Set(problems.map(p => p.file))]
  const once = new Map(problems.map(problem => [formatProblem(problem), problem]))
  return [...once.values()].toSorted(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  )
}

function bounded(problems: FileProblem[]): FileProblem[] {
  return problems.slice(0, MAX_PROBLEMS)
}
