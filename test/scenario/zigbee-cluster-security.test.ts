/** Which clusters a meter takes under the network key alone, over the air. @source ZigBee Smart Energy 5.4.6 */
import { beforeAll, describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import { ZclNode } from '../../src/zcl/node.ts'
import { NWK_BROADCAST } from '../../src/zigbee/nwk-service.ts'
import { METER, METERING, type OpenHub, type Party, ZigbeeHome } from '../helpers/zigbee-home.ts'

const ENDPOINT = 2
/** Read of attribute 0, and its answer with a Default Response FAILURE or UNSUPPORTED_CLUSTER. */
const READ = '0005000000'
const FAILURE = '18050b0001'
const UNSUPPORTED = '18050b00c3'

let home: ZigbeeHome
let hub: Party<OpenHub>
const notified: number[] = []

beforeAll(() => {
  home = new ZigbeeHome()
  hub = home.hub()
  const meter = home.joined(hub, METER)
  home.run(seconds(2))
  const zcl = new ZclNode({ han: meter.node, timers: home.kernel, trace: { emit: () => {} } })
  const endpoint = zcl.endpoint({ endpoint: ENDPOINT, profileId: METERING.profileId, deviceId: 0x0501 })
  endpoint.serve('Basic', { attributes: { ZCLVersion: 3 } })
  endpoint.serve('Identify', { attributes: { IdentifyTime: 0 } })
  endpoint.serve('Time', { attributes: { Time: 3 } })
  endpoint.serve('Metering', { attributes: { CurrentSummationDelivered: 7 } })
  endpoint.use('OtaUpgrade', { commands: { ImageNotify: () => void notified.push(home.kernel.nowUs()) } })
})

/** What a frame of the hub is answered with, and under which key. */
function answer(clusterId: number, security: 'network' | 'link', asdu = READ): string[] {
  hub.data.length = 0
  const ends = { sourceEndpoint: 1, destinationEndpoint: ENDPOINT }
  expect(home.send(hub, METER, { clusterId, security, ...ends, asdu: fromHex(asdu) })).toBe('delivered')
  home.run(seconds(1))
  return hub.data.map(({ payload }) => `${payload.security} ${toHex(payload.asdu)}`)
}

describe('under the network key alone', () => {
  it.each([
    { id: 0x000b, what: 'a cluster not in the table' },
    { id: 0x0015, what: 'Commissioning' },
    { id: 0x0019, what: 'OTA Upgrade' },
    { id: 0x0600, what: 'Generic Tunnel' },
    { id: 0x0700, what: 'Price' },
    { id: 0x0701, what: 'DRLC' },
    { id: 0x0702, what: 'Metering' },
    { id: 0x0703, what: 'Messaging' },
    { id: 0x0704, what: 'Tunneling' },
    { id: 0x0705, what: 'Prepayment' },
    { id: 0x0706, what: 'Energy Management' },
    { id: 0x0707, what: 'Calendar' },
    { id: 0x0708, what: 'Device Management' },
    { id: 0x0709, what: 'Events' },
    { id: 0x070a, what: 'MDU Pairing' },
    { id: 0x070b, what: 'Sub-GHz' },
    { id: 0xfc00, what: "a manufacturer's cluster" },
  ])('$what is refused with FAILURE, under the network key', ({ id }) => {
    expect(answer(id, 'network')).toEqual([`network ${FAILURE}`])
  })

  it.each([
    { id: 0x0000, what: 'Basic', answered: '1805010000002003' },
    { id: 0x0003, what: 'Identify', answered: '180501000000210000' },
    { id: 0x000a, what: 'Time', answered: '180501000000e203000000' },
    { id: 0x0001, what: 'Power Configuration, not served here,', answered: UNSUPPORTED },
    { id: 0x0009, what: 'Alarms, not served here,', answered: UNSUPPORTED },
    { id: 0x0025, what: 'Keep-Alive, not served here,', answered: UNSUPPORTED },
  ])('$what is answered, under the network key', ({ id, answered }) => {
    expect(answer(id, 'network')).toEqual([`network ${answered}`])
  })

  it('an Image Notify to everybody is taken, one to this meter is not', () => {
    const notify = '090500' + '0064'
    expect(answer(0x0019, 'network', notify)).toEqual(['network 10050b0001'])
    expect(notified).toEqual([])
    hub.node.layers.aps.broadcast(NWK_BROADCAST.rxOnWhenIdle, {
      ...{ ...METERING, clusterId: 0x0019, destinationEndpoint: 0xff, security: 'network' },
      asdu: fromHex(notify),
    })
    home.run(seconds(2))
    expect(notified).toHaveLength(1)
  })

  it('other commands of clusters that need the link key are not taken from a broadcast', () => {
    hub.data.length = 0
    hub.node.layers.aps.broadcast(NWK_BROADCAST.rxOnWhenIdle, {
      ...{ ...METERING, destinationEndpoint: 0xff, security: 'network' },
      asdu: fromHex(READ),
    })
    home.run(seconds(2))
    expect(hub.data).toEqual([])
  })
})

describe('under the link key', () => {
  it.each([
    { id: 0x0702, what: 'Metering', answered: '18050100000025070000000000' },
    { id: 0x000a, what: 'Time', answered: '180501000000e203000000' },
    { id: 0x0000, what: 'Basic, for which the network key would do,', answered: '1805010000002003' },
    { id: 0xfc00, what: "a manufacturer's cluster, not served here,", answered: UNSUPPORTED },
  ])('$what is answered, under the link key', ({ id, answered }) => {
    expect(answer(id, 'link')).toEqual([`link ${answered}`])
  })

  it('nothing goes to everybody', () => {
    expect(() => hub.node.layers.aps.broadcast(NWK_BROADCAST.all, METERING)).toThrow('"link" found')
  })
})
