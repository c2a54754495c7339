/** Sub-fields of a control field: which bits, and what their codes mean. */

/** Some neighbouring bits of a control field. */
export interface Part<T> {
  /** Lowest bit, 0 is the least significant. */
  lowest: number
  /** Number of bits. */
  width: number
  /** The meaning of a code; undefined when it has none. */
  decode(code: number): T | undefined
  /** The code of a value; undefined when it has none. */
  encode(value: unknown): number | undefined
  /** What is expected, for errors. */
  expected: string
}

/** A number. */
export function bits(lowest: number, width: number): Part<number> {
  const highest = 2 ** width - 1
  return {
    lowest,
    width,
    decode: code => code,
    encode: value =>
      typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= highest ? value : undefined,
    expected: `a whole number 0..${highest}`,
  }
}

/** One bit. */
export const flag = (bit: number): Part<boolean> => ({
  lowest: bit,
  width: 1,
  decode: code => code === 1,
  encode: value => (typeof value === 'boolean' ? Number(value) : undefined),
  expected: 'true or false',
})

/** Names for codes; the codes without a name are refused. */
export function choice<const C extends Readonly<Record<string, number>>>(
  lowest: number,
  width: number,
  codes: C,
): Part<keyof C & string> {
  const names = new Map(Object.entries(codes).map(([name, code]) => [code, name]))
  const byName = new Map(Object.entries(codes))
  return {
    lowest,
    width,
    decode: code => names.get(code),
    encode: value => (typeof value === 'string' ? byName.get(value) : undefined),
    expected: [...names].map(([code, name]) => `${code} (${name})`).join(' or '),
  }
}
