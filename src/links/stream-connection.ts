/** A connection over Node streams: a socket, a serial port, the pipes of a child process. */
import type { Readable, Writable } from 'node:stream'
import type { Connection } from './link-end.ts'

/** What a connection tells its owner, never from within a call of the owner's. */
export interface ConnectionEvents {
  octets(octets: Uint8Array): void
  /** Once, and last. */
  ended(reason: string): void
}

/** Octets come out of `source` and go into `sink`; for a socket they are the same. */
export interface Streams {
  source: Readable
  sink: Writable
  /** Sends what is pending, then lets go. */
  finish(): void
  /** Lets go at once; may be called twice. */
  destroy(): void
}

/** What was written before a close may take this long to leave. */
const LINGER_MS = 1_000

export class StreamConnection implements Connection {
  private readonly streams: Streams
  private readonly events: ConnectionEvents
  private over = false
  private reading = false

  constructor(streams: Streams, events: ConnectionEvents) {
    this.streams = streams
    this.events = events
    // Errors are listened to for good: one that comes after the end must not stop the process.
    for (const stream of new Set([streams.source, streams.sink])) {
      stream.on('error', error => this.gone(reasonOf(error)))
      stream.on('close', (error?: unknown) => this.gone(error ? reasonOf(error) : 'the other side has closed the line'))
    }
    streams.source.on('end', () => this.gone('the other side has closed the line'))
  }

  get pending(): number {
    return this.streams.sink.writableLength
  }
  write(octets: Uint8Array): void {
    const { sink } = this.streams
    // What is written in one turn leaves as one: each write is a call into the system, and wakes the other side.
    if (sink.writableCorked === 0) {
      sink.cork()
      process.nextTick(() => sink.uncork())
    }
    sink.write(Buffer.from(octets))
  }
  read(): void {
    if (this.reading || this.over) return
    this.reading = true
    this.streams.source.on('data', (octets: Buffer) => {
      if (!this.over) this.events.octets(octets)
    })
  }
  end(): void {
    if (this.over) return
    this.over = true
    const { streams } = this
    const forced = setTimeout(() => streams.destroy(), LINGER_MS)
    streams.source.once('close', () => clearTimeout(forced))
    // What still comes is thrown away: a socket closed with unread octets would take back those it has sent.
    streams.source.resume()
    streams.finish()
  }
  destroy(): void {
    this.over = true
    this.streams.destroy()
  }
  /** For who made the streams: they are of no more use. */
  gone(reason: string): void {
    if (this.over) return
    this.destroy()
    this.events.ended(reason)
  }
}

/** An error in words for people. A name with several addresses fails with an error that has no message of its own. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = Reflect.get(error, 'code')
  return error.message.split('\n')[0] || (typeof code === 'string' ? code : error.name)
}
