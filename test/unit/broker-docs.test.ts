import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ACCESS } from '../../src/wan/broker/access.ts'

const page = readFileSync(new URL('../../docs/wan.md', import.meta.url), 'utf8')

test.each(Object.entries(ACCESS))('docs/wan.md tells what %s may do', (role, { publish, subscribe }) => {
  const cell = (filters: readonly string[]) => filters.map(filter => `\`${filter}\``).join(', ')
  expect(page).toContain(`| \`${role}\` | ${cell(publish)} | ${cell(subscribe)} |`.replace('|  |', '| |'))
})
