/** How this room reaches files: handed in, so that text may come from a disk, a test or a request. */
import { FileError, type FileProblem } from '../base/errors.ts'
import { type LocatedYaml, readYaml } from './located-yaml.ts'

/** The text at a path; undefined when there is no such file. */
export type ReadText = (path: string) => string | undefined

/** Files below a folder, as paths relative to it with `/`; empty when there is no such folder. */
export type ListFiles = (directory: string) => readonly string[]

export interface FileAccess {
  read: ReadText
  list: ListFiles
}

/** A file that took part, for hashes in a run's manifest. */
export interface UsedFile {
  readonly path: string
  readonly text: string
}

/** A value, or every problem that stands in its way. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; problems: FileProblem[] }

/** Runs what throws `FileError` as an outcome; other errors pass through. */
export function attempt<T>(action: () => T): Outcome<T> {
  try {
    return { ok: true, value: action() }
  } catch (error) {
    if (error instanceof FileError) return { ok: false, problems: [...error.problems] }
    throw error
  }
}

/** Reads and parses a file that must exist. @throws FileError */
export function readYamlFile(file: string, read: ReadText): LocatedYaml {
  const text = read(file)
  if (text !== undefined) return readYaml(file, text)
  const message = 'expected a file that can be read, found none'
  throw new FileError([{ code: 'file.missing', file, line: 1, column: 1, pointer: '', message }])
}
