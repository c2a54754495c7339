/**
 * Group files that extend another: what a file states stands in the place of what is extended, a whole key at a time. Parameters are
 * changed by name, and steps and conditions by id, where they are written as a mapping; `false` leaves out what is extended. Inherited
 * steps bear the id of the Group that extends them. Data only: what comes of it is checked like any Group file.
 */
import { dirname, join } from 'node:path'
import { didYouMean, FileError, type FileProblem } from '../base/errors.ts'
import { type ReadText, readYamlFile, type UsedFile } from '../profiles/files.ts'
import { type LocatedYaml, problemAt } from '../profiles/located-yaml.ts'
import { toPointer, valueAt } from '../profiles/pointer.ts'
import { type Change, changeItems, type Items, type Place } from './group-changes.ts'

/** Where Group files are looked for. */
export interface GroupFiles {
  read: ReadText
  /** The folder of those of the package, and their names; none unless given. */
  packaged?: { folder: string; names: readonly string[] } | undefined
}

/** A Group as plain data, put together but not checked. */
export interface Layered {
  value: Readonly<Record<string, unknown>>
  /** Who states what is at a pointer of it, or would. */
  place: (pointer: string) => Place
  /** Files that it extends, the nearest first. */
  bases: readonly UsedFile[]
}

type Plain = Record<string, unknown>
type Report = (pointer: string, message: string, hint?: string) => void

const EXTENDS = /^[A-Za-z0-9][A-Za-z0-9._-]*\.yaml$/
/** Lists that hold steps. */
const STEP_LISTS = ['/recovery', '/closing/migrated', '/closing/retained']

/**
 * @param check what is extended must be good in itself
 * @throws FileError for a base that is not there, is no good or extends in a circle, and for changes of what is not there
 */
export function layered(
  yaml: LocatedYaml,
  files: GroupFiles,
  check: (base: Layered) => void,
  below: readonly string[] = [yaml.file],
): Layered {
  const own = isPlain(yaml.value) ? yaml.value : {}
  const named = own.extends
  const here = (pointer: string): Place => ({ yaml, pointer })
  if (named === undefined) return { value: own, place: here, bases: [] }
  const fail = (message: string, hint?: string) =>
    new FileError([problemAt(yaml, '/extends', { code: 'group.extends', message, hint })])
  if (typeof named !== 'string' || !EXTENDS.test(named)) {
    throw fail(`expected the name of a Group file such as cb.yaml, beside this one or of the package, found ${named}`)
  }
  const path = findBase(named, below[0] ?? '', files)
  if (path === undefined) {
    const names = files.packaged?.names ?? []
    const near = didYouMean(named, names)
    const hint = near === undefined ? `the package has ${names.join(', ')}` : `did you mean "${near}"?`
    throw fail(`expected a Group file beside this one or of the package, found none called "${named}"`, hint)
  }
  if (below.includes(path)) {
    throw fail(`expected a Group file that does not extend this one in turn, found ${[...below, path].join(' > ')}`)
  }
  const baseYaml = readYamlFile(path, files.read)
  const base = layered(baseYaml, files, check, [...below, path])
  check(base)
  const problems: FileProblem[] = []
  const merged = merge({ yaml, own }, base, (pointer, message, hint) =>
    problems.push(problemAt(yaml, pointer, { code: 'group.extends', message, hint, part: 'key' })),
  )
  if (problems.length > 0) throw new FileError(problems)
  return { ...merged, bases: [{ path, text: baseYaml.text }, ...base.bases] }
}

/** Beside the file that was named first, so that copies in one folder do as well as the originals; else of the package. */
function findBase(name: string, first: string, { read, packaged }: GroupFiles): string | undefined {
  const places = [dirname(first), ...(packaged ? [packaged.folder] : [])]
  return places.map(folder => join(folder, name)).find(path => read(path) !== undefined)
}

function merge(
  { yaml, own }: { yaml: LocatedYaml; own: Plain },
  base: Layered,
  report: Report,
): Omit<Layered, 'bases'> {
  const value = withId(base.value, own.id)
  const marks = new Map<string, Place>()
  const mark = (pointer: string, at = pointer) => marks.set(pointer, { yaml, pointer: at })
  for (const [key, stated] of Object.entries(own)) {
    const pointer = toPointer([key])
    if (key === 'extends' || key === 'steps') continue
    if (stated === false) {
      if (value[key] === undefined)
        report(pointer, `expected something to leave out, found no ${key} in what is extended`)
      delete value[key]
    } else if (key === 'parameters' && isPlain(stated) && isPlain(value[key])) {
      value[key] = { ...value[key], ...stated }
      for (const name of Object.keys(stated)) mark(toPointer([key, name]))
    } else if (key !== 'conditions' || !isPlain(stated)) {
      value[key] = structuredClone(stated)
      mark(pointer)
    }
  }
  const change = (key: 'steps' | 'conditions', pointers: readonly string[]) => {
    const changes = own[key]
    if (changes === undefined || (key === 'conditions' && !isPlain(changes))) return
    if (!isPlain(changes)) return report(`/${key}`, 'expected a mapping: what differs, by the id of a step')
    const lists = pointers.map(pointer => itemsAt(value, pointer, at => placeIn(marks, base, at)))
    changeItems({ lists, changes: changesIn(yaml, key, changes), what: key === 'steps' ? 'step' : 'condition', report })
    for (const { pointer, items } of lists) {
      setAt(
        value,
        pointer,
        items.map(({ item }) => item),
      )
      for (const [index, { at, stated }] of items.entries()) {
        marks.set(`${pointer}/${index}`, at)
        for (const [field, place] of stated) marks.set(`${pointer}/${index}/${field}`, place)
      }
    }
  }
  change('steps', stepLists(value))
  change('conditions', ['/conditions'])
  return { value, place: pointer => placeIn(marks, base, pointer) }
}

/** What is extended, as the Group `id` has it. */
function withId(base: Readonly<Plain>, id: unknown): Plain {
  const value = structuredClone(base) as Plain
  if (typeof id !== 'string') return value
  const before = `${value.id}-`
  for (const pointer of stepLists(value)) {
    const steps = (valueAt(value, pointer) as Plain[]).map(step =>
      typeof step.id === 'string' && step.id.startsWith(before)
        ? { ...step, id: `${id}-${step.id.slice(before.length)}` }
        : step,
    )
    setAt(value, pointer, steps)
  }
  return value
}

function stepLists(value: Plain): string[] {
  const phases = Array.isArray(value.phases) ? value.phases.map((_, index) => `/phases/${index}/steps`) : []
  return [...phases, ...STEP_LISTS].filter(pointer => isPlainList(valueAt(value, pointer)))
}

function itemsAt(value: Plain, pointer: string, place: (pointer: string) => Place): Items {
  const items = (valueAt(value, pointer) as Plain[]).map((item, index) => {
    return { item, at: place(`${pointer}/${index}`), stated: new Map<string, Place>() }
  })
  return { pointer, items }
}

const changesIn = (yaml: LocatedYaml, key: string, changes: Plain): Change[] =>
  Object.entries(changes).map(([id, change]) => ({ id, change, place: { yaml, pointer: toPointer([key, id]) } }))

/** The nearest mark around a pointer says whose file it is. */
function placeIn(marks: ReadonlyMap<string, Place>, base: Layered, pointer: string): Place {
  for (let around = pointer; around !== ''; around = around.slice(0, around.lastIndexOf('/'))) {
    const mark = marks.get(around)
    if (mark) return { yaml: mark.yaml, pointer: mark.pointer + pointer.slice(around.length) }
  }
  return base.place(pointer)
}

const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value)
const isPlainList = (value: unknown): value is Plain[] => Array.isArray(value) && value.every(isPlain)

function setAt(value: Plain, pointer: string, list: unknown): void {
  const cut = pointer.lastIndexOf('/')
  const holder = valueAt(value, pointer.slice(0, cut)) as Plain
  holder[pointer.slice(cut + 1)] = list
}
