/**
 * Takes so many orders of one kind from a peer in a time and refuses more with FAILURE until the oldest has passed. An order is a
 * write, or a cluster command but one that asks (`Get…`). A power cut forgets the count.
 * @source assumed: no public document names a model; that installations are given up after repeated attempts is P5 [public]
 */
import type { Micros } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { Clock } from '../../ports/time.ts'
import type { QuirkOf } from '../../profiles/quirk-facts.ts'
import type { ZclFrame } from '../../zcl/frame.ts'
import type { NodeQuirk } from '../../zcl/node-quirk.ts'
import { Status } from '../../zcl/status.ts'

/** Kinds of orders remembered; older ones are forgotten. */
const KINDS = 64

export function refusesAfterAttempts(
  { attempts, withinS }: QuirkOf<'refusesAfterAttempts'>,
  clock: Pick<Clock, 'nowUs'>,
): NodeQuirk {
  const taken = new Map<string, Micros[]>()
  return {
    asked({ from, clusterId, frame }) {
      if (!isOrder(frame)) return undefined
      const kind = `${from.device} ${clusterId} ${frame.header.frameType} ${frame.header.commandId}`
      const nowUs = clock.nowUs()
      const recent = (taken.get(kind) ?? []).filter(atUs => nowUs - atUs < seconds(withinS))
      if (recent.length >= attempts) return Status.FAILURE
      taken.delete(kind)
      taken.set(kind, [...recent, nowUs])
      const [oldest] = taken.keys()
      if (taken.size > KINDS && oldest !== undefined) taken.delete(oldest)
      return undefined
    },
  }
}

function isOrder(frame: ZclFrame): boolean {
  if (frame.kind === 'cluster') return !frame.command.startsWith('Get')
  return frame.kind === 'global' && frame.command.name.startsWith('Write')
}
