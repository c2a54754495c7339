import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadYaml, locate, readYaml } from '../../src/profiles/located-yaml.ts'
import { places, problemsOf } from './profiles-bench.ts'

const refusals: [what: string, text: string, place: string][] = [
  ['an empty file', '', '1:1 / yaml.empty'],
  ['a file of comments', '# nothing\n', '1:1 / yaml.empty'],
  ['a tab as indentation', 'a:\n\tb: 1\n', '2:1 / yaml.tab'],
  ['a key written twice', 'a: 1\nb:\n  c: 1\n  c: 2\n', '4:3 / yaml.duplicate-key'],
  ['two documents', 'a: 1\n---\nb: 2\n', '2:1 / yaml.many-documents'],
  ['an anchor', 'a: &x 1\n', '1:7 / yaml.alias'],
  ['an alias', 'a: 1\nb: *nobody\n', '2:4 / yaml.alias'],
  ['a tag', 'a: !!binary aGk=\n', '1:13 / yaml.tag'],
  ['a tag on a mapping', 'a: !!set {b, c}\n', '1:10 / yaml.tag'],
  ['a directive', '%YAML 1.1\n---\na: yes\n', '1:1 / yaml.directive'],
  ['a list as a key', '? [a]\n: 1\n', '1:3 / yaml.key'],
  ['an open quote', 'a: "x\n', '2:1 / yaml.syntax'],
  ['octets that are not UTF-8', 'a: b\nc: \ufffd\n', '2:4 / yaml.encoding'],
  ['65 lists in each other', `a: ${'['.repeat(65)}${']'.repeat(65)}\n`, '1:1 / yaml.too-deep'],
  ['nesting that exhausts the parser', `a: ${'['.repeat(20_000)}\n`, '1:1 / yaml.too-deep'],
  ['a file above 4 MiB', `a: ${'x'.repeat(4 * 1024 * 1024)}\n`, '1:1 / yaml.too-large'],
]

describe('located YAML', () => {
  it.each(refusals)('refuses %s where it stands', (_what, text, place) => {
    expect(places(problemsOf(() => readYaml('f.yaml', text)))).toContain(place)
  })

  it('refuses an alias bomb before it unfolds', () => {
    const bomb = 'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n'
    const codes = problemsOf(() => readYaml('f.yaml', bomb)).map(problem => problem.code)
    expect(codes).toEqual(Array(9).fill('yaml.alias'))
  })

  it('reads Windows line ends and a byte order mark', () => {
    expect(readYaml('f.yaml', '\ufeffa: 1\r\nb: x\r\n').value).toEqual({ a: 1, b: 'x' })
  })

  it('tells all problems of a mapping at once, in the order of the file', () => {
    const schema = z.strictObject({ size: z.int().max(9), kind: z.enum(['esme', 'gsme']), name: z.string() })
    const problems = problemsOf(() => loadYaml('f.yaml', 'kind: esm\nsize: 12\nnmae: x\ncolour: red\n', schema))
    expect(places(problems)).toEqual([
      '1:7 /kind schema.value',
      '2:7 /size schema.value',
      '3:1 /nmae schema.unknown-key',
      '4:1 /colour schema.unknown-key',
    ])
    expect(problems.map(problem => problem.hint)).toEqual([
      'did you mean "esme"?',
      undefined,
      'did you mean "name"?',
      'known keys: size, kind, name',
    ])
    expect(problems[1]?.message).toBe('expected at most 9, found the number 12')
  })

  it('shows a missing key at the mapping that lacks it', () => {
    const schema = z.strictObject({ meters: z.array(z.strictObject({ id: z.string(), mpan: z.string() })) })
    const [problem, ...more] = problemsOf(() =>
      loadYaml('f.yaml', 'meters:\n  - id: a\n    mpan: b\n  - id: c\n', schema),
    )
    expect(more).toEqual([])
    expect(problem).toMatchObject({ line: 4, column: 5, pointer: '/meters/1/mpan', code: 'schema.missing' })
    expect(problem?.message).toBe('expected the key "mpan" (text), found none')
  })

  it('tells a number in the place of text to be quoted, as it was written', () => {
    const schema = z.strictObject({ id: z.string(), pan: z.string() })
    const problems = problemsOf(() => loadYaml('f.yaml', 'id: 00123\npan: 0x1a62\n', schema))
    expect(problems.map(problem => problem.hint)).toEqual(['quote it: "00123"', 'quote it: "0x1a62"'])
    expect(problems[0]?.message).toBe('expected text, found the number 00123')
  })

  it('tells a quoted number in the place of a number to lose its quotes', () => {
    const problems = problemsOf(() => loadYaml('f.yaml', 'size: "12"\n', z.strictObject({ size: z.int() })))
    expect(problems.map(problem => problem.hint)).toEqual(['remove the quotes'])
  })

  it('shows an empty value at its key', () => {
    const problems = problemsOf(() =>
      loadYaml('f.yaml', 'a: x\n\nid:\n', z.strictObject({ a: z.string(), id: z.string() })),
    )
    expect(places(problems)).toEqual(['3:1 /id schema.type'])
    expect(problems[0]?.message).toBe('expected text, found nothing')
    expect(problems[0]?.hint).toBeUndefined()
  })

  it('takes the branch of a union that was meant', () => {
    const schema = z.strictObject({ step: z.union([z.string(), z.strictObject({ wait: z.int() })]) })
    expect(places(problemsOf(() => loadYaml('f.yaml', 'step: { wait: long }\n', schema)))).toEqual([
      '1:15 /step/wait schema.type',
    ])
    expect(problemsOf(() => loadYaml('f.yaml', 'step: 4\n', schema))[0]?.message).toBe(
      'expected text or a mapping, found the number 4',
    )
  })

  it('treats __proto__ as any unknown key', () => {
    const problems = problemsOf(() => loadYaml('f.yaml', 'a: 1\n__proto__: { b: 2 }\n', z.strictObject({ a: z.int() })))
    expect(places(problems)).toEqual(['2:1 /__proto__ schema.unknown-key'])
    expect(Object.hasOwn(Object.prototype, 'b')).toBe(false)
  })

  it('locates keys with / and ~ by their escaped pointer', () => {
    const yaml = readYaml('f.yaml', 'a/b:\n  c~d: [1, 2]\n')
    expect(locate(yaml, '/a~1b/c~0d/1')).toEqual({ line: 2, column: 12 })
    expect(locate(yaml, '/a~1b/c~0d', 'key')).toEqual({ line: 2, column: 3 })
  })

  it('tells at most 100 problems of a file with 20,000 unknown keys, quickly', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `key${i}: 1`).join('\n')
    expect(problemsOf(() => loadYaml('f.yaml', text, z.strictObject({})))).toHaveLength(100)
  })
})
