/** Words of the tests of orders: what an order sounds like on the HAN, and where in a home to look for what came of it. */
import { seconds } from '../../src/base/time.ts'
import type { MeterSettings } from '../../src/devices/configuration/meter-settings.ts'
import type { COMMON_SETTINGS } from '../../src/devices/configuration/settings.ts'
import type { ClusterName } from '../../src/zcl/clusters.ts'
import type { RequestHome, Said } from './request-home.ts'

export { reads } from './reading-words.ts'
export type MeterType = 'ESME' | 'GSME'

/** Commands that are taken, one after the other: `Metering.SetSupplyStatus`. */
export const taken = (...commands: string[]): Said[] =>
  commands.flatMap(command => [`> ${command}`, `< DefaultResponse ${command.split('.')[0]} SUCCESS`])

/** A command that has an answer of its own. */
export const answered = (cluster: ClusterName, asks: string, answer: string): Said[] => [
  ...[`> ${cluster}.${asks}`, `< ${cluster}.${answer}`],
]

export const writes = (cluster: ClusterName, ...attributes: string[]): Said[] => [
  ...[`> write ${cluster} ${attributes.join(' ')}`, `< WriteAttributesResponse ${cluster}`],
]

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

/** Something happens in the home, by itself. */
export async function happens(home: RequestHome, what: () => void): Promise<void> {
  home.act(what)
  await home.pass(seconds(1))
}
