/** Readings on the air, as tshark sees them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import { zigbeePcKeys } from '../../src/radio/zigbee-pc-keys.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { home, ID } from '../unit/device-home.ts'
import { rich } from '../unit/tariff-samples.ts'
import { stranger } from './strangers.ts'
import { type TsharkCapture, tsharkCapture } from './tshark-capture.ts'

const tshark = stranger('tshark')
const STARTS = Date.parse('2021-10-13T06:00:00Z')
const DAY = 86_400_000

describe.skipIf(!tshark.available)('a hub that reads its meters', () => {
  let capture: TsharkCapture
  let read: number[] = []
  let half: number[] = []
  const frames: TsharkCapture['frames'] = (filter, fields) => capture.frames(filter, fields)
  const fields = (of: string, names: readonly string[]) => names.map(name => `zbee_zcl_se.${of}.${name}`)

  beforeAll(() => {
    const octets: Uint8Array[] = []
    const one = home({ onCapture: more => octets.push(more), keep: () => false })
    one.run(minutes(10))
    const { esme } = one.installation.devices
    if (!esme) throw new Error('no meter')
    esme.measurement.hold(rich, esme.clock.unixMs())
    const day = { fromMs: STARTS - DAY, toMs: STARTS }
    half =
      one
        .ask('readReactiveImportProfile', ID.ESME, { ...day, maxEntries: 10 })
        ?.readReactiveImportProfile?.entries.map(({ value }) => value) ?? []
    read = one.ask('readImportDailyLog', ID.ESME, day)?.readImportDailyLog?.entries.map(({ value }) => value) ?? []
    one.ask('readDailyConsumption', ID.ESME, { fromMs: STARTS - 3 * DAY, toMs: STARTS })
    one.ask('readImportTouBlocks', ID.ESME, {})
    one.ask('readTariff', ID.ESME, {})
    const bills = one.send(ID.ESME, requestOf('readBillingDataLog', {}, '4.4.2'))
    one.run(minutes(1))
    expect(bills()?.code).toBe('I0')
    one.ask('readTariff', ID.GSME, {}, minutes(40))
    const later = { mode: 'PREPAYMENT', disablementThreshold: 0, fromMs: STARTS + 9 * DAY } as const
    const mode = { ...later, suspendDebtDisabled: false, suspendDebtEmergency: false }
    for (const cancelHeld of [false, true]) one.ask('updatePaymentMode', ID.ESME, { ...mode, cancelHeld })
    one.ask('updatePrice', ID.ESME, { standingCharge: 0, prices: [], cancelHeld: true })
    capture = tsharkCapture({ octets: Buffer.concat(octets), keys: zigbeePcKeys(one.installation.han.captureKeys()) })
  })
  afterAll(() => capture.remove())

  it('has no malformed frame, nothing left closed and no bad FCS', () => {
    expect(frames('_ws.malformed || zbee_sec.encrypted_payload || wpan.fcs_ok == 0')).toEqual([])
  })

  it('asks for a profile of reactive energy, and is given the newest half hour first', () => {
    const channels = frames('zbee_zcl_se.met.cmd.srv_rx.id == 0x00', fields('met.get_profile', ['interval_channel']))
    expect(new Set(channels)).toEqual(new Set(['2']))
    const answers = frames(
      'zbee_zcl_se.met.get_profile_response.status == 0',
      fields('met.get_profile_response', ['profile_interval_period', 'intervals']),
    )
    const told = answers.flatMap(answer => (answer.split('\t')[1] ?? '').split(',').map(Number))
    expect(answers[0]?.split('\t')[0]).toBe('2')
    expect(told.join()).toContain(half.toReversed().slice(0, 5).join())
  })

  it('asks for snapshots by their cause', () => {
    const asked = frames(
      'zbee_zcl_se.met.cmd.srv_rx.id == 0x06',
      fields('met.get_snapshot', ['snapshot_offset', 'snapshot_cause']),
    )
    expect(asked.slice(0, 2)).toEqual(['0\t0x00000001', '1\t0x00000001'])
    const published = frames(
      'zbee_zcl_se.met.cmd.srv_tx.id == 0x06',
      fields('met.publish_snapshot', ['snapshots_found', 'snapshot_cause', 'payload_type', 'sub_payload']),
    )
    // Its bills the gas meter tells its mirror unasked. Of the other, what is delivered, and what is received.
    const all = published.map(one => one.split('\t').slice(0, 3).join(' '))
    expect(all.filter(one => one === '1 0x00000002 4')).toHaveLength(12)
    expect(all.filter(one => one !== '1 0x00000002 4')).toEqual([
      '2 0x00000001 4',
      '2 0x00000001 5',
      '2 0x00000008 4',
      '2 0x00000008 5',
    ])
    const payload = Buffer.from(
      (published.find(one => one.startsWith('2\t0x00000001\t4'))?.split('\t')[3] ?? '').replaceAll(':', ''),
      'hex',
    )
    expect(payload.readUIntLE(0, 6)).toBe(read[0])
  })

  it('cancels what is held: prices by their tariff, a change of mode by a time that never is', () => {
    const cancelled = frames('zbee_zcl_se.price.cmd.srv_tx.id == 0x0e', ['zbee_zcl_se.price.cmd.srv_tx.id'])
    expect(cancelled).toEqual(['0x0e'])
    const changes = frames(
      'zbee_zcl_se.pp.cmd.srv_rx.id == 0x06',
      fields('pp.change_payment_mode', ['implementation_date_time']),
    )
    // As many seconds after 2000 as 32 bits can say.
    expect(changes).toEqual(['Oct 22, 2021 06:00:00.000000000 UTC', 'Feb  7, 2136 06:28:15.000000000 UTC'])
  })

  it('asks for samples of days', () => {
    const answers = frames(
      'zbee_zcl_se.met.cmd.srv_tx.id == 0x07',
      fields('met.get_sampled_data_rsp', ['sample_id', 'sample_request_interval', 'number_of_samples']),
    )
    // Six-minute volumes the gas meter tells its mirror unasked.
    const ofDays = answers.filter(one => !one.startsWith('3\t'))
    expect(ofDays[0]).toMatch(/^1\t0\t[1-4]$/)
    const told = answers.filter(one => one.startsWith('3\t360\t')).map(one => Number(one.split('\t')[2]))
    expect(told.slice(0, 3)).toEqual([20, 20, 1])
  })

  it('is given a tariff: what it is, its prices by tier and block, and its calendar', () => {
    const information = frames(
      'zbee_zcl_se.price.cmd.srv_tx.id == 0x04',
      fields('price.tariff_information', [
        'number_of_price_tiers_in_use',
        'number_of_block_thresholds_in_use',
        'standing_charge',
      ]),
    )
    // The gas meter tells its mirror its own, unasked, when it has joined.
    expect(information.slice(0, 3)).toEqual(['1\t0\t29110', `2\t1\t${rich.standingCharge}`, '1\t0\t29110'])
    const prices = frames('zbee_zcl_se.price.cmd.srv_tx.id == 0x05', ['zbee_zcl_se.price.price_matrix.price'])
    expect(prices.slice(0, 2)).toEqual(['7420', rich.prices.flat().join()])
    const periods = frames('zbee_zcl_se.price.cmd.srv_tx.id == 0x01', ['zbee_nwk.dst'])
    expect(periods).toEqual(['0x0000'])
    const calendar = frames('zbee_zcl_se.calendar.cmd.srv_tx.id', ['zbee_zcl_se.calendar.cmd.srv_tx.id'])
    expect(calendar.slice(0, 8).map(Number)).toEqual([0, 1, 1, 1, 2, 2, 3, 4])
  })
})
