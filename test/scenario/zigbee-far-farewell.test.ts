/** What a hub hears of a device that leaves behind a router: its parent tells, and nobody else is believed. */
import { expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { DISPLAY, GAS, HUB, METER, ZigbeeHome } from '../helpers/zigbee-home.ts'

/** A meter that hears the display only, and another router. */
function farMeter(role: 'router' | 'sleepy-end-device') {
  const home = new ZigbeeHome()
  const hub = home.hub()
  home.apart(HUB, METER)
  home.apart(GAS, METER)
  home.joined(hub, DISPLAY)
  const other = home.joined(hub, GAS)
  const meter = home.joined(hub, METER, { role })
  home.run(seconds(5))
  const heard = () => hub.told.filter(word => word.endsWith(METER))
  expect(heard()).toEqual([`joined: ${METER}`])
  return { home, hub, other, meter, heard }
}

it.each(['router', 'sleepy-end-device'] as const)('a %s that leaves is reported by its parent, once', role => {
  const { home, meter, heard } = farMeter(role)
  meter.node.leave()
  home.run(seconds(10))
  expect(meter.told).toEqual(['joined', 'left'])
  expect(heard()).toEqual([`joined: ${METER}`, `left: ${METER}`])
})

it('a router that is not its parent is not believed', () => {
  const { home, other, meter, heard } = farMeter('router')
  const { aps, nwk } = other.node.layers
  const address = nwk.addressOf(METER) ?? 0x1234
  aps.sendCommand(0x0000, HUB, { name: 'UpdateDevice', device: METER, address, status: 'left' }, { key: 'data' })
  home.run(seconds(10))
  expect(heard()).toEqual([`joined: ${METER}`])
  expect(home.send(meter, HUB)).toBe('delivered')
})
