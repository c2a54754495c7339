/** A bare radio that a host drives over Spinel: coordinator and trust centre are the host's. */
import { SpinelDongle } from '../../dongle/spinel/spinel-dongle.ts'
import type { DongleKind } from './dongle.ts'

export const spinel: DongleKind = {
  adapter: 'zoh',
  turnMs: 0.5,
  make({ link, radio, clock }) {
    const dongle = new SpinelDongle({ link, radio, clock })
    return {
      get counts() {
        return { ...dongle.counts, damaged: dongle.line.damaged }
      },
      powerCycle: () => dongle.powerCycle(),
      memory: () => undefined,
    }
  },
}
