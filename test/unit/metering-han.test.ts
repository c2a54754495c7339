import { describe, expect, it } from 'vitest'
import { days, hours, minutes } from '../../src/base/time.ts'
import { decodeSnapshot } from '../../src/devices/metering/han/snapshots.ts'
import type { AttributeName, ClusterName, CommandName, CommandPayload } from '../../src/zcl/clusters.ts'
import type { RequestOutcome } from '../../src/zcl/endpoint-types.ts'
import { ID, settledHome } from './device-home.ts'
import { ALL } from './metering-bench.ts'

const UTC = 0xffff_fffe
const NIGHT = [
  [
    'supply:\n  initialState: { value: "ON", source: assumed }\nsupportedAlertCodes:\n  value:\n    [\n      "8F1B", "8F1C", "8F72", "8F43", "8F8A", "8F89", "8F52", "8F69", "8F70", "8F3F",\n      "8F74"',
    `tariff:
  pricesPerKWh: { value: [30000, 10000], source: assumed }
  switches: { value: [{ from: "00:00", register: 2 }, { from: "07:00", register: 1 }], source: assumed }
supply:
  initialState: { value: "ON", source: assumed }
supportedAlertCodes:
  value:
    [
      "8F1B", "8F1C", "8F72", "8F43", "8F8A", "8F89", "8F52", "8F69", "8F70", "8F3F",
      "8F74"`,
  ],
] as const

/** A home whose hub asks its meters as the test says. */
function asking(options: Parameters<typeof settledHome>[0] = {}) {
  const home = settledHome({ keep: () => false, ...options })
  const { esi } = home.installation.hub
  const wait = <T>(start: (done: (outcome: T) => void) => void): T => {
    let outcome: T | undefined
    start(found => {
      outcome = found
    })
    home.kernel.runUntil(home.kernel.nowUs() + minutes(1), () => outcome !== undefined)
    if (outcome === undefined) throw new Error('no outcome')
    return outcome
  }
  const peer = { device: ID.ESME, endpoint: 1 }
  const read = <C extends ClusterName, A extends AttributeName<C>>(cluster: C, names: readonly A[]) => {
    const found = wait<Parameters<Parameters<typeof esi.read<C, A>>[3]>[0]>(done =>
      esi.read(peer, cluster, names, done),
    )
    if (!found.ok) throw new Error(found.reason)
    return found
  }
  const command = <C extends ClusterName, N extends CommandName<C>>(
    cluster: C,
    name: N,
    payload: CommandPayload<C, N>,
  ): RequestOutcome<C, N> => wait(done => esi.request(peer, cluster, name, payload, done))
  const { esme } = home.installation.devices
  if (!esme) throw new Error('no meter')
  return { home, esme, read, command }
}

describe('an electricity meter on its HAN', () => {
  it('gives its registers by time of use, and they add up to the total', () => {
    const { home, esme, read } = asking({ edits: NIGHT })
    home.run(hours(20))
    const { values } = read('Metering', [
      'CurrentSummationDelivered',
      'CurrentTier1SummationDelivered',
      'CurrentTier2SummationDelivered',
      'CurrentTier48SummationDelivered',
      'ActiveRegisterTierDelivered',
    ])
    const [first = 0, second = 0] = esme.measurement.registers()
    expect(first).toBeGreaterThan(second)
    expect(second).toBeGreaterThan(100_000)
    expect(values.CurrentTier1SummationDelivered).toBe(first)
    expect(values.CurrentTier2SummationDelivered).toBe(second)
    expect(values.CurrentSummationDelivered).toBe(first + second)
    expect([values.CurrentTier48SummationDelivered, values.ActiveRegisterTierDelivered]).toEqual([0, 2])
    expect(read('Metering', ['CurrentNoTierBlock1SummationDelivered']).unsupported).toHaveLength(1)
  })

  it('gives voltage, current and power that agree, and what was used today and on days before', () => {
    const { home, esme, read } = asking()
    home.run(hours(3))
    const { values } = read('ElectricalMeasurement', ['RMSVoltage', 'RMSCurrent', 'ActivePower', 'PowerFactor'])
    const { RMSVoltage = 0, RMSCurrent = 0, ActivePower = 0, PowerFactor = 0 } = values
    expect(RMSVoltage).toBeGreaterThan(2_000)
    expect(ActivePower).toBeGreaterThan(0)
    expect(((RMSVoltage / 10) * (RMSCurrent / 100) * PowerFactor) / 100 / ActivePower).toBeCloseTo(1, 1)
    const used = esme.measurement.dailyConsumption()
    const before = read('Metering', ['PreviousDayConsumptionDelivered', 'PreviousDay8ConsumptionDelivered']).values
    expect(before.PreviousDayConsumptionDelivered).toBe(used[0]?.value)
    expect(before.PreviousDay8ConsumptionDelivered).toBe(used[7]?.value)
    const today = read('Metering', ['CurrentDayConsumptionDelivered']).values.CurrentDayConsumptionDelivered
    expect(today).toBe(esme.measurement.today().value)
    expect(read('MeterReadings', ['ReactiveImport']).values.ReactiveImport).toBe(esme.measurement.totals()[2])
  })

  it('gives daily reads and bills as snapshots, the oldest first', () => {
    const { home, esme, command } = asking({ edits: NIGHT })
    home.run(days(1))
    const snapshot = (snapshotOffset: number, snapshotCause: number) => {
      const range = { earliestStartTime: 0, latestEndTime: UTC }
      return command('Metering', 'GetSnapshot', { ...range, snapshotOffset, snapshotCause })
    }
    const first = snapshot(0, 1)
    if (!first.ok) throw new Error(first.reason)
    const { payload } = first.response
    const oldest = esme.measurement.dailyReads().at(-1)
    expect(payload.totalSnapshotsFound).toBe(62)
    expect(decodeSnapshot(payload.snapshotPayloadType, payload.snapshotPayload)).toEqual({
      direction: 'delivered',
      total: oldest?.totals[0],
      registers: oldest?.registers,
      blocks: [],
    })
    const received = snapshot(61, 1)
    expect(received.ok && received.response.payload.snapshotPayloadType).toBe(5)
    const bill = snapshot(22, 2)
    expect(bill.ok && bill.response.payload.snapshotTime).toBe(Date.UTC(2021, 9, 1) / 1_000 - 946_684_800)
    expect(snapshot(62, 1)).toMatchObject({ ok: false, reason: 'default-response', status: 0x8b })
    expect(snapshot(0, 0x8)).toMatchObject({ ok: false, status: 0x8b })
  })

  it('gives logs of one value as samples: days, and average voltages', () => {
    const { home, esme, command } = asking()
    home.run(hours(2))
    const sampled = (sampleId: number, earliestSampleTime: number) => {
      const found = command('Metering', 'GetSampledData', {
        ...{ sampleId, earliestSampleTime, sampleType: 0, numberOfSamples: 100 },
      })
      return found.ok ? found.response.payload : found
    }
    const days = esme.measurement.dailyConsumption().toReversed()
    expect(sampled(1, 0)).toMatchObject({
      sampleRequestInterval: 0,
      sampleStartTime: (days[0]?.startMs ?? 0) / 1_000 - 946_684_800,
      samples: days.slice(0, 20).map(({ value }) => value),
    })
    const fromMs = Date.UTC(2021, 9, 13, 5)
    const volts = esme.measurement.voltages(fromMs, ALL).map(({ value }) => value)
    expect(volts).toHaveLength(6)
    expect(sampled(2, fromMs / 1_000 - 946_684_800)).toMatchObject({ sampleRequestInterval: 1_800, samples: volts })
    expect(sampled(3, 0)).toMatchObject({ ok: false, status: 0x8b })
    expect(sampled(99, 0)).toMatchObject({ ok: false, status: 0x8b })
  })

  it('gives its tariff: prices, standing charge, and when which register counts', () => {
    const { command } = asking({ edits: NIGHT })
    const question = { earliestStartTime: 0, minIssuerEventId: 0, numberOfCommands: 1, tariffType: 0 }
    const information = command('Price', 'GetTariffInformation', question)
    expect(information.ok && information.response.payload).toMatchObject({
      ...{ issuerTariffId: 0, numberOfPriceTiersInUse: 2, numberOfBlockThresholdsInUse: 0, standingCharge: 53_350 },
    })
    const matrix = command('Price', 'GetPriceMatrix', { issuerTariffId: 0 })
    expect(matrix.ok && matrix.response.payload.payload).toEqual([
      { tierBlockId: 1, price: 30_000 },
      { tierBlockId: 2, price: 10_000 },
    ])
    const ids = { providerId: 0, issuerCalendarId: 0 }
    const day = command('Calendar', 'GetDayProfiles', { ...ids, startDayId: 0, numberOfDays: 1 })
    expect(day.ok && day.response.payload.dayScheduleEntries).toEqual([
      { startTime: 0, activePriceTierOrFriendlyCreditEnable: 2 },
      { startTime: 420, activePriceTierOrFriendlyCreditEnable: 1 },
    ])
    expect(command('Calendar', 'GetDayProfiles', { ...ids, startDayId: 2, numberOfDays: 1 })).toMatchObject({
      ok: false,
    })
    expect(command('Price', 'GetPriceMatrix', { issuerTariffId: 9 })).toMatchObject({ ok: false, status: 0x8b })
  })
})
