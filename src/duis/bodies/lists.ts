/** Lists in bodies. */
import { Fields, refuse } from '../fields.ts'
import type { XmlElement } from '../xml-reader.ts'

/** What is in an element of that name, one after the other. */
export function listIn<T>(fields: Fields, list: string, item: string, most: number, read: (item: Fields) => T): T[] {
  return fields.inside(list, inside => inside.all(item, most).map(one => Fields.read(one, read)))
}

/** By their index, which counts from 1 without a gap. */
export function inOrder(all: readonly XmlElement[]): XmlElement[] {
  const sorted = all.toSorted((a, b) => Number(a.attributes.get('index')) - Number(b.attributes.get('index')))
  for (const [at, one] of sorted.entries()) {
    const index = one.attributes.get('index')
    if (index !== `${at + 1}`) refuse(one, `index ${at + 1}`, index ?? 'none')
  }
  return sorted
}
