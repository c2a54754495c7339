/** 8.7, 8.8, 8.11 and the hub's access point, row by row of the catalogue: who may be on the HAN, act on a meter, and where the hub is. */
import { expect, test } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import { codeOf } from '../../src/rig/home-record.ts'
import type { DeviceType } from '../../src/wan/service-catalogue.ts'
import { type Order, serviceOrders } from '../helpers/order-rows.ts'
import { ORDERS } from '../helpers/order-sets.ts'
import { answered, type MeterType, meterOf } from '../helpers/order-words.ts'
import { isOneOf } from '../helpers/reading-sets.ts'
import type { RequestHome } from '../helpers/request-home.ts'
import { covered } from '../helpers/service-coverage.ts'

const { home, order, complete } = serviceOrders()

const OUTSIDER = '00db1234567890ff'
type At = MeterType | 'GPF'
const isMeter = (at: At): at is MeterType => at !== 'GPF'
/** Who may act on a meter, or on the gas proxy. */
const partners = (home: RequestHome, at: At) =>
  isMeter(at) ? (meterOf(home, at).keeping.memory().partners ?? []) : home.home.hub.settings.gpfPartners.list
const press = async () => {
  const { esme, ppmid } = home().devices
  await home().ask('disableSupply', 'ESME', {})
  await home().ask('armSupply', 'ESME', {})
  home().act(() => void ppmid?.terminal?.switchOn())
  await home().pass(minutes(1))
  return esme?.supply.state
}

/** The display, the meter it acts on, who of the two is asked, and by which of the two variants. */
const PAIRS: readonly (readonly [display: 'PPMID' | 'CAD', meter: At, asked: DeviceType, further: '1' | '2'])[] = [
  ['PPMID', 'ESME', 'ESME', '1'],
  ['PPMID', 'ESME', 'PPMID', '1'],
  ['PPMID', 'GSME', 'GSME', '1'],
  ['PPMID', 'GPF', 'GPF', '2'],
  ['PPMID', 'GPF', 'PPMID', '2'],
  ['CAD', 'GPF', 'CAD', '2'],
]
for (const [display, meter, of, further] of PAIRS) {
  const other = of === meter ? display : meter
  const row = {
    ...{
      of,
      at: isMeter(meter) ? meter : ('GSME' as const),
      asks: (at: RequestHome) => ({ deviceId: at.idOf(other) }),
    },
    holds: (at: RequestHome) => [...partners(at, meter)],
  }
  const refuses = (at: RequestHome): [string, { deviceId: string }][] => [
    ['device_id: a device of this home expected', { deviceId: OUTSIDER }],
    ['device_id: a display and a meter expected', { deviceId: at.idOf(of === display ? 'IHD' : 'ESME') }],
  ]
  // Of a display either variant is asked: that which is not critical is not for a meter, nor the other for the proxy.
  const refusesOther = (at: RequestHome): [string, { deviceId: string }][] =>
    of === meter
      ? refuses(at)
      : [
          ...refuses(at),
          [
            `device_id: ${isMeter(meter) ? 'a meter' : 'the gas proxy'} and a display expected`,
            { deviceId: at.idOf(isMeter(meter) ? 'GPF' : 'ESME') },
          ],
        ]
  const said = (order: 'JoinDevice' | 'UnjoinDevice') =>
    isMeter(meter) ? answered('MeterSettings', order, 'JoinedDevices') : []

  order(`the ${display} may act on the ${meter} no more`, {
    ...{ kind: 'unjoinDevice', variant: `8.8.${further}`, ...row, refuses: refusesOther, han: said('UnjoinDevice') },
    proves: ({ deviceIds }, now, before, at) => {
      expect(before).toContain(at.idOf(display))
      expect(now).toEqual(before.filter(one => one !== at.idOf(display)))
      expect(deviceIds).toEqual(now)
    },
  } satisfies Order<'unjoinDevice', string[]>)

  if (meter === 'ESME') {
    test(`8.8.1 of the ${of}: the supply is not switched on at the PPMID`, async () => {
      expect(await press()).toBe('ARMED')
      expect(home().devices.ppmid?.shown.result?.electricity).toMatchObject({ what: 'supply', state: 'refused' })
    })
  }
  test(`8.8.${further} of the ${of}: what is not joined cannot be unjoined`, async () => {
    const before = [...partners(home(), meter)]
    const answer = await home().ask('unjoinDevice', of, { deviceId: home().idOf(other) }, `8.8.${further}`)
    expect([answer.code, [...partners(home(), meter)]]).toEqual(['S1RIG_REFUSED', before])
    covered(`8.8.${further}`, of, 'S1RIG_REFUSED')
  })

  order(`the ${display} may act on the ${meter}`, {
    ...{ kind: 'joinDevice', variant: `8.7.${further}`, ...row, refuses: refusesOther, han: said('JoinDevice') },
    proves: ({ deviceIds }, now, before, at) => {
      expect(before).not.toContain(at.idOf(display))
      expect(now).toEqual([...before, at.idOf(display)])
      expect(deviceIds).toEqual(now)
    },
  } satisfies Order<'joinDevice', string[]>)

  if (meter === 'ESME') {
    test(`8.7.1 of the ${of}: the supply is switched on at the PPMID`, async () => {
      expect(await press()).toBe('ON')
    })
  }
}

const listed = (at: RequestHome) => at.home.hub.deviceLog.list().map(({ deviceId }) => deviceId)
const add = (at: RequestHome) => {
  const { cad } = at.record.devices
  if (!cad || !('installCode' in cad)) throw new Error('no CAD')
  return { deviceId: cad.deviceId, installCode: codeOf(cad), joinWindowS: 3_600 }
}
order('a device is taken off the HAN', {
  ...{ kind: 'updateDeviceLog', of: 'CHF', at: 'CAD', han: [] },
  asks: at => ({ remove: { deviceId: at.idOf('CAD') } }),
  refuses: [
    ['add or remove expected', {}],
    ['device_id: 16 lower-case hex digits expected', { remove: { deviceId: '00DB1234567890A7' } }],
  ],
  holds: listed,
  proves: (result, now, before, at) => {
    expect(now).toEqual(before.filter(one => one !== at.idOf('CAD')))
    expect(result.entries.map(({ deviceId }) => deviceId)).toEqual(now)
    expect(at.home.hub.alerts.eventLog.newest(1)).toMatchObject([{ code: '8F12' }])
  },
})
test('8.11 of the CHF: what was taken off is off the HAN', async () => {
  const off = () => !home().home.hub.deviceLog.isJoined(home().idOf('CAD'))
  expect(await home().until(off, minutes(5))).toBe(true)
  expect((await home().ask('readIdentity', 'CAD', {})).code).toBe('E21')
})
order('a device is let onto the HAN', {
  ...{ kind: 'updateDeviceLog', of: 'CHF', at: 'CAD', han: [], asks: at => ({ add: add(at) }) },
  refuses: at => [
    ['install_code: 6, 8, 12 or 16 octets and their CRC', { add: { ...add(at), installCode: new Uint8Array(8) } }],
    ['join_window_s: 1 to 3600 expected, found 3601', { add: { ...add(at), joinWindowS: 3_601 } }],
    ['device_id: a device other than the hub itself', { add: { ...add(at), deviceId: at.idOf('CHF') } }],
    ['device_id: a device other than the hub itself', { add: { ...add(at), deviceId: at.idOf('GPF') } }],
    ['device_id: a device other than the hub itself', { add: { ...add(at), deviceId: 'f'.repeat(16) } }],
  ],
  holds: listed,
  proves: (result, now, before, at) => {
    expect(now).toEqual([...before, at.idOf('CAD')])
    expect(result.entries).toContainEqual({ deviceId: at.idOf('CAD'), joined: false })
    expect(at.home.hub.alerts.eventLog.newest(1)).toMatchObject([{ code: '8F12' }])
  },
})
test('8.11 of the CHF: what is let in joins', async () => {
  const on = () => home().home.hub.deviceLog.isJoined(home().idOf('CAD'))
  expect(await home().until(on, hours(1))).toBe(true)
  // Keys are agreed on after that.
  await home().pass(minutes(2))
  expect((await home().ask('readIdentity', 'CAD', {})).code).toBe('I0')
})

order('the hub moves to another access point', {
  ...{ kind: 'setApn', of: 'CHF', han: [], asks: { apn: 'elster' } },
  refuses: [
    ['apn: an access point name expected', { apn: '' }],
    ['apn: an access point name expected', { apn: 'a/+' }],
  ],
  holds: ({ home: { hub } }) => hub.session.apn,
  proves: (result, now, before) => {
    expect([before, now, result]).toEqual(['newcastle', 'elster', { previousApn: 'newcastle' }])
  },
})
test('S1RIG.SET_APN of the CHF: where its SIM is not let in, it goes back', async () => {
  const { session } = home().home.hub
  expect(await home().until(() => session.apn === 'newcastle' && !session.switchingApn, hours(1))).toBe(true)
  await home().pass(minutes(5))
  expect((await home().ask('readIdentity', 'CHF', {})).code).toBe('I0')
})

complete(isOneOf(ORDERS.joining))
