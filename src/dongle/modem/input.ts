/** What a terminal has typed and the modem has not looked at yet: as much as it keeps while a command takes its time. */

/** Octets. Assumed. */
const ROOM = 2_048

export class Input {
  /** Octets that came while there was no room for them. */
  dropped = 0
  private octets: Uint8Array = new Uint8Array()
  private at = 0

  push(octets: Uint8Array): void {
    this.octets = Buffer.concat([this.octets.subarray(this.at), octets])
    this.at = 0
  }
  /** The next octet; undefined when there is none. */
  next(): number | undefined {
    return this.octets[this.at++]
  }
  /** Whatever is left waits, as far as there is room. */
  keep(): void {
    const left = this.octets.subarray(this.at)
    this.dropped += Math.max(0, left.length - ROOM)
    this.octets = left.slice(0, ROOM)
    this.at = 0
  }
  forget(): void {
    this.octets = new Uint8Array()
    this.at = 0
  }
}
