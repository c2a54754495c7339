/** The JSON Schema of image indexes, derived from the schema that checks them. */
import { type PublishedSchema, publish } from '../../profiles/json-schemas.ts'
import { imagesFile } from './index-file.ts'

export const publishedImagesSchema = (): PublishedSchema =>
  publish('firmware-images/firmware-images.schema.json', 's1rig firmware images', imagesFile)
