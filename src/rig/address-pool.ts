/** Which static address a SIM of a rig is given on an access point. */
import type { Group } from '../migration/group.ts'
import type { Rig as RigRecord } from '../profiles/rig.ts'
import type { Sim } from '../wan/sim-platform.ts'

/** The rig file's, else the pool's by position in the rig, so that the order in which installations migrate changes nothing. */
export const addressesOf =
  ({ installations }: RigRecord, { apns, addressPool }: Group) =>
  (sim: Sim, apn: string): string | undefined => {
    const position = installations.findIndex(one => one.sim.imsi === sim.imsi)
    const given = installations[position]?.sim.staticAddress[apn]
    if (given) return given
    return apn === apns.after ? addressAfter(addressPool.first, position) : undefined
  }

function addressAfter(first: string, position: number): string {
  const base = first.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const address = base + position
  return [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.')
}
