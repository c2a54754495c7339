/** Images on the air, as tshark sees them: by block and by page, held up, run at an instant, and refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import { zigbeePcKeys } from '../../src/radio/zigbee-pc-keys.ts'
import { ID, LATER, otaHome, otaImage, shelve } from '../helpers/ota-home.ts'
import { stranger } from './strangers.ts'
import { type TsharkCapture, tsharkCapture } from './tshark-capture.ts'

const tshark = stranger('tshark')
/** Octets of each image. */
const IMAGE = 1_000

describe.skipIf(!tshark.available)('a home whose devices are upgraded', () => {
  let capture: TsharkCapture
  const image = otaImage({ ...LATER.esme, octets: IMAGE })

  beforeAll(() => {
    const pieces: Uint8Array[] = []
    const pages = [
      'imageType: { value: 0x0103',
      'pageOctets: { value: 500, source: assumed }\n  imageType: { value: 0x0103',
    ]
    const period = [
      'imageType: { value: 0x0100',
      'minimumBlockPeriodMs: { value: 300, source: assumed }\n  imageType: { value: 0x0100',
    ]
    const day = otaHome({
      edits: [pages, period] as [string, string][],
      onCapture: octets => void pieces.push(octets.slice()),
    })
    day.run(minutes(10))
    const { installation } = day
    const { ota } = installation.hub
    const name = shelve(installation, LATER.esme, {
      to: [ID.ESME],
      octets: image,
      here: 500,
      activation: { when: 'on-command' },
    })
    shelve(installation, { ...LATER.ppmid, octets: IMAGE }, { to: [ID.PPMID] })
    day.run(minutes(2))
    ota.shelf.append(name, image.subarray(500))
    day.run(minutes(2))
    ota.activate(ID.ESME, { when: 'at', unixMs: day.kernel.unixMs() + 60_000 })
    day.run(minutes(8))
    shelve(installation, { ...LATER.gsme, octets: 300 }, { to: [ID.GSME], octets: new Uint8Array(300) })
    day.run(minutes(40))
    expect([ID.ESME, ID.PPMID, ID.GSME].map(id => ota.progressOf(id)?.state)).toEqual(['done', 'done', 'failed'])
    const keys = zigbeePcKeys(installation.han.captureKeys())
    capture = tsharkCapture({ octets: new Uint8Array(Buffer.concat(pieces)), keys })
  }, 120_000)
  afterAll(() => capture?.remove())
  const frames: TsharkCapture['frames'] = (filter, fields) => capture.frames(filter, fields)
  const of = (...names: string[]) => names.map(name => `zbee_zcl_general.ota.${name}`)

  it('has no malformed frame, nothing left closed and no bad FCS', () => {
    expect(frames('_ws.malformed || zbee_sec.encrypted_payload || wpan.fcs_ok == 0')).toEqual([])
  })

  it('is told of the images, and asks for them', () => {
    const notified = frames(
      'zbee_zcl_general.ota.cmd.srv_tx.id == 0x00',
      of('payload.type', 'image.type', 'file.version'),
    )
    expect(notified.slice(0, 2)).toEqual(['0x03\t0x0101\t0x01050000', '0x03\t0x0103\t0x01020417'])
    const queries = frames('zbee_zcl_general.ota.cmd.srv_rx.id == 0x01', of('image.type', 'file.version', 'hw_ver'))
    expect(queries).toEqual(expect.arrayContaining(['0x0101\t0x01040200\t0x0003', '0x0101\t0x01050000\t0x0003']))
  })

  it('hands over every octet once, in order', () => {
    const blocks = frames('zbee_zcl_general.ota.cmd.srv_tx.id == 0x05 && zbee_zcl_general.ota.image.type == 0x0101', [
      ...of('file.offset', 'image.data'),
    ])
    const octets = Buffer.concat(blocks.map(line => Buffer.from(line.split('\t')[1]?.replaceAll(':', '') ?? '', 'hex')))
    expect(octets.equals(image)).toBe(true)
  })

  it('is held up by what has not come, and told the shortest period', () => {
    const waits = frames('zbee_zcl_general.ota.cmd.srv_tx.id == 0x05 && zbee_zcl_general.ota.status == 0x97', [
      ...of('current_time', 'request_time', 'min_block_period'),
    ])
    expect(waits.length).toBeGreaterThan(2)
    const periods = new Set(waits.map(line => line.split('\t')[2]))
    expect(periods.size).toBe(1)
  })

  it('asks for pages where its model does', () => {
    expect(frames('zbee_zcl_general.ota.cmd.srv_rx.id == 0x04', of('file.offset', 'page.size')).length).toBeGreaterThan(
      1,
    )
  })

  it('is told to wait, and then when to run it', () => {
    const ends = frames('zbee_zcl_general.ota.cmd.srv_tx.id == 0x07 && zbee_zcl_general.ota.image.type == 0x0101', [
      ...of('current_time', 'upgrade_time'),
    ])
    expect(ends).toHaveLength(2)
    expect(ends[0]).not.toBe(ends[1])
  })

  it('refuses what is no image', () => {
    const ends = frames('zbee_zcl_general.ota.cmd.srv_rx.id == 0x06 && zbee_zcl_general.ota.image.type == 0x0102', [
      ...of('status'),
    ])
    expect(ends).toEqual(['0x96'])
  })
})
