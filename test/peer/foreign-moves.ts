/** The small moves that tests against a foreign coordinator are made of. */
import { expect } from 'vitest'
import { Zdo } from 'zigbee-herdsman'
import { seconds } from '../../src/base/time.ts'
import type { HanRole } from '../../src/ports/han.ts'
import { OUT_OF_RANGE } from '../../src/radio/links.ts'
import { frame, ids, metering, profileId, type Witness } from '../contract/han-bench.ts'
import type { ForeignFrame } from './foreign-coordinator.ts'
import { ForeignHome } from './foreign-home.ts'

export const roles: HanRole[] = ['router', 'sleepy-end-device']

/** What the foreign application was given of the cluster that all here use. */
export const metered = (home: ForeignHome): ForeignFrame[] =>
  home.frames.filter(({ clusterId }) => clusterId === metering)

/** Both directions, each acknowledged end to end. */
export async function talks(home: ForeignHome, witness: Witness): Promise<void> {
  const { node } = witness
  const outcomes: string[] = []
  node.send(ids.hub, frame(0x51), outcome => outcomes.push(outcome))
  await home.until(() => outcomes.length > 0 && metered(home).length > 0, 'confirmed and heard')
  expect(outcomes).toEqual(['delivered'])
  const { asdu } = frame(0x51)
  expect(metered(home)).toEqual([{ from: home.addressOf(node.eui64), profileId, clusterId: metering, payload: asdu }])

  const counter = await home.send(node.eui64, frame(0x52))
  await home.polling(witness, () => home.acknowledged(node.eui64, counter), 'acknowledged')
  expect(witness.data.map(({ from, payload }) => [from, payload])).toEqual([[ids.hub, frame(0x52)]])
}

/** Our router, told by the trust centre to let joiners in, and joiners that hear nobody else. */
export async function homeWithRouter(...hidden: string[]): Promise<ForeignHome & { router: Witness }> {
  const home = await ForeignHome.formed()
  const router = await home.joinedNode(ids.esme, 'router')
  for (const device of hidden) home.air.links.setBoth('rcp', device, OUT_OF_RANGE)
  await letIn(home, router)
  return Object.assign(home, { router })
}

/** The trust centre tells a router of ours to open its door. */
export async function letIn(home: ForeignHome, router: Witness): Promise<void> {
  await home.ask(router, Zdo.ClusterId.PERMIT_JOINING_REQUEST, 60, 1, [])
  await home.time.pass(seconds(1))
}
