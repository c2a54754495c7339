/** Wireshark reads every frame we write: nothing malformed, everything secured opened, and the fields as we meant them. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { needs } from './strangers.ts'
import { LINK_KEY, NETWORK_KEY } from './zigbee-air.ts'
import { apsFrames } from './zigbee-aps-frames.ts'
import { nwkFrames } from './zigbee-nwk-frames.ts'
import { zdoFrames } from './zigbee-zdo-frames.ts'

/** IEEE 802.15.4 without FCS. */
const LINKTYPE = 230

function pcap(mpdus: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(256, 16)
  header.writeUInt32LE(LINKTYPE, 20)
  const records = mpdus.flatMap((mpdu, second) => {
    const record = Buffer.alloc(16)
    record.writeUInt32LE(second, 0)
    record.writeUInt32LE(mpdu.length, 8)
    record.writeUInt32LE(mpdu.length, 12)
    return [record, mpdu]
  })
  return Buffer.concat([header, ...records])
}

/** The fields of each frame as tshark has them, `,` between several of one name; those it does not see are ''. */
function dissect(tshark: string, mpdus: readonly Uint8Array[], fields: readonly string[]): Record<string, string>[] {
  const folder = mkdtempSync(join(tmpdir(), 's1rig-tshark-'))
  try {
    const file = join(folder, 'frames.pcap')
    writeFileSync(file, pcap(mpdus))
    const keys = [NETWORK_KEY, LINK_KEY].flatMap(key => ['-o', `uat:zigbee_pc_keys:"${key}","Normal","test key"`])
    const output = ['-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=a', '-E', 'aggregator=,']
    const wanted = fields.flatMap(field => ['-e', field])
    const run = spawnSync(tshark, ['-n', '-r', file, ...keys, ...output, ...wanted], {
      encoding: 'utf8',
      env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder },
    })
    if (run.status !== 0) throw new Error(run.stderr)
    return run.stdout
      .split('\n')
      .slice(0, -1)
      .map(line => Object.fromEntries(line.split('\t').map((value, at) => [fields[at] ?? '', value])))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What tshark says when something is wrong with a frame, or stays closed. */
const COMPLAINTS = ['_ws.malformed', '_ws.expert.message', 'data.data']

/** Numbers and truths alike, however this version of tshark prints them. */
const plain = (text = ''): string =>
  text
    .split(',')
    .map(one => (/^(0x[0-9a-f]+|\d{1,10})$/.test(one) ? Number(one) : one.replace('True', '1').replace('False', '0')))
    .join()

const KINDS = { NWK: nwkFrames, APS: apsFrames, ZDO: zdoFrames }

test.for(Object.entries(KINDS))('tshark reads every %s frame as it was meant', ([, written], context) => {
  const tshark = needs(context, 'tshark')
  const clean = Object.fromEntries(COMPLAINTS.map(field => [field, '']))
  const frames = written().map(({ seen, ...frame }) => ({ ...frame, seen: { ...clean, ...seen } }))
  const fields = [...new Set(frames.flatMap(({ seen }) => Object.keys(seen)))]
  const mpdus = frames.map(({ mpdu }) => mpdu)
  const dissected = dissect(tshark, mpdus, fields)
  const read = frames.map(({ name, seen }, at) => ({
    name,
    seen: Object.fromEntries(Object.keys(seen).map(field => [field, plain(dissected[at]?.[field])])),
  }))
  const meant = frames.map(({ name, seen }) => ({
    name,
    seen: Object.fromEntries(Object.entries(seen).map(([field, text]) => [field, plain(text)])),
  }))
  expect(read).toEqual(meant)
})

test('tshark complains of a frame that is cut, and of one that is not authentic', context => {
  const tshark = needs(context, 'tshark')
  const [frame] = zdoFrames()
  if (!frame) throw new Error('no frame')
  const forged = frame.mpdu.slice()
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
  const read = dissect(tshark, [frame.mpdu.slice(0, 14), forged], COMPLAINTS)
  expect(read[0]?.['_ws.malformed']).not.toBe('')
  expect(read[1]?.['_ws.expert.message']).toContain('Encrypted Payload')
})
