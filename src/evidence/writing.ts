/** What is said when the file system refuses. */
import { UsageError } from '../base/errors.ts'

/** Does `work` on a path. @throws UsageError that names the path and says what to do, when the file system refuses */
export function guarded<T>(path: string, work: (path: string) => T): T {
  try {
    return work(path)
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

const REFUSALS: Record<string, string> = {
  ENOSPC: 'no space left on the device; free some, or choose another directory',
  EDQUOT: 'the disk quota is used up; free some space, or choose another directory',
  EACCES: 'permission denied; choose a directory you may write to',
  EPERM: 'not permitted; choose a directory you may write to',
  EROFS: 'the file system is read-only; choose another directory',
  EEXIST: 'there is a file of that name; choose another directory',
  ENOTDIR: 'part of this path is a file; choose another directory',
}

/** The error to throw for one of the file system. */
export function cannotWrite(path: string, error: unknown): UsageError {
  const code = codeOf(error)
  const why = REFUSALS[code] ?? (error instanceof Error ? error.message : String(error))
  return new UsageError(`cannot write ${path}: ${why}${code ? ` [${code}]` : ''}`, { cause: error })
}

/** `ENOENT` and the like; empty when there is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
