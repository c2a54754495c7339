/**
 * Does not see what a peer asks too soon after the last it saw of it: no answer, nothing done. What its radio has acknowledged is
 * lost between radio and meter.
 * @source assumed: no public document names a model
 */
import type { Eui64, Micros } from '../../base/ids.ts'
import { milliseconds } from '../../base/time.ts'
import type { Clock } from '../../ports/time.ts'
import type { QuirkOf } from '../../profiles/quirk-facts.ts'
import type { NodeQuirk } from '../../zcl/node-quirk.ts'

/** Peers remembered: more than a home has. */
const PEERS = 32

export function dropsSecondRequest(
  { withinMs }: QuirkOf<'dropsSecondRequest'>,
  clock: Pick<Clock, 'nowUs'>,
): NodeQuirk {
  const seen = new Map<Eui64, Micros>()
  return {
    asked({ from: { device } }) {
      const nowUs = clock.nowUs()
      const lastUs = seen.get(device)
      if (lastUs !== undefined && nowUs - lastUs < milliseconds(withinMs)) return 'dropped'
      seen.delete(device)
      seen.set(device, nowUs)
      const [oldest] = seen.keys()
      if (seen.size > PEERS && oldest !== undefined) seen.delete(oldest)
      return undefined
    },
  }
}
