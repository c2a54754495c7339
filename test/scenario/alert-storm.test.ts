/** Meters that fail and raise alert after alert, at 100 times the normal rate, leave room for the rest. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { TraceEvent, TraceRecord } from '../../src/ports/trace.ts'
import { HubSession } from '../../src/wan/hub-session.ts'
import { decodeMessage } from '../../src/wan/messages/codec.ts'
import { PacketGateway } from '../../src/wan/packet-gateway.ts'
import { SimPlatform } from '../../src/wan/sim-platform.ts'
import type { UplinkLimits } from '../../src/wan/uplink-share.ts'
import { inMemory, type Migrated, migrateRig } from '../helpers/migration.ts'
import { firmwareIs, from, SMSO_KEY } from '../unit/wan-session-bench.ts'

/** Two alerts an hour are normal here; a hundred times as many: one each 18 s. */
const STORM_EVERY = seconds(18)
/** As the Group file has it. */
const LIMITS: UplinkLimits = { unaskedBurst: 30, unaskedPerHour: 60 }

/** Hubs before one head-end that takes one message a second, in order of arrival. */
function estate({ hubs, storming, uplink }: { hubs: number; storming: number; uplink?: UplinkLimits }) {
  const kernel = new Kernel({ seed: 'storm', startUnixMs: 0 })
  const sims = new SimPlatform({ plans: { one: ['newcastle'] }, allocate: () => undefined })
  const events: TraceEvent[] = []
  /** What the head-end has taken: when, and from whom. */
  const taken: { atUs: number; hub: string; octets: Uint8Array }[] = []
  let busyUntilUs = 0
  const gateway = new PacketGateway({
    sims,
    ...(uplink && { uplink }),
    outlet: {
      up: ({ hub }, octets) => {
        busyUntilUs = Math.max(busyUntilUs, kernel.nowUs()) + seconds(1)
        kernel.after(busyUntilUs - kernel.nowUs(), 'head-end', () => taken.push({ atUs: kernel.nowUs(), hub, octets }))
      },
      session: () => {},
    },
  })
  const all = Array.from({ length: hubs }, (_, i) => {
    const hub = `00db1234567890${(i + 1).toString(16).padStart(2, '0')}`
    const imsi = `2341001234567${String(i).padStart(2, '0')}`
    const addresses = { newcastle: `10.20.0.${i + 1}` }
    sims.add({ imsi, iccid: '', msisdn: '', account: '', plan: 'one', addresses })
    const trace = { emit: (event: TraceEvent) => void events.push(event) }
    const session = new HubSession({
      hub,
      link: gateway.link({ installation: hub, hub, imsi, timers: kernel, trace, attachUs: seconds(8) }),
      clock: kernel,
      timers: kernel,
      trace,
      memory: { apn: 'newcastle', keys: [['smso', toHex(SMSO_KEY)]], counters: [], ownCounter: 0 },
      operators: { newcastle: 'smso' },
      settings: { attachAttempts: 3, attachRetryUs: seconds(60), apnFallback: true, detachUs: seconds(1) },
      onRequest: (_, answer) => answer(firmwareIs('2.1.0')),
    })
    session.start()
    const storm = (): void => {
      session.alert({ code: '8F84', description: '', atMs: kernel.unixMs(), device: hub })
      kernel.after(STORM_EVERY, 'storm', storm)
    }
    // Not all at once.
    if (i < storming) kernel.after(seconds(10) + i * 100_000, 'storm', storm)
    return { hub, session, ip: addresses.newcastle }
  })
  let counter = 0
  /** How long an answer takes to be with the head-end, µs; undefined when it is not there within the hour. */
  const ask = (index: number): number | undefined => {
    const one = all[index]
    const askedUs = kernel.nowUs()
    const seen = taken.length
    gateway.down('newcastle', one?.ip ?? '', from({ counter: ++counter }))
    const answer = () =>
      taken.slice(seen).find(({ hub, octets }) => hub === one?.hub && decodeMessage(octets).message.response)
    kernel.runUntil(askedUs + hours(1), () => answer() !== undefined)
    return answer() && (answer()?.atUs ?? 0) - askedUs
  }
  const alertsTaken = () => taken.filter(({ octets }) => decodeMessage(octets).message.alert).length
  const run = (forUs: number) => void kernel.runUntil(kernel.nowUs() + forUs)
  return { ask, run, all, events, alertsTaken }
}

test('without the cap, the others wait for their turn: the test can tell', () => {
  const { ask, run } = estate({ hubs: 41, storming: 40 })
  run(hours(2))
  expect(ask(40) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(minutes(30))
})

test('40 hubs at 100 times the normal rate: the answer of another is there as soon as without them', () => {
  const calm = estate({ hubs: 41, storming: 0, uplink: LIMITS })
  const storm = estate({ hubs: 41, storming: 40, uplink: LIMITS })
  for (const { run } of [calm, storm]) run(hours(2))
  const times = [calm, storm].map(({ ask }) => ask(40) ?? Number.POSITIVE_INFINITY)
  // At most one alert of each of the others is before it in the queue of a minute.
  expect(times[0]).toBe(seconds(1))
  expect(times[1]).toBeLessThan(seconds(45))
  expect(storm.alertsTaken()).toBeLessThanOrEqual(40 * (LIMITS.unaskedBurst + 2 * LIMITS.unaskedPerHour))
})

test('a hub in the middle of its own storm still answers what it is asked, whatever it has yet to say', () => {
  const { ask, run, all } = estate({ hubs: 1, storming: 1, uplink: LIMITS })
  run(hours(6))
  expect(all[0]?.session.alertsKept).toBe(100)
  for (let i = 0; i < 200; i++) expect(ask(0)).toBeLessThanOrEqual(seconds(2))
})

test('what is over the cap is kept, in order, up to a hundred; the oldest go, counted; the rest comes when the storm is over', () => {
  const { run, all, events, alertsTaken } = estate({
    hubs: 1,
    storming: 1,
    uplink: { unaskedBurst: 5, unaskedPerHour: 60 },
  })
  const session = all[0]?.session
  run(hours(2))
  const raised = Math.floor((hours(2) - seconds(10)) / STORM_EVERY) + 1
  const dropped = session?.refused.get('alert-dropped') ?? 0
  expect(alertsTaken() + dropped + 100).toBe(raised)
  expect(events.filter(({ kind }) => kind === 'device.event').length).toBe(dropped)
  // Told as it begins, not with each message.
  expect(events.filter(({ kind }) => kind === 'wan.capped').length).toBeLessThanOrEqual(2)
})

test('a storm that ends is told, with how much was over the cap, and everything kept has arrived', () => {
  const { run, all, events, alertsTaken } = estate({
    hubs: 1,
    storming: 0,
    uplink: { unaskedBurst: 5, unaskedPerHour: 60 },
  })
  run(seconds(20))
  for (let i = 0; i < 50; i++) all[0]?.session.alert({ code: '8F84', description: `${i}`, atMs: i, device: '' })
  run(seconds(10))
  expect([alertsTaken(), all[0]?.session.alertsKept]).toEqual([5, 45])
  run(minutes(50))
  expect([alertsTaken(), all[0]?.session.alertsKept]).toEqual([50, 0])
  expect(events.filter(({ kind }) => kind === 'wan.capped' || kind === 'wan.uncapped')).toEqual([
    { kind: 'wan.capped' },
    { kind: 'wan.uncapped', refused: expect.any(Number) },
  ])
})

test('a home migrates while its hub storms: the same verdicts, and no more alerts than the Group file allows', async () => {
  const calm = await migrateRig({ rig: inMemory() })
  const run = await migrateRig({ rig: inMemory(), faults: ['hub.alerts=18s'] })
  const verdicts = ({ verdicts }: Migrated) =>
    verdicts.map(({ step, deviceType, verdict }) => [step, deviceType, verdict])
  expect(verdicts(run)).toEqual(verdicts(calm))
  expect(run.exitCode).toBe(0)
  const trace = readFileSync(join(run.directory, 'trace.jsonl'), 'utf8').trim().split('\n')
  const records = trace.map(line => JSON.parse(line) as TraceRecord)
  const alerts = records.filter(({ event }) => {
    return event.kind === 'wan.up' && decodeMessage(Buffer.from(event.octets, 'hex')).message.alert?.code === '8F84'
  })
  const lastedHours = ((alerts.at(-1)?.atUs ?? 0) - (alerts[0]?.atUs ?? 0)) / hours(1)
  expect(alerts.length).toBeGreaterThan(LIMITS.unaskedBurst)
  expect(alerts.length).toBeLessThanOrEqual(LIMITS.unaskedBurst + LIMITS.unaskedPerHour * lastedHours + 1)
})
