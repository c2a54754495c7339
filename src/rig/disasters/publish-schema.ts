/** Writes the JSON Schema of disaster files, for editors. Run by `npm run generate`. */
import { writeFileSync } from 'node:fs'
import { publishedDisasterSchema } from './disaster-schema.ts'

const { path, text } = publishedDisasterSchema()
writeFileSync(new URL(`../../../${path}`, import.meta.url), text)
