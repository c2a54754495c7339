/**
 * The routers in earshot and what the link to each costs, both ways: how well it is heard here, and how well it says that it
 * hears this node.
 * @source ZigBee PRO, 3.6.1.5 neighbour tables, 3.6.3.4 link status, 3.6.3.1 routing cost
 */
import type { NwkCommand } from '../frames/nwk-commands.ts'

export interface Neighbour {
  readonly address: number
  /** As heard here, 0..255, smoothed. */
  lqi: number
  /** Cost of the way from it, 1..7. */
  incoming: number
  /** Cost of the way to it, as it says; 0: it does not hear this node; undefined: it has not said yet. */
  outgoing: number | undefined
  /** Link statuses it has missed. */
  missed: number
}

type LinkStatus = Extract<NwkCommand, { name: 'LinkStatus' }>

/** What a link costs at most. */
export const WORST_COST = 7
/** @source ZigBee PRO, 3.5.2: nwkRouterAgeLimit 3 */
const AGE_LIMIT = 3
/** A house has a handful; assumed. */
const ENTRIES = 64
/** Lowest link quality for costs 1, 2 and so on; below them 7. @source assumed: full marks until 28 dB above the sensitivity */
const QUALITIES = [100, 75, 55, 40, 28, 14]

/** What a link costs that is heard so well: 1 (good) to 7. */
export function linkCost(lqi: number): number {
  const at = QUALITIES.findIndex(quality => lqi >= quality)
  return at < 0 ? WORST_COST : at + 1
}

export class Neighbours {
  private readonly byAddress = new Map<number, Neighbour>()
  private readonly onGone: (address: number) => void

  /** `onGone`: a neighbour fell silent, or does not hear this node any more. */
  constructor(onGone: (address: number) => void = () => {}) {
    this.onGone = onGone
  }

  /** A frame of a router came, one hop. */
  heard(address: number, lqi: number): void {
    const known = this.byAddress.get(address)
    if (known) {
      if (known.lqi === lqi) return
      known.lqi = (3 * known.lqi + lqi) / 4
      known.incoming = linkCost(known.lqi)
      return
    }
    if (this.byAddress.size >= ENTRIES) this.makeRoom()
    this.byAddress.set(address, { address, lqi, incoming: linkCost(lqi), outgoing: undefined, missed: 0 })
  }

  /** A neighbour says whom it hears how well. A list of several frames is ascending: what lies outside this one is said in another. */
  told(address: number, { links, firstFrame, lastFrame }: LinkStatus, own: number): void {
    const neighbour = this.byAddress.get(address)
    if (!neighbour) return
    neighbour.missed = 0
    const mine = links.find(link => link.address === own)
    const isCovered =
      (firstFrame || own >= (links[0]?.address ?? own)) && (lastFrame || own <= (links.at(-1)?.address ?? own))
    if (!mine && !isCovered) return
    const before = neighbour.outgoing
    neighbour.outgoing = mine?.cost.incoming ?? 0
    if (neighbour.outgoing === 0 && before !== 0) this.onGone(address)
  }

  /** Another link status is due: who missed too many is no neighbour any more. */
  age(): void {
    for (const neighbour of this.byAddress.values()) {
      if (++neighbour.missed > AGE_LIMIT) this.forget(neighbour.address)
    }
  }

  /** Cost of the link, that of its worse direction; undefined: it is none, or leads one way only. */
  cost(address: number): number | undefined {
    const known = this.byAddress.get(address)
    if (!known || known.outgoing === 0) return undefined
    return Math.max(known.incoming, known.outgoing ?? 0)
  }

  /** A hop did not acknowledge, or the node left. */
  forget(address: number): void {
    if (this.byAddress.delete(address)) this.onGone(address)
  }
  list(): Neighbour[] {
    return [...this.byAddress.values()]
  }
  clear(): void {
    this.byAddress.clear()
  }

  private makeRoom(): void {
    const worth = ({ missed, address }: Neighbour) => missed * 8 + (this.cost(address) ?? 8)
    const [worst] = this.list().sort((a, b) => worth(b) - worth(a))
    if (worst) this.forget(worst.address)
  }
}
