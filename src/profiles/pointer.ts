/** JSON pointers. @source RFC 6901 */

/** Steps to a pointer: `['devices', 2]` to `/devices/2`. */
export function toPointer(steps: readonly PropertyKey[]): string {
  return steps.map(step => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** A pointer to steps: `/devices/2` to `['devices', '2']`; '' is the whole document. */
export function parsePointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What stands at a pointer of plain data; undefined when nothing does. */
export function valueAt(value: unknown, pointer: string): unknown {
  let here = value
  for (const step of parsePointer(pointer)) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = Reflect.get(here, step)
  }
  return here
}
