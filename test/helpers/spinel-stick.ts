/** A Radio behind a stick: our host, a line in memory, our emulated RCP, and the radio on the air. */
import { SpinelDongle } from '../../src/dongle/spinel/spinel-dongle.ts'
import { SpinelRadio } from '../../src/host/spinel/spinel-radio.ts'
import type { SpinelRadioState } from '../../src/host/spinel/startup.ts'
import type { Radio } from '../../src/ports/radio.ts'
import type { Clock, Random, Timers } from '../../src/ports/time.ts'
import { MemoryLine } from './memory-line.ts'

export interface SpinelStick {
  line: MemoryLine
  dongle: SpinelDongle
  radio: SpinelRadio
  /** Every state the host went through. */
  states: SpinelRadioState[]
}

export function spinelStick(kernel: Clock & Timers & { random: Random }, chip: Radio): SpinelStick {
  const line = new MemoryLine(kernel)
  const states: SpinelRadioState[] = []
  const random = kernel.random.stream(`rcp ${chip.settings.extendedAddress}`)
  const dongle = new SpinelDongle({ link: line.device, radio: chip, clock: kernel, timers: kernel, random })
  const onState = (state: SpinelRadioState) => void states.push(state)
  const radio = new SpinelRadio({ link: line.host, clock: kernel, timers: kernel, onState })
  return { line, dongle, radio, states }
}
