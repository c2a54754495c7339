/** Writes the JSON Schema of Group files, for editors. Run by `npm run generate`. */
import { writeFileSync } from 'node:fs'
import { publishedGroupSchema } from './group-schema.ts'

const { path, text } = publishedGroupSchema()
writeFileSync(new URL(`../../${path}`, import.meta.url), text)
