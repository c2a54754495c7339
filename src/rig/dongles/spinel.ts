/** A bare radio that a host drives over Spinel: coordinator and trust centre are the host's. */
import { SpinelDongle } from '../../dongle/spinel/spinel-dongle.ts'
import type { DongleKind } from './dongle.ts'
import { StatusGap } from './status-gap.ts'

/**
 * Who sends a command waits for a beacon, or for what is held for it, for milliseconds only.
 * @source IEEE 802.15.4-2006, 7.2.1.1.1 frame type
 */
const [FRAME_TYPE, MAC_COMMAND] = [0x07, 0x03]
/** Most that a host gets for the answer, milliseconds by the wall clock. */
const ANSWER_MS = 50

export const spinel: DongleKind = {
  adapter: 'zoh',
  // @source zigbee-on-host 0.2.4: "ZoHonZ2M"
  coordinator: '4d325a6e6f486f5a',
  make({ link, radio, clock, timers, random, yield: wait }) {
    const gap = new StatusGap(link)
    const onTold = (psdu?: Uint8Array) => {
      if (!psdu) gap.told()
      // The host is the whole stack: it has its turn at each word, and a status leaves before what the frame brings about.
      const isCommand = psdu !== undefined && ((psdu[0] ?? 0) & FRAME_TYPE) === MAC_COMMAND
      if (isCommand) wait(ANSWER_MS, { untilSpoken: true })
      else wait(0)
    }
    const dongle = new SpinelDongle({
      ...{ link, radio, clock, timers, random: random.stream('retries') },
      ...{ onTold, deliver: octets => gap.send(octets) },
    })
    return {
      get counts() {
        return { ...dongle.counts, damaged: dongle.line.damaged }
      },
      powerCycle: () => dongle.powerCycle(),
      memory: () => undefined,
    }
  },
}
