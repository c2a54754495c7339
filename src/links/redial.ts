/** A link that looks for its other side, and looks again when it has lost it. */
import type { ByteLink } from '../ports/byte-link.ts'
import { BackOff } from './back-off.ts'
import { type Connection, LinkEnd, type LinkOptions } from './link-end.ts'
import type { ConnectionEvents } from './stream-connection.ts'

export interface DialEvents extends ConnectionEvents {
  /** The other side is there: `write` and `read` may be called. */
  opened(): void
}

/** One attempt. Tells nothing before it has returned; ends with `ended`, opened or not, unless it is destroyed. */
export type Dial = (events: DialEvents) => Connection

/** A connection that lasted this long was a good one: the waits start anew. */
const SETTLED_MS = 1_000

/** Dials until somebody is there, and again after each loss, until it is closed. */
export function redial(name: string, dial: Dial, options: LinkOptions): ByteLink {
  const backOff = new BackOff(options)
  let next: NodeJS.Timeout | undefined
  let dialling: Connection | undefined
  const end = new LinkEnd(name, options, () => {
    clearTimeout(next)
    dialling?.destroy()
  })

  const attempt = () => {
    let openedAt: number | undefined
    const connection = dial({
      opened: () => {
        openedAt = performance.now()
        dialling = undefined
        end.came(connection)
      },
      octets: octets => end.octets(octets),
      ended: reason => {
        dialling = undefined
        if (openedAt !== undefined && performance.now() - openedAt >= SETTLED_MS) backOff.reset()
        next = setTimeout(attempt, backOff.nextMs())
        // Told last, because the listener may close the link.
        if (openedAt === undefined) options.onTrouble?.(reason)
        else end.went(reason)
      },
    })
    dialling = connection
  }
  attempt()
  return end
}
