import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { publishedGroupSchema } from '../../src/migration/group-schema.ts'

const at = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

it('the published JSON Schema of Group files is up to date', () => {
  const { path, text } = publishedGroupSchema()
  expect(at(path), 'run `npm run generate`').toBe(text)
})

it('the Group file that comes with the package names its schema in the first line', () => {
  const [first] = at('src/migration/groups/cb.yaml').split('\n')
  expect(first).toBe('# yaml-language-server: $schema=group.schema.json')
})
