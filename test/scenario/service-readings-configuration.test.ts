/** What meters are configured with, row by row of the catalogue: set before, and asked for then. */
import { afterAll, beforeAll, expect } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { EVENT_CONFIGURATION } from '../../src/devices/events/meter-events.ts'
import { esmeOf, gsmeOf, meterOf, settingsOf } from '../helpers/home-meters.ts'
import { isOneOf, READINGS } from '../helpers/reading-sets.ts'
import { exchanges, reads } from '../helpers/reading-words.ts'
import { type RequestHome, requestHome } from '../helpers/request-home.ts'
import { requestRows } from '../helpers/request-rows.ts'

let home: RequestHome
beforeAll(async () => {
  home = await requestHome()
})
afterAll(() => home.close())
const { row, complete } = requestRows(() => home)

row('how far switching times may be moved', {
  ...{ kind: 'readRandomisation', of: 'ESME', asks: {}, han: reads('MeterSettings', 'RandomisedOffsetLimit') },
  // No request sets it: as it came from the factory.
  given: async at => void expect(esmeOf(at).settings.set('randomisedOffsetLimitS', 1_234)).toBe(true),
  holds: at => esmeOf(at).settings.get('randomisedOffsetLimitS'),
  proves: (result, offsetLimitS) => {
    expect(offsetLimitS).toBe(1_234)
    expect(result).toEqual({ offsetLimitS })
  },
})

const CALENDARS = {
  ESME: { startMs: Date.UTC(2021, 9, 20), periodicity: 'BILLED_WEEKLY' },
  GSME: { startMs: Date.UTC(2021, 9, 16), periodicity: 'BILLED_DAILY' },
} as const
for (const of of ['ESME', 'GSME'] as const) {
  row('when billing periods begin', {
    ...{ kind: 'readBillingCalendar', of, asks: {}, given: at => at.ask('setBillingCalendar', of, CALENDARS[of]) },
    han: reads('MeterSettings', 'BillingPeriodStart', 'BillingPeriodicity'),
    holds: at => {
      const settings = settingsOf(at, of)
      return { startMs: settings.get('billingStartMs'), periodicity: `BILLED_${settings.get('billingPeriodicity')}` }
    },
    proves: (result, held) => {
      expect(held).toEqual(CALENDARS[of])
      expect(result).toEqual(held)
    },
  })
}

row('both metering points', {
  ...{ kind: 'readMpxn', of: 'ESME', asks: {} },
  given: async at => {
    await at.ask('setImportMpxn', 'ESME', { importMpxn: '1200012345699' })
    await at.ask('setExportMpan', 'ESME', { exportMpan: '1200012345602' })
  },
  han: [...reads('Metering', 'SiteId'), ...reads('MeterSettings', 'ExportSiteId')],
  holds: at => {
    const { settings } = esmeOf(at)
    return { importMpxn: settings.get('importMpxn'), exportMpan: settings.get('exportMpan') }
  },
  proves: (result, held) => {
    expect(held).toEqual({ importMpxn: '1200012345699', exportMpan: '1200012345602' })
    expect(result).toEqual(held)
  },
})

const gasSettings = (at: RequestHome) => {
  const { settings } = gsmeOf(at)
  return {
    calorificValue: settings.get('calorificValue'),
    conversionFactor: settings.get('conversionFactor'),
    flowThresholdDm3PerH: settings.get('flowThresholdDm3PerH'),
    stabilisationS: settings.get('stabilisationS'),
    measurementS: settings.get('flowMeasurementS'),
  }
}
const GAS = reads(
  'MeterSettings',
  ...['CalorificValue', 'ConversionFactor', 'UncontrolledFlowThreshold', 'StabilisationPeriod'],
  'FlowMeasurementPeriod',
)
const mprn = (at: RequestHome) => ({ importMpxn: gsmeOf(at).settings.get('importMpxn'), exportMpan: '' })
const SITE = reads('Metering', 'SiteId')
for (const [of, fact, changes, han] of [
  ['GPF', 'that the proxy does not know, from the meter when it wakes', true, 'asked'],
  ['GPF', 'that the proxy knows now', false, 'known'],
  ['GSME', 'from the meter itself when it wakes', true, 'asked'],
] as const) {
  row(`the metering point, ${fact}`, {
    ...{ kind: 'readMpxn', of, at: 'GSME', asks: {}, han: han === 'asked' ? SITE : [], holds: mprn },
    given: async at => {
      if (changes) await at.ask('setImportMpxn', 'GSME', { importMpxn: of === 'GPF' ? '7412345698' : '7412345699' })
    },
    proves: (result, held) => {
      expect(held).toEqual({ importMpxn: of === 'GPF' ? '7412345698' : '7412345699', exportMpan: '' })
      expect(result).toEqual(held)
    },
  })
  const factor = of === 'GPF' ? 101_998 : 101_999
  row(`how gas is converted and watched, ${fact}`, {
    ...{ kind: 'readGasSettings', of, at: 'GSME', asks: {}, han: han === 'asked' ? GAS : [], holds: gasSettings },
    given: async at => {
      if (!changes) return
      await at.ask('setGasConversion', 'GSME', { calorificValue: 3_912, conversionFactor: factor })
      await at.ask('setGasFlow', 'GSME', { flowThresholdDm3PerH: 1_234, stabilisationS: 21, measurementS: 91 })
    },
    proves: (result, held) => {
      expect(held).toEqual({
        ...{ calorificValue: 3_912, conversionFactor: factor },
        ...{ flowThresholdDm3PerH: 1_234, stabilisationS: 21, measurementS: 91 },
      })
      expect(result).toEqual(held)
    },
  })
}

const BEHAVIOURS = [
  { code: '8F35', logged: true, toWan: false, toHan: true },
  { code: '8161', logged: false, toWan: true, toHan: false },
  { code: '8F75', logged: true, toWan: true, toHan: false },
]
for (const of of ['ESME', 'GSME'] as const) {
  row('what becomes of events, code by code', {
    ...{ kind: 'readEventBehaviours', of, asks: { codes: BEHAVIOURS.map(({ code }) => code) } },
    given: at => at.ask('setEventBehaviours', of, { behaviours: BEHAVIOURS.slice(0, 2) }),
    han: exchanges('DeviceManagement', 'GetEventConfiguration', 'ReportEventConfiguration', 3),
    holds: at => {
      const { events } = meterOf(at, of)
      return BEHAVIOURS.map(({ code }) => {
        const is = (bits: number) => (events.configurationOf(code) & bits) !== 0
        const { logAction, toWan, toHan } = EVENT_CONFIGURATION
        return { code, logged: is(logAction), toWan: is(toWan), toHan: is(toHan) }
      })
    },
    proves: (result, held) => {
      // The third is as the model came.
      expect(held.slice(0, 2)).toEqual(BEHAVIOURS.slice(0, 2))
      expect(result).toEqual({ behaviours: held })
    },
  })
}

const CREDENTIALS = reads(
  'MeterSettings',
  ...['SupplierId', 'SupplierCertificate', 'NetworkOperatorId', 'NetworkOperatorCertificate', 'CredentialsControl'],
)
for (const [number, of] of (['ESME', 'GSME', 'CHF', 'GPF'] as const).entries()) {
  const heldBy = (at: RequestHome) => (of === 'CHF' || of === 'GPF' ? at.home.hub.settings.own[of] : settingsOf(at, of))
  const supplier = { entityId: `90b3d51f3000000${number}`, certificate: Uint8Array.of(0x51, number) }
  const operator = { entityId: `90b3d51f4000000${number}`, certificate: Uint8Array.of(0x0d, number) }
  row('whose credentials it holds, and who controls it', {
    ...{ kind: 'readCredentials', of, asks: {}, han: of === 'ESME' || of === 'GSME' ? CREDENTIALS : [] },
    given: async at => {
      if (of !== 'CHF') {
        await at.ask('requestHandover', of, supplier)
        await at.ask('updateCredentials', of, { role: 'NETWORK_OPERATOR', ...operator })
      } else {
        // No request changes those of the hub: as it was made.
        const { entityId: supplierId, certificate } = supplier
        heldBy(at).setAll({ supplierId, supplierCertificate: toHex(certificate) })
      }
    },
    holds: at => {
      const settings = heldBy(at)
      return {
        supplierId: settings.get('supplierId'),
        supplierCertificate: fromHex(settings.get('supplierCertificate')),
        networkOperatorId: settings.get('networkOperatorId'),
        networkOperatorCertificate: fromHex(settings.get('networkOperatorCertificate')),
        control: `CONTROLLED_BY_${settings.get('controlledBy')}`,
      }
    },
    proves: (result, held) => {
      expect([held.supplierId, held.supplierCertificate]).toEqual([supplier.entityId, supplier.certificate])
      const [operatorId, control] = of === 'CHF' ? ['0'.repeat(16), 'DCC'] : [operator.entityId, 'SUPPLIER']
      expect([held.networkOperatorId, held.control]).toEqual([operatorId, `CONTROLLED_BY_${control}`])
      expect(result).toEqual(held)
    },
  })
}

complete(isOneOf(READINGS.configuration))
