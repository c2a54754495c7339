/** Our end of a line, whatever carries it: who listens, what is told when, how much may wait to be sent. */
import type { ByteLink, ByteLinkListener } from '../ports/byte-link.ts'

/** Carries octets once: it is made, used and ended; then another is made. */
export interface Connection {
  /** Octets taken by `write` that the machine does not have yet. */
  readonly pending: number
  /** Copies the octets. Only after it was opened. */
  write(octets: Uint8Array): void
  /** Octets may come from now on; before, the other side is held back. */
  read(): void
  /** Sends what is pending, for a short while at most, then is gone. Nothing is told any more. */
  end(): void
  /** Is gone at once, or has never been there. Nothing is told any more. */
  destroy(): void
}

/** What every kind of link can be told. */
export interface LinkOptions {
  /** Most octets that may wait to be sent; 64 KiB when absent. */
  roomOctets?: number
  /** Waits between two attempts, milliseconds; each link has its own usual. */
  backOff?: { firstMs: number; mostMs: number }
  /** Uniform in [0, 1), for jitter. */
  random?: () => number
  /** A second peer at a listener is turned away without a word: it speaks a protocol, and would choke on one. */
  quiet?: boolean
  /** An attempt failed, a second peer was turned away: for people. The link goes on. */
  onTrouble?: (reason: string) => void
}

const ROOM_OCTETS = 64 * 1024

export class LinkEnd implements ByteLink {
  readonly name: string
  private readonly room: number
  private readonly onClose: () => void
  private connection: Connection | undefined
  private listener: ByteLinkListener | undefined
  private toldUp = false
  private closed = false

  /** `onClose`: the owner of the end stops looking for connections. */
  constructor(name: string, { roomOctets = ROOM_OCTETS }: LinkOptions, onClose: () => void) {
    this.name = name
    this.room = roomOctets
    this.onClose = onClose
  }

  get up(): boolean {
    return this.connection !== undefined
  }
  listen(listener: ByteLinkListener): void {
    if (this.closed) return
    this.listener = listener
    this.toldUp = false
    queueMicrotask(() => this.tellUp())
  }
  write(octets: Uint8Array): boolean {
    const { connection } = this
    if (!connection || connection.pending + octets.length > this.room) return false
    if (octets.length > 0) connection.write(octets)
    return true
  }
  close(): void {
    if (this.closed) return
    this.closed = true
    const { connection } = this
    this.connection = undefined
    this.listener = undefined
    connection?.end()
    this.onClose()
  }

  /** For the owner: the other side is there. */
  came(connection: Connection): void {
    if (this.closed) return connection.destroy()
    this.connection = connection
    this.tellUp()
  }
  /** For the owner: octets of the present connection. */
  octets(octets: Uint8Array): void {
    this.listener?.onOctets(octets)
  }
  /** For the owner: the present connection is gone. */
  went(reason: string): void {
    this.connection = undefined
    // Who never heard that it came need not hear that it went.
    if (!this.toldUp) return
    this.toldUp = false
    this.listener?.onDown?.(reason)
  }

  private tellUp(): void {
    const { connection, listener } = this
    if (!connection || !listener || this.toldUp) return
    this.toldUp = true
    listener.onUp?.()
    // The listener may have closed the link in between.
    if (this.connection === connection) connection.read()
  }
}
