/** What the emulated ZNP answers and tells, and what it keeps. */
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import { ZnpBench } from './znp-bench.ts'

const LAMP = '00db1234567800b1'
const LAMP_ON_AIR = 'b100785634' + '12db00'
const NETWORK = {
  panId: 0x1a62,
  extendedPanId: '0102030405060708',
  channel: 15,
  updateId: 0,
  networkKey: { key: fromHex('01030507090b0d0f00020406080a0c0e'), sequence: 0 },
}
const ACTIVE_KEY = '0001030507090b0d0f00020406080a0c0e'

describe('non-volatile memory', () => {
  test('an item is made once, read and written at any place in it, and deleted by who knows its length', () => {
    const znp = new ZnpBench()
    const item = 0x0401
    expect(znp.ask('SYS_OSAL_NV_LENGTH', { item })).toEqual({ length: 0 })
    const empty = { status: 0x0a, value: new Uint8Array() }
    expect(znp.ask('SYS_OSAL_NV_READ_EXT', { item, offset: 0 })).toEqual(empty)
    const init = { item, length: 6, value: fromHex('0102') }
    expect(znp.ask('SYS_OSAL_NV_ITEM_INIT', init)).toEqual({ status: 9 })
    expect(znp.ask('SYS_OSAL_NV_ITEM_INIT', init)).toEqual({ status: 0 })
    expect(znp.ask('SYS_OSAL_NV_ITEM_INIT', { ...init, length: 7 })).toEqual({ status: 0x0c })
    expect(znp.item(item)).toBe('0102ffffffff')
    expect(znp.ask('SYS_OSAL_NV_WRITE_EXT', { item, offset: 4, value: fromHex('aabb') })).toEqual({ status: 0 })
    expect(znp.ask('SYS_OSAL_NV_WRITE_EXT', { item, offset: 5, value: fromHex('aabb') })).toEqual({ status: 0x0c })
    expect(toHex(znp.ask('SYS_OSAL_NV_READ_EXT', { item, offset: 3 }).value)).toBe('ffaabb')
    expect(znp.ask('SYS_OSAL_NV_DELETE', { item, length: 5 })).toEqual({ status: 0x0c })
    expect(znp.ask('SYS_OSAL_NV_DELETE', { item, length: 6 })).toEqual({ status: 0 })
    expect(znp.ask('SYS_OSAL_NV_DELETE', { item, length: 6 })).toEqual({ status: 9 })
    expect(znp.item(item)).toBeUndefined()
  })
  test('a long item comes in pieces, and memory ends somewhere', () => {
    const znp = new ZnpBench()
    const value = Uint8Array.from({ length: 240 }, (_, n) => n)
    znp.ask('SYS_OSAL_NV_ITEM_INIT', { item: 0x0402, length: 600, value })
    const first = znp.ask('SYS_OSAL_NV_READ_EXT', { item: 0x0402, offset: 0 }).value
    expect([first.length, first[239], first[240]]).toEqual([248, 239, 255])
    expect(znp.ask('SYS_OSAL_NV_READ_EXT', { item: 0x0402, offset: 496 }).value).toHaveLength(104)
    expect(znp.ask('SYS_OSAL_NV_READ_EXT', { item: 0x0402, offset: 601 }).status).toBe(0x0c)
    const made = Array.from(
      { length: 30 },
      (_, n) => znp.ask('SYS_OSAL_NV_ITEM_INIT', { item: 0x500 + n, length: 4_095, value }).status,
    )
    expect([made[0], made.at(-1), znp.item(0x51d)]).toEqual([9, 0x0a, undefined])
  })
  test('rows of its tables are there, empty; others are made and go', () => {
    const znp = new ZnpBench()
    const row = { system: 1, item: 1, subId: 3 }
    expect(znp.ask('SYS_NV_LENGTH', row)).toEqual({ length: 11 })
    expect(toHex(znp.ask('SYS_NV_READ', { ...row, offset: 0, length: 11 }).value)).toBe('00ffffffffffffffffffff')
    expect(znp.ask('SYS_NV_LENGTH', { ...row, subId: 200 })).toEqual({ length: 0 })
    const own = { system: 6, item: 9, subId: 0 }
    expect(znp.ask('SYS_NV_CREATE', { ...own, length: 3 })).toEqual({ status: 0 })
    expect(znp.ask('SYS_NV_WRITE', { ...own, offset: 1, value: fromHex('07') })).toEqual({ status: 0 })
    expect(toHex(znp.ask('SYS_NV_READ', { ...own, offset: 0, length: 2 }).value)).toBe('ff07')
    expect(znp.ask('SYS_NV_DELETE', own)).toEqual({ status: 0 })
    expect(znp.ask('SYS_NV_LENGTH', own)).toEqual({ length: 0 })
  })
  test('its own address is in it, and cannot be changed', () => {
    const znp = new ZnpBench()
    expect(znp.ask('SYS_GET_EXTADDR', {})).toEqual({ extendedAddress: znp.network.eui64 })
    expect(znp.item(1)).toBe('aa000000004b1200')
    const write = (hex: string) => znp.ask('SYS_OSAL_NV_WRITE_EXT', { item: 1, offset: 0, value: fromHex(hex) }).status
    expect([write('aa000000004b1200'), write('ab000000004b1200')]).toEqual([0, 0x0a])
  })
})

describe('a network', () => {
  test('is formed as configured, told of in steps, and stands in NV', () => {
    const znp = new ZnpBench()
    expect(znp.item(0x21)).toBeUndefined()
    znp.commissioned()
    expect(znp.network.network).toEqual(NETWORK)
    expect(znp.ask('ZDO_EXT_NWK_INFO', {})).toMatchObject({ address: 0, deviceState: 9, panId: 0x1a62, channel: 15 })
    expect(znp.item(0x21)).toMatch(/621a.*0807060504030201/)
    expect([znp.item(0x3a), znp.item(0x3b)]).toEqual([ACTIVE_KEY, ACTIVE_KEY])
    znp.network.frameCounter = 0x01020304
    expect(znp.item(0x82)).toBe(`${ACTIVE_KEY}04030201`)
    const row = { system: 1, item: 7, subId: 0, offset: 0, length: 12 }
    expect(toHex(znp.ask('SYS_NV_READ', row).value)).toBe('040302010807060504030201')
    // Everybody may come with the well-known key.
    expect(znp.network.keys.map(({ device, key }) => [device, toHex(key)])).toEqual([
      ['any', '5a6967426565416c6c69616e63653039'],
    ])
    expect(znp.ask('APP_CNF_BDB_START_COMMISSIONING', { mode: 4 })).toEqual({ status: 0 })
    expect(znp.told()).toEqual([
      { name: 'APP_CNF_BDB_COMMISSIONING_NOTIFICATION', value: { status: 8, mode: 2, remaining: 0 } },
    ])
  })
  test('waits after a reset until a host starts it, and is the one that was', () => {
    const znp = new ZnpBench().commissioned()
    znp.register(1, 0x0104)
    expect(znp.reset()).toEqual([
      {
        name: 'SYS_RESET_IND',
        value: { reason: 1, transportRevision: 2, product: 1, major: 2, minor: 7, hardware: 1 },
      },
    ])
    expect(znp.ask('UTIL_GET_DEVICE_INFO', {})).toMatchObject({ deviceState: 0, address: 0xfffe })
    expect(znp.network.endpoints.size).toBe(0)
    znp.network.receive({})
    expect(znp.told()).toEqual([])
    expect(znp.ask('ZDO_STARTUP_FROM_APP', { delayMs: 100 })).toEqual({ status: 0 })
    expect(znp.told().map(({ value }) => value)).toEqual([{ state: 8 }, { state: 9 }])
    expect(znp.network.network).toEqual(NETWORK)
  })
  test('is gone, with configuration and devices, when the host says so before a reset', () => {
    const znp = new ZnpBench().commissioned()
    znp.network.tell.onArrival({ device: LAMP, address: 0x1234, parent: 0, how: 'joined' })
    znp.run()
    znp.write(0x60, '55')
    znp.write(0x03, '03')
    znp.reset()
    expect([znp.network.network, znp.item(0x21), znp.item(0x3a), znp.item(0x83)]).toEqual(Array(4).fill(undefined))
    expect([znp.item(0x60), znp.item(0x03)]).toEqual(['55', '00'])
    expect(znp.ask('UTIL_GET_DEVICE_INFO', {})).toMatchObject({ associated: [] })
  })
  test('is the one that a host has put into NV, frame counter and devices included', () => {
    const znp = new ZnpBench().commissioned()
    const nib = fromHex(znp.item(0x21) ?? '')
    nib.set([0x34, 0x12], 33)
    nib.set([20], 22)
    znp.write(0x21, toHex(nib))
    znp.write(0x3a, '05000102030405060708090a0b0c0d0e0f')
    const put = (item: number, hex: string) =>
      znp.ask('SYS_NV_WRITE', { system: 1, item, subId: 0, offset: 0, value: fromHex(hex) })
    put(7, 'd2040000' + '0807060504030201')
    put(1, `013412${LAMP_ON_AIR}`)
    znp.reset()
    znp.ask('ZDO_STARTUP_FROM_APP', { delayMs: 0 })
    expect(znp.network.network).toMatchObject({ panId: 0x1234, channel: 20, networkKey: { sequence: 5 } })
    expect(znp.network.frameCounter).toBe(1_234)
    expect(znp.ask('UTIL_ASSOC_GET_WITH_ADDR', { device: LAMP, address: 0 })).toEqual({
      ...{ address: 0x1234, index: 0, relation: 1 },
    })
  })
  test('is never what stands in NV when that is none', () => {
    const znp = new ZnpBench()
    znp.write(0x21, 'ff'.repeat(110))
    znp.write(0x3a, '00'.repeat(17))
    expect(znp.ask('ZDO_STARTUP_FROM_APP', { delayMs: 0 })).toEqual({ status: 1 })
    expect(znp.network.network).toMatchObject({ channel: 11, extendedPanId: znp.network.eui64 })
  })
  test('comes back in another stick that is given what this one kept, and the processor what it remembers', () => {
    const first = new ZnpBench().commissioned()
    first.network.tell.onArrival({ device: LAMP, address: 0x1234, parent: 0, how: 'joined' })
    first.run()
    first.ask('ZDO_EXT_ADD_GROUP', { endpoint: 242, group: 0x0b84, name: new Uint8Array() })
    const second = new ZnpBench(JSON.parse(JSON.stringify(first.dongle.memory())))
    second.network.remembered = NETWORK
    expect(second.ask('ZDO_STARTUP_FROM_APP', { delayMs: 0 })).toEqual({ status: 0 })
    expect(second.ask('UTIL_GET_DEVICE_INFO', {})).toMatchObject({ deviceState: 9, associated: [0x1234] })
    expect(second.ask('ZDO_EXT_FIND_GROUP', { endpoint: 242, group: 0x0b84 })).toMatchObject({ status: 0 })
  })
})

describe('data', () => {
  const request = {
    ...{ destination: 0x1234, destinationEndpoint: 1, sourceEndpoint: 6, clusterId: 0x0702, transaction: 9 },
    ...{ options: 0, radius: 30, data: fromHex('001122') },
  }
  const confirm = (status: number) => ({ name: 'AF_DATA_CONFIRM', value: { status, endpoint: 6, transaction: 9 } })

  test('leaves with the profile of its endpoint, and its outcome is told', () => {
    const znp = new ZnpBench().commissioned()
    expect([znp.register(6, 0x0109), znp.register(6, 0x0109), znp.register(0, 1)]).toEqual([0, 0xb8, 2])
    for (const [outcome, options, status] of [
      ['delivered', 0, 0],
      ['no-ack', 0, 0xe9],
      ['no-ack', 0x10, 0xb7],
      ['expired', 0, 0xf0],
      ['unknown-destination', 0, 0xcd],
      ['not-joined', 0, 0xc2],
    ] as const) {
      znp.network.outcome = outcome
      expect(znp.ask('AF_DATA_REQUEST', { ...request, options })).toEqual({ status: 0 })
      expect(znp.told()).toEqual([confirm(status)])
    }
    expect(znp.network.sent[0]).toEqual({
      ...{ to: 0x1234, profileId: 0x0109, clusterId: 0x0702, sourceEndpoint: 6, destinationEndpoint: 1 },
      ...{ asdu: fromHex('001122'), ackRequest: false },
    })
    expect(znp.network.sent[2]).toMatchObject({ ackRequest: true })
  })
  test('is refused from an endpoint that is not there, from a network that is not, and when too much is under way', () => {
    const znp = new ZnpBench()
    expect(znp.ask('AF_DATA_REQUEST', request)).toEqual({ status: 2 })
    znp.register(6, 0x0109)
    expect(znp.ask('AF_DATA_REQUEST', request)).toEqual({ status: 0xc2 })
    znp.commissioned()
    znp.network.outcome = undefined
    const statuses = Array.from({ length: 65 }, () => znp.ask('AF_DATA_REQUEST', request).status)
    expect([statuses[63], statuses[64]]).toEqual([0, 0x10])
  })
  test('goes to groups, to all, and to whom has an EUI-64', () => {
    const znp = new ZnpBench().commissioned()
    znp.register(6, 0x0109)
    znp.network.addresses.set(LAMP, 0x4321)
    const ext = { ...request, destinationPanId: 0, destinationEndpoint: 0xff }
    const send = (mode: number, destination: string, more = {}) => {
      const { status } = znp.ask('AF_DATA_REQUEST_EXT', { ...ext, mode, destination, ...more })
      return [status, znp.told().length]
    }
    expect(send(1, '0000000000000b84')).toEqual([0, 1])
    expect(send(2, '000000000000fffd')).toEqual([0, 1])
    expect(send(3, LAMP)).toEqual([0, 1])
    expect(send(3, '0000000000000001')).toEqual([0xcd, 0])
    expect(send(0, '0000000000000000')).toEqual([2, 0])
    expect(send(2, '0000000000000001', { destinationPanId: 0x9999 })).toEqual([2, 0])
    expect(znp.network.sent.map(({ to }) => to)).toEqual([{ group: 0x0b84 }, 0xfffd, 0x4321])
    // What fits no frame of the air is an error of the command.
    znp.say('AF_DATA_REQUEST_EXT', { ...ext, mode: 2, destination: '000000000000ffff', data: new Uint8Array(100) })
    znp.run()
    expect(znp.heard.map(({ subsystem, data }) => `${subsystem} ${toHex(data)}`)).toEqual(['0 032402'])
  })
  test('comes in at endpoints that are addressed and of its profile', () => {
    const znp = new ZnpBench().commissioned()
    for (const [endpoint, profile] of [
      [1, 0x0104],
      [3, 0x0104],
      [6, 0x0109],
    ] as const) {
      znp.register(endpoint, profile)
    }
    znp.ask('ZDO_EXT_ADD_GROUP', { endpoint: 3, group: 0x0b84, name: fromHex('6162') })
    const endpointsThatHear = (message: Parameters<typeof znp.network.receive>[0]) => {
      znp.heard = []
      znp.network.receive(message)
      znp.run()
      return znp.told().map(({ value }) => (value as { destinationEndpoint: number }).destinationEndpoint)
    }
    expect(endpointsThatHear({ destinationEndpoint: 1 })).toEqual([1])
    expect(endpointsThatHear({ destinationEndpoint: 1, profileId: 0x0109 })).toEqual([])
    expect(endpointsThatHear({ destinationEndpoint: 6, profileId: 0x0109 })).toEqual([6])
    expect(endpointsThatHear({ destinationEndpoint: 6, profileId: 0xffff })).toEqual([6])
    expect(endpointsThatHear({ destinationEndpoint: 0xff, delivery: 'broadcast' })).toEqual([1, 3])
    expect(endpointsThatHear({ delivery: { group: 0x0b84 } })).toEqual([3])
    expect(endpointsThatHear({ destinationEndpoint: 9 })).toEqual([])
  })
  test('that is too long for one frame of the line is fetched in pieces, once; those not fetched make room', () => {
    const znp = new ZnpBench().commissioned()
    znp.register(1, 0x0104)
    const asdu = Uint8Array.from({ length: 300 }, (_, n) => n % 251)
    znp.heard = []
    for (let n = 0; n < 17; n++) znp.network.receive({ asdu })
    znp.run()
    const told = znp.told().map(({ name, value }) => ({ name, ...(value as { length: number; timestamp: number }) }))
    expect(told).toHaveLength(17)
    expect(told[16]).toMatchObject({ name: 'AF_INCOMING_MSG_EXT', length: 300, source: '0000000000001234' })
    expect(new Set(told.map(({ timestamp }) => timestamp)).size).toBe(17)
    const retrieve = (timestamp: number, index: number, length: number) =>
      znp.ask('AF_DATA_RETRIEVE', { timestamp, index, length })
    const { timestamp = 0 } = told[16] ?? {}
    const data = [...retrieve(timestamp, 0, 240).data, ...retrieve(timestamp, 240, 60).data]
    expect(toHex(Uint8Array.from(data))).toBe(toHex(asdu))
    expect(retrieve(timestamp, 240, 61).status).toBe(2)
    expect([retrieve(timestamp, 0, 0).status, retrieve(timestamp, 0, 1).status]).toEqual([0, 1])
    expect(retrieve(told[0]?.timestamp ?? 0, 0, 1).status).toBe(1)
    expect(znp.dongle.counts.unfetched).toBe(1)
  })
})

describe('the device object', () => {
  test('asks over the air, and tells what others answer', () => {
    const znp = new ZnpBench().commissioned()
    expect(znp.ask('ZDO_ACTIVE_EP_REQ', { destination: 0x1234, addressOfInterest: 0x1234 })).toEqual({ status: 0 })
    expect(znp.network.sent.at(-1)).toMatchObject({ to: 0x1234, profileId: 0, clusterId: 5, destinationEndpoint: 0 })
    expect(toHex(znp.network.sent.at(-1)?.asdu.subarray(1) ?? new Uint8Array())).toBe('3412')
    const answer = (clusterId: number, hex: string) => {
      znp.heard = []
      const of = { profileId: 0, sourceEndpoint: 0, destinationEndpoint: 0 }
      znp.network.receive({ ...of, clusterId, asdu: fromHex(`01${hex}`) })
      znp.run()
      return znp.told()
    }
    const body = fromHex('003412020106')
    expect(answer(0x8005, '003412020106')).toEqual([{ name: 'ZDO_ACTIVE_EP_RSP', value: { source: 0x1234, body } }])
    expect(answer(0x8000, `00${LAMP_ON_AIR}3412`)).toEqual([
      {
        name: 'ZDO_NWK_ADDR_RSP',
        value: { status: 0, device: LAMP, address: 0x1234, startIndex: 0, associatedCount: 0 },
      },
    ])
    // On the air the number of children comes first.
    expect(answer(0x8001, `00${LAMP_ON_AIR}3412020501000200`)).toMatchObject([
      { name: 'ZDO_IEEE_ADDR_RSP', value: { startIndex: 5, associatedCount: 2, associated: fromHex('01000200') } },
    ])
    // Not an answer that has a command, and one that is none.
    expect([...answer(0x8040, '00'), ...answer(0x8001, '0012')]).toEqual([])
    expect(znp.dongle.counts.malformed).toBe(1)
  })
  test('asks everybody who has an address, and itself what only it knows', () => {
    const znp = new ZnpBench().commissioned()
    znp.ask('ZDO_NWK_ADDR_REQ', { device: LAMP, requestType: 0, startIndex: 0 })
    znp.ask('ZDO_NWK_ADDR_REQ', { device: znp.network.eui64, requestType: 0, startIndex: 0 })
    znp.ask('ZDO_ACTIVE_EP_REQ', { destination: 0, addressOfInterest: 0 })
    expect(znp.network.sent.map(({ to }) => to)).toEqual([0xfffd, 0, 0])
  })
  test('opens the network for as long as it is told, here, there and everywhere', () => {
    const znp = new ZnpBench().commissioned()
    const permit = (mode: number, destination: number, durationS: number) =>
      znp.ask('ZDO_MGMT_PERMIT_JOIN_REQ', { mode, destination, durationS, trustCentreSignificance: 1 }).status
    znp.network.permitted.length = 0
    expect(permit(15, 0xfffc, 60)).toBe(0)
    expect(znp.told()).toEqual([
      { name: 'ZDO_PERMIT_JOIN_IND', value: { durationS: 60 } },
      { name: 'ZDO_MGMT_PERMIT_JOIN_RSP', value: { source: 0, body: Uint8Array.of(0) } },
    ])
    expect(znp.network.sent.at(-1)).toMatchObject({ to: 0xfffc, clusterId: 0x0036 })
    znp.run(seconds(60))
    expect(znp.told()).toEqual([{ name: 'ZDO_PERMIT_JOIN_IND', value: { durationS: 0 } }])
    expect([permit(2, 0xfffc, 10), permit(2, 0x1234, 10)]).toEqual([0, 0])
    expect(znp.network.sent.map(({ to }) => to)).toEqual([0xfffc, 0x1234])
    expect(znp.network.permitted).toEqual([60, 10])
  })
  test('knows its children by what they announce, and who has gone', () => {
    const znp = new ZnpBench().commissioned()
    const { tell } = znp.network
    tell.onArrival({ device: LAMP, address: 0x1234, parent: 0, how: 'joined' })
    tell.onArrival({ device: '00db1234567800b2', address: 0x2345, parent: 0x1234, how: 'joined' })
    const of = { profileId: 0, sourceEndpoint: 0, destinationEndpoint: 0, delivery: 'broadcast' } as const
    znp.network.receive({ ...of, clusterId: 0x0013, asdu: fromHex(`013412${LAMP_ON_AIR}8e`) })
    znp.run()
    expect(znp.told()).toEqual([
      { name: 'ZDO_TC_DEVICE_IND', value: { address: 0x1234, device: LAMP, parent: 0 } },
      { name: 'ZDO_TC_DEVICE_IND', value: { address: 0x2345, device: '00db1234567800b2', parent: 0x1234 } },
      {
        name: 'ZDO_END_DEVICE_ANNCE_IND',
        value: { source: 0x1234, address: 0x1234, device: LAMP, capability: 0x8e },
      },
    ])
    const relation = (device: string, address = 0) => znp.ask('UTIL_ASSOC_GET_WITH_ADDR', { device, address }).relation
    expect([relation(LAMP), relation('00db1234567800b2'), relation('0000000000000000', 0x1234)]).toEqual([4, 255, 4])
    expect([znp.ask('UTIL_ASSOC_REMOVE', { device: LAMP }).status, relation(LAMP)]).toEqual([0, 255])
    expect(znp.ask('UTIL_ASSOC_REMOVE', { device: LAMP }).status).toBe(1)
    znp.ask('UTIL_ASSOC_ADD', { device: LAMP, address: 0x1234, relation: 1 })
    expect(relation(LAMP)).toBe(1)
    znp.heard = []
    tell.onDeparture(LAMP, 0x1234)
    znp.run()
    expect(znp.told()).toMatchObject([{ name: 'ZDO_LEAVE_IND', value: { source: 0x1234, device: LAMP, rejoin: 0 } }])
    expect(relation(LAMP)).toBe(255)
  })
  test('lets a device in by its install code, or the key made of it, and by nothing else', () => {
    const znp = new ZnpBench().commissioned()
    const add = (format: number, hex: string) =>
      znp.ask('APP_CNF_BDB_ADD_INSTALLCODE', { format, device: LAMP, code: fromHex(hex) }).status
    expect(add(1, '83fed3407a939723a5c639b26916d505c3b5')).toBe(0)
    expect(add(1, '83fed3407a939723a5c639b26916d505c3b6')).toBe(2)
    expect([add(2, '00'.repeat(16)), add(2, '00'), add(3, '')]).toEqual([0, 2, 2])
    // Key of the code. @source ZigBee Smart Energy 1.1b, 5.4.8.1.1
    expect(znp.network.keys.slice(1).map(({ key }) => toHex(key))).toEqual([
      '66b6900981e1ee3ca4206b6b861c02bb',
      '00'.repeat(16),
    ])
  })
})

describe('the line', () => {
  test('a command that is not known, or cannot be read, is an error that names it', () => {
    const znp = new ZnpBench()
    for (const [said, answered] of [
      ['fe00213f1e', 'fe03600002213f7f'],
      ['fe002201' + '23', 'fe036000' + '012201' + '41'],
      ['fe012107' + '0027', 'fe036000' + '042107' + '41'],
    ] as const) {
      const octets: string[] = []
      znp.line.disturb = piece => {
        octets.push(toHex(piece))
        return [piece]
      }
      znp.line.host.write(fromHex(said))
      znp.run()
      expect(octets).toEqual([said, answered])
    }
    expect(znp.dongle.counts).toMatchObject({ refused: 3, malformed: 1 })
    expect(znp.dongle.refusals).toHaveLength(3)
  })
  test('questions that come at once are answered in their order, what happened meanwhile behind', () => {
    const znp = new ZnpBench().commissioned()
    znp.heard = []
    znp.say('SYS_PING', {})
    znp.say('ZDO_MGMT_PERMIT_JOIN_REQ', { mode: 15, destination: 0xfffc, durationS: 0, trustCentreSignificance: 1 })
    znp.say('SYS_VERSION', {})
    znp.run()
    expect(znp.heard.map(({ type, subsystem, command }) => `${type}.${subsystem}.${command}`)).toEqual([
      ...['3.1.1', '3.5.54', '2.5.203', '2.5.182', '3.1.2'],
    ])
  })
  test('a host that goes leaves the network as it is, and the next is not told what the last one asked', () => {
    const znp = new ZnpBench().commissioned()
    znp.register(1, 0x0104)
    znp.ask('ZDO_STARTUP_FROM_APP', { delayMs: 0 })
    const to = { destination: 0x1234, destinationEndpoint: 1, sourceEndpoint: 1, clusterId: 6, transaction: 9 }
    znp.say('AF_DATA_REQUEST', { ...to, options: 0, radius: 30, data: new Uint8Array(2) })
    znp.line.host.write(fromHex('fe5a21'))
    znp.run(1_500)
    znp.line.cut('the host has gone')
    znp.line.mend()
    znp.heard = []
    znp.run()
    expect(znp.told()).toEqual([])
    expect(znp.ask('UTIL_GET_DEVICE_INFO', {})).toMatchObject({ deviceState: 9 })
    expect(znp.register(1, 0x0104)).toBe(0xb8)
  })
  test('half a frame holds the line for half a second', () => {
    const znp = new ZnpBench()
    znp.line.host.write(fromHex('fef02101'))
    znp.run()
    znp.say('SYS_PING', {})
    znp.run()
    expect(znp.heard).toEqual([])
    znp.run(seconds(1))
    expect(znp.heard).toHaveLength(1)
  })
})
