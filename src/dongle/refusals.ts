/** What dongles keep, for people, of the commands they refused. */

/** How many of them. */
const KEPT = 32

/** Writes one behind the latest refusals; what is older than the latest few is forgotten. */
export function noteRefusal(latest: string[], words: string): void {
  if (latest.length === KEPT) latest.shift()
  latest.push(words)
}
