import { describe, expect, it } from 'vitest'
import { days, hours, minutes } from '../../src/base/time.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { covered } from '../helpers/service-coverage.ts'
import { CONFIGURATION_MESSAGES } from '../peer/wan-configuration-messages.ts'
import { type Home, ID, restarted, settledHome } from './device-home.ts'
import { ALL } from './metering-bench.ts'
import { rich } from './tariff-samples.ts'

const STARTS = Date.parse('2021-10-13T06:00:00Z')
const DAY = 86_400_000
const HALF_HOUR = 1_800_000
const LATER = STARTS + 30 * DAY
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const meters = (home: Home) => {
  const { esme, gsme } = home.installation.devices
  if (!esme || !gsme) throw new Error('no meter')
  return { esme: esme.measurement, gsme: gsme.measurement, clock: esme.clock, gasClock: gsme.clock }
}
const quiet = (options: Parameters<typeof settledHome>[0] = {}) => settledHome({ keep: () => false, ...options })
const SOLAR = [
  [
    'supply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes:\n  value:\n    [\n      "8F1B", "8F1C", "8F72", "8F43", "8F8A", "8F89", "8F52", "8F69", "8F70", "8F3F",\n      "8F74"',
    'generation:\n  annualKWh: { value: 3500, source: assumed }\nsupply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes:\n  value:\n    [\n      "8F1B", "8F1C", "8F72", "8F43", "8F8A", "8F89", "8F52", "8F69", "8F70", "8F3F",\n      "8F74"',
  ],
] as const

describe('registers over the WAN', () => {
  it('4.1.1 and 4.2 give import and export, active and reactive, as the meter shows them', () => {
    const home = quiet({ edits: SOLAR })
    home.run(hours(8))
    const { esme } = meters(home)
    const before = esme.totals()
    const imported = home.ask('readImportRegisters', ID.ESME, {})?.readImportRegisters
    const exported = home.ask('readExportRegisters', ID.ESME, {})?.readExportRegisters
    expect([imported?.activeImport, exported?.activeExport]).toEqual([before[0], before[1]])
    expect([imported?.reactiveImport, exported?.reactiveExport]).toEqual([before[2], before[3]])
    expect(imported?.tariffRegisters).toEqual([{ register: 1, value: before[0] }])
    expect(before[1]).toBeGreaterThan(1_000_000)
  })

  it('4.1.2 to 4.1.4 give 48 registers, 8 by 4 blocks, and 4 of gas, and they add up', () => {
    const home = quiet()
    const { esme, gsme, clock, gasClock } = meters(home)
    expect(esme.hold(rich, clock.unixMs())).toBeUndefined()
    const blocks = { ...rich, prices: [[5_000, 4_000]], thresholds: [[200]] }
    const gas = {
      ...blocks,
      switching: {
        ...rich.switching,
        days: [{ id: 1, switches: [{ startMin: 0, register: 1 }] }],
        weeks: [],
        seasons: [],
        specialDays: [],
      },
    }
    expect(gsme.hold(gas, gasClock.unixMs())).toBeUndefined()
    home.run(hours(30))
    const tou = home.ask('readImportTou', ID.ESME, {})?.readImportTou
    const block = home.ask('readImportTouBlocks', ID.ESME, {})?.readImportTouBlocks
    expect(tou?.registers).toHaveLength(48)
    expect(sum(tou?.registers.map(({ value }) => value) ?? [])).toBe(esme.totals()[0])
    expect(block?.blocks).toHaveLength(32)
    for (const { register, block: at, value } of block?.blocks ?? []) {
      expect([register, at, value]).toEqual([register, at, esme.blockUnits(register, at).total])
    }
    expect(sum(block?.blocks.map(({ value }) => value) ?? [])).toBeGreaterThan(5_000)
    for (const device of [ID.GSME, ID.GPF]) {
      const counters = home.ask('readImportBlockCounters', device, {})?.readImportBlockCounters
      const registers = home.ask('readImportTou', device, {})?.readImportTou
      expect(counters).toMatchObject({ source: 'MIRROR', unit: 'DM3' })
      expect(counters?.blocks[0]).toEqual({ register: 1, block: 1, value: 200 })
      expect(counters?.blocks[1]?.value).toBeGreaterThan(0)
      expect(counters?.dataAgeS).toBeGreaterThan(60)
      const total = home.ask('readImportRegisters', device, {})?.readImportRegisters?.activeImport
      expect(registers?.registers.map(({ value }) => value)).toEqual([total])
    }
  })

  it('4.15 and 4.16 give the load limit, and the power of the moment', () => {
    const home = quiet()
    home.run(hours(1))
    const { esme } = meters(home)
    expect(home.ask('readLoadLimitData', ID.ESME, {})?.readLoadLimitData).toEqual({
      ...{ thresholdW: 0, periodS: 300, restorationS: 3_600, counter: 0 },
    })
    const limit = { thresholdW: 9_000, periodS: 120, restorationS: 600, policy: 'POLICY_ARMED' } as const
    expect(home.ask('setLoadLimit', ID.ESME, limit)?.code).toBe('I0')
    expect(home.ask('readLoadLimitData', ID.ESME, {})?.readLoadLimitData).toMatchObject({
      thresholdW: 9_000,
      periodS: 120,
    })
    home.run(minutes(10))
    const power = home.ask('readActivePowerImport', ID.ESME, {})?.readActivePowerImport?.activePowerW
    expect(power).toBe(esme.sample().delivered)
    expect(power).toBeGreaterThan(0)
  })
})

describe('13 months of half hours', () => {
  const readAll = (home: Home, device: string) => {
    const entries: { startMs: number; value: number }[] = []
    for (let fromMs = 0, more = true; more; ) {
      const parameters = { fromMs, toMs: LATER, maxEntries: 1_000 }
      const page = home.ask('readImportProfile', device, parameters, minutes(10))?.readImportProfile
      if (!page) throw new Error(`no answer from ${device}`)
      entries.push(...page.entries)
      more = page.more
      fromMs = (page.entries.at(-1)?.startMs ?? LATER) + HALF_HOUR
    }
    return entries
  }

  it('4.8.1 are there at once, none missing, none twice, and lead to the register', () => {
    const home = quiet()
    const entries = readAll(home, ID.ESME)
    const { esme } = meters(home)
    expect(entries).toHaveLength(19_056)
    const first = entries[0]?.startMs ?? 0
    expect(entries.map(({ startMs }) => startMs)).toEqual(entries.map((_, at) => first + at * HALF_HOUR))
    expect(entries).toEqual(esme.profile('delivered', first + 19_056 * HALF_HOUR, ALL).toReversed())
  })

  it('4.8.1 are there of gas too, from the proxy, and go on with what it saw', () => {
    const home = quiet()
    home.run(days(1))
    const entries = readAll(home, ID.GPF)
    expect(entries).toHaveLength(19_056)
    const starts = entries.map(({ startMs }) => startMs)
    expect(starts).toEqual(starts.map((_, at) => (starts[0] ?? 0) + at * HALF_HOUR))
    const { gsme } = meters(home)
    const total = home.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters?.activeImport ?? 0
    const since = entries.filter(({ startMs }) => startMs >= STARTS)
    expect(Math.abs(sum(since.map(({ value }) => value)) - (total - gsme.past.reads(1)[0]!.totals[0]))).toBeLessThan(
      2_500,
    )
  })

  it('a page is asked for within its span alone, and `more` says whether there is another', () => {
    const home = settledHome()
    home.run(hours(2))
    home.records.length = 0
    const ask = (fromMs: number, maxEntries: number) =>
      home.ask('readImportProfile', ID.ESME, { fromMs, toMs: LATER, maxEntries })?.readImportProfile
    expect(ask(STARTS - 100 * DAY, 48)).toMatchObject({ more: true, intervalS: 1_800 })
    expect(ask(STARTS, 4)).toMatchObject({ more: false })
    expect(ask(STARTS, 3)).toMatchObject({ more: true })
    expect(ask(STARTS + DAY, 3)).toMatchObject({ more: false, entries: [] })
  })
})

describe('profiles of other channels', () => {
  it('4.8.2 and 4.8.3 give reactive import and export for 93 days', () => {
    const home = quiet({ edits: SOLAR })
    const { esme } = meters(home)
    const span = { fromMs: STARTS - 92 * DAY, toMs: STARTS, maxEntries: 96 }
    const reactive = home.ask('readReactiveImportProfile', ID.ESME, span)?.readReactiveImportProfile
    const exported = home.ask('readExportProfile', ID.ESME, span)?.readExportProfile
    const expected = (channel: 'reactiveDelivered' | 'received') =>
      esme.profile(channel, span.fromMs + 96 * HALF_HOUR, 96).toReversed()
    expect(reactive).toMatchObject({ unit: 'VARH', entries: expected('reactiveDelivered') })
    expect(exported).toMatchObject({ unit: 'WH', entries: expected('received') })
    expect(Math.max(...(exported?.entries ?? []).map(({ value }) => value))).toBeGreaterThan(500)
    const older = { ...span, fromMs: STARTS - 200 * DAY, toMs: STARTS - 150 * DAY }
    expect(home.ask('readExportProfile', ID.ESME, older)?.readExportProfile?.entries).toEqual([])
    expect(home.ask('readImportProfile', ID.ESME, older)?.readImportProfile?.entries).toHaveLength(96)
  })
})

describe('logs over the WAN', () => {
  it('4.6.1, 4.6.2 and 4.17 give midnights and days, and they agree with each other', () => {
    const home = quiet({ edits: SOLAR })
    home.run(days(2))
    const span = { fromMs: STARTS - 365 * DAY, toMs: LATER }
    const reads = home.ask('readImportDailyLog', ID.ESME, span)?.readImportDailyLog?.entries ?? []
    const exports = home.ask('readExportDailyLog', ID.ESME, span)?.readExportDailyLog?.entries ?? []
    const used = home.ask('readDailyConsumption', ID.ESME, span)?.readDailyConsumption?.entries ?? []
    expect([reads.length, exports.length, used.length]).toEqual([31, 31, 366])
    for (const [at, read] of reads.slice(1).entries()) {
      expect(read.registers).toEqual([read.value])
      expect(read.value - (reads[at]?.value ?? 0)).toBe(used.find(({ startMs }) => startMs === reads[at]?.atMs)?.value)
      expect((exports[at + 1]?.value ?? 0) - (exports[at]?.value ?? 0)).toBeGreaterThan(0)
    }
    const narrow = { fromMs: STARTS - 5 * DAY, toMs: STARTS - 2 * DAY }
    expect(home.ask('readImportDailyLog', ID.ESME, narrow)?.readImportDailyLog?.entries).toHaveLength(3)
    expect(home.ask('readDailyConsumption', ID.ESME, narrow)?.readDailyConsumption?.entries).toHaveLength(3)
    const all = { fromMs: STARTS - 3_000 * DAY, toMs: LATER }
    expect(home.ask('readDailyConsumption', ID.ESME, all)?.readDailyConsumption?.entries).toHaveLength(731)
  })

  it('4.6.1 and 4.17 are there of gas, from the proxy, with and without a restart', () => {
    const home = quiet()
    home.run(days(2))
    const span = { fromMs: STARTS - 365 * DAY, toMs: LATER }
    const read = (of: Home, device: string) => ({
      reads: of.ask('readImportDailyLog', device, span)?.readImportDailyLog,
      used: of.ask('readDailyConsumption', device, span)?.readDailyConsumption,
    })
    const before = read(home, ID.GSME)
    expect(before.reads).toMatchObject({ unit: 'DM3', source: 'MIRROR' })
    expect([before.reads?.entries.length, before.used?.entries.length]).toEqual([31, 366])
    for (const [at, { value, atMs }] of (before.reads?.entries ?? []).slice(1).entries()) {
      const earlier = before.reads?.entries[at]
      expect(value - (earlier?.value ?? 0)).toBe(
        before.used?.entries.find(({ startMs }) => startMs === earlier?.atMs)?.value,
      )
      expect(atMs - (earlier?.atMs ?? 0)).toBe(DAY)
    }
    const again = restarted(home)
    again.run(minutes(2))
    expect(read(again, ID.GPF)).toEqual(before)
  })

  it('4.4.2 and 4.4.3 give bills by calendar and by change of tariff, of gas when the meter wakes', () => {
    const home = quiet()
    const { esme, clock } = meters(home)
    home.run(hours(1))
    const dueMs = clock.unixMs() + 60_000
    esme.hold({ ...rich, id: 9 }, dueMs)
    home.run(hours(1))
    const ask = (device: string, variant: string, within = minutes(2)) => {
      const answer = home.send(device, requestOf('readBillingDataLog', {}, variant))
      home.kernel.runUntil(home.kernel.nowUs() + within, () => answer() !== undefined)
      const type = device === ID.ESME ? 'ESME' : device === ID.GSME ? 'GSME' : 'GPF'
      if (answer()?.code === 'I0') covered(variant, type, 'I0')
      return answer()?.readBillingDataLog
    }
    const calendar = ask(ID.ESME, '4.4.3')
    // The entry by tariff is one of the 12.
    expect(calendar?.entries).toHaveLength(11)
    expect(calendar?.entries[0]).toMatchObject({ atMs: Date.UTC(2021, 9, 1), cause: 'BILLING_CALENDAR' })
    const tariff = ask(ID.ESME, '4.4.2')
    expect(tariff?.entries).toHaveLength(1)
    expect(tariff?.entries[0]).toMatchObject({ cause: 'TARIFF_CHANGE' })
    expect(Math.abs((tariff?.entries[0]?.atMs ?? 0) - dueMs)).toBeLessThan(1_000)
    expect(sum(tariff?.entries[0]?.registers ?? [])).toBe(tariff?.entries[0]?.activeImport)
    for (const device of [ID.GSME, ID.GPF]) {
      const gas = ask(device, '4.4.3', minutes(35))
      expect(gas).toMatchObject({ unit: 'DM3', source: device === ID.GSME ? 'DEVICE' : 'MIRROR' })
      expect(gas?.entries).toHaveLength(12)
    }
    for (const variant of ['4.4.4', '4.4.5']) {
      const none = { entries: [], source: 'DEVICE', dataAgeS: 0, payments: [] }
      expect(ask(ID.ESME, variant)).toEqual({ ...none, unit: 'WH' })
      expect(ask(ID.GSME, variant, minutes(35))).toEqual({ ...none, unit: 'DM3' })
      expect(ask(ID.GPF, variant)).toMatchObject({
        ...none,
        unit: 'DM3',
        source: 'MIRROR',
        dataAgeS: expect.any(Number),
      })
    }
  })

  it('4.10 gives average voltages and their counters, of gas six-minute volumes', () => {
    const home = quiet()
    const { esme, gsme } = meters(home)
    home.run(hours(5))
    const span = { fromMs: STARTS - DAY, toMs: LATER, maxEntries: 100 }
    const volts = home.ask('readNetworkData', ID.ESME, span)?.readNetworkData
    expect(volts).toMatchObject({ intervalS: 1_800, unit: 'DECIVOLT', more: false })
    expect(volts?.lengths).toEqual([{ fromMs: volts?.entries[0]?.startMs, intervalS: 1_800 }])
    expect(volts?.entries).toEqual(esme.voltages(span.fromMs, 100).map(({ startMs, value }) => ({ startMs, value })))
    expect(volts?.counters).toEqual({ overVoltage: 0, underVoltage: 0, sags: 0, swells: 0 })
    for (const { value } of volts?.entries ?? []) expect(Math.abs(value - 2_300)).toBeLessThan(200)
    const gas = home.ask('readNetworkData', ID.GSME, span, minutes(35))?.readNetworkData
    expect(gas).toMatchObject({ intervalS: 360, unit: 'DM3' })
    expect(gas?.entries).toHaveLength(41)
    const last = gsme.networkData(gas?.entries.at(-1)?.startMs ?? 0, 1)
    expect(gas?.entries.at(-1)).toEqual(last?.values[0])
    const few = home.ask('readNetworkData', ID.ESME, { ...span, maxEntries: 10 })?.readNetworkData
    expect([few?.entries.length, few?.more]).toEqual([10, true])
  })
})

describe('4.10 after 6.5 has set another period', () => {
  const VOLTAGES = CONFIGURATION_MESSAGES.setVoltageSettings.asks.plain

  it('gives the averages of both periods and where they change, also in pages, after a power cut and after an upgrade', () => {
    const home = quiet()
    home.run(hours(1))
    const set = (of: Home, averagePeriodS: number) =>
      expect(of.ask('setVoltageSettings', ID.ESME, { ...VOLTAGES, averagePeriodS })?.code).toBe('I0')
    const ask = (of: Home, fromMs: number, maxEntries: number) => {
      const found = of.ask('readNetworkData', ID.ESME, { fromMs, toMs: LATER, maxEntries })?.readNetworkData
      if (!found) throw new Error('no answer')
      return found
    }
    set(home, 60)
    home.run(minutes(30))
    const all = ask(home, STARTS - 2 * HALF_HOUR, 1_000)
    const since = all.lengths[1]?.fromMs ?? 0
    expect(all).toMatchObject({ intervalS: 60, lengths: [{ intervalS: 1_800 }, { intervalS: 60 }], more: false })
    const short = all.entries.filter(({ startMs }) => startMs >= since).map(({ startMs }) => (startMs - since) / 60_000)
    expect(short.length).toBeGreaterThan(27)
    expect(short).toEqual(short.map((_, at) => at))
    const long = all.entries
      .filter(({ startMs }) => startMs < since)
      .map(({ startMs }) => (startMs - STARTS) / HALF_HOUR)
    expect(long).toEqual([-2, -1, 0, 1])
    expect(ask(home, STARTS - 2 * HALF_HOUR, 4)).toMatchObject({
      ...{ intervalS: 1_800, lengths: [{ fromMs: STARTS - 2 * HALF_HOUR, intervalS: 1_800 }], more: true },
    })
    expect(ask(home, since, 4)).toMatchObject({ intervalS: 60, lengths: [{ fromMs: since }], more: true })

    const again = restarted(home)
    again.run(minutes(10))
    const later = ask(again, STARTS - 2 * HALF_HOUR, 1_000)
    expect(later.entries.slice(0, all.entries.length)).toEqual(all.entries)
    expect(later.entries.length).toBeGreaterThan(all.entries.length + 5)
    set(again, 300)
    again.run(minutes(12))
    const { lengths, entries } = ask(again, STARTS, 1_000)
    expect(lengths.map(({ intervalS }) => intervalS)).toEqual([1_800, 60, 300])
    expect(entries.filter(({ startMs }) => startMs >= (lengths[2]?.fromMs ?? 0)).length).toBeGreaterThanOrEqual(1)
  })
})

describe('4.11.1', () => {
  it('gives the tariff in force as it was taken: switches, weeks, seasons, special days, blocks and prices', () => {
    const home = quiet()
    const { esme, clock } = meters(home)
    const flat = home.ask('readTariff', ID.ESME, {})?.readTariff
    expect(flat).toMatchObject({ activeRegister: 1, activeBlock: 1, price: 28_620 })
    expect(flat?.tariff).toMatchObject({ label: 'Flat', standingCharge: 53_350, blockPeriod: 'BLOCK_PERIOD_MONTH' })
    esme.hold(rich, clock.unixMs())
    const { switching, prices, thresholds } = rich
    const found = home.ask('readTariff', ID.ESME, {})?.readTariff
    expect(found?.tariff).toEqual({
      ...{
        tariffId: rich.id,
        label: rich.label,
        standingCharge: rich.standingCharge,
        blockPeriod: 'BLOCK_PERIOD_MONTH',
      },
      switching,
      rates: prices.map((row, at) => ({ prices: row, thresholds: thresholds[at] })),
    })
    expect(found?.price).toBe(esme.price)
  })

  it('is asked of a gas meter when it wakes, and E21 when it does not', () => {
    const home = quiet()
    const gas = home.ask('readTariff', ID.GPF, {}, minutes(35))
    expect(gas?.readTariff).toMatchObject({ price: 7_420 })
    home.installation.han.silence(ID.GSME)
    expect(home.ask('readTariff', ID.GSME, {}, hours(2))).toMatchObject({ code: 'E21' })
  })
})

describe('equivalent steps of a model', () => {
  it('say where its registers stand, which channel a profile has, and leave out what it does not have', () => {
    const steps = `requests:
  equivalentSteps:
    value:
      "4.8.1":
        - { read: Metering, attributes: { Multiplier: _multiplier, Divisor: _divisor } }
        - { send: Metering.GetProfile, with: { intervalChannel: 2 } }
      "4.1.1":
        - { read: Metering, attributes: { CurrentTier1SummationDelivered: activeImport, Multiplier: _multiplier, Divisor: _divisor } }
    source: assumed
supportedAlertCodes:
  value:
    [
      "8F1B", "8F1C", "8F72", "8F43", "8F8A", "8F89", "8F52", "8F69", "8F70", "8F3F",
      "8F74"`
    const from =
      'supportedAlertCodes:\n  value:\n    [\n      "8F1B", "8F1C", "8F72", "8F43", "8F8A", "8F89", "8F52", "8F69", "8F70", "8F3F",\n      "8F74"'
    const home = quiet({ edits: [[from, steps]] })
    const { esme } = meters(home)
    const span = { fromMs: STARTS - DAY, toMs: STARTS, maxEntries: 48 }
    const profile = home.ask('readImportProfile', ID.ESME, span)?.readImportProfile
    expect(profile?.entries).toEqual(esme.profile('reactiveDelivered', STARTS, 48).toReversed())
    const registers = home.ask('readImportRegisters', ID.ESME, {})?.readImportRegisters
    expect(registers?.activeImport).toBe(esme.totals()[0])
    expect([registers?.tariffRegisters, registers?.reactiveImport]).toEqual([[], undefined])
  })
})

describe('what a meter is configured with', () => {
  it('decides when billing periods begin, and what gas costs', () => {
    const home = quiet()
    const { esme, gsme } = meters(home)
    const daily = { startMs: 0, periodicity: 'BILLED_DAILY' } as const
    expect(home.ask('setBillingCalendar', ID.ESME, daily)?.code).toBe('I0')
    home.run(days(2))
    expect(
      esme
        .billingEntries()
        .slice(0, 3)
        .map(({ atMs }) => atMs),
    ).toEqual([Date.UTC(2021, 9, 15), Date.UTC(2021, 9, 14), Date.UTC(2021, 9, 1)])
    const costOf = (hoursLong: number) => {
      const [before, units] = [gsme.cost - gsme.standingCharges, gsme.totals()[0]]
      home.run(hours(hoursLong))
      return (gsme.cost - gsme.standingCharges - before) / (gsme.totals()[0] - units)
    }
    const once = costOf(24)
    const richer = { calorificValue: 7_900, conversionFactor: 102_264 }
    expect(home.ask('setGasConversion', ID.GSME, richer, minutes(35))?.code).toBe('I0')
    expect(costOf(24) / once).toBeCloseTo(2, 2)
  })
})

describe('parameters of readings', () => {
  it.each([
    ['readExportProfile', { fromMs: STARTS, toMs: LATER, maxEntries: 0 }, 'max_entries: 1 to 1000 expected, found 0'],
    ['readNetworkData', { fromMs: STARTS, toMs: LATER, maxEntries: 1_001 }, 'max_entries: 1 to 1000'],
    ['readReactiveImportProfile', { fromMs: LATER, toMs: STARTS, maxEntries: 1 }, 'to_ms: later than from_ms expected'],
    ['readImportDailyLog', { fromMs: STARTS, toMs: STARTS }, 'to_ms: later than from_ms expected'],
    ['readDailyConsumption', { fromMs: 0, toMs: 1_000 }, 'to_ms: an instant from 2000 to 2136 expected'],
  ] as const)('%s %o is refused with its field named', (kind, parameters, detail) => {
    const answer = quiet().ask(kind, ID.ESME, parameters)
    expect(answer).toMatchObject({ code: 'S1RIG_PARAMETER', detail: expect.stringContaining(detail) })
  })
})
