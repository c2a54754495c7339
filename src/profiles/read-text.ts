/** Files of this machine for the profiles room, and where the package keeps its own profiles. */
import { readdirSync, readFileSync } from 'node:fs'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FileAccess } from './files.ts'

/** Reads from the disk. What is absent, a folder or not ours to read gives undefined or nothing; other faults throw. */
export const diskFiles: FileAccess = {
  read: path => unlessAbsent(() => readFileSync(path, 'utf8')),
  list: directory => {
    const names = unlessAbsent(() => readdirSync(directory, { recursive: true, withFileTypes: true })) ?? []
    return names
      .filter(entry => entry.isFile())
      .map(entry => `${entry.parentPath}${sep}${entry.name}`.slice(directory.replace(/[/\\]+$/, '').length + 1))
      .map(path => path.replaceAll(sep, '/'))
      .toSorted()
  },
}

/** The folder of firmware-profiles that comes with the package. */
export const packageProfiles = fileURLToPath(new URL('../../firmware-profiles', import.meta.url))

const UNREADABLE: readonly string[] = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'ENAMETOOLONG']

/** What the file system gives; undefined where it says that there is nothing for us. */
export function unlessAbsent<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (typeof code === 'string' && UNREADABLE.includes(code)) return undefined
    throw error
  }
}
