/** The JSON Schema of disaster files, derived from the schema that checks them. */
import { type PublishedSchema, publish } from '../../profiles/json-schemas.ts'
import { disasterSchema } from './disaster.ts'

export const publishedDisasterSchema = (): PublishedSchema =>
  publish('disasters/disaster.schema.json', 's1rig disaster', disasterSchema)
