/** A home automation network under a network processor, captured from the air, as tshark sees it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import { verifyKeyHash } from '../../src/crypto/link-keys.ts'
import { PLUG, ProcessorHome, SENSOR, STICK, TOGGLE } from '../helpers/processor-home.ts'
import { stranger } from './strangers.ts'
import { type TsharkCapture, tsharkCapture } from './tshark-capture.ts'

const tshark = stranger('tshark')
const name = (device: string) => device.match(/../g)?.join(':')
const octets = (hex: string) => hex.replaceAll(':', '')

describe.skipIf(!tshark.available)('a plug with a link key of its own, and a sensor behind it', () => {
  let capture: TsharkCapture
  let key: Uint8Array
  const frames: TsharkCapture['frames'] = (filter, fields) => capture.frames(filter, fields)

  beforeAll(() => {
    const home = new ProcessorHome()
    const stick = home.stick()
    const plug = home.joined(PLUG)
    const { aps, linkKeys } = plug.node.layers
    aps.sendCommand(0, STICK, { name: 'RequestKey', keyType: 'trust-centre-link' }, { key: 'data' })
    home.run(seconds(1))
    const transported = plug.node.heard.at(-1)
    key = transported?.name === 'TransportKey' ? transported.key : new Uint8Array()
    linkKeys.succeed(STICK, key)
    const proof = { keyType: 'trust-centre-link', source: PLUG, hash: verifyKeyHash(key) } as const
    aps.sendCommand(0, STICK, { name: 'VerifyKey', ...proof }, { key: 'none' })
    home.run(seconds(1))
    home.openRouters(stick)
    home.apart(STICK, SENSOR)
    home.joined(SENSOR, { role: 'sleepy-end-device' })
    stick.processor.multicast(0x0b84, TOGGLE)
    home.run(seconds(2))
    stick.processor.remove(PLUG)
    home.run(seconds(20))
    expect(plug.told.at(-1)).toBe('left')
    // The plug has left, and its key with it.
    capture = tsharkCapture(home.pcap(stick, { key, label: 'own key of the plug' }))
  })
  afterAll(() => capture.remove())

  it('has no malformed frame, nothing left closed and no bad FCS', () => {
    expect(frames('zbee_nwk').length).toBeGreaterThan(30)
    expect(frames('_ws.malformed || zbee_sec.encrypted_payload || wpan.fcs_ok == 0')).toEqual([])
  })
  it('beacons carry the update id of the host', () => {
    const updates = frames('zbee_beacon.protocol', ['zbee_beacon.update_id'])
    expect(updates[0]).toBe('3')
  })
  it('the network key goes out under the well-known key, to the sensor in a tunnel', () => {
    const transports = frames('zbee_aps.cmd.id == 0x05 && zbee_aps.cmd.key_type == 0x01', [
      ...['zbee_aps.cmd.dst', 'zbee_aps.cmd.src'],
    ])
    const [plug, sensor, stick] = [PLUG, SENSOR, STICK].map(name)
    expect(transports).toEqual([`${plug}\t${stick}`, `${sensor},${sensor}\t${stick}`, `${sensor}\t${stick}`])
  })
  it('the plug asks for a key, gets it, proves it, and is told that it counts', () => {
    const steps = frames('zbee_aps.cmd.id in {0x08, 0x0f, 0x10} || zbee_aps.cmd.key_type == 0x04', [
      ...['zbee_aps.cmd.id', 'zbee_aps.cmd.key_type', 'zbee_aps.cmd.status'],
    ])
    expect(steps).toEqual(['0x08\t0x04\t', '0x05\t0x04\t', '0x0f\t0x04\t', '0x10\t0x04\t0x00'])
    const [handed] = frames('zbee_aps.cmd.id == 0x05 && zbee_aps.cmd.key_type == 0x04', ['zbee_aps.cmd.key'])
    expect(octets(handed ?? '')).toBe(toHex(key))
  })
  it('a message to a group is a broadcast with a group address', () => {
    const sent = frames('zbee_aps.group == 0x0b84 && zbee_nwk.src == 0x0000', [
      ...['zbee_nwk.dst', 'zbee_aps.delivery', 'zbee_aps.cluster', 'zbee_aps.src'],
    ])
    expect(new Set(sent)).toEqual(new Set(['0xfffd\t0x03\t0x0006\t1']))
  })
})
