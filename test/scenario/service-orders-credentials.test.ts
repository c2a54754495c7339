/** 6.15.1, 6.21, 6.23 and the hub's own keys, row by row of the catalogue: whose word a device takes. */
import { expect, test } from 'vitest'
import type { MeterSettings } from '../../src/devices/configuration/meter-settings.ts'
import type { COMMON_SETTINGS } from '../../src/devices/configuration/settings.ts'
import { wrapKey } from '../../src/wan/messages/key-wrap.ts'
import { type Order, serviceOrders } from '../helpers/order-rows.ts'
import { ORDERS } from '../helpers/order-sets.ts'
import { meterOf, reads, settingsOf, writes } from '../helpers/order-words.ts'
import { isOneOf } from '../helpers/reading-sets.ts'
import type { RequestHome } from '../helpers/request-home.ts'
import { covered } from '../helpers/service-coverage.ts'

const { home, order, complete } = serviceOrders()

const FIRST = { entityId: '00db1234567890b1', certificate: Uint8Array.of(1, 2, 3) }
const SECOND = { entityId: '00db1234567890b2', certificate: Uint8Array.of(4) }
const NOBODY = { ...FIRST, entityId: '0000000000000000' }
const TOO_LONG = { ...FIRST, certificate: new Uint8Array(17) }
const OPERATOR = { entityId: '00db1234567890e1', certificate: Uint8Array.of(7) }

type Holder = 'ESME' | 'GSME' | 'GPF'
const settings = (at: RequestHome, of: Holder): MeterSettings<typeof COMMON_SETTINGS> =>
  of === 'GPF' ? at.home.hub.settings.own.GPF : settingsOf(at, of)
const held = (at: RequestHome, of: Holder) => {
  const its = settings(at, of)
  return {
    ...{ supplier: its.get('supplierId'), certificate: its.get('supplierCertificate') },
    ...{ operator: its.get('networkOperatorId'), controlledBy: its.get('controlledBy') },
  }
}
type Held = ReturnType<typeof held>
const CREDENTIALS = reads(
  'MeterSettings',
  ...['SupplierId', 'SupplierCertificate', 'NetworkOperatorId', 'NetworkOperatorCertificate', 'CredentialsControl'],
)
/** What a device holds is looked at, changed, and looked at again; the gas proxy is the hub itself. */
const changing = (of: Holder, ...attributes: string[]) =>
  of === 'GPF' ? [] : [...CREDENTIALS, ...writes('MeterSettings', ...attributes), ...CREDENTIALS]
/** A device writes it down that its credentials changed: the proxy in the log of the hub. */
const writtenDown = (at: RequestHome, of: Holder) =>
  (of === 'GPF' ? at.home.hub.alerts.eventLog.newest(1) : meterOf(at, of).events.log('SECURITY')).at(-1)?.code

for (const of of ['ESME', 'GSME', 'GPF'] as const) {
  const at = of === 'GPF' ? 'GSME' : of
  test(`6.23 of the ${of}: a handover comes first`, async () => {
    const before = held(home(), of)
    const answer = await home().ask('changeSupplier', of, FIRST)
    expect(answer).toMatchObject({ code: 'S1RIG_REFUSED', detail: expect.stringContaining('a handover comes first') })
    expect(held(home(), of)).toEqual(before)
    covered('6.23', of, 'S1RIG_REFUSED')
  })

  order('the DCC hands it over', {
    ...{ kind: 'requestHandover', of, at, asks: FIRST },
    refuses: [
      ['entity_id: 16 lower-case hex digits, not all 0', NOBODY],
      ['certificate: 1 to 16 octets expected, found 17 octets', TOO_LONG],
    ],
    han: changing(of, 'SupplierId', 'SupplierCertificate', 'CredentialsControl'),
    holds: at => held(at, of),
    proves: (result, now, before, at) => {
      expect(before).toMatchObject({ supplier: NOBODY.entityId, controlledBy: 'DCC' })
      expect(now).toEqual({ ...before, supplier: FIRST.entityId, certificate: '010203', controlledBy: 'SUPPLIER' })
      expect(result).toMatchObject({ supplierId: FIRST.entityId, control: 'CONTROLLED_BY_SUPPLIER' })
      expect(writtenDown(at, of)).toBe('8F70')
    },
  } satisfies Order<'requestHandover', Held>)

  order('another supplier takes it over', {
    ...{ kind: 'changeSupplier', of, at, asks: SECOND },
    refuses: [
      ['entity_id: 16 lower-case hex digits, not all 0', NOBODY],
      ['certificate: 1 to 16 octets expected, found 17 octets', TOO_LONG],
    ],
    han: changing(of, 'SupplierId', 'SupplierCertificate'),
    holds: at => held(at, of),
    proves: (result, now, before, at) => {
      expect(before.supplier).toBe(FIRST.entityId)
      expect(now).toEqual({ ...before, supplier: SECOND.entityId, certificate: '04' })
      expect(result).toMatchObject({ supplierId: SECOND.entityId, supplierCertificate: SECOND.certificate })
      expect(writtenDown(at, of)).toBe('8F70')
    },
  } satisfies Order<'changeSupplier', Held>)

  order('its supplier has another certificate', {
    ...{ kind: 'updateCredentials', of, at, asks: { role: 'SUPPLIER', ...SECOND, certificate: Uint8Array.of(9) } },
    refuses: [
      ['role: SUPPLIER, NETWORK_OPERATOR expected', { role: 'CREDENTIAL_ROLE_UNSPECIFIED', ...SECOND }],
      ['entity_id: 16 lower-case hex digits, not all 0', { role: 'SUPPLIER', ...NOBODY }],
    ],
    han: changing(of, 'SupplierId', 'SupplierCertificate'),
    holds: at => held(at, of),
    proves: (result, now, before, at) => {
      expect(before.certificate).toBe('04')
      expect(now).toEqual({ ...before, certificate: '09' })
      expect(result).toMatchObject({ supplierId: SECOND.entityId, supplierCertificate: Uint8Array.of(9) })
      expect(writtenDown(at, of)).toBe('8F70')
    },
  } satisfies Order<'updateCredentials', Held>)

  order('its network operator is let in', {
    ...{ kind: 'updateCredentials', of, at, asks: { role: 'NETWORK_OPERATOR', ...OPERATOR } },
    han: changing(of, 'NetworkOperatorId', 'NetworkOperatorCertificate'),
    holds: at => held(at, of),
    proves: (result, now, before) => {
      expect(now).toEqual({ ...before, operator: OPERATOR.entityId })
      expect(result).toMatchObject({ supplierId: SECOND.entityId, networkOperatorId: OPERATOR.entityId })
    },
  } satisfies Order<'updateCredentials', Held>)

  test(`6.15.1 of the ${of}: nobody takes the place of its supplier`, async () => {
    const before = held(home(), of)
    const answer = await home().ask('updateCredentials', of, { role: 'SUPPLIER', ...FIRST })
    expect(answer).toMatchObject({ code: 'S1RIG_REFUSED', detail: `${SECOND.entityId} holds these credentials` })
    expect(held(home(), of)).toEqual(before)
    covered('6.15.1', of, 'S1RIG_REFUSED')
  })
}

const NEW_KEY = new Uint8Array(32).fill(0x51)
const originators = (at: RequestHome) => at.home.hub.session.originators
order('another party is given a key', {
  ...{ kind: 'rotateCredentials', of: 'CHF', han: [] },
  asks: at => ({ originator: 's1sp', wrappedKey: wrapKey(at.smsoKey, NEW_KEY) }),
  refuses: [['originator: 1 to 32 of a-z, 0-9 and - expected', { originator: 'S1SP', wrappedKey: new Uint8Array(40) }]],
  holds: at => originators(at).names,
  proves: (result, now, before, at) => {
    expect(before).toEqual(['core', 'dco', 'smso'])
    expect([now, result.originators]).toEqual([['core', 'dco', 's1sp', 'smso'], now])
    expect(originators(at).keyOf('s1sp')).toEqual(NEW_KEY)
  },
})
test('S1RIG.ROTATE_CREDENTIALS of the CHF: a key that nobody wrapped is none', async () => {
  const answer = await home().ask('rotateCredentials', 'CHF', { originator: 'lab', wrappedKey: new Uint8Array(40) })
  expect(answer.code).toBe('S1RIG_KEY')
  covered('S1RIG.ROTATE_CREDENTIALS', 'CHF', 'S1RIG_KEY')
  expect(originators(home()).keyOf('lab')).toBeUndefined()
})
order('a party is heard no more', {
  ...{ kind: 'rotateCredentials', of: 'CHF', han: [], asks: { originator: 'core', remove: {} } },
  holds: at => originators(at).names,
  proves: (result, now) => {
    expect([now, result.originators]).toEqual([['dco', 's1sp', 'smso'], now])
  },
})
test('S1RIG.ROTATE_CREDENTIALS of the CHF: what it asks then is a stranger’s', async () => {
  expect(await home().askAs('no authentication of the DCO', 'readSupplyStatus', 'ESME', {})).toBeUndefined()
  expect(home().home.hub.alerts.refusals().at(-1)).toMatchObject({ code: '8F3E' })
})

complete(isOneOf(ORDERS.credentials))
