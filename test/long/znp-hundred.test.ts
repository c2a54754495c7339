/** zigbee-herdsman takes a hundred devices in through our ZNP: beside it, and behind routers. */
import { expect, test } from 'vitest'
import type { Eui64 } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import type { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { homeBehind } from '../peer/coordinator-stick.ts'
import { STICK } from '../peer/herdsman-home.ts'
import { ZnpStick } from '../peer/znp-stick.ts'

const [ROUTERS, DIRECT, BEHIND_EACH] = [4, 24, 18]
/** Through a wall: no parent to choose, and loud enough for nobody to speak into a question, which nobody would repeat. */
const FAR = { rssiDbm: -70 }
/** Somebody goes from one to the next. */
const BUTTONS_US = milliseconds(500)

test('a hundred devices join through it without one failure', { timeout: 600_000 }, async () => {
  const { home, stick, host } = await homeBehind('zstack', 'a hundred', (at, line) => new ZnpStick(at, line))
  const nodes = new Map<Eui64, ZigbeeNode>()
  let named = 0
  const names = (count: number): Eui64[] =>
    Array.from({ length: count }, () => `00db12345678${(0xe000 + named++).toString(16)}`)
  const press = (devices: readonly Eui64[], role: 'router' | 'sleepy-end-device') => {
    for (const [n, device] of devices.entries()) {
      const { node } = home.open(device, role)
      nodes.set(device, node)
      home.time.kernel.after(n * BUTTONS_US, 'button', () => node.join(new Uint8Array()))
    }
  }
  const apart = (device: Eui64, others: readonly Eui64[]) => {
    for (const other of others) home.air.links.setBoth(device, other, FAR)
  }

  const takeIn = async (devices: readonly Eui64[]) => {
    await host.takeIn(...devices)
    // Broadcasts may overtake each other: the doors are to be shut before they are opened again.
    await home.time.pass(seconds(2))
  }

  const routers = names(ROUTERS)
  press(routers, 'router')
  await takeIn(routers)
  const direct = names(DIRECT)
  for (const device of direct) apart(device, routers)
  press(direct, 'sleepy-end-device')
  await takeIn(direct)
  const behind = routers.flatMap(router => {
    const devices = names(BEHIND_EACH)
    for (const device of devices) apart(device, [STICK, ...routers.filter(other => other !== router)])
    return devices
  })
  press(behind, 'sleepy-end-device')
  await takeIn(behind)
  const relays = routers.map(router => nodes.get(router)?.memory()?.nwk.address)
  const relayed = [...nodes.values()].filter(node => relays.includes(node.memory()?.nwk.parent))
  // Who misses a beacon chooses another parent.
  expect(relayed.length).toBeGreaterThan(60)
  expect(host.failed).toEqual([])
  expect(host.interviewed.size).toBe(ROUTERS + DIRECT + ROUTERS * BEHIND_EACH)
  stick.expectHarmony()
  expect(home.complaints).toEqual([])
})
