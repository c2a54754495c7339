import { expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.ts'
import { Neighbours } from '../../src/zigbee/nwk/neighbours.ts'
import { Place } from '../../src/zigbee/nwk/place.ts'
import { Routing } from '../../src/zigbee/nwk/routing.ts'

it('a frame that comes back the way it would go on has gone in a circle: that way is forgotten', () => {
  const kernel = new Kernel({ seed: 'routing', startUnixMs: 0 })
  const nothing = () => {}
  const routing = new Routing({
    timers: kernel,
    random: kernel.random.stream('routing'),
    place: new Place('00db1234567890a1'),
    neighbours: new Neighbours(nothing),
    routes: true,
    concentrates: false,
    isInCare: () => false,
    request: nothing,
    reply: nothing,
    passOn: nothing,
    onFailure: nothing,
  })
  routing.routes.offer(0x5678, { nextHop: 0x1234, cost: 3 }, true)
  routing.cameBy(0x4321, 0x5678)
  expect(routing.routes.known(0x5678)).toBe(0x1234)
  routing.cameBy(0x1234, 0x5678)
  expect(routing.routes.known(0x5678)).toBeUndefined()
})
