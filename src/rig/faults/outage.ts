/** Something that can be out for several reasons at once: it is back when the last of them has passed. */
export class Outage {
  private readonly begins: () => void
  private readonly ends: () => void
  private reasons = 0

  constructor(options: { begins: () => void; ends: () => void }) {
    this.begins = options.begins
    this.ends = options.ends
  }

  /** It is out now. */
  get is(): boolean {
    return this.reasons > 0
  }

  /** One more reason. What is returned says that it has passed; a second time that does nothing. */
  add(): () => void {
    if (this.reasons++ === 0) this.begins()
    let passed = false
    return () => {
      if (passed) return
      passed = true
      if (--this.reasons === 0) this.ends()
    }
  }
}
