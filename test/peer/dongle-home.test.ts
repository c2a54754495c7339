/** zigbee-herdsman over a stick whose home is at hand: what it reads is what the device holds, what it tells is what is shown. */
import { expect, onTestFinished, test } from 'vitest'
import { fromZigbeeUtc } from '../../src/base/time.ts'
import { tcpListener } from '../../src/links/tcp.ts'
import { loadRig } from '../../src/profiles/load-rig.ts'
import { PromptRunClock } from '../../src/rig/clocks/prompt-run-clock.ts'
import { DongleHome } from '../../src/rig/dongles/dongle-home.ts'
import { DONGLE_PROTOCOLS, DONGLES, type DongleProtocol } from '../../src/rig/dongles/dongles.ts'
import { fileDeps } from '../../src/rig/prepare.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { openHerdsman } from './herdsman.ts'
import { showsNotices } from './host-talk.ts'

async function homeBehind(protocol: DongleProtocol) {
  const [record] = loadRig('rigs/cb-seven-devices.yaml', fileDeps).installations
  if (!record) throw new Error('the rig has no installation')
  const link = await tcpListener({ host: '127.0.0.1', port: 0 })
  const running = new DongleHome({
    record: { ...record, han: { ...record.han, application: 'home-automation' } },
    ...{ kind: DONGLES[protocol], link, clock: new PromptRunClock(), seed: protocol, startUnixMs: Date.now() },
    sink: () => {},
  })
  onTestFinished(() => running.stop())
  running.start()
  const path = link.name.replace('tcp-listen:', 'tcp:')
  const host = await openHerdsman({ adapter: DONGLES[protocol].adapter, path, folder: temporaryFolder() })
  return { host, home: running.home, dongle: running.dongle }
}

test.for(DONGLE_PROTOCOLS)(
  'through %s registers, prices and messages are the same at both ends',
  { timeout: 90_000 },
  async protocol => {
    const { host, home } = await homeBehind(protocol)
    const { esme, ppmid } = home.record.devices
    if (!ppmid) throw new Error('the rig has no PPMID')
    await host.interviewAll([esme.deviceId, ppmid.deviceId])

    const meter = host.endpoint(esme.deviceId)
    const held = () => home.devices.esme?.totalWh ?? Number.NaN
    const before = held()
    const { currentSummDelivered, multiplier, divisor } = await meter.read('seMetering', [
      'currentSummDelivered',
      'multiplier',
      'divisor',
    ])
    const read = (Number(currentSummDelivered) * Number(multiplier) * 1_000) / Number(divisor)
    expect(read).toBeGreaterThanOrEqual(before)
    expect(read).toBeLessThanOrEqual(held())

    await showsNotices(host, ppmid.deviceId, () => home.devices.ppmid?.shown)
  },
)

test.for(DONGLE_PROTOCOLS)(
  'through %s zigbee-herdsman reads registers by time of use, voltage and half hours as the meter keeps them',
  { timeout: 90_000 },
  async protocol => {
    const { host, home } = await homeBehind(protocol)
    const { deviceId } = home.record.devices.esme
    await host.interviewAll([deviceId])
    const measurement = home.devices.esme?.measurement
    if (!measurement) throw new Error('no meter')
    const meter = host.endpoint(deviceId)
    const before = measurement.totals()
    const registers = await meter.read('seMetering', [
      'currentSummReceived',
      'currentTier1SummDelivered',
      'currentTier2SummDelivered',
      'activeRegisterTierDelivered',
    ])
    expect(Number(registers.currentTier1SummDelivered)).toBeGreaterThanOrEqual(before[0])
    expect(Number(registers.currentTier1SummDelivered)).toBeLessThanOrEqual(measurement.totals()[0])
    expect(registers).toMatchObject({ currentSummReceived: 0, currentTier2SummDelivered: 0 })
    expect(registers.activeRegisterTierDelivered).toBe(1)
    const { rmsVoltage, acVoltageDivisor } = await meter.read('haElectricalMeasurement', [
      'rmsVoltage',
      'acVoltageDivisor',
    ])
    expect(Math.abs(Number(rmsVoltage) / Number(acVoltageDivisor) - 230)).toBeLessThan(60)

    for (const [intervalChannel, channel] of [
      [0, 'delivered'],
      [2, 'reactiveDelivered'],
    ] as const) {
      const question = { intervalChannel, endTime: 0, numberOfPeriods: 12 }
      const answer = await meter.command('seMetering', 'getProfile', question)
      const { endTime, status, profileIntervalPeriod, intervals } = Object(answer)
      expect({ status, profileIntervalPeriod }).toEqual({ status: 0, profileIntervalPeriod: 2 })
      const endMs = fromZigbeeUtc(Number(endTime))
      expect(intervals).toEqual(measurement.profile(channel, endMs, 12).map(({ value }) => value))
    }
  },
)
