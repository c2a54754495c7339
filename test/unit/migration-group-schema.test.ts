import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { publishedGroupSchema } from '../../src/migration/group-schema.ts'
import { groupIds, readGroup } from '../../src/rig/prepare.ts'

const at = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

it('the published JSON Schema of Group files is up to date', () => {
  const { path, text } = publishedGroupSchema()
  expect(at(path), 'run `npm run generate`').toBe(text)
})

it.each(groupIds)('the Group file %s is good, bears its id and names its schema in the first line', id => {
  const file = `src/migration/groups/${id.toLowerCase()}.yaml`
  const text = at(file)
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=group.schema.json')
  expect(readGroup(file).group.id).toBe(id)
})
