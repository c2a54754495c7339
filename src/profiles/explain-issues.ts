/** What zod found, said to a person: what was found, what was expected, what to do. */
import type { core, ZodType } from 'zod'
import { didYouMean } from '../base/errors.ts'
import { parsePointer, toPointer, valueAt } from './pointer.ts'

/** One thing wrong, not yet located. */
export interface Finding {
  code: string
  pointer: string
  /** Whether the key or the value is at fault. */
  part: 'key' | 'value'
  message: string
  hint?: string | undefined
}

/** Unknown keys told of one mapping. */
const MAX_KEYS = 100

export type Explained<T> = { ok: true; value: T } | { ok: false; findings: Finding[] }

interface Context {
  root: unknown
  /** The scalar at a pointer exactly as written. */
  written: (pointer: string) => string | undefined
}

/**
 * Checks plain data against a schema.
 * @param written gives the scalar at a pointer exactly as written, so that `00123` is not shown as 123
 */
export function explainIssues<T>(
  schema: ZodType<T>,
  value: unknown,
  written: (pointer: string) => string | undefined,
): Explained<T> {
  const result = schema.safeParse(value, { error: expectation })
  if (result.success) return { ok: true, value: result.data }
  const context: Context = { root: value, written }
  const findings = result.error.issues.flatMap(issue => explain(issue, [], context))
  return { ok: false, findings: withoutEchoes(findings) }
}

/** Leaves out what is reported as missing when an unknown key beside it is a slip for it: one problem, not two. */
export function withoutEchoes<P extends Pick<Finding, 'code' | 'pointer' | 'hint'>>(problems: readonly P[]): P[] {
  const meant = new Set<string>()
  for (const { code, pointer, hint } of problems) {
    const word = code === 'schema.unknown-key' ? /^did you mean "(.*)"\?$/.exec(hint ?? '')?.[1] : undefined
    if (word !== undefined) meant.add(`${pointer.slice(0, pointer.lastIndexOf('/'))}/${word}`)
  }
  const isMeant = (pointer: string) => [...meant].some(key => pointer === key || pointer.startsWith(`${key}/`))
  const isEcho = (p: P) => (p.code === 'schema.missing' || p.code === 'profile.fact') && isMeant(p.pointer)
  return problems.filter(problem => !isEcho(problem))
}

/**
 * The noun phrase after `expected`, for a schema that does not give its own.
 * For unknown keys: the known ones, joined by `, `.
 */
function expectation(issue: core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys': {
      const object = issue.inst as { shape?: Record<string, unknown> } | undefined
      return Object.keys(object?.shape ?? {}).join(', ')
    }
    case 'invalid_type':
      return TYPE_NOUNS[String(issue.expected)] ?? String(issue.expected)
    case 'invalid_value':
      return oneOf(issue.values as unknown[])
    case 'invalid_union':
      return Array.isArray(issue.options) ? oneOf(issue.options) : 'one of the allowed forms'
    case 'too_small':
      return bound(issue.origin, issue.exact ? 'exactly' : issue.inclusive ? 'at least' : 'more than', issue.minimum)
    case 'too_big':
      return bound(issue.origin, issue.exact ? 'exactly' : issue.inclusive ? 'at most' : 'less than', issue.maximum)
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`
    case 'invalid_format':
      return issue.format === 'regex' ? `text that matches ${issue.pattern}` : `a valid ${issue.format}`
    default:
      return 'something else'
  }
}

const TYPE_NOUNS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

function oneOf(values: readonly unknown[]): string {
  const words = values.map(value => String(value))
  return words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`
}

function bound(origin: unknown, relation: string, limit: unknown): string {
  const unit = origin === 'string' ? ' characters' : origin === 'array' || origin === 'set' ? ' entries' : ''
  return `${relation} ${limit}${unit}`
}

function explain(issue: core.$ZodIssue, base: readonly PropertyKey[], context: Context): Finding[] {
  const path = [...base, ...issue.path]
  const pointer = toPointer(path)
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(', ')
    return issue.keys.slice(0, MAX_KEYS).map(key => ({
      code: 'schema.unknown-key',
      pointer: toPointer([...path, key]),
      part: 'key' as const,
      message: `found the unknown key "${shorten(key)}"`,
      hint: suggestion(key, known) ?? (known.length > MAX_KEYS ? undefined : `known keys: ${issue.message}`),
    }))
  }
  if (issue.code === 'invalid_key') {
    const expected = issue.issues[0]?.message ?? 'another key'
    return [
      {
        code: 'schema.key',
        pointer,
        part: 'key',
        message: `expected ${expected}, found the key "${shorten(String(path.at(-1)))}"`,
      },
    ]
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The branch that knows most keys, and of those the one that read furthest before it failed, is the one that was meant.
    const deepest = issue.errors.toSorted((a, b) => unlikeliness(a) - unlikeliness(b) || depth(b) - depth(a))[0] ?? []
    if (depth(deepest) > 0) return deepest.flatMap(inner => explain(inner, path, context))
    const expected = [...new Set(issue.errors.flatMap(branch => branch.map(inner => inner.message)))].join(' or ')
    return [mismatch(pointer, expected, 'schema.type', context)]
  }
  const code = issue.code === 'invalid_type' ? 'schema.type' : 'schema.value'
  const finding = mismatch(pointer, issue.message, code, context)
  const text = context.written(pointer)
  const words =
    issue.code === 'invalid_value'
      ? issue.values
      : issue.code === 'invalid_union' && 'options' in issue
        ? issue.options
        : undefined
  if (words && text !== undefined) finding.hint ??= suggestion(text, words.map(String))
  if (text && finding.code === 'schema.type') finding.hint ??= quoting(issue, text)
  return [finding]
}

/** How many keys a branch does not know; one that is not for a mapping is none that was meant. */
function unlikeliness(branch: readonly core.$ZodIssue[]): number {
  const unknown = branch.flatMap(one => (one.code === 'unrecognized_keys' && one.path.length === 0 ? one.keys : []))
  return unknown.length === 0 && depth(branch) === 0 ? Number.POSITIVE_INFINITY : unknown.length
}

function depth(branch: readonly core.$ZodIssue[]): number {
  return Math.max(0, ...branch.map(issue => issue.path.length))
}

function quoting(issue: core.$ZodIssue, text: string): string | undefined {
  if (wantsText(issue)) return `quote it: "${text}"`
  const wantsNumber = issue.code === 'invalid_type' && (issue.expected === 'number' || issue.expected === 'int')
  return wantsNumber && text.trim() !== '' && Number.isFinite(Number(text)) ? 'remove the quotes' : undefined
}

function wantsText(issue: core.$ZodIssue): boolean {
  if (issue.code === 'invalid_value') return issue.values.every(value => typeof value === 'string')
  return issue.code === 'invalid_type' && issue.expected === 'string'
}

function mismatch(pointer: string, expected: string, code: string, context: Context): Finding {
  const value = valueAt(context.root, pointer)
  if (value === undefined) {
    const key = parsePointer(pointer).at(-1)
    const message = `expected the key "${key}" (${expected}), found none`
    return { code: 'schema.missing', pointer, part: 'value', message }
  }
  const found = describe(value, context.written(pointer))
  return { code, pointer, part: 'value', message: `expected ${expected}, found ${found}` }
}

/** A value in words, as a reader of the file would call it. */
export function describe(value: unknown, written?: string): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 1 ? 'a list of 1 entry' : `a list of ${value.length} entries`
  switch (typeof value) {
    case 'string':
      return `"${shorten(value)}"`
    case 'number':
      return `the number ${written ?? value}`
    case 'boolean':
      return `${written ?? value}`
    default:
      return 'a mapping'
  }
}

/** `did you mean "esme"?` when one of the known words is near enough. */
export function suggestion(word: string, known: Iterable<string>): string | undefined {
  const near = word.length > 100 ? undefined : didYouMean(word, known)
  return near === undefined ? undefined : `did you mean "${near}"?`
}

function shorten(text: string): string {
  const visible = JSON.stringify(text).slice(1, -1)
  return visible.length > 60 ? `${visible.slice(0, 24)}... (${text.length} characters)` : visible
}
