import { join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { publishedSchemas } from '../../src/profiles/json-schemas.ts'
import { PROBLEM_CODES } from '../../src/profiles/problem-codes.ts'
import { diskFiles, packageProfiles } from '../../src/profiles/read-text.ts'
import { validateFiles } from '../../src/profiles/validate-files.ts'
import { groupIds } from '../../src/rig/prepare.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const shipped = ['firmware-profiles', 'rigs'].flatMap(folder =>
  diskFiles
    .list(join(root, folder))
    .filter(path => path.endsWith('.yaml'))
    .map(path => join(root, folder, path)),
)

describe('the published JSON Schemas', () => {
  it.each(publishedSchemas())('are up to date: $path', ({ path, text }) => {
    expect(diskFiles.read(join(root, path)), 'run `npm run generate`').toBe(text)
  })

  it.each(shipped)('are named by %s', file => {
    const [, schema = ''] = /^# yaml-language-server: \$schema=(.*)\n/.exec(diskFiles.read(file) ?? '') ?? []
    const paths = publishedSchemas().map(published => join(root, published.path))
    expect(paths).toContain(join(file, '..', schema))
  })
})

describe('the shipped files', () => {
  it('are all valid', () => {
    expect(shipped.length).toBeGreaterThanOrEqual(16)
    const results = validateFiles(shipped, { ...diskFiles, roots: [packageProfiles], groups: groupIds })
    expect(results.filter(result => result.problems.length > 0 || result.kind === undefined)).toEqual([])
  })
})

describe('docs/files.md', () => {
  const docs = diskFiles.read(join(root, 'docs/files.md')) ?? ''

  it('lists every problem code, and no other', () => {
    const listed = [...docs.matchAll(/^\| `([a-z0-9.-]+)` \|/gm)].map(match => match[1] ?? '')
    expect(listed.toSorted()).toEqual(Object.keys(PROBLEM_CODES).toSorted())
  })

  it('shows examples that are valid', () => {
    const examples = [...docs.matchAll(/```yaml\n# (\S+)\n([\s\S]*?)```/g)].map(match => [
      join('x', match[1] ?? ''),
      match[2] ?? '',
    ])
    expect(examples).toHaveLength(2)
    const texts = Object.fromEntries(examples) as Record<string, string>
    const deps = { read: (path: string) => texts[path] ?? diskFiles.read(path), list: diskFiles.list }
    const results = validateFiles(Object.keys(texts), { ...deps, roots: [packageProfiles], groups: groupIds })
    expect(results.flatMap(result => result.problems)).toEqual([])
  })
})
