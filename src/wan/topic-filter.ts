/** MQTT topics and filters: what is well-formed, what a filter matches, which filter is within another. */

/** Octets a topic or filter may have. @source MQTT 3.1.1, 1.5.3 */
const MAX_OCTETS = 65_535

/** Whether `text` may be published to: no wildcards. @source MQTT 3.1.1, 4.7 */
export function isTopic(text: string): boolean {
  return isName(text) && !/[#+]/.test(text)
}

/** Whether `text` may be subscribed to: `+` fills a level, `#` only as the last. @source MQTT 3.1.1, 4.7.1 */
export function isFilter(text: string): boolean {
  return isName(text) && text.split('/').every((level, i, all) => isFilterLevel(level, i === all.length - 1))
}

/** Whether `filter` matches `topic`. A leading wildcard does not match topics that begin with `$`. @source MQTT 3.1.1, 4.7 */
export function matches(filter: string, topic: string): boolean {
  return isTopic(topic) && within(filter, topic)
}

/** Whether everything `inner` matches is matched by `outer` too: `wan/+/+/up` is within `wan/#`, not the other way. */
export function within(outer: string, inner: string): boolean {
  if (inner.startsWith('$') && /^[#+]/.test(outer)) return false
  const allowed = outer.split('/')
  const asked = inner.split('/')
  for (const [i, level] of allowed.entries()) {
    // `a/#` matches `a` itself as well.
    if (level === '#') return i <= asked.length
    const found = asked[i]
    if (found === undefined || found === '#') return false
    if (level !== '+' && level !== found) return false
  }
  return asked.length === allowed.length
}

function isName(text: string): boolean {
  return text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= MAX_OCTETS
}

function isFilterLevel(level: string, last: boolean): boolean {
  return level === '+' || (last && level === '#') || !/[#+]/.test(level)
}
