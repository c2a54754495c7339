/** The scalars that files of this project share. Each error text is what was expected, as a noun phrase. */
import { z } from 'zod'
import { parseEui64 } from '../base/ids.ts'

/** Text of a given form; a YAML number in its place is told to be quoted. */
export function text(expected: string, form: RegExp) {
  return z.string({ error: expected }).regex(form, { error: expected })
}

/** Printable ASCII, `min`..`max` characters. */
export function printable(min: number, max: number) {
  return text(`${min} to ${max} printable ASCII characters`, new RegExp(`^[\\x20-\\x7e]{${min},${max}}$`))
}

/** A whole number within bounds. */
export function whole(min: number, max: number) {
  const error = `a whole number ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

/** A number within bounds. */
export function real(min: number, max: number) {
  const error = `a number ${min} to ${max}`
  return z.number({ error }).min(min, { error }).max(max, { error })
}

/** A name that may become part of a file name or a topic: lower-case words joined by `-`. */
export const slug = text('lower-case letters, digits and -, at most 64', /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/)

const EUI64_FORM = /^(?:[0-9a-fA-F]{16}|[0-9a-fA-F]{2}(?:-[0-9a-fA-F]{2}){7}|[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){7})$/

/** EUI-64 as 16 hex digits or 8 pairs joined by `-` or `:`; canonical form: 16 lower-case hex digits. */
export const eui64 = text('an EUI-64 (16 hex digits, or 8 pairs joined by - or :)', EUI64_FORM).transform(
  written => parseEui64(written) ?? written,
)

/** IPv4 address, four decimal numbers without leading zeros. */
export const ipv4 = z.string({ error: 'an IPv4 address' }).regex(z.regexes.ipv4, { error: 'an IPv4 address' })

/** Access point name. Part of MQTT topics, so none of their special characters. @source 3GPP TS 23.003 section 9.1, lower case */
export const apn = text(
  'an access point name (lower-case letters, digits, . and -)',
  /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/,
)

/** An exact count of decimal digits, as text. */
export function digits(min: number, max = min) {
  return text(min === max ? `${min} digits` : `${min} to ${max} digits`, new RegExp(`^[0-9]{${min},${max}}$`))
}

/** Where a value comes from: `assumed` (optionally with the reason), or words that end in a mark such as `S2 14.3 [seed]`. */
export const source = text(
  '`assumed`, or a source that ends in [seed], [public], [recall], [derived] or [measured]',
  /^(?:assumed(?:: .+)?|\S.* ?\[(?:seed|public|recall(?: [hml])?|derived|measured)\])$/,
)
