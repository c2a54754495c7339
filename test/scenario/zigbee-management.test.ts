/** What a management tool at the hub learns of a network, and what it can make nodes do. */
import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { ZdoStatus } from '../../src/zigbee/frames/zdo.ts'
import {
  DISPLAY,
  GAS,
  HUB,
  METER,
  type OpenHub,
  type OpenNode,
  type Party,
  ZigbeeHome,
} from '../helpers/zigbee-home.ts'

/** Hub, meter and display in a row, and the gas meter asleep behind the meter. */
function row() {
  const home = new ZigbeeHome('managed')
  home.apart(HUB, DISPLAY)
  home.apart(HUB, GAS)
  home.apart(DISPLAY, GAS)
  const hub = home.hub()
  const meter = home.joined(hub, METER)
  const display = home.joined(hub, DISPLAY)
  const gas = home.joined(hub, GAS, { role: 'sleepy-end-device' })
  home.run(minutes(2))
  return { home, hub, meter, display, gas }
}
type Row = ReturnType<typeof row>

/** The whole table of a node, window by window, as the hub reads it. */
function neighbours({ home, hub }: Row, { node }: Party<OpenNode>) {
  const table = new Map<string, { lqi: number; relationship: string; deviceType: string; rxOnWhenIdle: string }>()
  const address = hub.node.layers.nwk.addressOf(node.eui64) ?? 0
  for (let startIndex = 0, entries = 1; startIndex < entries; ) {
    const before = table.size
    hub.node.layers.zdo.ask(address, { name: 'ManagementLqiRequest', startIndex }, answer => {
      entries = answer?.entries ?? 0
      for (const { device, lqi, relationship, deviceType, rxOnWhenIdle } of answer?.neighbours ?? []) {
        table.set(device, { lqi, relationship, deviceType, rxOnWhenIdle })
      }
    })
    home.until(() => table.size > before)
    startIndex = table.size
  }
  return table
}

/** Mgmt_Leave_req. Returns the status of the answer. */
function askToLeave(
  { home, hub }: Row,
  to: string,
  request: { device: string; rejoin: boolean },
  from: Party<OpenNode | OpenHub> = hub,
) {
  const statuses: (number | undefined)[] = []
  const address = hub.node.layers.nwk.addressOf(to) ?? 0
  const command = { name: 'ManagementLeaveRequest', removeChildren: false, ...request } as const
  from.node.layers.zdo.ask(address, command, answer => statuses.push(answer?.status))
  home.until(() => statuses.length > 0)
  return statuses[0]
}

describe('the tables of a node', () => {
  it('say who is in earshot, how well it is heard, and what it is to the node', () => {
    const nodes = row()
    const good = { lqi: 146, rxOnWhenIdle: 'yes' }
    expect(neighbours(nodes, nodes.meter)).toEqual(
      new Map([
        [HUB, { ...good, relationship: 'parent', deviceType: 'coordinator' }],
        [DISPLAY, { ...good, relationship: 'child', deviceType: 'router' }],
        [GAS, { ...good, rxOnWhenIdle: 'no', relationship: 'child', deviceType: 'end device' }],
      ]),
    )
  })

  it('say which way leads to the hub', () => {
    const { home, hub, meter, display } = row()
    home.run(minutes(15))
    const { nwk, zdo } = hub.node.layers
    const asked = { ended: false, routes: [] as unknown[] }
    zdo.ask(nwk.addressOf(DISPLAY) ?? 0, { name: 'ManagementRoutingRequest', startIndex: 0 }, answer => {
      asked.ended = true
      asked.routes.push(...(answer?.routes ?? []))
    })
    home.until(() => asked.ended)
    expect(asked.routes).toContainEqual({
      destination: 0,
      nextHop: meter.node.layers.nwk.address,
      status: 'active',
      manyToOne: true,
      memoryConstrained: false,
      routeRecordRequired: expect.any(Boolean),
    })
    expect(display.node.layers.nwk.routeTable()).toHaveLength(asked.routes.length)
  })
})

describe('a node asked to leave', () => {
  const self = { device: '0000000000000000', rejoin: false }

  it('stays when another than the trust centre asks, as the trust centre does whoever asks', () => {
    const nodes = row()
    expect(askToLeave(nodes, METER, self, nodes.display)).toBe(ZdoStatus.NOT_AUTHORIZED)
    expect(askToLeave(nodes, HUB, self, nodes.meter)).toBe(ZdoStatus.NOT_AUTHORIZED)
    nodes.home.run(seconds(10))
    expect(nodes.meter.node.joined).toBe(true)
  })

  it('leaves when the trust centre asks', () => {
    const nodes = row()
    expect(askToLeave(nodes, DISPLAY, self)).toBe(ZdoStatus.SUCCESS)
    nodes.home.until(() => nodes.display.told.includes('left'))
    expect(nodes.display.node.joined).toBe(false)
  })

  it('sends its child away, and for a while only when told so', () => {
    const nodes = row()
    const { home, gas, meter, hub } = nodes
    const collect = (holds: () => boolean) =>
      home.until(() => {
        gas.node.poll()
        home.run(seconds(1))
        return holds()
      })
    const rejoins = () => gas.events.filter(({ kind }) => kind === 'han.joined').length
    const before = rejoins()
    askToLeave(nodes, METER, { device: GAS, rejoin: true })
    collect(() => rejoins() > before && gas.node.joined)
    expect(meter.node.layers.nwk.children.of(GAS)?.life).toBe('present')
    askToLeave(nodes, METER, { device: GAS, rejoin: false })
    collect(() => gas.told.includes('left'))
    expect(meter.node.layers.nwk.children.of(GAS)).toBeUndefined()
    expect(hub.node.joined).toBe(true)
  })
})
