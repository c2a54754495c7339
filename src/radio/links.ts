/** Who hears whom, how well: a table per pair of radios and per direction. */
import { InvariantError } from '../base/errors.ts'

/** How one radio hears another. */
export interface Link {
  /** Signal strength at the receiver, -150..20 dBm; below SENSITIVITY_DBM it is out of range. */
  rssiDbm: number
  /** Link quality, 0..255; follows from the signal strength when absent. */
  lqi?: number
  /** Share of frames that are lost, 0..1; 0 when absent. */
  loss?: number
}

/** The weakest signal a receiver makes out. @source assumed: what common 2.4 GHz chips state */
export const SENSITIVITY_DBM = -100
/** Energy at or above this is a busy channel. @source IEEE 802.15.4-2006, 6.5.3.3 and 6.9.9: at most 10 dB above -85 dBm */
export const CCA_THRESHOLD_DBM = -75
/** What a receiver measures where nobody sends. @source assumed */
export const NOISE_FLOOR_DBM = -105
/** What a pair has that the table does not name. @source assumed: two rooms apart */
export const DEFAULT_LINK: Link = { rssiDbm: -60 }
/** Neither hears the other, nor is disturbed by it. */
export const OUT_OF_RANGE: Link = { rssiDbm: -150 }

export class Links {
  private readonly table = new Map<string, Map<string, Link>>()
  private fallback: Link = DEFAULT_LINK
  private changes = 0

  /** Another number after each change. */
  get revision(): number {
    return this.changes
  }
  /** How `to` hears `from`. @throws InvariantError for a value out of range */
  set({ from, to }: { from: string; to: string }, link: Link): void {
    checkLink(`link ${from} > ${to}`, link)
    const row = this.table.get(from) ?? new Map<string, Link>()
    row.set(to, { ...link })
    this.changes++
    this.table.set(from, row)
  }
  /** The same in both directions. @throws InvariantError for a value out of range */
  setBoth(one: string, other: string, link: Link): void {
    this.set({ from: one, to: other }, link)
    this.set({ from: other, to: one }, link)
  }
  /** What unnamed pairs have. @throws InvariantError for a value out of range */
  setDefault(link: Link): void {
    checkLink('default link', link)
    this.fallback = { ...link }
    this.changes++
  }
  /** How `to` hears `from`. */
  between(from: string, to: string): Readonly<Link> {
    return this.table.get(from)?.get(to) ?? this.fallback
  }
}

/** Link quality as a chip would derive it. @source assumed: linear from the sensitivity to 255 at -30 dBm */
export const lqiOf = ({ lqi, rssiDbm }: Link): number =>
  lqi ?? Math.max(0, Math.min(255, Math.round(((rssiDbm - SENSITIVITY_DBM) * 255) / 70)))

function checkLink(where: string, { rssiDbm, lqi = 0, loss = 0 }: Link): void {
  const refuse = (name: string, found: number, expected: string) =>
    new InvariantError(`${where}: ${name} is ${found}, ${expected} expected`)
  if (!(rssiDbm >= -150 && rssiDbm <= 20)) throw refuse('rssiDbm', rssiDbm, '-150..20 dBm')
  if (!(Number.isInteger(lqi) && lqi >= 0 && lqi <= 255)) throw refuse('lqi', lqi, 'a whole number 0..255')
  if (!(loss >= 0 && loss <= 1)) throw refuse('loss', loss, 'a share 0..1')
}
