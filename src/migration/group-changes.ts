/** What a Group file says of steps or conditions that it extends: other fields, none, or one more beside another. */
import { didYouMean } from '../base/errors.ts'
import type { LocatedYaml } from '../profiles/located-yaml.ts'

/** A node of the file that states it. */
export interface Place {
  yaml: LocatedYaml
  pointer: string
}

/** One that is extended: who states it, and who states fields of it otherwise. */
export interface Item {
  item: Readonly<Record<string, unknown>>
  at: Place
  stated: Map<string, Place>
}

export interface Items {
  pointer: string
  items: Item[]
}

/** What is stated of an id. */
export interface Change {
  id: string
  change: unknown
  place: Place
}

export interface ChangesOptions {
  /** Are changed. */
  lists: readonly Items[]
  changes: readonly Change[]
  what: 'step' | 'condition'
  report: (pointer: string, message: string, hint?: string) => void
}

/** Fields that say where one more stands. */
const BESIDE = ['before', 'after'] as const

export function changeItems({ lists, changes, what, report }: ChangesOptions): void {
  const find = (id: unknown) => {
    const list = lists.find(({ items }) => items.some(({ item }) => item.id === id))
    return list && { list, index: list.items.findIndex(({ item }) => item.id === id) }
  }
  const near = (id: unknown): string | undefined => {
    const known = lists.flatMap(({ items }) => items.map(({ item }) => String(item.id)))
    const found = didYouMean(String(id), known)
    return found && `did you mean "${found}"?`
  }
  for (const { id, change, place } of changes) {
    const { pointer } = place
    const found = find(id)
    if (change === false) {
      if (found) found.list.items.splice(found.index, 1)
      else report(pointer, `expected a ${what} to leave out, found no "${id}" in what is extended`, near(id))
      continue
    }
    if (typeof change !== 'object' || change === null || Array.isArray(change)) {
      report(pointer, 'expected false, or a mapping of what differs')
      continue
    }
    const fields = { ...change } as Record<string, unknown>
    const [side, other] = BESIDE.filter(word => word in fields)
    const stated = new Map(Object.keys(fields).map(field => [field, { ...place, pointer: `${pointer}/${field}` }]))
    if (!side) {
      if (found) alter(found.list.items, found.index, { id, fields, place, stated })
      else {
        const hint = near(id) ?? `one more says before or after which ${what} it stands`
        report(pointer, `expected a ${what} to change, found no "${id}" in what is extended`, hint)
      }
      continue
    }
    const beside = find(fields[side])
    const anchor = fields[side]
    for (const word of BESIDE) {
      delete fields[word]
      stated.delete(word)
    }
    if (other) report(pointer, 'expected before or after, found both')
    else if (found) report(pointer, `expected an id of its own for one more ${what}, found "${id}", which is extended`)
    else if (!beside) report(`${pointer}/${side}`, `expected the id of a ${what}, found "${anchor}"`, near(anchor))
    else {
      const at = beside.index + (side === 'after' ? 1 : 0)
      beside.list.items.splice(at, 0, { item: { id, ...fields }, at: place, stated })
    }
  }
}

/** Another action is another step: nothing of what it was stays. */
function alter(
  items: Item[],
  index: number,
  {
    id,
    fields,
    place,
    stated,
  }: { id: string; fields: Record<string, unknown>; place: Place; stated: Map<string, Place> },
): void {
  const before = items[index]
  if (!before) return
  const isOther = 'action' in fields && fields.action !== before.item.action
  items[index] = isOther
    ? { item: { id, ...fields }, at: place, stated }
    : { item: { ...before.item, ...fields, id }, at: before.at, stated: new Map([...before.stated, ...stated]) }
}
