/** How far the devices of a home have come, by what their HAN tells. */
import type { Eui64 } from '../base/ids.ts'
import type { TraceRecord } from '../ports/trace.ts'
import type { HanMemory } from './home-network.ts'

export class JoiningProgress {
  /** Those that were let onto the network. */
  readonly joined = new Set<Eui64>()
  /** Those that have established a link key with the hub. */
  readonly keyed = new Set<Eui64>()

  /** Link keys are there from before. */
  constructor(han: HanMemory | undefined) {
    const known = han?.kind === 'radio' ? Object.values(han.nodes) : []
    const hub = known.find(({ centre }) => centre !== undefined)
    for (const { peer, state } of hub?.linkKeys.keys ?? []) if (peer && state === 'verified') this.keyed.add(peer)
  }

  /** What is traced of the home. */
  see({ event }: TraceRecord): void {
    if (event.kind === 'han.joined') this.joined.add(event.device)
    else if (event.kind === 'han.link-key') this.keyed.add(event.partner)
  }
}
