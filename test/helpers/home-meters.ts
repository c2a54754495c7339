/** The meters of a home, to look into. */
import type { MeterSettings } from '../../src/devices/configuration/meter-settings.ts'
import type { COMMON_SETTINGS } from '../../src/devices/configuration/settings.ts'
import type { RequestHome } from './request-home.ts'

export type MeterType = 'ESME' | 'GSME'

export function esmeOf({ devices: { esme } }: RequestHome) {
  if (!esme) throw new Error('no ESME')
  return esme
}
export function gsmeOf({ devices: { gsme } }: RequestHome) {
  if (!gsme) throw new Error('no GSME')
  return gsme
}
export const meterOf = (home: RequestHome, of: MeterType) => (of === 'ESME' ? esmeOf(home) : gsmeOf(home))

/** What every meter is configured with. */
export const settingsOf = (home: RequestHome, of: MeterType): MeterSettings<typeof COMMON_SETTINGS> =>
  meterOf(home, of).settings as never
