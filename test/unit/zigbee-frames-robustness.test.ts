import { expect, test } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { WireError } from '../../src/base/errors.ts'
import { decodeApsCommand, encodeApsCommand } from '../../src/zigbee/frames/aps-commands.ts'
import { decodeAps, encodeAps } from '../../src/zigbee/frames/aps-frame.ts'
import { decodeNwkCommand, encodeNwkCommand } from '../../src/zigbee/frames/nwk-commands.ts'
import { decodeNwk, encodeNwk } from '../../src/zigbee/frames/nwk-frame.ts'
import { unsecure } from '../../src/zigbee/frames/security.ts'
import { decodeZdo, encodeZdo, ZDO_NAMES, zdoClusterId } from '../../src/zigbee/frames/zdo.ts'
import { nwkOctets, opensslCcm, samples } from '../golden/zigbee-samples.ts'

/** A codec, and frames of strangers that it reads. */
interface Codec {
  read(octets: Uint8Array): unknown
  /** Reads, writes what was read, and reads that again. */
  again(octets: Uint8Array): unknown
  frames: Uint8Array[]
}

const keying = { ccm: opensslCcm, key: new Uint8Array(16), source: '0000000000000001' }
const plaintexts = samples.map(({ nwkPlaintext }) => fromHex(nwkPlaintext ?? '')).filter(({ length }) => length > 0)
const commands = samples.filter(sample => decodeNwk(nwkOctets(sample)).header.type === 'command')
const isCommand = (octets: Uint8Array) => commands.some(({ nwkPlaintext }) => nwkPlaintext === hexOf(octets))
const hexOf = (octets: Uint8Array) => Buffer.from(octets).toString('hex')
const apsFrames = plaintexts.filter(octets => !isCommand(octets))
const zdo = apsFrames
  .map(octets => decodeAps(octets))
  .filter(({ header }) => header.type === 'data' && header.profileId === 0)

const CODECS: Record<string, Codec> = {
  'NWK frames': {
    read: octets => decodeNwk(octets).header,
    again(octets) {
      const { header, payload } = decodeNwk(octets)
      return decodeNwk(encodeNwk(header, payload, header.auxiliary && keying)).header
    },
    frames: samples.map(nwkOctets),
  },
  'NWK commands': {
    read: decodeNwkCommand,
    again: octets => decodeNwkCommand(encodeNwkCommand(decodeNwkCommand(octets))),
    frames: plaintexts.filter(isCommand),
  },
  'APS frames': {
    read: octets => decodeAps(octets).header,
    again(octets) {
      const { header, payload } = decodeAps(octets)
      return decodeAps(encodeAps(header, payload, header.auxiliary && keying)).header
    },
    frames: apsFrames,
  },
  'APS commands': {
    read: decodeApsCommand,
    again: octets => decodeApsCommand(encodeApsCommand(decodeApsCommand(octets))),
    frames: samples.flatMap(({ apsPlaintext }) => (apsPlaintext?.match(/^(0[5-9]|10)/) ? [fromHex(apsPlaintext)] : [])),
  },
  'opened frames': {
    read: octets => unsecure(decodeNwk(octets), keying) ?? null,
    again: octets => unsecure(decodeNwk(octets), keying) ?? null,
    frames: samples.map(nwkOctets),
  },
  ...Object.fromEntries(
    ZDO_NAMES.map(name => {
      const clusterId = zdoClusterId(name)
      const known = zdo.filter(({ header }) => 'clusterId' in header && header.clusterId === clusterId)
      const codec: Codec = {
        read: octets => decodeZdo(clusterId, octets),
        again: octets => decodeZdo(clusterId, encodeZdo(decodeZdo(clusterId, octets)).asdu),
        frames: known.map(({ payload }) => payload),
      }
      return [`ZDO ${name}`, codec]
    }),
  ),
}

/** Seeded octets (xorshift). */
function octetSource(seed: number) {
  let state = seed
  const next = (limit: number) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
  return { next, bytes: (length: number) => Uint8Array.from({ length }, () => next(256)) }
}

/** Every truncation, changes of one to three octets, and noise. */
function* disturbed(frames: readonly Uint8Array[], seed: number): Generator<Uint8Array> {
  const { next, bytes } = octetSource(seed)
  for (const frame of frames) {
    for (let end = 0; end <= frame.length; end++) yield frame.slice(0, end)
    for (let i = 0; i < 200; i++) {
      const changed = frame.slice()
      for (let many = next(3); many >= 0; many--) changed[next(changed.length)] = next(256)
      yield changed
    }
  }
  for (let i = 0; i < 1000; i++) {
    const noise = bytes(next(60))
    // Half of them begin like a frame or a command, or with a status of success.
    if (i % 2 === 0 && noise.length > 1) noise.set([next(24), 0], next(noise.length - 1) & 1)
    yield noise
  }
}

test.each(Object.entries(CODECS))(
  '%s: whatever the octets, words that can be written again, or a located error',
  (_, codec) => {
    let read = 0
    let refused = 0
    for (const octets of disturbed(codec.frames, 7)) {
      try {
        const words = codec.read(octets)
        expect(codec.again(octets)).toEqual(words)
        read++
      } catch (error) {
        if (!(error instanceof WireError)) throw error
        expect(error.offset).toBeLessThanOrEqual(octets.length)
        expect(error.field).not.toBe('')
        refused++
      }
    }
    expect(read).toBeGreaterThan(2)
    expect(refused).toBeGreaterThan(20)
  },
)

test('noise opens under no key', () => {
  const { next, bytes } = octetSource(11)
  const secured = fromHex('080200003412011e5a28')
  const opened = Array.from({ length: 500 }, () => {
    const frame = Uint8Array.from([...secured, ...bytes(13), 0, ...bytes(4 + next(60))])
    frame[1] = 0x02
    return unsecure(decodeNwk(frame), keying)
  })
  expect(opened.filter(one => one !== undefined)).toEqual([])
})
