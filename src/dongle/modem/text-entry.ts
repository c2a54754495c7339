/** A text that a terminal types after `> `, until Ctrl-Z; ESC gives it up. @source 3GPP TS 27.005, 3.5.1 */

export const CTRL_Z = 0x1a
const ESCAPE = 0x1b
const ERASE = 0x08
/** A PDU in hex, and to spare. */
const LONGEST = 512

export class TextEntry {
  private text = ''
  private overlong = false
  private readonly onNewLine: () => void
  private readonly onEnd: (text: string | 'too long' | undefined) => void

  /** `onEnd`: with undefined when it was given up. */
  constructor(options: { onNewLine: () => void; onEnd: (text: string | 'too long' | undefined) => void }) {
    this.onNewLine = options.onNewLine
    this.onEnd = options.onEnd
  }

  take(octet: number): void {
    switch (octet) {
      case CTRL_Z:
        return this.onEnd(this.overlong ? 'too long' : this.text)
      case ESCAPE:
        return this.onEnd(undefined)
      case ERASE:
        this.text = this.text.slice(0, -1)
        return
      case 0x0d:
        this.onNewLine()
        return this.add('\n')
      case 0x0a:
        return
      default:
        return this.add(String.fromCharCode(octet))
    }
  }

  private add(character: string): void {
    if (this.text.length < LONGEST) this.text += character
    else this.overlong = true
  }
}
