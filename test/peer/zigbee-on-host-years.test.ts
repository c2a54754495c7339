/** What happens in years on the network of a stranger (zigbee-on-host): our nodes go on, come back, and go. */
import { expect, test } from 'vitest'
import { Zdo } from 'zigbee-herdsman'
import { seconds } from '../../src/base/time.ts'
import { OUT_OF_RANGE } from '../../src/radio/links.ts'
import { ids, installCodes } from '../contract/han-bench.ts'
import { ForeignHome } from './foreign-home.ts'
import { homeWithRouter, roles, talks } from './foreign-moves.ts'

const { ClusterId } = Zdo

test.for(roles)('a %s rejoins a closed network under the network key and keeps its address', async role => {
  const home = await ForeignHome.formed()
  const witness = await home.joinedNode(ids.esme, role)
  const address = home.addressOf(ids.esme)
  await home.time.pass(seconds(2))
  home.driver.context.disallowJoins()
  witness.node.join(installCodes.sixteen)
  await home.until(() => witness.joined === 2 && home.joined.length === 2, 'rejoined')
  expect(home.log.filter(line => line.startsWith('<=== NWK REJOIN_REQ'))).toHaveLength(1)
  expect(home.addressOf(ids.esme)).toBe(address)
  await talks(home, witness)
})

test('a sleeper that no longer hears the trust centre rejoins through our router', async () => {
  const home = await homeWithRouter()
  const sleeper = await home.joinedNode(ids.gsme, 'sleepy-end-device')
  const address = home.addressOf(ids.gsme)
  await home.time.pass(seconds(2))
  home.driver.context.disallowJoins()
  home.air.links.setBoth('rcp', ids.gsme, OUT_OF_RANGE)
  sleeper.node.join(installCodes.sixteen)
  await home.until(() => sleeper.joined === 2 && home.entryOf(ids.gsme)?.neighbor === false, 'rejoined')
  expect(home.addressOf(ids.gsme)).toBe(address)
  await talks(home, sleeper)
})

test.for(roles)('a %s leaves, the trust centre sees it go, and it may come again', async role => {
  const home = await ForeignHome.formed()
  const witness = await home.joinedNode(ids.esme, role)
  witness.node.leave()
  await home.until(() => witness.left === 1 && home.left.length === 1, 'left')
  expect([home.left, home.entryOf(ids.esme)]).toEqual([[ids.esme], undefined])
  witness.node.join(installCodes.sixteen)
  await home.until(() => witness.joined === 2 && home.joined.length === 2, 'joined again')
  await talks(home, witness)
})

test.for(roles)('a %s behind our router leaves, and the router tells the trust centre', async role => {
  const home = await homeWithRouter(ids.gsme)
  const far = await home.joinedNode(ids.gsme, role)
  await home.time.pass(seconds(2))
  far.node.leave()
  await home.until(() => far.left === 1 && home.left.length === 1, 'left')
  expect([home.left, home.entryOf(ids.gsme)]).toEqual([[ids.gsme], undefined])
})

test.for(roles)('a %s behind our router goes when the trust centre asks the router to send it away', async role => {
  const home = await homeWithRouter(ids.gsme)
  const far = await home.joinedNode(ids.gsme, role)
  await home.time.pass(seconds(2))
  await home.ask(home.router, ClusterId.LEAVE_REQUEST, `0x${ids.gsme}`, Zdo.LeaveRequestFlags.WITHOUT_REJOIN)
  await home.polling(far, () => far.left === 1 && home.left.length === 1, 'left')
  expect([home.left, home.entryOf(ids.gsme)]).toEqual([[ids.gsme], undefined])
})

test.for(roles)('a %s that the trust centre tells to leave says that it does, and is gone', async role => {
  const home = await ForeignHome.formed()
  const witness = await home.joinedNode(ids.esme, role)
  await home.time.pass(seconds(2))
  await home.driver.nwkHandler.sendLeave(home.addressOf(ids.esme), false)
  await home.polling(witness, () => witness.left === 1 && home.left.length === 1, 'left')
  expect([home.left, witness.node.joined]).toEqual([[ids.esme], false])
})

test.for(roles)('a %s that the trust centre tells to leave and come back rejoins', async role => {
  const home = await ForeignHome.formed()
  const witness = await home.joinedNode(ids.esme, role)
  await home.time.pass(seconds(2))
  await home.driver.nwkHandler.sendLeave(home.addressOf(ids.esme), true)
  await home.polling(witness, () => witness.joined === 2 && home.joined.length === 2, 'rejoined')
  expect(home.log.filter(line => line.startsWith('<=== NWK REJOIN_REQ'))).toHaveLength(1)
  expect(witness.left).toBe(0)
  await talks(home, witness)
})

test.for(roles)('a %s that is asked to leave by Mgmt_Leave says that it will, and goes', async role => {
  const home = await ForeignHome.formed()
  const witness = await home.joinedNode(ids.esme, role)
  await home.ask(witness, ClusterId.LEAVE_REQUEST, `0x${ids.esme}`, Zdo.LeaveRequestFlags.WITHOUT_REJOIN)
  await home.until(() => witness.left === 1 && home.left.length === 1, 'left')
  expect([home.left, home.entryOf(ids.esme)]).toEqual([[ids.esme], undefined])
})

test.for(roles)('a %s goes on after the trust centre was restarted', async role => {
  const home = await ForeignHome.formed()
  const witness = await home.joinedNode(ids.esme, role)
  const address = home.addressOf(ids.esme)
  await home.time.pass(seconds(2))
  await home.restart()
  expect(home.addressOf(ids.esme)).toBe(address)
  await talks(home, witness)
})

test('a node takes the next network key and goes on under it', async () => {
  const home = await ForeignHome.formed()
  const witness = await home.joinedNode(ids.esme, 'router')
  const { context, apsHandler } = home.driver
  const [key, sequence] = [Buffer.alloc(16, 0xa7), 1]
  const address = home.addressOf(ids.esme)
  context.setPendingNetworkKey(key, sequence)
  await apsHandler.sendTransportKeyNWK(address, key, sequence, BigInt(`0x${ids.esme}`))
  await apsHandler.sendSwitchKey(address, sequence)
  expect(context.activatePendingNetworkKey(sequence)).toBe(true)
  await talks(home, witness)
})
