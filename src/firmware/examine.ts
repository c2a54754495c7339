/** A whole file at once: what it is and its SHA-256. */
import { createHash } from 'node:crypto'
import { OtaReader, type OtaReaderOptions, type OtaReport } from './ota-reader.ts'

export interface Examined extends OtaReport {
  /** Of every octet of the file, those before and after the image too; 64 hexadecimal digits. */
  sha256: string
}

/** Reads all pieces of a file. */
export function examine(pieces: Iterable<Uint8Array>, options?: OtaReaderOptions): Examined {
  const hash = createHash('sha256')
  const reader = new OtaReader(options)
  for (const piece of pieces) {
    hash.update(piece)
    reader.push(piece)
  }
  return { sha256: hash.digest('hex'), ...reader.finish() }
}
