/** The alphabet of short messages: 7 bits a character, packed. @source 3GPP TS 23.038, 6.1.2.1 and 6.2.1 */

const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const EXTENSION = new Map([
  [0x0a, '\f'],
  [0x14, '^'],
  [0x28, '{'],
  [0x29, '}'],
  [0x2f, '\\'],
  [0x3c, '['],
  [0x3d, '~'],
  [0x3e, ']'],
  [0x40, '|'],
  [0x65, '€'],
])
const ESCAPE = 0x1b
const EXTENDED = new Map([...EXTENSION].map(([code, character]) => [character, code]))

/** Septets of a text; undefined when a character is not of this alphabet. */
export function toSeptets(text: string): number[] | undefined {
  const septets: number[] = []
  for (const character of text) {
    const code = BASIC.indexOf(character)
    const extended = EXTENDED.get(character)
    if (code >= 0 && code !== ESCAPE) septets.push(code)
    else if (extended !== undefined) septets.push(ESCAPE, extended)
    else return undefined
  }
  return septets
}

/** What is not of the extension table is shown by its place in the basic one. */
export function fromSeptets(septets: readonly number[]): string {
  let text = ''
  let escaped = false
  for (const code of septets) {
    const character = BASIC[code & 0x7f] ?? ' '
    if (escaped) text += EXTENSION.get(code) ?? character
    else if (code !== ESCAPE) text += character
    escaped = !escaped && code === ESCAPE
  }
  return text
}

export function packSeptets(septets: readonly number[]): Uint8Array {
  const octets = new Uint8Array(Math.ceil((septets.length * 7) / 8))
  for (const [index, septet] of septets.entries()) {
    const bit = index * 7
    const at = bit >> 3
    const shifted = septet << (bit & 7)
    octets[at] = (octets[at] ?? 0) | (shifted & 0xff)
    if (shifted > 0xff) octets[at + 1] = shifted >> 8
  }
  return octets
}

/** `count` septets, as many of them as there are. */
export function unpackSeptets(octets: Uint8Array, count: number): number[] {
  const most = Math.min(count, Math.floor((octets.length * 8) / 7))
  return Array.from({ length: most }, (_, index) => {
    const bit = index * 7
    const pair = (octets[bit >> 3] ?? 0) | ((octets[(bit >> 3) + 1] ?? 0) << 8)
    return (pair >> (bit & 7)) & 0x7f
  })
}
