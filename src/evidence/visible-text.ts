/** Text from devices and files, made fit for a terminal or an XML file: what cannot be shown is replaced, never dropped. */

const UNPRINTABLE = /\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu
const REPLACEMENT = '\ufffd'

/**
 * Replaces what XML 1.0 forbids and what a terminal would obey: C0 controls and DEL become their control pictures (`␀`,
 * `␛`, `␡`), C1 controls, lone surrogates and non-characters become U+FFFD. Tabs and line feeds stay.
 * @source XML 1.0 (fifth edition), production [2] Char
 */
export function visibleText(text: string): string {
  return text.replace(UNPRINTABLE, character => {
    if (character === '\t' || character === '\n') return character
    return picture(character)
  })
}

/** As `visibleText`, on one line: tabs and line feeds become `␉` and `␊`. */
export const visibleLine = (text: string): string => text.replace(UNPRINTABLE, picture)

function picture(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '\u2421' : REPLACEMENT
}
