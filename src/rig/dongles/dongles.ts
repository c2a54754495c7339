/** Every kind of stick that can be emulated, by the protocol it speaks. */

import type { DongleKind } from './dongle.ts'
import { ezsp } from './ezsp.ts'
import { spinel } from './spinel.ts'
import { znp } from './znp.ts'

export const DONGLES = {
  ezsp,
  spinel,
  znp,
} as const satisfies Record<string, DongleKind>

export type DongleProtocol = keyof typeof DONGLES
export const DONGLE_PROTOCOLS = Object.keys(DONGLES) as DongleProtocol[]
