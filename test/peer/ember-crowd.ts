/** Many devices that join through zigbee-herdsman and our EZSP stick, and tell it all about themselves. */
import { expect } from 'vitest'
import type { Micros } from '../../src/base/ids.ts'
import { homeBehind } from './coordinator-stick.ts'
import { EmberStick } from './ember-stick.ts'

/** `everyUs`: between the joins of two devices; 0 is at once. Not one interview fails. */
export async function crowdJoins(devices: number, everyUs: Micros): Promise<void> {
  const { home, stick, host } = await homeBehind('ember', `crowd of ${devices}`, (at, line) => new EmberStick(at, line))
  const ids = Array.from({ length: devices }, (_, n) =>
    (0x00124b0000001000n + BigInt(n)).toString(16).padStart(16, '0'),
  )
  await host.controller.permitJoin(254)
  for (const [n, id] of ids.entries()) {
    const { node } = home.open(id)
    home.time.kernel.after(n * everyUs, 'join', () => node.join(new Uint8Array()))
  }
  const { interviewed } = host
  await host.until(
    () => interviewed.size === devices,
    () => `${devices} interviews, ${interviewed.size} so far`,
    60_000 + 5_000 * devices,
  )
  expect([host.failed, host.left]).toEqual([[], []])
  for (const id of ids) expect(host.device(id).modelID).toBe(`open ${id}`)
  stick.expectHarmony()
}
