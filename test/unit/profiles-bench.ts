/** Files in memory for tests of the profiles room, over those of the package. */
import { FileError, type FileProblem } from '../../src/base/errors.ts'
import type { FileAccess } from '../../src/profiles/files.ts'
import { diskFiles, packageProfiles } from '../../src/profiles/read-text.ts'

/** Only the given files. */
export function memoryFiles(files: Readonly<Record<string, string>>): FileAccess {
  return {
    read: path => files[path],
    list: directory =>
      Object.keys(files)
        .filter(path => path.startsWith(`${directory}/`))
        .map(path => path.slice(directory.length + 1)),
  }
}

/** The given files; everything else from the disk. */
export function filesOver(files: Readonly<Record<string, string>>): FileAccess {
  const memory = memoryFiles(files)
  return {
    read: path => memory.read(path) ?? diskFiles.read(path),
    list: directory => [...memory.list(directory), ...diskFiles.list(directory)],
  }
}

/** What loading a rig needs, with the given files in front. */
export function rigDeps(files: Readonly<Record<string, string>> = {}) {
  return { ...filesOver(files), roots: [packageProfiles], groups: ['CB'] }
}

/** The problems an action is refused with; a test fails when it is not refused. */
export function problemsOf(action: () => unknown): readonly FileProblem[] {
  try {
    action()
  } catch (error) {
    if (error instanceof FileError) return error.problems
    throw error
  }
  throw new Error('expected a FileError, found none')
}

/** `line:column pointer code` of each problem. */
export function places(problems: readonly FileProblem[]): string[] {
  return problems.map(({ line, column, pointer, code }) => `${line}:${column} ${pointer || '/'} ${code}`)
}
