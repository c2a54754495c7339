/** The JSON Schema of Group files, derived from the schema that checks them: of a file that extends another, little is required. */
import { z } from 'zod'
import { type PublishedSchema, publish } from '../profiles/json-schemas.ts'
import { groupSchema } from './group.ts'

const { shape } = groupSchema
const orNothing = <S extends z.ZodType>(schema: S) => z.union([schema, z.literal(false)])
/** By id: what differs, `false` for none, and one more with `before` or `after` which it stands. */
const changes = z.record(
  z.string(),
  orNothing(z.looseObject({ before: z.string().optional(), after: z.string().optional() })),
)

const groupFile = groupSchema.partial().extend({
  schema: shape.schema,
  id: shape.id,
  extends: z.string().optional(),
  parameters: shape.parameters.partial().optional(),
  dco: orNothing(shape.dco.unwrap()).optional(),
  simFiles: orNothing(shape.simFiles.unwrap()).optional(),
  closing: orNothing(shape.closing.unwrap()).optional(),
  conditions: z.union([shape.conditions, changes]).optional(),
  steps: changes.optional(),
})

export const publishedGroupSchema = (): PublishedSchema =>
  publish('src/migration/groups/group.schema.json', 's1rig Group file', groupFile)
