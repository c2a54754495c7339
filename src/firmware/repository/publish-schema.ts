/** Writes the JSON Schema of image indexes, for editors. Run by `npm run generate`. */
import { writeFileSync } from 'node:fs'
import { publishedImagesSchema } from './images-schema.ts'

const { path, text } = publishedImagesSchema()
writeFileSync(new URL(`../../../${path}`, import.meta.url), text)
