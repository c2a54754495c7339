/** Supply, events and what a meter is told of its home on the air, as tshark sees them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import { zigbeePcKeys } from '../../src/radio/zigbee-pc-keys.ts'
import { home, ID } from '../unit/device-home.ts'
import { stranger } from './strangers.ts'
import { type TsharkCapture, tsharkCapture } from './tshark-capture.ts'

const tshark = stranger('tshark')

describe.skipIf(!tshark.available)('a hub that configures and commands its meters', () => {
  let capture: TsharkCapture
  const frames: TsharkCapture['frames'] = (filter, fields) => capture.frames(filter, fields)
  const fields = (of: string, names: readonly string[]) => names.map(name => `zbee_zcl_se.${of}.${name}`)

  beforeAll(() => {
    const octets: Uint8Array[] = []
    const one = home({ onCapture: more => octets.push(more), keep: () => false })
    one.run(minutes(40))
    const { esme } = one.installation.devices
    esme?.events.raise('8F75', 'north')
    one.ask('disableSupply', ID.ESME, {})
    one.ask('armSupply', ID.ESME, {})
    one.ask('setTamperPolicy', ID.ESME, { policy: 'POLICY_OFF' })
    one.ask('setImportMpxn', ID.ESME, { importMpxn: '1200012345699' })
    one.ask('requestCustomerIdentification', ID.ESME, { number: '0417' })
    one.ask('updateSupplierName', ID.ESME, { name: 'Example Energy' })
    one.ask('restrictAccess', ID.ESME, { notBeforeMs: Date.parse('2021-10-13T06:00:00Z') })
    one.ask('setEventBehaviours', ID.ESME, { behaviours: [{ code: '8F75', logged: true, toWan: false, toHan: true }] })
    one.ask('readLog', ID.ESME, { log: 'SECURITY', maxEntries: 5 })
    one.ask('clearEventLog', ID.ESME, {})
    one.ask('setGasFlow', ID.GSME, { flowThresholdDm3PerH: 2_000, stabilisationS: 10, measurementS: 60 }, minutes(35))
    capture = tsharkCapture({ octets: Buffer.concat(octets), keys: zigbeePcKeys(one.installation.han.captureKeys()) })
  })
  afterAll(() => capture.remove())

  it('has no malformed frame, nothing left closed and no bad FCS', () => {
    expect(frames('_ws.malformed || zbee_sec.encrypted_payload || wpan.fcs_ok == 0')).toEqual([])
  })

  it('orders the supply off and armed, and is told how it stands', () => {
    const orders = frames('zbee_zcl_se.met.cmd.srv_rx.id == 0x0b', [
      ...fields('met.change_supply', ['proposed_supply_status', 'supply_control_bits', 'provider_id']),
    ])
    expect(orders).toEqual(['0\t0x01\t0', '1\t0x01\t0'])
    const answers = frames(
      'zbee_zcl_se.met.cmd.srv_tx.id == 0x0c',
      fields('met.supply_status_response', ['supply_status_after_implementation']),
    )
    expect(answers).toEqual(['0', '1'])
  })

  it('sets the tamper state and leaves the others', () => {
    const states = ['tamper', 'depletion', 'uncontrolled_flow'].map(name => `supply_${name}_state`)
    expect(
      frames(
        'zbee_zcl_se.met.cmd.srv_rx.id == 0x0d',
        fields('met.set_supply_status', [...states, 'load_limit_supply_state']),
      ),
    ).toEqual(['0\t3\t1\t1'])
  })

  it('says what uncontrolled flow of gas is', () => {
    const names = [
      'uncontrolled_flow_threshold',
      'unit_of_measure',
      'multiplier',
      'divisor',
      'stabilisation_period',
      'measurement_period',
    ]
    expect(
      frames('zbee_zcl_se.met.cmd.srv_rx.id == 0x0e', fields('met.set_uncontrolled_flow_threshold', names)),
    ).toEqual(['2000\t1\t1\t1000\t10\t60'])
  })

  it('is told of an event, reads it in the log and clears the other', () => {
    const told = fields('events.publish_event', ['log_id', 'event_id', 'event_control', 'event_data'])
    // It may be on the air more than once.
    const publications = frames('zbee_zcl_se.events.publish_event.event_id == 0x8f75', told)
    expect([...new Set(publications)]).toEqual(['0x04\t0x8f75\t0x02\t6e:6f:72:74:68'])
    // This tshark calls the number of events by the name of their codes.
    const page = fields('events.publish_event_log', ['log_id', 'event_id', 'command_index', 'total_commands'])
    expect(frames('zbee_zcl_se.events.publish_event_log.event_id == 0x8f75', page)).toEqual(['0x04\t1,0x8f75\t0\t1'])
    expect(
      frames(
        'zbee_zcl_se.events.cmd.srv_tx.id == 0x02',
        fields('events.clear_event_log_response', ['cleared_event_logs']),
      ),
    ).toEqual(['0x08'])
  })

  it('tells the meter of site, customer, supplier and tenancy, and what becomes of events', () => {
    const of = 'device_management'
    expect(frames(`zbee_zcl_se.${of}.cmd.srv_tx.id == 0x03`, fields(`${of}.update_site_id`, ['site_id']))).toEqual([
      '1200012345699',
    ])
    expect(
      frames(`zbee_zcl_se.${of}.cmd.srv_tx.id == 0x06`, fields(`${of}.update_cin`, ['customerid_number'])),
    ).toEqual(['0417'])
    expect(
      frames(
        `zbee_zcl_se.${of}.cmd.srv_tx.id == 0x01`,
        fields(`${of}.publish_change_of_supplier`, ['provider_proposed_provider_name']),
      ),
    ).toEqual(['Example Energy'])
    expect(
      frames(
        `zbee_zcl_se.${of}.cmd.srv_tx.id == 0x00`,
        fields(`${of}.publish_change_of_tenancy`, ['implementation_date']),
      ),
    ).toEqual(['Oct 13, 2021 06:00:00.000000000 UTC'])
    const configured = fields(`${of}.event_configuration`, ['logging', 'push_event_to_wan', 'push_event_to_han'])
    expect(frames(`zbee_zcl_se.${of}.cmd.srv_rx.id == 0x04`, [`zbee_zcl_se.${of}.event_id`, ...configured])).toEqual([
      '0x8f75\t0x04\t0\t1',
    ])
  })
})
