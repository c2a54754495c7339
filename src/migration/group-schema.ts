/** The JSON Schema of Group files, derived from the schema that checks them. */
import { type PublishedSchema, publish } from '../profiles/json-schemas.ts'
import { groupSchema } from './group.ts'

export const publishedGroupSchema = (): PublishedSchema =>
  publish('src/migration/groups/group.schema.json', 's1rig Group file', groupSchema)
