import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { type Home, home, ID } from '../unit/device-home.ts'

const METERING = 0x0702
const PRICE = 0x0700
const MESSAGING = 0x0703
type Frame = Extract<TraceEvent, { kind: 'han.frame' }>

/** Command id and frame type of a ZCL frame without a manufacturer code. @source ZCL, general frame format */
const command = ({ asdu }: Frame): string => {
  const [control = 0, , id = 0] = Buffer.from(asdu, 'hex')
  return `${(control & 0b11) === 0 ? 'global' : 'cluster'} 0x${id.toString(16).padStart(2, '0')}`
}
const READ = 'global 0x00'
const REPORT = 'global 0x0a'

function frames(home: Home, from: string, to: string, clusterId: number, wanted: string) {
  return home
    .events('han.frame')
    .filter(frame => frame.from === from && frame.to === to && frame.clusterId === clusterId)
    .filter(frame => command(frame) === wanted)
}

/** Gaps between events, seconds. */
const gaps = (events: readonly { atUs: number }[]) =>
  events.slice(1).map(({ atUs }, i) => (atUs - (events[i]?.atUs ?? 0)) / 1_000_000)

describe('an ordinary day of a dual-fuel home', () => {
  let day: Home
  beforeAll(() => {
    day = home({ rig: 'cb-dual-fuel' })
    day.run(hours(24))
  })

  it('nothing is lost and nothing is malformed', () => {
    expect(day.events('han.frame-lost')).toEqual([])
    expect(day.events('zcl.malformed')).toEqual([])
    expect(day.events('han.joined').map(({ device }) => device)).toEqual(
      expect.arrayContaining([ID.ESME, ID.GSME, ID.PPMID]),
    )
    expect(day.events('han.joined')).toHaveLength(3)
  })

  it('the PPMID reads the electricity meter every 10 s', () => {
    const reads = frames(day, ID.PPMID, ID.ESME, METERING, READ)
    expect(reads.length).toBeGreaterThan(8_630)
    expect(reads.length).toBeLessThanOrEqual(8_642)
    const pauses = gaps(reads.filter(({ atUs }) => atUs > minutes(2)))
    expect(Math.min(...pauses)).toBeGreaterThan(9.9)
    expect(Math.max(...pauses)).toBeLessThan(10.1)
  })

  it('the PPMID reads the gas mirror every 30 min, and never the gas meter', () => {
    const reads = frames(day, ID.PPMID, ID.CHF, METERING, READ)
    const half = gaps(reads.filter(({ atUs }) => atUs > minutes(31)))
    expect(half.length).toBeGreaterThanOrEqual(46)
    expect(half.filter(gap => Math.abs(gap - 1_800) >= 1)).toEqual([])
    expect(day.events('han.frame').filter(({ from, to }) => from === ID.PPMID && to === ID.GSME)).toEqual([])
  })

  it('the gas meter reports to its mirror once in each half hour, 48 times', () => {
    const reports = frames(day, ID.GSME, ID.CHF, METERING, REPORT)
    expect(reports).toHaveLength(48)
    for (const gap of gaps(reports.slice(1))) {
      expect(gap).toBeGreaterThan(1_779)
      expect(gap).toBeLessThan(1_821)
    }
  })

  it('the gas meter asks for the time once, and for its mirror once', () => {
    expect(frames(day, ID.GSME, ID.CHF, 0x000a, READ)).toHaveLength(1)
    expect(frames(day, ID.GSME, ID.CHF, METERING, 'cluster 0x01')).toHaveLength(1)
  })

  it('the PPMID asks for the price and the last message when it joins and each 30 min; the gas meter at each wake-up', () => {
    const isQuestion = ({ asdu }: Frame) => (Number.parseInt(asdu.slice(0, 2), 16) & 0x08) === 0
    for (const device of [ID.PPMID, ID.GSME]) {
      for (const clusterId of [PRICE, MESSAGING]) {
        expect(frames(day, device, ID.CHF, clusterId, 'cluster 0x00').filter(isQuestion)).toHaveLength(48)
      }
      // The hub has no message, and says so to each question.
      expect(frames(day, ID.CHF, device, MESSAGING, 'global 0x0b')).toHaveLength(48)
    }
    // Both fuels to the display at each question but perhaps the first, gas to its meter.
    expect(frames(day, ID.CHF, ID.PPMID, PRICE, 'cluster 0x00').length).toBeGreaterThanOrEqual(2 * 47)
    expect(frames(day, ID.CHF, ID.GSME, PRICE, 'cluster 0x00').length).toBeGreaterThanOrEqual(47)
  })

  it('each meter tells the hub its price once', () => {
    const isTold = ({ asdu }: Frame) => (Number.parseInt(asdu.slice(0, 2), 16) & 0x08) !== 0
    for (const device of [ID.ESME, ID.GSME]) {
      expect(frames(day, device, ID.CHF, PRICE, 'cluster 0x00').filter(isTold)).toHaveLength(1)
    }
  })

  it('what the display shows is what the meters hold', () => {
    const { esme, gsme, ppmid } = day.installation.devices
    const shown = ppmid?.shown
    expect(shown?.electricity).toBeLessThanOrEqual(esme?.totalWh ?? 0)
    expect(shown?.electricity).toBeGreaterThan((esme?.totalWh ?? 0) - 20)
    expect(shown?.gas).toBeLessThanOrEqual(gsme?.totalDm3 ?? 0)
    expect(shown?.gas).toBeGreaterThan((gsme?.totalDm3 ?? 0) - 1_000)
  })

  it('the device log knows when each device was last heard', () => {
    const start = Date.parse('2021-10-13T06:00:00Z')
    for (const device of [ID.ESME, ID.GSME, ID.PPMID]) {
      // A gas meter's polls follow its report within seconds. Routers that talk to each other are heard by their link status, each 15 s.
      const onAir = day.events('han.frame').filter(({ from, to }) => from === device || to === device)
      const last = (onAir.at(-1)?.atUs ?? 0) / 1_000
      const heard = (day.logged(device)?.lastCommunicationMs ?? 0) - start
      expect(Math.abs(heard - last), `${device}: heard at ${heard} ms, on the air at ${last} ms`).toBeLessThan(17_000)
    }
    expect(day.installation.hub.deviceLog.list().every(({ joined }) => joined)).toBe(true)
  })

  it('the mirror has every half hour, and they add up to what the gas meter counted', () => {
    // The rig begins; before it there was another life.
    const from = Date.parse('2021-10-13T06:00:00Z')
    const span = { fromMs: from, toMs: from + 3 * 86_400_000, maxEntries: 1_000 }
    const entries = day.ask('readImportProfile', ID.GPF, span)?.readImportProfile?.entries ?? []
    expect(entries).toHaveLength(47)
    expect(entries.map(({ startMs }) => startMs)).toEqual(entries.map((_, i) => from + i * 1_800_000))
    const reading = day.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters
    const first = day
      .events('han.frame')
      .find(f => f.from === ID.GSME && f.clusterId === METERING && command(f) === REPORT)
    // CurrentSummationDelivered is the first attribute of the report: header 3, id 2, type 1, then 6 octets.
    const began = Buffer.from(first?.asdu ?? '', 'hex').readUIntLE(6, 6)
    expect(entries.reduce((sum, { value }) => sum + value, 0)).toBe((reading?.activeImport ?? 0) - began)
  })
})

describe('the same day again', () => {
  const trace = (seed: string): string => {
    const hash = createHash('sha256')
    const day = home({ seed, rig: 'cb-seven-devices' })
    day.run(hours(6))
    for (const record of day.records) hash.update(JSON.stringify(record))
    return hash.digest('hex')
  }
  it('is the same to the last octet under the same seed, and another under another', () => {
    expect(trace('one')).toBe(trace('one'))
    expect(trace('one')).not.toBe(trace('two'))
  })
})

describe('a home without gas', () => {
  it('has no mirror, and its display reads electricity only', () => {
    const day = home({ rig: 'cb-electricity-only' })
    day.run(hours(2))
    const { ihd } = day.installation.devices
    expect(ihd?.shown.electricity).toBeGreaterThan(0)
    expect(ihd?.shown.gas).toBeUndefined()
    expect(day.ask('readImportRegisters', ID.GPF, {})).toMatchObject({ code: 'E21' })
    expect(day.ask('readImportRegisters', ID.GSME, {})).toMatchObject({ code: 'E19' })
  })
})

describe('a gas meter nobody hears for a day', () => {
  it('counts on, comes back at its next wake-up, and its mirror catches up', () => {
    const day = home()
    day.run(hours(1))
    day.installation.han.silence(ID.GSME)
    const before = day.logged(ID.GSME)?.lastCommunicationMs
    day.run(hours(24))
    expect(day.logged(ID.GSME)?.lastCommunicationMs).toBe(before)
    const stale = day.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters
    expect(stale?.dataAgeS).toBeGreaterThan(23.9 * 3_600)
    day.installation.han.hear(ID.GSME)
    day.run(minutes(31))
    const fresh = day.ask('readImportRegisters', ID.GPF, {})?.readImportRegisters
    expect(fresh?.dataAgeS).toBeLessThan(1_830)
    expect(fresh?.activeImport).toBeGreaterThan((stale?.activeImport ?? 0) + 500)
    expect(fresh?.activeImport).toBeLessThanOrEqual(day.installation.devices.gsme?.totalDm3 ?? 0)
  })

  it('sleeps all the same: it is on the air for seconds of each half hour', () => {
    const day = home()
    day.run(minutes(5))
    day.records.length = 0
    day.run(hours(10))
    const times = day
      .events('han.frame')
      .filter(({ from }) => from === ID.GSME)
      .map(({ atUs }) => atUs)
    const wakes = times.filter((atUs, i) => i === 0 || atUs - (times[i - 1] ?? 0) > seconds(60))
    expect(wakes).toHaveLength(20)
  })
})
