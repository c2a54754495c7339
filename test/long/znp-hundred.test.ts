/** zigbee-herdsman takes a hundred devices in through our ZNP: beside it, and behind routers. */
import { expect, test } from 'vitest'
import type { Eui64 } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { OUT_OF_RANGE } from '../../src/radio/links.ts'
import { homeBehind } from '../peer/coordinator-stick.ts'
import { STICK } from '../peer/herdsman-home.ts'
import { ZnpStick } from '../peer/znp-stick.ts'

/** More behind a router, and hidden from the stick, would speak into what it says: a question that nobody repeats is then lost. */
const [ROUTERS, DIRECT, BEHIND_EACH] = [4, 92, 1]
/** Somebody goes from one to the next. */
const BUTTONS_US = milliseconds(500)

test('a hundred devices join through it without one failure', { timeout: 600_000 }, async () => {
  const { home, stick, host } = await homeBehind('zstack', 'a hundred', (at, line) => new ZnpStick(at, line))
  let named = 0
  const names = (count: number): Eui64[] =>
    Array.from({ length: count }, () => `00db12345678${(0xe000 + named++).toString(16)}`)
  const press = (devices: readonly Eui64[], role: 'router' | 'sleepy-end-device') => {
    for (const [n, device] of devices.entries()) {
      const { node } = home.open(device, role)
      home.time.kernel.after(n * BUTTONS_US, 'button', () => node.join(new Uint8Array()))
    }
  }
  const apart = (device: Eui64, others: readonly Eui64[]) => {
    for (const other of others) home.air.links.setBoth(device, other, OUT_OF_RANGE)
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
  expect(host.failed).toEqual([])
  expect(host.interviewed.size).toBe(ROUTERS + DIRECT + ROUTERS * BEHIND_EACH)
  stick.expectHarmony()
  expect(home.complaints).toEqual([])
})
