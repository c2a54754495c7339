/** A house in which frames go over routers, captured from the air, as tshark sees it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { DISPLAY, GAS, HUB, METER, METERING, ZigbeeHome } from '../helpers/zigbee-home.ts'
import { stranger } from './strangers.ts'
import { type TsharkCapture, tsharkCapture } from './tshark-capture.ts'

const tshark = stranger('tshark')
const hex = (address: number) => `0x${address.toString(16).padStart(4, '0')}`

describe.skipIf(!tshark.available)('hub, two routers and a sleeper in a row', () => {
  let capture: TsharkCapture
  let meter: number
  let display: number
  let gas: number
  const frames: TsharkCapture['frames'] = (filter, fields) => capture.frames(filter, fields)

  beforeAll(() => {
    const home = new ZigbeeHome('row')
    for (const [one, other] of [
      [HUB, DISPLAY],
      [HUB, GAS],
      [METER, GAS],
    ] as const) {
      home.apart(one, other)
    }
    const hub = home.hub()
    const parties = [home.joined(hub, METER), home.joined(hub, DISPLAY)]
    const sleeper = home.joined(hub, GAS, { role: 'sleepy-end-device' })
    home.run(minutes(16))
    expect(home.send(sleeper, HUB)).toBe('delivered')
    const outcomes: string[] = []
    hub.node.send(GAS, METERING, outcome => outcomes.push(outcome))
    for (let s = 0; s < 10 && outcomes.length === 0; s++) {
      home.run(seconds(1))
      sleeper.node.poll()
    }
    expect(outcomes).toEqual(['delivered'])
    const addresses = [...parties, sleeper].map(({ node }) => node.layers.nwk.address)
    ;[meter = 0, display = 0, gas = 0] = addresses
    // The way breaks behind the meter, which is told.
    home.apart(METER, DISPLAY)
    hub.node.send(GAS, METERING)
    home.run(seconds(20))
    capture = tsharkCapture(home.pcap(hub.node))
  })
  afterAll(() => capture.remove())

  it('has no malformed frame, nothing left closed and no bad FCS', () => {
    expect(frames('zbee_nwk').length).toBeGreaterThan(100)
    expect(frames('_ws.malformed || zbee_sec.encrypted_payload || wpan.fcs_ok == 0')).toEqual([])
  })

  it('the hub asks for routes to itself, and the parent of the sleeper records its way', () => {
    const asked = frames('zbee_nwk.cmd.route.opts.many2one == 1', ['zbee_nwk.src', 'zbee_nwk.cmd.route.dest'])
    expect(new Set(asked)).toEqual(new Set(['0x0000\t0xfffc']))
    const records = frames(`zbee_nwk.cmd.id == 0x05 && zbee_nwk.src == ${hex(gas)}`, ['zbee_nwk.cmd.relay_device'])
    expect(records.slice(-2)).toEqual([hex(display), `${hex(display)},${hex(meter)}`])
  })

  it('the hub sends along the recorded way', () => {
    const way = ['wpan.src16', 'wpan.dst16', 'zbee_nwk.relay.index', 'zbee_nwk.relay.count']
    const sent = frames(`zbee_nwk.src_route && zbee_nwk.dst == ${hex(gas)} && zbee_aps.cluster == 0x0702`, way)
    expect(sent.slice(0, 3)).toEqual([
      `0x0000\t${hex(meter)}\t1\t2`,
      `${hex(meter)}\t${hex(display)}\t0\t2`,
      `${hex(display)}\t${hex(gas)}\t0\t2`,
    ])
  })

  it('the router before the break says that the source route failed', () => {
    const status = ['zbee_nwk.src', 'zbee_nwk.dst', 'zbee_nwk.cmd.status', 'zbee_nwk.cmd.route.dest']
    expect(frames('zbee_nwk.cmd.id == 0x03', status)).toContain(`${hex(meter)}\t0x0000\t0x0b\t${hex(gas)}`)
  })

  it('the sleeper asks to be kept 256 min, and is', () => {
    const asked = frames('zbee_nwk.cmd.id == 0x0b', ['zbee_nwk.cmd.ed_tmo_req'])
    expect(asked.length).toBeGreaterThan(0)
    expect(new Set(asked)).toEqual(new Set(['8']))
    expect(new Set(frames('zbee_nwk.cmd.id == 0x0c', ['zbee_nwk.cmd.ed_tmo_rsp_status']))).toEqual(new Set(['0']))
  })

  it('links cost one both ways between rooms that are next to each other', () => {
    const costs = ['zbee_nwk.cmd.link.incoming_cost', 'zbee_nwk.cmd.link.outgoing_cost']
    expect(frames(`zbee_nwk.cmd.id == 0x08 && zbee_nwk.src == ${hex(meter)}`, costs)).toContain('1,1\t1,1')
  })
})
