/** The line between a stick in simulated time and a host that lives by the wall clock. */
import type { ByteLink, ByteLinkListener } from '../../ports/byte-link.ts'
import { lineInlet } from '../clocks/inlet.ts'
import type { RunClock, Timeline } from '../clocks/run-clock.ts'

export interface HostLineOptions {
  link: ByteLink
  clock: RunClock
  timeline: Timeline
  /** Names the line in the record of the run. */
  part: string
  /** It opened the line, or (with the reason) went. */
  onHost: (gone?: string) => void
}

export class HostLine implements ByteLink {
  private readonly options: HostLineOptions
  private listener: ByteLinkListener = { onOctets: () => {} }

  constructor(options: HostLineOptions) {
    this.options = options
    const { link } = options
    const inlet = lineInlet(options, event => {
      const { listener } = this
      if (event.on === 'octets') listener.onOctets(event.octets)
      else if (event.on === 'up') listener.onUp?.()
      else listener.onDown?.(event.reason)
    })
    link.listen({
      onOctets: octets => inlet?.({ on: 'octets', octets: octets.slice() }),
      onUp() {
        options.onHost()
        inlet?.({ on: 'up' })
      },
      onDown(reason) {
        options.onHost(reason)
        inlet?.({ on: 'down', reason })
      },
    })
  }

  get name(): string {
    return this.options.link.name
  }
  get up(): boolean {
    return this.options.link.up
  }
  listen(listener: ByteLinkListener): void {
    this.listener = listener
  }
  write(octets: Uint8Array): boolean {
    return this.options.link.write(octets)
  }
  close(): void {
    this.options.link.close()
  }
}
