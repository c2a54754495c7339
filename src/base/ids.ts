/** Identities used on the HAN and in the installation data. */

/** EUI-64 as 16 lower-case hex digits, most significant octet first, e.g. `00db1234567890a1`. */
export type Eui64 = string

/** Virtual or wall time in integer microseconds since the start of a run. */
export type Micros = number

const EUI64_DIGITS = /^[0-9a-f]{16}$/

/**
 * Reads an EUI-64 written as 16 hex digits or as 8 pairs joined by `-` or `:`.
 * Returns undefined when the text is neither.
 * @source DUIS schema v5.4 (8 hex pairs joined by `-`)
 */
export function parseEui64(text: string): Eui64 | undefined {
  const joined = /^([0-9a-f]{2}([-:][0-9a-f]{2}){7})$/i.test(text) ? text.replace(/[-:]/g, '') : text
  const lower = joined.toLowerCase()
  return EUI64_DIGITS.test(lower) ? lower : undefined
}

/** Writes an EUI-64 the way DUIS files do: `00-DB-12-34-56-78-90-A1`. */
export function formatEui64(eui64: Eui64): string {
  return (eui64.match(/../g) ?? []).join('-').toUpperCase()
}
