/** Which clock a run goes by: what was asked for, as far as the rig can live by it. */
import { UsageError } from '../../base/errors.ts'
import type { Rig } from '../../profiles/rig.ts'
import { hasRealParts } from '../bench/capabilities.ts'
import { parseClock, type RunClock } from './run-clock.ts'

/**
 * `asked` is `virtual`, `real` or `xN`; undefined when nothing was said: then `usual`, or real where the rig has real parts.
 * @throws UsageError for anything else, and for another clock than real where the rig has real parts
 */
export function chooseClock(rig: Rig, asked: string | undefined, usual: 'virtual' | 'real'): RunClock {
  const bench = rig.installations.find(hasRealParts)
  const words = asked ?? (bench ? 'real' : usual)
  const clock = parseClock(words)
  const known = usual === 'virtual' ? 'virtual, real or xN' : 'real or xN'
  if (!clock) throw new UsageError(`clock "${words}": ${known} (such as x60) expected`)
  if (bench && clock.mode !== 'real') {
    throw new UsageError(`clock ${words}: ${bench.id} has real parts, which live by the wall clock; real expected`)
  }
  return clock
}
