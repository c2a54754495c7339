/**
 * A line that carries octets both ways, in order and without frames: memory, TCP, a pseudo terminal, a serial device. A line can
 * go down and come up again; what was written while it was down is lost, and its owner is told.
 */

export interface ByteLinkListener {
  /** Octets as they came, cut anywhere. Must not be kept; copy them. */
  onOctets(octets: Uint8Array): void
  /** The other side is there. */
  onUp?(): void
  /** The other side is gone; `reason` is for people. It may come again. */
  onDown?(reason: string): void
}

export interface ByteLink {
  /** For people: `tcp://127.0.0.1:6638`, `/dev/serial/by-id/…`, `memory`. */
  readonly name: string
  readonly up: boolean
  /** One listener; a second replaces the first. Told at once, later, when the line is up already. */
  listen(listener: ByteLinkListener): void
  /** Sends octets, which are copied. False when they are not sent: the line is down, or holds as much as it can. */
  write(octets: Uint8Array): boolean
  /** For good. The listener hears nothing more. */
  close(): void
}
