/** Words of the tests of orders: what an order sounds like on the HAN, and where in a home to look for what came of it. */
import { seconds } from '../../src/base/time.ts'
import type { ClusterName } from '../../src/zcl/clusters.ts'
import type { RequestHome, Said } from './request-home.ts'

export { esmeOf, gsmeOf, type MeterType, meterOf, settingsOf } from './home-meters.ts'
export { reads } from './reading-words.ts'

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

/** Something happens in the home, by itself. */
export async function happens(home: RequestHome, what: () => void): Promise<void> {
  home.act(what)
  await home.pass(seconds(1))
}
