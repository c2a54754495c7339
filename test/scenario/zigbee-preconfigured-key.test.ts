/** Nodes that join with a key they were made with, not with one from an install code. */
import { expect, it } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import { linkKeyOfInstallCode, WELL_KNOWN_LINK_KEY } from '../../src/crypto/link-keys.ts'
import { ZigbeeCoordinator } from '../../src/zigbee/zigbee-coordinator.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { HUB, INSTALL_CODE, METER } from '../helpers/zigbee-home.ts'
import { zigbeeWorld } from '../helpers/zigbee-world.ts'

const channel = 15
const OTHER_CODE = fromHex('83fed3407a939723a5c639ff4c12')

/** What becomes of a node with that key where the hub knows the key of the install code. */
function joins(preconfiguredKey: Uint8Array): string[] {
  const { kernel, of } = zigbeeWorld('preconfigured key')
  const hub = new ZigbeeCoordinator(of(HUB))
  hub.form({ panId: 0x1a62, extendedPanId: '00db1234567800aa', channel })
  hub.authorise(METER, INSTALL_CODE)
  hub.permitJoining(seconds(60))
  const meter = new ZigbeeNode({ ...of(METER), role: 'router', channels: [channel], preconfiguredKey })
  const told: string[] = []
  meter.listen({ onData: () => {}, onJoined: () => told.push('joined'), onJoinFailed: reason => told.push(reason) })
  kernel.runUntil(seconds(1))
  meter.join(OTHER_CODE)
  kernel.runUntil(seconds(20))
  return told
}

it('the preconfigured key is the one that counts, whatever install code the node is told', () => {
  expect(joins(linkKeyOfInstallCode(INSTALL_CODE))).toEqual(['joined'])
  expect(joins(WELL_KNOWN_LINK_KEY)).toEqual(['no-key'])
})
