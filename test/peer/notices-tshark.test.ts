/** A hub's price and message on the air, as tshark sees them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { SE_DEVICE, SE_PROFILE } from '../../src/devices/device.ts'
import { EsiNotices } from '../../src/devices/hub/esi-notices.ts'
import { NoticeReader, type ShownNotices } from '../../src/devices/notice-reader.ts'
import type { HanNode } from '../../src/ports/han.ts'
import { zigbeePcKeys } from '../../src/radio/zigbee-pc-keys.ts'
import { ZclNode } from '../../src/zcl/node.ts'
import { DISPLAY, HUB, ZigbeeHome } from '../helpers/zigbee-home.ts'
import { home, ID } from '../unit/device-home.ts'
import { stranger } from './strangers.ts'
import { type TsharkCapture, tsharkCapture } from './tshark-capture.ts'

const tshark = stranger('tshark')
/** 2021-10-13 06:00 UTC, and the same in seconds since 2000. */
const START_MS = 1_634_104_800_000
const START_UTC = 1_634_104_800 - 946_684_800
const DAY_RATE = { label: 'Day rate', price: 28_340, digits: 5, currency: 826 }
const GAS_RATE = { label: 'Gas', price: 812, digits: 3, currency: 826 }
const SHORT = { id: 0x0a0b_0c0d, text: 'Your meter will be read on Friday' }
/** As long as a message may be: it goes in blocks. */
const LONG = { id: 0x0a0b_0c0e, text: 'abcdefghij'.repeat(12).slice(0, 113) }

describe.skipIf(!tshark.available)('a display that asks its hub', () => {
  let capture: TsharkCapture
  const shown: ShownNotices = {}
  const read: (string | undefined)[] = []

  beforeAll(() => {
    const home = new ZigbeeHome()
    const { kernel } = home
    const hub = home.hub()
    const display = home.joined(hub, DISPLAY)
    const trace = { emit: () => {} }
    const endpoint = (han: HanNode, deviceId: number) =>
      new ZclNode({ han, timers: kernel, trace }).endpoint({ endpoint: 1, profileId: SE_PROFILE, deviceId })
    const clock = { nowUs: () => kernel.nowUs(), unixMs: () => START_MS }
    const notices = new EsiNotices(clock)
    notices.serve(endpoint(hub.node, SE_DEVICE.esi), () => ['electricity', 'gas'])
    const reader = new NoticeReader({
      ...{ endpoint: endpoint(display.node, SE_DEVICE.display), clock, trace, shown },
      ...{ esi: { device: HUB, endpoint: 1 }, listens: true, messages: true },
    })
    const ask = () => {
      reader.ask()
      home.run(seconds(5))
      read.push(shown.message?.text)
    }
    ask()
    notices.setPrice('electricity', { ...DAY_RATE, forMin: 90 })
    notices.setPrice('gas', GAS_RATE)
    notices.setMessage({ ...SHORT, forMin: 60, confirm: true })
    ask()
    notices.setMessage(LONG)
    ask()
    capture = tsharkCapture(home.pcap(hub.node))
  })
  afterAll(() => capture.remove())
  const frames: TsharkCapture['frames'] = (filter, fields) => capture.frames(filter, fields)

  it('has no malformed frame, nothing left closed and no bad FCS', () => {
    expect(frames('_ws.malformed || zbee_sec.encrypted_payload || wpan.fcs_ok == 0')).toEqual([])
  })

  it('is told NOT_FOUND while there is nothing', () => {
    const answers = frames('zbee_zcl.cmd.id == 0x0b && zbee_nwk.src == 0x0000', [
      ...['zbee_aps.cluster', 'zbee_zcl.cmd.id.rsp', 'zbee_zcl.attr.status'],
    ])
    // The last is the hub's thanks for a confirmation.
    expect(answers).toEqual(['0x0700\t0x00\t0x8b', '0x0703\t0x00\t0x8b', '0x0703\t0x01\t0x00'])
  })

  it('is given the price of each fuel', () => {
    expect(frames('zbee_zcl_se.price.cmd.srv_rx.id', ['zbee_zcl_se.price.command_options'])).toEqual([
      '0x01',
      '0x01',
      '0x01',
    ])
    const fields = [
      'rate_label',
      'unit_of_measure',
      'currency',
      'price',
      'trailing_digit',
      'tier',
      'duration_in_minutes',
    ]
    const times = ['start_time', 'current_time']
    const given = frames(
      'zbee_zcl_se.price.cmd.srv_tx.id == 0x00',
      [...fields, ...times].map(name => `zbee_zcl_se.price.${name}`),
    )
    const now = 'Oct 13, 2021 06:00:00.000000000 UTC'
    const both = [
      `Day rate\t0x00\t0x033a\t28340\t0x05\t0x01\t90\t${now}\t${now}`,
      `Gas\t0x01\t0x033a\t812\t0x03\t0x01\t65535\t${now}\t${now}`,
    ]
    // To each of the two questions that there was an answer to.
    expect(given).toEqual([...both, ...both])
    expect(shown.price).toEqual({ electricity: DAY_RATE, gas: GAS_RATE })
  })

  it('is given the message, in one frame or in blocks, and confirms it', () => {
    const message = ['id', 'ctrl', 'start_time', 'duration'].map(name => `zbee_zcl_se.msg.message.${name}`)
    const given = frames('zbee_zcl_se.msg.cmd.srv_tx.id == 0x00', [...message, 'zbee_zcl_se.msg.message'])
    expect(given).toEqual([
      `0x0a0b0c0d\t0x80\t${START_UTC}\t60\t${SHORT.text}`,
      `0x0a0b0c0e\t0x00\t${START_UTC}\t65535\t${LONG.text}`,
    ])
    const confirmed = frames('zbee_zcl_se.msg.cmd.srv_rx.id == 0x01', [
      ...['zbee_zcl_se.msg.message.id', 'zbee_zcl_se.msg.message.confirm_time'],
    ])
    expect(confirmed).toEqual(['0x0a0b0c0d\tOct 13, 2021 06:00:00.000000000 UTC'])
    expect(read).toEqual([undefined, SHORT.text, LONG.text])
    expect(frames('zbee_aps.block && zbee_aps.type == 0').length).toBeGreaterThan(1)
  })
})

describe.skipIf(!tshark.available)('a meter whose price changes', () => {
  let capture: TsharkCapture
  const shown: (number | undefined)[] = []

  beforeAll(() => {
    const octets: Uint8Array[] = []
    const one = home({ onCapture: more => octets.push(more), keep: () => false })
    one.run(minutes(31))
    for (const price of [17_000, 18_000]) {
      expect(one.ask('updatePrice', ID.ESME, { prices: [{ prices: [price] }], standingCharge: 0 })?.code).toBe('I0')
      one.run(minutes(2))
      shown.push(one.installation.devices.ppmid?.shown.price?.electricity?.price)
    }
    capture = tsharkCapture({ octets: Buffer.concat(octets), keys: zigbeePcKeys(one.installation.han.captureKeys()) })
  })
  afterAll(() => capture.remove())

  it('publishes it to the hub, and the hub to the display', () => {
    const fields = ['zbee_nwk.dst', 'zbee_zcl_se.price.unit_of_measure', 'zbee_zcl_se.price.price']
    const published = capture.frames('zbee_zcl_se.price.cmd.srv_tx.id == 0x00 && wpan.src16 == zbee_nwk.src', fields)
    const told = (price: number) => published.filter(one => one.endsWith(`\t${price}`)).map(one => one.split('\t')[0])
    for (const price of shown) {
      const to = told(price ?? 0)
      expect(to[0]).toBe('0x0000')
      expect(to).toHaveLength(2)
      expect(to[1]).not.toBe('0x0000')
    }
    expect(shown).toEqual([17_000, 18_000])
    expect(new Set(published.map(one => one.split('\t')[1]))).toEqual(new Set(['0x00', '0x01']))
  })
  it('has no malformed frame, nothing left closed and no bad FCS', () => {
    expect(capture.frames('_ws.malformed || zbee_sec.encrypted_payload || wpan.fcs_ok == 0')).toEqual([])
  })
})
