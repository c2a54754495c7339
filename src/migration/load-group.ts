/** Group files to checked Groups, with all that they extend. */
import { FileError, type FileProblem } from '../base/errors.ts'
import { explainIssues } from '../profiles/explain-issues.ts'
import type { UsedFile } from '../profiles/files.ts'
import { inFileOrder, problemAt, readYaml, writtenAt } from '../profiles/located-yaml.ts'
import { type Group, groupSchema } from './group.ts'
import { type GroupFiles, type Layered, layered } from './group-layers.ts'
import { groupProblems } from './group-rules.ts'

/** Problems told of one Group; what lies beyond shows once these are mended. */
const MOST_PROBLEMS = 100

export interface ResolvedGroup {
  group: Group
  /** Files that it extends, the nearest first. */
  bases: readonly UsedFile[]
}

/** @throws FileError with every problem, each in the file that states what is wrong */
export function resolveGroup(file: string, text: string, files: GroupFiles): ResolvedGroup {
  const whole = layered(readYaml(file, text), files, checked)
  return { group: checked(whole), bases: whole.bases }
}

/** A Group that extends none. @throws FileError with every problem */
export const loadGroup = (file: string, text: string): Group =>
  resolveGroup(file, text, { read: () => undefined }).group

function checked({ value, place }: Layered): Group {
  const at = (pointer: string, detail: Parameters<typeof problemAt>[2]): FileProblem => {
    const { yaml, pointer: own } = place(pointer)
    return problemAt(yaml, own, detail)
  }
  const written = (pointer: string) => {
    const { yaml, pointer: own } = place(pointer)
    return writtenAt(yaml, own)
  }
  const result = explainIssues(groupSchema, value, written)
  const problems = result.ok
    ? groupProblems(result.value, at)
    : result.findings.map(({ pointer, ...finding }) => at(pointer, finding))
  if (!result.ok || problems.length > 0) throw new FileError(inFileOrder(problems).slice(0, MOST_PROBLEMS))
  return result.value
}
