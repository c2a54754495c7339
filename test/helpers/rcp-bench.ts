/** Radios of a home behind emulated RCPs that our own host drives, in virtual time. */
import type { Eui64 } from '../../src/base/ids.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import type { Radio } from '../../src/ports/radio.ts'
import { Air } from '../../src/radio/air.ts'
import { originUnixMs, Pcap } from '../../src/radio/pcap.ts'
import type { Bench } from '../../src/rig/bench/bench.ts'
import { spinelStick } from './spinel-stick.ts'

/** `sticks`: whose radio is a stick; all others are on the same air as they are. */
export function rcpBench(kernel: Kernel, sticks: readonly Eui64[], onCapture?: (octets: Uint8Array) => void): Bench {
  const air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace: { emit: () => {} } })
  if (onCapture) {
    const pcap = new Pcap({ format: 'tap', startUnixMs: originUnixMs(kernel) })
    onCapture(pcap.header())
    air.tap(frame => onCapture(pcap.record(frame)))
  }
  const radio = (eui64: Eui64): Radio => {
    const chip = air.radio(eui64, eui64)
    return sticks.includes(eui64) ? spinelStick(kernel, chip).radio : chip
  }
  const bench: unknown = { radio, coordinator: () => undefined, powerOf: () => undefined }
  return bench as Bench
}
