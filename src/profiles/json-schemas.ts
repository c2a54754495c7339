/** JSON Schemas of the files labs write, for editors. Derived from the schemas that check them. */
import { z } from 'zod'
import { profileFile } from './profile-file.ts'
import { rigFile } from './rig-file.ts'
import { shapesFile } from './shapes.ts'

export interface PublishedSchema {
  /** Relative to the package. */
  path: string
  /** JSON, ends with a line feed. */
  text: string
}

/** What `npm run generate` writes. @source JSON Schema draft-07 */
export function publishedSchemas(): PublishedSchema[] {
  return [
    publish('firmware-profiles/firmware-profile.schema.json', 's1rig firmware-profile', profileFile),
    publish('firmware-profiles/shapes.schema.json', 's1rig consumption shapes', shapesFile),
    publish('rigs/rig.schema.json', 's1rig rig', rigFile),
  ]
}

/** One schema as an editor reads it. */
export function publish(path: string, title: string, schema: z.ZodType): PublishedSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' })
  return { path, text: `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n` }
}
