/** Writes the JSON Schemas of the files labs write. Run by `npm run generate`. */
import { writeFileSync } from 'node:fs'
import { publishedSchemas } from './json-schemas.ts'

for (const { path, text } of publishedSchemas()) {
  writeFileSync(new URL(`../../${path}`, import.meta.url), text)
}
