/** What the gas mirror gives in the gas meter's stead, with its age. */
import type { Source, Unit } from '../../../../wan/messages/wan-types.generated.ts'
import type { GasLogs } from '../../gas-logs.ts'
import type { Asking } from '../asking.ts'

/** The last report: the total first, then the time-of-use registers; block counters; all thousandths of the unit. */
export interface Mirrored {
  registers: readonly number[]
  blocks: readonly number[]
  /** Where it comes from, and how old it is. */
  from: { unit: Unit; readAtMs: number; dataAgeS: number; source: Source }
}

export function fromMirror({ hub, fail }: Asking, use: (mirrored: Mirrored) => void): void {
  const { reading } = hub.mirror
  if (!reading) return fail('E21', 'the gas meter has not reported yet')
  const readAtMs = hub.clock.unixMs()
  const { registers, blocks, unit, atMs } = reading
  const dataAgeS = ageS(readAtMs, atMs)
  use({ registers, blocks, from: { unit, readAtMs, dataAgeS, source: 'MIRROR' } })
}

/**
 * What the gas proxy itself is asked for and has of the gas meter's logs, as old as the meter's last report; undefined where it has
 * none yet, and where the meter is asked.
 */
export function mirroredLog<T>(
  { hub, target }: Asking,
  of: (logs: GasLogs) => T | undefined,
): { value: T; unit: Unit; from: { source: Source; dataAgeS: number } } | undefined {
  const { logs, reading, unit } = hub.mirror
  const value = target === 'GPF' ? of(logs) : undefined
  if (value === undefined || !reading) return
  return { value, unit, from: { source: 'MIRROR', dataAgeS: ageS(hub.clock.unixMs(), reading.atMs) } }
}

const ageS = (nowMs: number, atMs: number): number => Math.max(0, Math.floor((nowMs - atMs) / 1_000))

/** The gas meter itself, asked for what its mirror does not have, on behalf of the proxy too; undefined where there is none. */
export function gasMeterOf<A extends Asking>(asking: A): A | undefined {
  const { hub, target } = asking
  if (target !== 'GPF') return asking
  const [meter] = [...hub.inventory].flatMap(([device, type]) => (type === 'GSME' ? [device] : []))
  return meter === undefined ? undefined : { ...asking, device: meter, target: 'GSME' }
}
