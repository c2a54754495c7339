/** What the gas proxy has of the gas meter's logs: told at wake-ups, given at once, as old as it says. */
import { describe, expect, it } from 'vitest'
import { days, hours, minutes, toZigbeeUtc } from '../../src/base/time.ts'
import { GasLogs } from '../../src/devices/hub/gas-logs.ts'
import { SNAPSHOT_CAUSE } from '../../src/devices/metering/han/snapshots.ts'
import { publications } from '../../src/devices/tariff/han/tariff-publications.ts'
import { flatTariff, type Tariff } from '../../src/devices/tariff/tariff.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import type { Response } from '../../src/wan/messages/wan-types.generated.ts'
import { Status } from '../../src/zcl/status.ts'
import type { Peer } from '../../src/zcl/transactions.ts'
import { type Home, type HomeOptions, ID, restarted, settledHome } from './device-home.ts'
import { nightsAndWeekends, TWO_WEEKS } from './tariff-samples.ts'

const STARTS = Date.parse('2021-10-13T06:00:00Z')
const DAY = 86_400_000
const SIX_MIN = 360_000
const SPAN = { fromMs: STARTS - DAY, toMs: STARTS + 30 * DAY, maxEntries: 100 }

const gas = (home: Home) => {
  const { gsme } = home.installation.devices
  if (!gsme) throw new Error('no gas meter')
  return gsme
}
const open = (options: HomeOptions = {}) => {
  const home = settledHome({ keep: () => false, ...options })
  home.run(minutes(35))
  return home
}
/** Of the gas proxy, at once. */
const bills = (home: Home, variant: string): Response => {
  const answer = home.send(ID.GPF, requestOf('readBillingDataLog', {}, variant))
  home.run(minutes(0.2))
  const response = answer()
  if (!response) throw new Error('no answer at once')
  return response
}
const network = (home: Home) => {
  const found = home.ask('readNetworkData', ID.GPF, SPAN, minutes(0.2))?.readNetworkData
  if (!found) throw new Error('no answer at once')
  return found
}
/** What the meter's log is, in the words of the answer. */
const held = (home: Home, causes: readonly string[]) =>
  gas(home)
    .measurement.billingEntries()
    .filter(({ cause }) => causes.includes(cause))
    .map(({ atMs, totals }) => [Math.floor(atMs / 1_000), totals[0]])
const given = (response: Response) =>
  response.readBillingDataLog?.entries.map(({ atMs, activeImport }) => [atMs / 1_000, activeImport])

describe.each([true, false])('the gas proxy (in memory: %s)', inMemory => {
  it('gives bills and six-minute volumes at once, as the meter has them, and says how old they are', () => {
    const home = open({ inMemory })
    const calendar = bills(home, '4.4.3')
    expect(calendar.readBillingDataLog).toMatchObject({ unit: 'DM3', source: 'MIRROR', payments: [] })
    expect(calendar.readBillingDataLog?.dataAgeS).toBeLessThan(1_830)
    expect(given(calendar)).toHaveLength(12)
    expect(given(calendar)).toEqual(held(home, ['billing-calendar']))
    expect(bills(home, '4.4.2').readBillingDataLog?.entries).toEqual([])
    const found = network(home)
    expect(found).toMatchObject({ intervalS: 360, unit: 'DM3', source: 'MIRROR', more: false })
    expect(found.entries).toHaveLength(41)
    const [first] = found.entries
    const lastMs = found.entries.at(-1)?.startMs ?? 0
    // The meter has gone on, and forgotten its oldest.
    const now = gas(home).measurement.networkData(0, 41)?.values ?? []
    const common = now.filter(({ startMs }) => startMs <= lastMs)
    expect(common.length).toBeGreaterThan(33)
    expect(found.entries.slice(-common.length)).toEqual(common)
    expect(found.lengths).toEqual([{ fromMs: first?.startMs, intervalS: 360 }])
    home.run(minutes(10))
    expect(network(home).dataAgeS).toBeGreaterThan(found.dataAgeS + 590)
  })
})

describe('the gas proxy', () => {
  it('goes on with what is new at each wake-up: nothing twice, nothing left out', () => {
    const home = open()
    for (let round = 0; round < 10; round++) {
      home.run(minutes(37))
      const starts = network(home).entries.map(({ startMs }) => startMs)
      expect(starts).toEqual(starts.map((_, at) => (starts[0] ?? 0) + at * SIX_MIN))
      expect(starts).toHaveLength(41)
      expect(home.kernel.unixMs() - (starts.at(-1) ?? 0)).toBeLessThan(40 * 60_000)
    }
  })

  it('has what stood at a change of tariff, of mode and at the end of a month at the next wake-up', () => {
    const home = open({ startUnixMs: Date.parse('2021-10-31T12:00:00Z') })
    const { measurement } = gas(home)
    measurement.hold({ ...measurement.tariff, id: 77 }, 0)
    home.run(minutes(31))
    expect(
      home.ask(
        'updatePaymentMode',
        ID.GSME,
        {
          ...{
            mode: 'PREPAYMENT',
            suspendDebtDisabled: true,
            suspendDebtEmergency: true,
            disablementThreshold: -9_000_000,
          },
        },
        minutes(35),
      )?.code,
    ).toBe('I0')
    home.run(minutes(31))
    const changes = bills(home, '4.4.2')
    expect(changes.readBillingDataLog?.entries.map(({ cause }) => cause)).toEqual(['MODE_CHANGE', 'TARIFF_CHANGE'])
    expect(given(changes)).toEqual(held(home, ['tariff-change', 'mode-change']))
    home.run(hours(12))
    expect(given(bills(home, '4.4.3'))?.[0]?.[0]).toBe(Date.UTC(2021, 10, 1) / 1_000)
    expect(given(bills(home, '4.4.3'))).toEqual(held(home, ['billing-calendar']))
  })

  it('has what was paid', () => {
    const home = open({ rig: 'cb-prepayment' })
    const before = bills(home, '4.4.5').readBillingDataLog?.payments.length ?? -1
    expect(before).toBeGreaterThanOrEqual(0)
    gas(home).prepayment.ledger.credits.add({
      atMs: STARTS + 60_000,
      amount: 500_000,
      source: 'hub',
      utrn: '1'.repeat(20),
    })
    gas(home).prepayment.ledger.debtPayments.add({ atMs: STARTS + 60_000, amount: 50_000, outstanding: 0 })
    home.run(minutes(31))
    const topUps = bills(home, '4.4.5').readBillingDataLog
    expect(topUps?.payments).toHaveLength(before + 1)
    expect(topUps).toMatchObject({ source: 'MIRROR', entries: [] })
    expect(topUps?.payments[0]).toEqual({ atMs: STARTS + 60_000, amount: 500_000 })
    expect(bills(home, '4.4.4').readBillingDataLog?.payments[0]).toEqual({ atMs: STARTS + 60_000, amount: 50_000 })
  })

  it('has it over a loss of power, and is told all again by a meter that lost its own: the same', () => {
    const home = open()
    const before = [given(bills(home, '4.4.3')), network(home).entries.length]
    const again = restarted(home)
    again.run(minutes(0.5))
    expect([given(bills(again, '4.4.3')), network(again).entries.length]).toEqual(before)
    again.run(minutes(35))
    expect([given(bills(again, '4.4.3')), network(again).entries.length]).toEqual(before)
  })

  it('is told by a meter that was away for a day what there still is, in order', () => {
    const home = open({ inMemory: false })
    const fault = home.installation.han.inject({ kind: 'node-off', node: ID.GSME })
    home.run(days(1))
    expect(network(home).dataAgeS).toBeGreaterThan(86_000)
    fault.lift()
    home.run(minutes(62))
    const starts = network(home).entries.map(({ startMs }) => startMs)
    expect(starts).toEqual([...new Set(starts)].toSorted((a, b) => a - b))
    expect(network(home).dataAgeS).toBeLessThan(1_830)
  })

  it('that the meter has not told anything asks it when it wakes', () => {
    const home = settledHome({ keep: () => false })
    Object.assign(home.installation.hub.mirror.logs, { state: {} })
    const answer = home.send(ID.GPF, requestOf('readBillingDataLog', {}, '4.4.3'))
    home.run(minutes(0.2))
    expect(answer()).toBeUndefined()
    home.run(minutes(35))
    expect(answer()?.readBillingDataLog).toMatchObject({ source: 'DEVICE', dataAgeS: 0, entries: { length: 12 } })
  })

  it('asks nothing of the meter for it, and hears of each bill once', () => {
    const home = settledHome({ keep: event => event.kind === 'han.frame' })
    home.run(hours(6))
    const told = home
      .events('han.frame')
      .filter(({ from, clusterId }) => from === ID.GSME && clusterId === 0x0702)
      .map(({ asdu }) => asdu)
    const commands = told
      .filter(asdu => (Number.parseInt(asdu.slice(0, 2), 16) & 3) === 1)
      .map(asdu => asdu.slice(4, 6))
    expect(commands.filter(id => id === '06').length).toBeLessThanOrEqual(12)
    // One a wake-up.
    expect(commands.filter(id => id === '07').length).toBeLessThanOrEqual(14)
    expect(commands.filter(id => id === '07').length).toBeGreaterThanOrEqual(11)
  })
})

/** Four registers, weeks, seasons, special days. */
const GAS: Tariff = {
  ...{ id: 31, label: 'Gas nights', blockPeriod: 'quarter', standingCharge: 27_000 },
  thresholds: [[], []],
  prices: [[9_000], [4_000]],
  switching: {
    ...nightsAndWeekends(2),
    weeks: TWO_WEEKS,
    seasons: [
      { month: 4, day: 1, weekId: 1 },
      { month: 10, day: 1, weekId: 2 },
    ],
    specialDays: [{ month: 12, day: 25, dayId: 2 }],
  },
}
const IN_BLOCKS: Tariff = {
  ...{ ...GAS, id: 32, label: 'Blocks', thresholds: [[300, 100_000]], prices: [[9_000, 4_000, 2_000]] },
  switching: { days: [{ id: 1, switches: [{ startMin: 0, register: 1 }] }], weeks: [], seasons: [], specialDays: [] },
}

describe.each([true, false])('the tariff of gas (in memory: %s)', inMemory => {
  const tariff = (home: Home) => {
    const found = home.ask('readTariff', ID.GPF, {}, minutes(0.2))?.readTariff
    if (!found) throw new Error('no answer at once')
    return found
  }
  const told = ({ id, label, blockPeriod, standingCharge, switching, prices, thresholds }: Tariff) => ({
    ...{ tariffId: id, label, standingCharge, switching },
    blockPeriod: `BLOCK_PERIOD_${blockPeriod.toUpperCase()}`,
    rates: prices.map((row, at) => ({ prices: row, thresholds: thresholds[at] })),
  })

  it('is given by the proxy as the meter has it, and another after the next wake-up, at once over power cuts', () => {
    const home = open({ inMemory })
    const factory = tariff(home)
    expect(factory).toMatchObject({ source: 'MIRROR', activeRegister: 1, activeBlock: 1, price: 7_420 })
    expect(factory.tariff.label).toBe('Flat')
    expect(factory.dataAgeS).toBeLessThan(1_830)
    gas(home).measurement.hold(GAS, 0)
    expect(tariff(home).tariff).toEqual(factory.tariff)
    home.run(minutes(31))
    expect(tariff(home).tariff).toEqual(told(GAS))
    const again = restarted(home)
    again.run(minutes(0.5))
    expect(tariff(again).tariff).toEqual(told(GAS))
  })

  it('says what counts now: by the table, and by the block counters of the last report', () => {
    const home = open({ inMemory })
    gas(home).measurement.hold(GAS, 0)
    home.run(minutes(31))
    expect(home.kernel.unixMs()).toBeGreaterThan(STARTS + 3_600_000)
    expect(tariff(home)).toMatchObject({ activeRegister: 1, price: 9_000 })
    home.run((STARTS + 20 * 3_600_000 - home.kernel.unixMs()) * 1_000)
    expect(tariff(home)).toMatchObject({ activeRegister: 2, price: 4_000 })
    gas(home).measurement.hold(IN_BLOCKS, 0)
    home.run(hours(14))
    const { measurement } = gas(home)
    expect(measurement.block).toBe(2)
    expect(tariff(home)).toMatchObject({ tariff: told(IN_BLOCKS), activeRegister: 1, activeBlock: 2, price: 4_000 })
  })

  const halfTold = (home: Home) => {
    const { intake } = home.installation.hub.mirror.logs as unknown as { intake: { draft: { days: unknown[] } } }
    return intake.draft.days.length === 1
  }
  // In memory nothing can go in the middle of it.
  if (inMemory) return
  it('that was told in part only is told again as a whole', () => {
    const home = open({ inMemory })
    gas(home).measurement.hold(GAS, 0)
    // Awake, and gone in the middle of it.
    home.kernel.runUntil(home.kernel.nowUs() + minutes(31), () => halfTold(home))
    expect(halfTold(home)).toBe(true)
    const fault = home.installation.han.inject({ kind: 'node-off', node: ID.CHF })
    home.run(minutes(2))
    fault.lift()
    expect(tariff(home).tariff.label).toBe('Flat')
    home.run(minutes(125))
    expect(tariff(home).tariff).toEqual(told(GAS))
  })
})

describe('a mirror that is told something else', () => {
  const METER = { device: ID.GSME, endpoint: 1 }
  const bench = () => {
    const logs = new GasLogs({
      meter: () => ID.GSME,
      scale: () => ({ multiplier: 1, divisor: 1_000 }),
    })
    const commands = { ...logs.meteringCommands(), ...logs.prepaymentCommands() }
    return { logs, commands, all: logs.priceCommands(), calendar: logs.calendarCommands() }
  }
  const samples = { sampleId: 3, sampleStartTime: toZigbeeUtc(STARTS), sampleType: 0, sampleRequestInterval: 360 }
  const none = undefined as never
  const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
  const snapshot = (at: number, payload = '0a0000000000' + '00', type = 4) => ({
    ...{ snapshotId: 1, snapshotTime: toZigbeeUtc(at), totalSnapshotsFound: 1, commandIndex: 0, totalCommands: 1 },
    ...{
      snapshotCause: SNAPSHOT_CAUSE['billing-calendar'],
      snapshotPayloadType: type,
      snapshotPayload: octets(payload),
    },
  })

  it('takes nothing of anybody but its meter', () => {
    const { logs, commands } = bench()
    const stranger = { device: ID.PPMID, endpoint: 1 }
    expect(commands.GetSampledDataResponse?.({ ...samples, samples: [1] }, stranger, none)).toBe(Status.NOT_AUTHORIZED)
    expect(commands.PublishSnapshot?.(snapshot(STARTS), stranger, none)).toBe(Status.NOT_AUTHORIZED)
    expect(logs.memory()).toEqual({})
  })

  it('refuses other logs, no interval and other payloads; octets that end too soon are a wire error', () => {
    const { logs, commands } = bench()
    const give = (over: object) => commands.GetSampledDataResponse?.({ ...samples, samples: [1], ...over }, METER, none)
    expect([give({ sampleId: 2 }), give({ sampleRequestInterval: 0 })]).toEqual([
      Status.INVALID_VALUE,
      Status.INVALID_VALUE,
    ])
    expect(commands.PublishSnapshot?.(snapshot(STARTS, '00', 99), METER, none)).toBe(Status.INVALID_VALUE)
    expect(commands.PublishSnapshot?.(snapshot(STARTS, '0a000000000000', 5), METER, none)).toBe(Status.INVALID_VALUE)
    expect(() => commands.PublishSnapshot?.(snapshot(STARTS, '0a00'), METER, none)).toThrow('snapshotPayload')
    expect(logs.memory()).toEqual({})
  })

  type Take = (payload: unknown, from: Peer) => unknown
  it('a tariff that does not hold together is none: the meter is asked', () => {
    const { logs, all, calendar } = bench()
    const tariff = flatTariff(5_000, 100)
    const give = (over: Partial<Tariff>, from: Peer = METER) => {
      const of = { tariff: { ...tariff, ...over }, startUtc: 0, eventId: ++events }
      for (const publication of publications(of)) {
        publication((cluster, command, payload) => {
          const commands = (cluster === 'Price' ? all : calendar) as unknown as Record<string, Take>
          commands[command]?.(payload, from)
        })
      }
    }
    let events = 0
    give({ id: 5 }, { device: ID.PPMID, endpoint: 1 })
    expect(logs.tariff).toBeUndefined()
    give({ id: 5 })
    expect(logs.tariff).toMatchObject({ id: 5, prices: [[5_000]], standingCharge: 100 })
    give({ id: 6, prices: Array(9).fill([1]), thresholds: Array(9).fill([]) })
    expect(logs.tariff).toBeUndefined()
  })

  it('keeps no more than there is room for, the newest', () => {
    const { logs, commands } = bench()
    for (let round = 0; round < 50; round++) {
      const sampleStartTime = toZigbeeUtc(STARTS + round * 7 * SIX_MIN)
      commands.GetSampledDataResponse?.({ ...samples, sampleStartTime, samples: [1, 2, 3, 4, 5, 6, 7] }, METER, none)
      commands.PublishSnapshot?.(snapshot(STARTS + round * DAY), METER, none)
      commands.PublishSnapshot?.(snapshot(STARTS + round * DAY), METER, none)
    }
    expect(logs.network?.entries).toHaveLength(41)
    expect(logs.network?.entries.at(-1)).toEqual({ startMs: STARTS + 349 * SIX_MIN, value: 7 })
    expect(logs.billing).toHaveLength(12)
    expect(logs.billing?.[0]?.atMs).toBe(STARTS + 49 * DAY)
    expect(new Set(logs.billing?.map(({ atMs }) => atMs)).size).toBe(12)
    const paid = { topUpCode: new Uint8Array(), topUpAmount: 1, topUpTime: 1 }
    commands.PublishTopUpLog?.(
      { commandIndex: 0, totalNumberOfCommands: 1, topUpPayload: Array(30).fill(paid) } as never,
      METER,
      none,
    )
    expect(logs.topUps).toHaveLength(10)
  })
})
