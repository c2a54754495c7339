/** An image over the HAN, every radio frame: what it takes here, and in simulated time. */
import { crowd } from '../helpers/ota-crowd.ts'
import { median, type Row } from './table.ts'

const ROUNDS = 5
/** The size of a median image, octets. */
const IMAGE = 240_000

export async function ota(): Promise<Row[]> {
  return [measured(1, ROUNDS, '2 s'), measured(10, 1)]
}

function measured(count: number, rounds: number, target?: string): Row {
  const all = Array.from({ length: rounds }, (_, round) => upgraded(count, `${round}`))
  const wallS = median(all.map(({ wallMs }) => wallMs)) / 1_000
  const virtualMin = median(all.map(({ virtualUs }) => virtualUs)) / 60_000_000
  return {
    what: `a 240 kB image over the HAN to ${count === 1 ? 'a meter' : `${count} meters at once`}, every radio frame`,
    measured: `${wallS.toFixed(2)} s, ${virtualMin.toFixed(1)} min simulated`,
    ...(target !== undefined && { target }),
  }
}

/** Everybody has joined before the clock starts. */
function upgraded(count: number, seed: string): { wallMs: number; virtualUs: number } {
  const all = crowd({ count, seed, octets: IMAGE })
  const fromMs = performance.now()
  const virtualUs = all.upgrade()
  if (all.booted.length < count) throw new Error(`seed ${seed}: ${all.booted.length} of ${count} meters were upgraded`)
  return { wallMs: performance.now() - fromMs, virtualUs }
}
