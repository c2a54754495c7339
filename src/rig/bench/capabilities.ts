/** What each part of a home lets a run do: emulated on a simulated air, emulated on a stick, or real. */

import type { Eui64 } from '../../base/ids.ts'
import { HERDSMAN_DRIVERS, STICK_TRAITS } from '../../host/herdsman/drivers.ts'
import type { HanCapabilities } from '../../ports/han.ts'
import type { Need } from '../../ports/rig-control.ts'
import { PARTS, type Part } from '../../profiles/parts.ts'
import type { Installation, RigStick } from '../../profiles/rig.ts'
import { RADIO_DRIVERS } from '../../profiles/rig-sticks.ts'
import { deviceOf } from '../faults/fault-kind.ts'

type Standing = Pick<Installation, 'devices' | 'sticks'>

export const EVERYTHING: HanCapabilities = {
  snapshot: true,
  fastForward: true,
  powerCut: true,
  macFrames: true,
  linkKeys: true,
}

/** Undefined when the home has no such part. */
export function capabilitiesOf(home: Standing, part: Part): HanCapabilities | undefined {
  const device = home.devices[part === 'hub' ? 'chf' : part]
  if (!device) return undefined
  const stick = carrierOf(home, part)
  if (stick) return onStick(stick)
  if (device.kind !== 'real') return EVERYTHING
  const { power } = device
  const heard = home.sticks.some(({ driver }) => RADIO_DRIVERS.includes(driver))
  return { ...EVERYTHING, snapshot: false, fastForward: false, powerCut: power !== undefined, macFrames: heard }
}

/** The stick that a part stands on. */
export const carrierOf = ({ sticks }: Pick<Installation, 'sticks'>, part: Part): RigStick | undefined =>
  sticks.find(({ carries }) => carries === part)

/** Whether the parts of a home stand on real air, none on a simulated one. */
export const isOnRealAir = ({ devices, sticks }: Standing): boolean => {
  const { gpf: _, ...all } = devices
  return sticks.length > 0 || Object.values(all).some(({ kind }) => kind === 'real')
}

/** Whether anything of a home is hardware: then it lives by the wall clock. */
export const hasRealParts = (home: Standing & Pick<Installation, 'modem'>): boolean =>
  isOnRealAir(home) || home.modem !== undefined

function onStick({ driver }: RigStick): HanCapabilities {
  const herdsman = HERDSMAN_DRIVERS.find(one => one === driver)
  // Our own stack: the stick is its radio.
  if (!herdsman) return { ...EVERYTHING, snapshot: false, fastForward: false }
  const profileIds = [...STICK_TRAITS[herdsman].endpoints.keys()]
  return { snapshot: false, fastForward: false, powerCut: false, macFrames: false, linkKeys: false, profileIds }
}

/** @source ZigBee Smart Energy profile 1.x */
const SMART_ENERGY = 0x0109

/**
 * Why what a step needs cannot be done between the hub and a device, for people; undefined when it can. `hub`: what its
 * coordinator says of itself.
 */
export function lackOf(
  home: Standing,
  { need, device, hub }: { need: Need; device: Eui64; hub?: HanCapabilities | undefined },
): string | undefined {
  const parts = PARTS.filter(part => part === 'hub' || deviceOf(home, part) === device)
  for (const part of parts) {
    const can = (part === 'hub' && hub) || capabilitiesOf(home, part)
    const stick = carrierOf(home, part)
    if (!can || !lacks(can, need)) continue
    return `${part} has no ${WORDS[need]}${stick ? ` on stick ${stick.id} (${stick.driver})` : ''}`
  }
  return undefined
}

const WORDS: Readonly<Record<Need, string>> = { 'link-keys': 'link keys', 'smart-energy': 'Smart Energy profile' }

function lacks({ linkKeys, profileIds }: HanCapabilities, need: Need): boolean {
  switch (need) {
    case 'link-keys':
      return !linkKeys
    case 'smart-energy':
      return profileIds !== undefined && !profileIds.includes(SMART_ENERGY)
    default:
      return need satisfies never
  }
}
