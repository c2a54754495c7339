/**
 * The trust centre's part in link keys between two other devices: both get the same one, each under its own.
 * @source ZigBee PRO, 4.4.2 transport key (application link key), 4.4.6 request key
 */
import type { Eui64 } from '../base/ids.ts'
import type { RandomStream } from '../ports/time.ts'
import type { Aps } from './aps/aps.ts'
import type { Nwk } from './nwk/nwk.ts'

/** Hands a new key to both, the one that asked first; to neither when it is not known where one of them is. */
export function introduce(
  [initiator, partner]: readonly [Eui64, Eui64],
  { nwk, aps, random }: { nwk: Nwk; aps: Aps; random: RandomStream },
): void {
  const [there, here] = [nwk.addressOf(initiator), nwk.addressOf(partner)]
  if (there === undefined || here === undefined) return
  const key = random.bytes(16)
  const hand = (address: number, device: Eui64, other: Eui64) => {
    const command = { name: 'TransportKey', keyType: 'application-link', key, partner: other } as const
    aps.sendCommand(
      address,
      device,
      { ...command, initiator: device === initiator },
      { key: 'key-load', ackRequest: true },
    )
  }
  hand(there, initiator, partner)
  hand(here, partner, initiator)
}
