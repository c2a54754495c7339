/** What devices are and execute, what they and the hub have written down, and how far images are: row by row of the catalogue. */
import { afterAll, beforeAll, expect } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { alertText } from '../../src/devices/events/alert-codes.ts'
import type { DeviceType } from '../../src/wan/service-catalogue.ts'
import { announcementOf, testImage } from '../helpers/firmware-image.ts'
import { type MeterType, meterOf } from '../helpers/home-meters.ts'
import { isOneOf, READINGS } from '../helpers/reading-sets.ts'
import { reads } from '../helpers/reading-words.ts'
import { type RequestHome, requestHome } from '../helpers/request-home.ts'
import { requestRows } from '../helpers/request-rows.ts'

const MAKER = { manufacturerCode: 0x1234, octets: 6_000 }
const FOR_ESME = testImage({ ...MAKER, version: '1.5.0', imageType: 0x0101, fileVersion: 0x0105_0000 })
const FOR_GSME = testImage({ ...MAKER, version: '3.1.0', imageType: 0x0102, fileVersion: 0x0301_0000 })
const FOR_HUB = testImage({ ...MAKER, version: '2.2.0', imageType: 0x0100, fileVersion: 0x0202_0000 })
const FIRMWARE = ['s1ch/2.2.0', 'as300p/1.5.0', 'bk-g4e/3.1.0'].map(model => `honeywell-elster/${model}`)

let home: RequestHome
/** When the gas meter reported last. */
let reported: () => { atMs: number }
beforeAll(async () => {
  const edit = (rig: object) => ({ ...rig, firmware: FIRMWARE })
  home = await requestHome({ rig: 'rigs/cb-seven-devices.yaml', dco: true, edit })
  reported = home.whenever('GSME', '< ReportAttributes Metering', () => {})
})
afterAll(() => home.close())
const { row, complete } = requestRows(() => home)

function present<T>(device: T | undefined): T {
  if (!device) throw new Error('the home has no such device')
  return device
}

// Images

/** Octets that a meter has of an image it fetches. */
const fetched = (at: RequestHome, of: MeterType) => meterOf(at, of).ota?.memory().downloaded?.octets ?? 0
/** What has been sent to the hub, and what of it the meters have. */
row('one image half at the meter, one that waits for the meter to wake, one half at the hub', {
  ...{ kind: 'readDistribution', of: 'CHF', asks: {}, han: [] },
  given: async at => {
    for (const [image, of] of [
      [FOR_GSME, 'GSME'],
      [FOR_HUB, 'CHF'],
      [FOR_ESME, 'ESME'],
    ] as const) {
      const { sha256, octets } = image
      await at.ask('updateFirmware', of, { announce: announcementOf(image, [at.idOf(of)]) })
      const sent = of === 'CHF' ? octets.subarray(0, 2_345) : octets
      await at.ask('updateFirmware', of, { chunk: { sha256, offset: 0, octets: sent } })
      if (of !== 'CHF') await at.ask('updateFirmware', of, { finish: { sha256 } })
    }
    expect(await at.until(() => fetched(at, 'ESME') > 2_000, minutes(10))).toBe(true)
  },
  holds: at => ({ esme: fetched(at, 'ESME'), gsme: fetched(at, 'GSME') }),
  proves: (result, { esme, gsme }, _before, at) => {
    const { sha256, version, octets } = FOR_HUB
    const failure = { failure: 'FIRMWARE_FAILURE_NONE', detail: '' }
    const whole = (image: typeof FOR_HUB) => ({
      ...{ sha256: image.sha256, version: image.version, imageOctets: image.octets.length },
      ...{ receivedOctets: image.octets.length, complete: true },
    })
    const waits = { deviceId: at.idOf('GSME'), state: 'FIRMWARE_WAITING', transferredOctets: gsme, ...failure }
    const comes = { deviceId: at.idOf('ESME'), state: 'FIRMWARE_TRANSFERRING', transferredOctets: esme, ...failure }
    const hub = { deviceId: at.idOf('CHF'), state: 'FIRMWARE_WAITING', transferredOctets: 0, ...failure }
    expect([gsme, esme < FOR_ESME.octets.length]).toEqual([0, true])
    expect(result).toEqual({
      images: [
        { ...whole(FOR_GSME), devices: [waits] },
        { sha256, version, imageOctets: octets.length, receivedOctets: 2_345, complete: false, devices: [hub] },
        { ...whole(FOR_ESME), devices: [comes] },
      ],
    })
  },
})

// What they are and execute

const PARTS = { ESME: 'esme', GSME: 'gsme', PPMID: 'ppmid', IHD: 'ihd', CAD: 'cad' } as const
/** What a device was made as, and what it executes. */
function made(at: RequestHome, of: DeviceType) {
  const isHub = of === 'CHF' || of === 'GPF'
  const { identity, firmware } = present(at.record.devices[isHub ? 'chf' : PARTS[of]]).profile
  return {
    identity: {
      ...{ manufacturer: identity.manufacturerName, model: identity.modelId, deviceId: at.idOf(of) },
      hardwareVersion: `${firmware.hardwareVersion}`,
    },
    version: isHub ? at.home.hub.firmware : present(at.devices[PARTS[of]]).firmware,
  }
}
const BASIC = reads('Basic', 'ManufacturerName', 'ModelIdentifier', 'HardwareVersion', 'SwBuildId')
for (const of of ['CHF', 'GPF', 'ESME', 'GSME', 'PPMID', 'IHD', 'CAD'] as const) {
  // The gas meter said it of itself when it last reported.
  const han = ['ESME', 'PPMID', 'IHD', 'CAD'].includes(of) ? BASIC : []
  const common = { of, asks: {}, han, ...(of === 'GPF' && { at: 'GSME' as const }) }
  row('maker, model, number and hardware', {
    ...{ ...common, kind: 'readIdentity', holds: at => made(at, of).identity },
    proves: (result, held) => expect(result).toEqual(held),
  })
  row('what it executes', {
    ...{ ...common, kind: 'readFirmwareVersion', holds: at => made(at, of).version },
    given: async at => {
      if (of !== 'ESME' && of !== 'GSME') return
      const { sha256 } = of === 'ESME' ? FOR_ESME : FOR_GSME
      const isGood = () => meterOf(at, of).ota?.memory().downloaded?.good ?? false
      expect(await at.until(isGood, minutes(600))).toBe(true)
      expect(await at.ask('activateFirmware', of, { sha256 })).toMatchObject({ code: 'I0' })
      await at.pass(minutes(of === 'GSME' ? 45 : 1))
    },
    proves: (result, version) => {
      if (of === 'ESME') expect(version).toBe('1.5.0')
      if (of === 'GSME') expect(version).toBe('3.1.0')
      expect(result).toEqual({ version })
    },
  })
}

// What was written down

row('who may use the HAN, and when each was last heard', {
  ...{ kind: 'readDeviceLog', of: 'CHF', asks: {}, han: [] },
  given: async at => {
    const asks = {
      deviceId: '00db1234567890bb',
      installCode: Uint8Array.from(Buffer.from('83fed3407a939723a5c639b26916d505c3b5', 'hex')),
    }
    await at.ask('updateDeviceLog', 'CHF', { add: { ...asks, joinWindowS: 60 } })
    await at.pass(minutes(2))
  },
  holds: at => at.home.hub.memory().listed,
  proves: (result, listed, _before, at) => {
    const entries = listed.map(({ installCode: _, ...entry }) => entry)
    const ids = (['ESME', 'GSME', 'PPMID', 'IHD', 'CAD'] as const).map(of => at.idOf(of))
    expect(entries.map(({ deviceId }) => deviceId)).toEqual([...ids, '00db1234567890bb'])
    expect(entries.map(({ joined }) => joined)).toEqual([true, true, true, true, true, false])
    // The gas meter said a little more after its report, and fell asleep.
    const afterReport = (entries[1]?.lastCommunicationMs ?? 0) - reported().atMs
    expect([afterReport >= 0, afterReport < 10_000]).toEqual([true, true])
    expect(result).toEqual({ entries })
  },
})

const EVERYTHING = { maxEntries: 100 }
type Entry = { atMs: number; code: string; text: string }
/** By whole seconds, which is what the HAN tells, and with what the code means. */
const told = (entries: readonly Entry[]) =>
  entries.map(({ atMs, code, text }) => ({
    ...{ atMs: Math.floor(atMs / 1_000) * 1_000, code },
    text: text ? `${alertText(code)}: ${text}` : alertText(code),
  }))
/** A critical request that is refused: it stands in the hub's security log, in the name of the device that was asked. */
const unsigned = async (at: RequestHome, of: DeviceType) => {
  const answer = await at.askAs('no authentication of the DCO', 'synchroniseClock', of, {})
  expect(answer).toMatchObject({ code: 'S1RIG_AUTHENTICATION' })
}
for (const of of ['CHF', 'GPF'] as const) {
  row('events of the hub', {
    ...{
      kind: 'readLog',
      of,
      asks: { log: 'EVENT', ...EVERYTHING },
      han: [],
      holds: at => at.home.hub.alerts.memory(),
    },
    proves: (result, { events }) => {
      expect(events.length).toBeGreaterThan(6)
      expect(result).toEqual({ log: 'EVENT', entries: events.slice(-100) })
    },
  })
  row('what was refused', {
    ...{ kind: 'readLog', of, asks: { log: 'SECURITY', ...EVERYTHING }, han: [] },
    given: at => unsigned(at, of),
    holds: at => at.home.hub.alerts.memory().security,
    proves: (result, security, _before, at) => {
      const isMeant = (device: string) => of === 'CHF' || device === at.idOf(of)
      const entries = security
        .filter(({ device }) => isMeant(device))
        .map(({ device, ...entry }) => ({ ...entry, text: of === 'CHF' ? `${entry.text} ${device}` : entry.text }))
      expect(entries.at(-1)).toMatchObject({ code: '8F30' })
      expect(result).toEqual({ log: 'SECURITY', entries })
    },
  })
}
for (const of of ['ESME', 'GSME'] as const) {
  row('events of the meter', {
    ...{ kind: 'readLog', of, asks: { log: 'EVENT', ...EVERYTHING } },
    han: ['> Events.GetEventLog', '< Events.PublishEventLog'],
    given: async at => {
      at.act(() => meterOf(at, of).events.raise('8161', 'a button'))
      await at.ask('updateMeterBalance', of, { adjustBy: 4_321 })
    },
    holds: at => meterOf(at, of).events.log('EVENT'),
    proves: (result, log) => {
      expect(log.map(({ code }) => code)).toEqual(expect.arrayContaining(['8161', '8154']))
      expect(result).toEqual({ log: 'EVENT', entries: told(log) })
    },
  })
  row('its security log, and what the hub has refused in its name', {
    ...{ kind: 'readLog', of, asks: { log: 'SECURITY', ...EVERYTHING } },
    han: ['> Events.GetEventLog', '< Events.PublishEventLog'],
    given: async at => {
      const role = { role: 'NETWORK_OPERATOR', entityId: '90b3d51f40000001', certificate: Uint8Array.of(1) } as const
      await at.ask('updateCredentials', of, role)
      await at.pass(seconds(5))
      await unsigned(at, of)
    },
    holds: at => ({ log: meterOf(at, of).events.log('SECURITY'), refused: at.home.hub.alerts.memory().security }),
    proves: (result, { log, refused }, _before, at) => {
      const byHub = refused.filter(({ device }) => device === at.idOf(of)).map(({ device: _, ...entry }) => entry)
      const entries = [...told(log), ...byHub].toSorted((a, b) => a.atMs - b.atMs)
      expect(log.map(({ code }) => code)).toContain('8F70')
      expect(byHub.at(-1)).toMatchObject({ code: '8F30' })
      expect(result).toEqual({ log: 'SECURITY', entries })
    },
  })
}

complete(isOneOf(READINGS.identity))
