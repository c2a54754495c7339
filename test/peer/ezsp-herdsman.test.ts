/** zigbee-herdsman, unmodified, runs its network through our EZSP coordinator stick. */
import { expect, test } from 'vitest'
import { EmberStick } from './ember-stick.ts'
import { HerdsmanHome } from './herdsman-home.ts'

test('it starts, forms its network, and takes a meter in', { timeout: 60_000 }, async () => {
  const home = new HerdsmanHome('ember', 'first start')
  const link = await home.line()
  const stick = new EmberStick(home, link)
  const host = await home.start(link)
  expect(host.started).toBe('reset')
  home.esme().start()
  await host.takeIn(home.devices.esme.deviceId)
  stick.expectHarmony()
  expect(home.complaints).toEqual([])
})
