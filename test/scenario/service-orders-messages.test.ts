/** 3.x, 6.20.x and 9.1, row by row of the catalogue: what a meter shows, keeps to itself and is called, from the broker into the meter. */
import { expect, test } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import { type Order, serviceOrders } from '../helpers/order-rows.ts'
import { ORDERS } from '../helpers/order-sets.ts'
import { answered, happens, meterOf, reads, settingsOf, taken, writes } from '../helpers/order-words.ts'
import { isOneOf } from '../helpers/reading-sets.ts'
import type { RequestHome } from '../helpers/request-home.ts'

const { home, order, complete } = serviceOrders()

const MOVED_IN = Date.parse('2021-10-01T00:00:00Z')
const tooLate = (at: RequestHome) => ({ notBeforeMs: at.unixMs() + 86_400_000 })

for (const of of ['ESME', 'GSME'] as const) {
  const text = `For the ${of}`
  order('the consumer reads it at the meter', {
    ...{
      kind: 'displayMessage',
      of,
      asks: { text, confirm: true, forMin: 120 },
      han: taken('Messaging.DisplayMessage'),
    },
    refuses: [
      ['text: 1 to 113 octets expected, found 0', { text: '', confirm: false }],
      ['text: 1 to 113 octets expected, found 114', { text: 'é'.repeat(57), confirm: false }],
      ['for_min: 1 to 65534 expected, found 0', { text, confirm: false, forMin: 0 }],
    ],
    holds: at => meterOf(at, of).shown.message?.text,
    proves: ({ messageId }, held, before, at) => {
      expect([before === text, held]).toEqual([false, text])
      expect(meterOf(at, of).shown.message).toMatchObject({ id: messageId, text })
    },
  } satisfies Order<'displayMessage', string | undefined>)

  test(`3.1 of the ${of}: displays show it when they next ask, and confirm it`, async () => {
    const { ppmid, ihd } = home().devices
    await home().pass(minutes(31))
    expect([ppmid?.shown.message?.text, ihd?.shown.message?.text]).toEqual([text, text])
    const confirmed = [...home().home.hub.notices.confirmations.keys()]
    expect(confirmed).toEqual(expect.arrayContaining([home().idOf('PPMID'), home().idOf('IHD')]))
  })

  order('hides from the home what was used before', {
    ...{ kind: 'restrictAccess', of, asks: { notBeforeMs: MOVED_IN } },
    refuses: at => [
      ['not_before_ms: 0 or an instant from 2000', { notBeforeMs: 1 }],
      ['not_before_ms: at most the present time', tooLate(at)],
    ],
    han: [...taken('DeviceManagement.PublishChangeOfTenancy'), ...reads('MeterSettings', 'HistoryNotBefore')],
    holds: at => settingsOf(at, of).get('historyNotBeforeMs'),
    proves: (result, held, before) => {
      expect([before, held, result]).toEqual([0, MOVED_IN, { notBeforeMs: MOVED_IN }])
    },
  } satisfies Order<'restrictAccess', number>)

  order('empties the event log, and says so in the security log', {
    ...{ kind: 'clearEventLog', of, asks: {} },
    given: at => happens(at, () => meterOf(at, of).events.raise('8161')),
    han: [
      ...answered('Events', 'ClearEventLogRequest', 'ClearEventLogResponse'),
      ...answered('Events', 'GetEventLog', 'PublishEventLog'),
    ],
    holds: at => meterOf(at, of).events.log('EVENT').length > 0,
    proves: (result, held, before, at) => {
      expect([before, held, result]).toEqual([true, false, { entries: 0 }])
      expect(meterOf(at, of).events.log('SECURITY').at(-1)?.code).toBe('8F52')
    },
  } satisfies Order<'clearEventLog', boolean>)

  order('shows who supplies', {
    ...{ kind: 'updateSupplierName', of, asks: { name: 'Côte Énergie' } },
    refuses: [
      ['name: 1 to 15 octets', { name: '' }],
      ['name: 1 to 15 octets expected, found 16', { name: 'a name of sixtee' }],
    ],
    han: [...taken('DeviceManagement.PublishChangeOfSupplier'), ...reads('MeterSettings', 'SupplierName')],
    holds: at => settingsOf(at, of).get('supplierName'),
    proves: (result, held, before) => {
      expect([before, held, result]).toEqual(['', 'Côte Énergie', { name: 'Côte Énergie' }])
    },
  } satisfies Order<'updateSupplierName', string>)

  order('shows itself without the PIN', {
    ...{ kind: 'disablePrivacyPin', of, asks: {} },
    given: at => happens(at, () => void settingsOf(at, of).set('privacyPin', true)),
    han: [...writes('MeterSettings', 'PrivacyPinEnabled'), ...reads('MeterSettings', 'PrivacyPinEnabled')],
    holds: at => settingsOf(at, of).get('privacyPin'),
    proves: (result, held, before) => {
      expect([before, held, result]).toEqual([true, false, { enabled: false }])
    },
  } satisfies Order<'disablePrivacyPin', boolean>)
}

order('hides from the home what its mirror noted before', {
  ...{ kind: 'restrictAccess', of: 'GPF', at: 'GSME', asks: { notBeforeMs: MOVED_IN }, han: [] },
  refuses: at => [['not_before_ms: at most the present time', tooLate(at)]],
  holds: at => at.home.hub.settings.own.GPF.get('historyNotBeforeMs'),
  proves: (result, held, before) => {
    expect([before, held, result]).toEqual([0, MOVED_IN, { notBeforeMs: MOVED_IN }])
  },
})

const MPAN = '1200012345699'
order('is called by another number', {
  ...{ kind: 'setImportMpxn', of: 'ESME', asks: { importMpxn: MPAN } },
  refuses: [
    ['import_mpxn: 13 digits', { importMpxn: '7412345601' }],
    ['import_mpxn: 13 digits', { importMpxn: '120001234569x' }],
  ],
  han: [
    ...taken('DeviceManagement.UpdateSiteId'),
    ...reads('Metering', 'SiteId'),
    ...reads('MeterSettings', 'ExportSiteId'),
  ],
  holds: at => settingsOf(at, 'ESME').get('importMpxn'),
  proves: (result, held, before, at) => {
    expect([before, held]).toEqual([at.record.mpan, MPAN])
    expect(result).toEqual({ importMpxn: MPAN, exportMpan: '' })
  },
})
order('is called by another number', {
  ...{ kind: 'setImportMpxn', of: 'GSME', asks: { importMpxn: '7412345699' } },
  refuses: [['import_mpxn: 6 to 10 digits', { importMpxn: MPAN }]],
  han: [...taken('DeviceManagement.UpdateSiteId'), ...reads('Metering', 'SiteId')],
  holds: at => settingsOf(at, 'GSME').get('importMpxn'),
  proves: (result, held, before, at) => {
    expect([before, held]).toEqual([at.record.mprn, '7412345699'])
    expect(result).toEqual({ importMpxn: '7412345699', exportMpan: '' })
  },
})
order('has a number for what it exports', {
  ...{ kind: 'setExportMpan', of: 'ESME', asks: { exportMpan: '1200012345602' } },
  refuses: [['export_mpan: 13 digits', { exportMpan: '' }]],
  han: [...writes('MeterSettings', 'ExportSiteId'), ...reads('MeterSettings', 'ExportSiteId')],
  holds: at => at.devices.esme?.settings.get('exportMpan'),
  proves: (result, held, before) => {
    expect([before, held, result]).toEqual(['', '1200012345602', { exportMpan: '1200012345602' }])
  },
})
order('the consumer reads the number that proves who lives there', {
  ...{ kind: 'requestCustomerIdentification', of: 'ESME', asks: { number: '0417' } },
  refuses: [['number: 4 digits expected, found "417"', { number: '417' }]],
  han: [...taken('DeviceManagement.UpdateCIN'), ...reads('Metering', 'CustomerIdNumber')],
  holds: at => at.devices.esme?.settings.get('customerId'),
  proves: (result, held, before) => {
    expect([before, held, result]).toEqual(['', '0417', { number: '0417' }])
  },
})

complete(isOneOf(ORDERS.messages))
